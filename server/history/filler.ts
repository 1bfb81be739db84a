import { INTERVAL_MS, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { Result } from '@/core/util/result';
import type { Clock } from '../observability/clock';
import type { Logger } from '../observability/logger';
import type { GapLedger } from './gapLedger';
import type { Fill, Gap, History } from './port';

const MINUTE = INTERVAL_MS['1m'];
const ROWS = 1_000;
/** Minutes repaired at most, from the end of the gap back: a week. */
const MOST_MINUTES = 10_080;
const TIMES = { firstMs: 15_000, everyMs: 1_000, retryMs: 15_000, longestMs: 600_000 } as const;
const MOST_TRIES = 6;
const MOST_TOLD = 100;

export interface FillerOptions {
  readonly ledger: Pick<GapLedger, 'open' | 'settle' | 'minutes'>;
  readonly history: Pick<History, 'candles' | 'flush'>;
  /** Asks the venues for minutes that opened before a time, and stores them; none = there are none older. */
  readonly older: (query: { readonly symbol: string; readonly interval: Interval; readonly before: number; readonly rows: number }) => Promise<Result<{ readonly candles: readonly Candle[]; readonly venue: string }, string>>;
  /** Is there a venue that could be asked for the symbol now? */
  readonly canLoad: (symbol: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Repairs known gaps of minutes, one REST call a second over all. */
export interface Filler {
  start(): void;
  stop(): void;
  /** One call, or less, for the newest gap that is due. */
  step(): Promise<void>;
  fills(): readonly Fill[];
}

interface Work {
  readonly gap: Gap;
  /** Open minutes of the gap, ascending. */
  readonly minutes: readonly number[];
  /** Minutes from here on are there, or the venue has none. */
  cursor: number;
  /** The oldest minute wanted. */
  from: number;
  loaded: number;
  tries: number;
  dueAt: number;
  venue: string | null;
  note: string;
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

/**
 * What is missing is first looked up in the store: the connectors load the newest minutes by themselves at each start and after each loss. Only what
 * is then still missing is asked for, from the newest minute back. A gap is repaired when a venue has given everything it has of it: minutes that it
 * leaves out had no trade.
 */
class GapFiller implements Filler {
  private readonly works = new Map<string, Work>();
  private timers: NodeJS.Timeout[] = [];
  private busy = false;

  constructor(private readonly options: FillerOptions) {}

  start(): void {
    // The connectors' own loading comes first: it makes most calls of this one needless.
    const first = setTimeout(() => this.timers.push(setInterval(() => void this.step(), TIMES.everyMs).unref()), TIMES.firstMs).unref();
    this.timers.push(first);
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
  }

  fills(): readonly Fill[] {
    return this.options.ledger.open().slice(0, MOST_TOLD).map((gap) => {
      const work = this.works.get(key(gap));
      const of = work?.minutes.length ?? Math.round((gap.stop - gap.start) / MINUTE);
      const done = work ? work.minutes.filter((minute) => minute >= work.cursor).length : 0;
      return { symbol: gap.symbol, venue: work?.venue ?? null, from: gap.start, to: gap.stop, done, of, note: work?.note ?? 'waits for its turn' };
    });
  }

  async step(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const work = this.next();
      if (work) await this.load(work);
    } catch (error) {
      this.options.log.warn({ err: error }, 'a gap could not be repaired now');
    } finally {
      this.busy = false;
    }
  }

  private next(): Work | null {
    const { ledger, clock, canLoad } = this.options;
    const now = clock.monotonic();
    const open = ledger.open();
    const known = new Set(open.map(key));
    for (const name of this.works.keys()) if (!known.has(name)) this.works.delete(name);
    for (const gap of open) {
      const work = this.works.get(key(gap)) ?? this.begin(gap);
      if (work.dueAt > now) continue;
      if (canLoad(gap.symbol)) return work;
      work.note = 'waits for a live source that keeps candles of it';
      work.dueAt = now + TIMES.retryMs;
    }
    return null;
  }

  private begin(gap: Gap): Work {
    const minutes = this.options.ledger.minutes(gap);
    const work: Work = { gap, minutes, cursor: gap.stop, from: gap.start, loaded: 0, tries: 0, dueAt: 0, venue: null, note: 'waits for its turn' };
    this.works.set(key(gap), work);
    return work;
  }

  private async load(work: Work): Promise<void> {
    const { gap } = work;
    if (work.venue === null && !(await this.lookUp(work))) return;
    const rows = Math.min(ROWS, Math.max(1, Math.round((work.cursor - work.from) / MINUTE)));
    const answer = await this.options.older({ symbol: gap.symbol, interval: '1m', before: work.cursor, rows });
    if (!answer.ok) return this.failed(work, answer.error);
    const { candles, venue } = answer.value;
    work.venue = venue;
    work.tries = 0;
    const inside = candles.filter((candle) => candle.openTime >= work.from && candle.openTime < work.cursor).length;
    work.loaded += inside;
    const first = candles[0]?.openTime;
    if (first === undefined || first >= work.cursor) return this.settle(work, 'kept', `${venue} has nothing from before ${iso(work.cursor)}; ${work.loaded} of ${work.minutes.length} minutes were loaded`);
    work.cursor = Math.max(first, work.from);
    work.note = `loaded back to ${iso(work.cursor)} from ${venue}`;
    if (work.cursor > work.from) return;
    const cut = work.from > gap.start;
    const words = `${work.loaded} of ${work.minutes.length} minutes were loaded from ${venue}`;
    this.settle(work, cut ? 'kept' : 'repaired', cut ? `${words}, back to ${iso(work.from)}; longer candles reach further` : `${words}; the others were there or had no trade`);
  }

  /** Finds what the store lacks; false when that is nothing. */
  private async lookUp(work: Work): Promise<boolean> {
    const { history } = this.options;
    const { gap, minutes } = work;
    await history.flush();
    const stored = new Set((await history.candles({ symbol: gap.symbol, interval: '1m', kind: 'live', start: gap.start, end: gap.stop - 1, limit: minutes.length + 1 })).map((candle) => candle.openTime));
    const missing = minutes.filter((minute) => !stored.has(minute));
    const last = missing.at(-1);
    if (last === undefined) {
      this.settle(work, 'repaired', 'every minute was loaded with the newest candles');
      return false;
    }
    work.cursor = last + MINUTE;
    work.from = Math.max(missing[0] ?? gap.start, work.cursor - MOST_MINUTES * MINUTE);
    return true;
  }

  private failed(work: Work, reason: string): void {
    work.tries += 1;
    if (work.tries >= MOST_TRIES) return this.settle(work, 'kept', `not loaded: ${reason}`);
    const wait = Math.min(TIMES.longestMs, TIMES.retryMs * 2 ** (work.tries - 1));
    work.dueAt = this.options.clock.monotonic() + wait;
    work.note = `${reason}; next try in ${Math.round(wait / 1000)} s`;
  }

  private settle(work: Work, state: 'repaired' | 'kept', note: string): void {
    this.works.delete(key(work.gap));
    this.options.ledger.settle(work.gap, state, note);
    this.options.log.info({ symbol: work.gap.symbol, from: iso(work.gap.start), to: iso(work.gap.stop), state, note }, 'gap of candles');
  }
}

const key = (gap: Gap): string => `${gap.symbol}|${gap.start}`;

export function createFiller(options: FillerOptions): Filler {
  return new GapFiller(options);
}
