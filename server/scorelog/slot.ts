import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CHAIN_FORMAT, GENESIS, parseLine, type ChainBody } from '@/core/analysis/chain';
import { ChainLedger, type OpenForecast } from '@/core/analysis/chainLedger';
import type { ChainFamily } from '@/core/analysis/chainRecords';
import { ScoreChain } from '@/core/analysis/chainScore';
import type { ScorecardBook } from '@/core/analysis/scorecardBook';
import type { ChainHead } from '@/core/contract';
import type { EngineOutput } from '@/core/market/outputs';
import { carriedBody, isCarried, judgeStored, type CarriedSignal, type StoredMarket } from './carried';
import { dayFiles, dayOf, DayWriter, readHead, readLines, readTail, type Tail } from './files';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Day files read back at the start, the newest: signals stay open for up to 20 days. */
const FILES_READ: Readonly<Record<ChainFamily, number>> = { signals: 31, sentiment: 2 };
/** Records that wait for a disk that cannot be written; beyond it the log stops, which is said. */
const MOST_WAITING = 100_000;

const DAY = 86_400_000;
const EMPTY: Tail = { day: null, seq: 0, hash: GENESIS, type: '', count: 0, bytes: 0 };

/** One chain with its files. Records are made at once and written in batches behind the stream. */
export class Slot {
  readonly chain: ScoreChain;
  /** Forecasts of earlier runs. */
  readonly earlier = new ChainLedger();
  private day: string;
  private count: number;
  /** The newest file has its seal already. */
  private sealed: boolean;
  private started = false;
  private ending = false;
  private waiting: { day: string; line: string; seq: number; hash: string }[] = [];
  private readonly writer: DayWriter | null;
  private durable: number;
  private reason = '';
  private lost = false;
  private newest = -Infinity;
  /** Signals of earlier runs that are judged by stored candles. */
  private carried: readonly CarriedSignal[] = [];
  /** Time of the newest record of this run. */
  private time = -Infinity;

  /** @param root folder of the log; null = nothing is kept on disk. */
  constructor(readonly name: string, readonly family: ChainFamily, private readonly root: string | null, private readonly book: ScorecardBook, private readonly tail: Tail = EMPTY) {
    this.day = tail.day ?? '';
    this.count = tail.count;
    this.sealed = tail.type === 'seal';
    this.durable = tail.seq;
    this.writer = root === null ? null : new DayWriter(join(root, name));
    this.chain = new ScoreChain({
      family, sha256, start: tail,
      write: (line) => this.write(line),
      onRecord: (record) => {
        this.book.read(record);
        if (this.ending) this.earlier.read(record);
      },
    });
  }

  /** Time of the newest record, ms; -Infinity without any. */
  get latest(): number {
    return Math.max(this.time, this.newest);
  }

  /** The chain in a folder, at its newest record. Throws when that is no record or records are missing that were on disk. */
  static async open(name: string, family: ChainFamily, root: string, book: ScorecardBook): Promise<Slot> {
    const folder = join(root, name);
    const [tail, head] = [await readTail(folder), await readHead(folder)];
    if (head && head.seq > tail.seq) throw new Error(`records ${tail.seq + 1} to ${head.seq} were on disk and are not there any more`);
    return new Slot(name, family, root, book, tail);
  }

  /** Logs an output of time `ts`; the same output with its place in the log, where there is one on disk. */
  take(output: EngineOutput, ts: number): EngineOutput {
    if (this.lost) return output;
    this.begin(ts);
    const told = this.chain.take(this.isTaken(output) ? { ...output, record: { ...output.record, scored: false } } : output);
    return this.writer ? told : output;
  }

  /** Closes the file of a day that is over. */
  turn(ts: number): void {
    let day = dayOf(ts);
    if (this.sealed) {
      // Killed between the seal and the first record of the next day: that day begins now, whatever the clock says.
      const next = dayOf(Date.parse(this.day) + DAY);
      day = day > next ? day : next;
    } else if (this.day !== '' && day > this.day) {
      const { hash } = this.chain.position;
      this.chain.append({ type: 'seal', day: this.day, count: this.count, head: hash }, ts);
    }
    if (day <= this.day) return;
    this.day = day;
    this.count = 0;
    this.sealed = false;
  }

