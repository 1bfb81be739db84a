import { INTERVAL_MS, type Interval } from '@/core/contract';
import type { CandleEvent } from '@/core/market/events';
import { backoffDelay, type BackoffOptions } from '@/core/util/backoff';
import type { Clock } from '../../observability/clock';
import type { Logger } from '../../observability/logger';
import type { BinanceMapper } from './mapper';
import type { BinanceRest } from './rest';

/** What a fresh start loads: newest rows per interval. 2 weight a call. */
const FULL: readonly (readonly [Interval, number])[] = [['1m', 1_000], ['1h', 500], ['1d', 365]];
const PAGE_ROWS = 1_000;
/** A longer absence than this many pages of minutes (about seven days) is left to the hourly candles. */
const MAX_PAGES = 10;
const MAX_TRIES = 6;

interface Task {
  readonly venueSymbol: string;
  readonly symbol: string;
  readonly interval: Interval;
  readonly start: number | null;
  readonly rows: number;
  readonly page: number;
}

export interface BackfillOptions {
  readonly rest: BinanceRest;
  readonly mapper: BinanceMapper;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly offsetMs: () => number | null;
  readonly emit: (event: CandleEvent) => void;
  readonly retry: BackoffOptions;
}

/** Loads candles by REST, one call at a time: all at a start, the missed range after an absence. New work replaces old. */
export class BinanceBackfill {
  private queue: Task[] = [];
  private running = false;

  constructor(private readonly options: BackfillOptions) {}

  full(symbols: ReadonlyMap<string, string>): void {
    this.queue = FULL.flatMap(([interval, rows]) => [...symbols].map(([venueSymbol, symbol]) => ({ venueSymbol, symbol, interval, start: null, rows, page: 0 })));
    void this.run();
  }

  /** `since`: wall ms of the last message before the absence; the minute it fell into was not complete. */
  missed(symbols: ReadonlyMap<string, string>, since: number): void {
    const minute = INTERVAL_MS['1m'];
    const start = Math.floor((since + (this.options.offsetMs() ?? 0)) / minute) * minute - minute;
    const ranges = [...symbols].map(([venueSymbol, symbol]) => ({ venueSymbol, symbol, interval: '1m' as const, start, rows: PAGE_ROWS, page: 0 }));
    const kept = this.queue.filter((task) => task.start === null || task.start < start);
    this.queue = [...kept, ...ranges];
    void this.run();
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
    const { rest, mapper, clock, log, offsetMs, emit } = this.options;
    const answer = await rest.klines(task.venueSymbol, task.interval, task.start, task.rows);
    if (this.options.signal.aborted) return null;
    if (!answer.ok) {
      const { kind, words, retryAfterMs } = answer.error;
      if (kind !== 'bad') return { words, final: kind === 'refused', waitMs: retryAfterMs };
      log.warn({ symbol: task.symbol, interval: task.interval, reason: words }, 'candles of one symbol could not be loaded');
      return null;
    }
    const at = clock.now();
    const { events, refused } = mapper.klines(answer.value.body, task.symbol, task.interval, at, at + (offsetMs() ?? 0));
    if (refused > 0) log.warn({ symbol: task.symbol, interval: task.interval, refused }, 'candles refused');
    events.forEach(emit);
    const last = events.at(-1);
    if (task.start !== null && last && events.length === task.rows && task.page + 1 < MAX_PAGES) {
      this.queue.unshift({ ...task, start: last.openTime + INTERVAL_MS[task.interval], page: task.page + 1 });
    }
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
