import { INTERVAL_MS, type DataKind, type ForecastCounts, type Interval, type SignalFigures } from '../contract';
import type { Candle, EngineOutput } from '../market/outputs';
import { canonical, GENESIS, type ChainBody, type Sha256 } from './chain';
import { ScoreChain } from './chainScore';
import { RATING_METHOD, Ratings, SIGNAL_PLAN } from './ratings';
import { ScorecardBook } from './scorecardBook';
import { RANDOM_ENTRIES, RANDOM_SPAN } from './scorecardSeries';

export interface BacktestRequest {
  readonly symbol: string;
  readonly tf: Interval;
  readonly venue: string;
  readonly source: DataKind;
  /** Closed ones, oldest first. */
  readonly candles: readonly Candle[];
  /** First of them that are taken in without a signal, as at a start of the server. */
  readonly warm: number;
  readonly sha256: Sha256;
}

/** What was computed, on what, and what came of it. Equal requests give equal reports. */
export interface Backtest {
  readonly method: string;
  readonly symbol: string;
  readonly tf: Interval;
  readonly source: DataKind;
  readonly parameters: {
    readonly plan: typeof SIGNAL_PLAN;
    readonly randomEntries: number;
    readonly randomSpan: number;
    readonly warm: number;
    readonly candles: number;
    /** Open time of the first and the last, ms; null without any. */
    readonly from: number | null;
    readonly to: number | null;
    /** SHA-256 of the candles. */
    readonly input: string;
  };
  readonly counts: ForecastCounts;
  readonly figures: SignalFigures | null;
  /** Number and hash of the last record: two runs with the same head logged the same, byte for byte. */
  readonly records: number;
  readonly head: string;
  /** Do records change when what comes after them is replaced by garbage? They must not. */
  readonly lookAhead: { readonly cuts: number; readonly differences: number; readonly ok: boolean };
}

/** Progress 0..1 is given after every so many candles. */
const STEP = 500;
/** Places at which the look-ahead test cuts, as shares of the candles. */
const CUTS = [0.35, 0.6, 0.85] as const;

interface Run {
  readonly bodies: ChainBody[];
  readonly counts: ForecastCounts;
  readonly figures: SignalFigures | null;
  readonly position: { readonly seq: number; readonly hash: string };
}

/** Runs the ratings, signals, outcomes and log of the live server over candles. Yields its progress, returns the report. */
export function* backtest(request: BacktestRequest): Generator<number, Backtest> {
  const { candles, symbol, tf, source, warm, sha256 } = request;
  const work = candles.length * (1 + CUTS.reduce((sum, share) => sum + share + 0.1, 0));
  let done = 0;
  const steps = function* (part: readonly Candle[]): Generator<number, Run> {
    const inner = run(request, part);
    for (;;) {
      const step = inner.next();
      if (step.done === true) return step.value;
      done += STEP;
      yield Math.min(0.99, done / Math.max(1, work));
    }
  };
  const whole = yield* steps(candles);
  let differences = 0;
  for (const share of CUTS) {
    const cut = Math.floor(share * candles.length);
    const until = (candles[cut - 1]?.openTime ?? 0) + INTERVAL_MS[tf];
    const other = yield* steps([...candles.slice(0, cut), ...garbage(candles.slice(cut, cut + Math.ceil(candles.length / 10)))]);
    const before = ({ bodies }: Run): string => canonical(bodies.filter((body) => Number(body['ts']) <= until));
    if (before(whole) !== before(other)) differences++;
  }
  return {
    method: RATING_METHOD, symbol, tf, source,
    parameters: {
      plan: SIGNAL_PLAN, randomEntries: RANDOM_ENTRIES, randomSpan: RANDOM_SPAN, warm, candles: candles.length, from: candles[0]?.openTime ?? null, to: candles.at(-1)?.openTime ?? null,
      input: candles.length > 0 ? sha256(candles.map((c) => `${c.openTime},${c.open},${c.high},${c.low},${c.close},${c.volume}\n`).join('')) : GENESIS,
    },
    counts: whole.counts, figures: whole.figures, records: whole.position.seq, head: whole.position.hash, lookAhead: { cuts: CUTS.length, differences, ok: differences === 0 },
  };
}

/** One pass: every candle closes at its own end, as it does live when nothing is late. */
function* run({ symbol, tf, venue, source, warm, sha256 }: BacktestRequest, candles: readonly Candle[]): Generator<number, Run> {
  const ratings = new Ratings();
  const book = new ScorecardBook();
  const bodies: ChainBody[] = [];
  const chain = new ScoreChain({
    family: 'signals', sha256, write: () => undefined,
    onRecord: (record) => {
      book.read(record);
      bodies.push(record.body);
    },
  });
  const out = (output: EngineOutput): void => void chain.take(output);
  const taken: Candle[] = [];
  for (const [k, candle] of candles.entries()) {
    taken.push(candle);
    ratings.closed({ symbol, interval: tf, candles: taken, kind: source, venue, now: candle.openTime + INTERVAL_MS[tf], mid: null, warm: k < warm }, out);
    if (k % STEP === STEP - 1) yield k;
  }
  const now = (candles.at(-1)?.openTime ?? 0) + INTERVAL_MS[tf];
  const { signals } = book.report({ window: 'all', symbol: null, tf: null, now, open: chain.ledger.open() });
  const [cell] = signals;
  return { bodies, counts: chain.counts, figures: cell ? figuresOf(cell) : null, position: chain.position };
}

function figuresOf({ method: _, symbol: __, tf: ___, ...figures }: SignalFigures & { method: string; symbol: string | null; tf: Interval | null }): SignalFigures {
  return figures;
}

/** The same times, other prices. */
function garbage(candles: readonly Candle[]): Candle[] {
  return candles.map((c, k) => {
    const price = c.close * (k % 2 ? 3 : 0.2);
    return { openTime: c.openTime, open: price, high: price * 1.5, low: price / 2, close: price * 1.2, volume: c.volume * 10 + 1 };
  });
}