  /**
   * Reads earlier records into the scorecard and ends what they left open as void, except signals that stored candles may judge (`carries`).
   * `now`: present time of this kind of data, null while unknown.
   */
  async load(now: () => number | null, carries = false): Promise<string | null> {
    if (this.root === null || this.tail.day === null) return null;
    const files = (await dayFiles(join(this.root, this.name))).slice(-FILES_READ[this.family]);
    let before: { seq: number; hash: string } | null = null;
    for (const file of files) {
      if (file > `${this.tail.day}.jsonl`) break;
      // What is written from now on is not read: it is in the scorecard already.
      for await (const line of readLines(join(this.root, this.name, file), file === `${this.tail.day}.jsonl` ? this.tail.bytes : Infinity)) {
        // Order and links only: recomputing every hash is the work of verify-log, and would keep a start busy for half a minute.
        const record = parseLine(line);
        if (!record.ok) return `${file}: ${record.error}`;
        const { seq, prev, body } = record.value;
        if (before && (seq !== before.seq + 1 || prev !== before.hash)) return `${file}: record ${seq} does not follow the record before it`;
        before = record.value;
        this.newest = Math.max(this.newest, Number(body['ts'] ?? -Infinity));
        this.earlier.read(record.value);
        this.book.read(record.value);
      }
    }
    this.carried = carries ? this.earlier.open().filter(isCarried) : [];
    this.endEarlier(now());
    return null;
  }

  /** Judges signals of earlier runs as far as stored candles reach. `patient`: missing minutes may still be loaded. Rejects when history cannot be read. */
  async settle(market: StoredMarket, now: number, patient: boolean): Promise<void> {
    for (const signal of this.carried) {
      const verdict = await judgeStored(signal, market, now, patient);
      if (verdict.state === 'open') continue;
      this.carried = this.carried.filter((other) => other !== signal);
      this.endAs(verdict.state === 'lost' ? 'void' : carriedBody(signal, verdict, now), [signal], now);
    }
  }

  /** The process ends in order. */
  stop(): void {
    if (this.started && !this.lost) this.chain.append({ type: 'stop', ts: this.time }, this.time);
  }

  /** Writes what waits. Never rejects. */
  async flush(): Promise<void> {
    while (this.waiting.length > 0 && this.writer) {
      const day = this.waiting[0]?.day ?? '';
      const end = this.waiting.findIndex((entry) => entry.day !== day);
      const batch = this.waiting.slice(0, end < 0 ? this.waiting.length : end);
      const last = batch.at(-1);
      if (!last) return;
      try {
        await this.writer.append(day, batch.map((entry) => `${entry.line}\n`).join(''), last);
      } catch (error) {
        this.reason = `the log cannot be written: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown fault'}`;
        return;
      }
      this.waiting.splice(0, batch.length);
      this.durable = last.seq;
      if (!this.lost) this.reason = '';
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.writer?.close();
  }

  head(): ChainHead {
    const { seq, hash } = this.chain.position;
    if (!this.writer) return { chain: this.name, seq, head: hash, durable: null, state: 'memory', reason: 'nothing is kept on disk' };
    return { chain: this.name, seq, head: hash, durable: this.durable, state: this.reason === '' ? 'ok' : 'degraded', reason: this.reason };
  }

  private begin(ts: number): void {
    this.time = Math.max(this.time, ts);
    this.turn(this.time);
    if (this.started) return;
    this.started = true;
    const clean = this.tail.seq === 0 || this.tail.type === 'stop' || this.tail.type === 'seal';
    this.chain.append({ type: 'start', format: CHAIN_FORMAT, chain: this.name, ts, clean }, ts);
  }

  private endEarlier(now: number | null): void {
    const kept = new Set(this.carried.map(({ hash }) => hash));
    this.endAs('void', this.earlier.open().filter(({ hash }) => !kept.has(hash)), Math.max(now ?? -Infinity, this.newest));
  }

  /** Appends ends of what earlier runs left open. */
  private endAs(end: 'void' | ChainBody, open: readonly OpenForecast[], now: number): void {
    if (open.length === 0 || this.lost) return;
    this.begin(now);
    this.ending = true;
    if (end === 'void') this.chain.voidAll(open, 'gap', now);
    else this.chain.append(end, now);
    this.ending = false;
  }

  /** One signal of a symbol and timeframe is scored at a time, whichever run it is of. */
  private isTaken(output: EngineOutput): output is Extract<EngineOutput, { type: 'signal' }> {
    return output.type === 'signal' && this.carried.some(({ symbol, tf }) => symbol === output.record.symbol && tf === output.record.tf);
  }

  private write(line: string): void {
    this.count++;
    if (!this.writer || this.lost) return;
    const { seq, hash } = this.chain.position;
    this.waiting.push({ day: this.day, line, seq, hash });
    if (this.waiting.length < MOST_WAITING) return;
    this.lost = true;
    this.reason = `the log has stopped at record ${seq}: it could not be written for too long; start the server again when there is room`;
  }
}
