import { INTERVAL_MS, type Interval } from '@/core/contract';
import type { CandleEvent } from '@/core/market/events';
import { backoffDelay, type BackoffOptions } from '@/core/util/backoff';
import type { Candle } from '@/core/market/outputs';
import { err, ok, type Result } from '@/core/util/result';
import type { Clock } from '../../observability/clock';
import type { Logger } from '../../observability/logger';
import type { HttpFailure } from './http';

/** A longer absence than this many pages of minutes is left to the hourly candles. */
const MAX_PAGES = 10;
const MAX_TRIES = 6;

/** One REST call's worth of candles: `rows` candles from `start`, ms; null = the newest ones. */
export interface CandleRange {
  readonly venueSymbol: string;
  readonly symbol: string;
  readonly interval: Interval;
  readonly start: number | null;
  readonly rows: number;
}

export interface CandlePage {
  /** Ascending; route `rest`. */
  readonly events: readonly CandleEvent[];
  /** Rows that could not be read. */
  readonly refused: number;
  /** Where the next page of a range with a start begins, ms; null when this was the last one. */
  readonly next: number | null;
}

export interface BackfillOptions {
  /** What a fresh start loads: newest rows per interval. */
  readonly full: readonly (readonly [Interval, number])[];
  /** Rows of a page of missed minutes. */
  readonly pageRows: number;
  readonly load: (range: CandleRange) => Promise<Result<CandlePage, HttpFailure>>;
  readonly random: () => number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Venue clock minus ours, ms; null while unknown. */
  readonly offsetMs: () => number | null;
  readonly emit: (event: CandleEvent) => void;
  readonly retry: BackoffOptions;
}

interface Task extends CandleRange {
  readonly page: number;
}

/** Loads candles by REST, one call at a time: all at a start, the missed range after an absence. New work replaces old. */
export class CandleBackfill {
  private queue: Task[] = [];
  private running = false;

  constructor(private readonly options: BackfillOptions) {}

  /** @param symbols canonical symbol by venue symbol. */
  full(symbols: ReadonlyMap<string, string>): void {
    this.queue = this.options.full.flatMap(([interval, rows]) => [...symbols].map(([venueSymbol, symbol]) => ({ venueSymbol, symbol, interval, start: null, rows, page: 0 })));
    void this.run();
  }

  /** `since`: wall ms of the last message before the absence; the minute it fell into was not complete. */
  missed(symbols: ReadonlyMap<string, string>, since: number): void {
    const minute = INTERVAL_MS['1m'];
    const start = Math.floor((since + (this.options.offsetMs() ?? 0)) / minute) * minute - minute;
    const ranges = [...symbols].map(([venueSymbol, symbol]) => ({ venueSymbol, symbol, interval: '1m' as const, start, rows: this.options.pageRows, page: 0 }));
    const kept = this.queue.filter((task) => task.start === null || task.start < start);
    this.queue = [...kept, ...ranges];
    void this.run();
  }

  /** Closed candles that opened before a time, by one call and beside the queue: whoever scrolls a chart back waits for it. */
  async older(venueSymbol: string, symbol: string, interval: Interval, before: number, rows: number): Promise<Result<readonly Candle[], string>> {
    const count = Math.min(rows, this.options.pageRows);
    const length = INTERVAL_MS[interval];
    const start = Math.ceil(before / length) * length - count * length;
    const answer = await this.options.load({ venueSymbol, symbol, interval, start, rows: count });
    if (!answer.ok) return err(answer.error.words);
    // Some venues give their newest candles when the asked ones are too old.
    const closed = answer.value.events.filter((event) => event.closed && event.openTime < before && event.openTime >= start);
    return ok(closed.map(({ openTime, open, high, low, close, volume }) => ({ openTime, open, high, low, close, volume })));
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    let tries = 0;
    for (let task = this.queue.shift(); task && !this.options.signal.aborted; task = this.queue.shift()) {
      const failed = await this.load(task);
      if (!failed) {
        tries = 0;
        continue;
      }
      tries += 1;
      if (failed.final || tries >= MAX_TRIES) {
        this.options.log.warn({ reason: failed.words, open: this.queue.length + 1 }, 'candles could not be loaded; charts start with what the stream brings');
        this.queue = [];
        break;
      }
      this.queue.unshift(task);
      await this.pause(failed.waitMs ?? backoffDelay(tries, this.options.random(), this.options.retry));
    }
    this.running = false;
  }

  private async load(task: Task): Promise<{ readonly words: string; readonly final: boolean; readonly waitMs: number | null } | null> {
    const { log, emit } = this.options;
    const answer = await this.options.load(task);
    if (this.options.signal.aborted) return null;
    if (!answer.ok) {
      const { kind, words, retryAfterMs } = answer.error;
      if (kind !== 'bad') return { words, final: kind === 'refused', waitMs: retryAfterMs };
      log.warn({ symbol: task.symbol, interval: task.interval, reason: words }, 'candles of one symbol could not be loaded');
      return null;
    }
    const { events, refused, next } = answer.value;
    if (refused > 0) log.warn({ symbol: task.symbol, interval: task.interval, refused }, 'candles refused');
    events.forEach(emit);
    if (task.start !== null && next !== null && task.page + 1 < MAX_PAGES) this.queue.unshift({ ...task, start: next, page: task.page + 1 });
    return null;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.options.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.options.signal.addEventListener('abort', done);
    });
  }
}
