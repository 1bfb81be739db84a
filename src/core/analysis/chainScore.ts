import type { ForecastCounts } from '../contract';
import type { EngineOutput, OutcomeOutput, SentimentOutcome } from '../market/outputs';
import { HashChain, type ChainBody, type ChainLink, type ChainRecord, type Sha256 } from './chain';
import { ChainLedger, type OpenForecast } from './chainLedger';
import { endBody, endsBody, forecastBody, publicationKey, signalBody, type ChainFamily, type SentimentEnd } from './chainRecords';

export interface ScoreChainOptions {
  readonly family: ChainFamily;
  readonly sha256: Sha256;
  /** Takes every line in order, with the time of its record, ms. */
  readonly write: (line: string, ts: number) => void;
  /** Takes every record after it was written: for a scorecard. */
  readonly onRecord?: (record: ChainRecord) => void;
  /** Newest record of the log that is continued. */
  readonly start?: { readonly seq: number; readonly hash: string };
}

/** The chain of one family of one kind of data: engine outputs in, records out. Pure; time comes with the outputs. */
export class ScoreChain {
  readonly ledger = new ChainLedger();
  #chain: HashChain;
  /** Time of the newest record: records do not go back in time. */
  #ts = -Infinity;

  constructor(private readonly options: ScoreChainOptions) {
    this.#chain = new HashChain(options.sha256, options.start);
  }

  get position(): { readonly seq: number; readonly hash: string } {
    return this.#chain.position;
  }

  get counts(): ForecastCounts {
    return this.ledger.counts;
  }

  /** Logs what belongs to this family; the same output with its place in the log filled in, or the output as it came. */
  take(output: EngineOutput): EngineOutput {
    const { family } = this.options;
    if (output.type === 'signal' && family === 'signals') {
      const { seq, prev, hash } = this.append(signalBody(output.record), output.record.ts);
      return { ...output, record: { ...output.record, seq, prev, hash } };
    }
    if (output.type === 'sentiment' && family === 'sentiment' && output.symbol !== null && output.data.horizons.length > 0) {
      const { seq, prev, hash } = this.append(forecastBody(output.symbol, output.data), output.data.ts);
      return { ...output, data: { ...output.data, seq, prev, hash } };
    }
    if (output.type === 'outcome') this.#end(output);
    return output;
  }

  /** Ends what is open in this or another ledger of the same log as void: nobody saw what became of it. */
  voidAll(open: readonly OpenForecast[], reason: string, now: number): void {
    for (const f of open) {
      const ts = Math.max(now, f.ts);
      if (f.id !== '') {
        const { id, method, source, symbol, tf, asOf, side } = f;
        const none = { entry: null, exit: null, bars: null, ret: null, hold: null, r: null, mae: null, mfe: null, path: null };
        this.append({ type: 'outcome', of: f.hash, at: f.seq, id, method, source, symbol, tf, asOf, side, ts, result: 'void', reason, ...none }, ts);
        continue;
      }
      const ends = [...f.left].map(([h, pUp]): SentimentEnd => [f.hash, f.symbol, f.ts, h, 'void', null, reason, ts, pUp]);
      this.append(endsBody(f.method, f.source, ts, ends), ts);
    }
  }

  /** Adds a record of any other type: start, stop, seal. */
  append(body: ChainBody, ts: number): ChainLink {
    this.#ts = Math.max(this.#ts, ts);
    const { line, ...link } = this.#chain.append(body);
    const record = { body: { ...body, seq: link.seq }, ...link };
    this.options.write(line, this.#ts);
    this.ledger.read(record);
    this.options.onRecord?.(record);
    return link;
  }

  #end(output: OutcomeOutput): void {
    if (output.of === 'sentiment') {
      if (this.options.family === 'sentiment') this.#ends(output.outcomes);
      return;
    }
    if (this.options.family !== 'signals') return;
    const { id, ts } = output.of === 'signal' ? output.outcome : output.entries;
    const mark = output.of === 'signal' ? this.ledger.find(id) : this.ledger.mark(id);
    if (mark) this.append(endBody(output, mark), ts);
  }

  /** One record for all ends of one method known at once. */
  #ends(outcomes: readonly SentimentOutcome[]): void {
    const ends = outcomes.flatMap((o): { o: SentimentOutcome; end: SentimentEnd }[] => {
      const forecast = this.ledger.find(publicationKey(o.symbol, o.forecast));
      const pUp = forecast?.left.get(o.h);
      return forecast && pUp !== undefined ? [{ o, end: [forecast.hash, o.symbol, o.forecast, o.h, o.result, o.price, o.reason, o.ts, pUp] }] : [];
    });
    const [first] = ends;
    if (first) this.append(endsBody(first.o.method, first.o.source, Math.max(...ends.map(({ o }) => o.ts)), ends.map(({ end }) => end)), Math.max(...ends.map(({ o }) => o.ts)));
  }
}
