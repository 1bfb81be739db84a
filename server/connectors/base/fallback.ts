import type { FeedStateName } from '@/core/contract';
import type { MarketInput } from '@/core/market/events';
import type { Result } from '@/core/util/result';
import type { Clock } from '../../observability/clock';
import { CircuitBreaker } from './breaker';
import type { HttpFailure } from './http';

export interface FallbackTimes {
  /** Time without data on a wanted socket after which prices are polled, ms. */
  readonly afterMs: number;
  /** Time between two polls, ms. */
  readonly everyMs: number;
  /** Time the socket must deliver before the fallback counts as over, ms. */
  readonly liveMs: number;
}
export const FALLBACK_DEFAULTS: Omit<FallbackTimes, 'afterMs'> = { everyMs: 5_000, liveMs: 3_000 };

export interface FallbackOptions {
  readonly times: FallbackTimes;
  readonly clock: Clock;
  readonly random: () => number;
  /** The socket as it is: its state, and the monotonic ms of its newest data. */
  readonly socket: () => { readonly state: FeedStateName; readonly lastDataAt: number | null };
  /** Present prices of the served symbols, route `rest`. */
  readonly poll: () => Promise<Result<readonly MarketInput[], HttpFailure>>;
  readonly emit: (event: MarketInput) => void;
  /** What `words` says changed. */
  readonly changed: () => void;
}

/** Polls that may fail to come before their prices count as gone. */
const MISSED_POLLS = 3;

/**
 * Prices by REST while a wanted socket does not deliver: blocked by a proxy, waiting in back-off, refused, or silent. It begins
 * when the socket's stale limit has passed (at once when it is refused), says nothing while the socket delivers, and is over
 * when that has lasted. Calls go through a circuit breaker; budgets and manners are the caller's `poll`.
 */
export class RestFallback {
  readonly breaker = new CircuitBreaker();
  /** Monotonic ms of the newest prices that came by REST; null before the first. */
  lastPriceAt: number | null = null;
  private timer: NodeJS.Timeout | null = null;
  private startedAt = 0;
  private active = false;
  private liveSince: number | null = null;
  private nextAt = 0;
  private run = 0;
  private polling = false;
  private said = '';
  private fault: string | null = null;

  constructor(private readonly options: FallbackOptions) {}

  start(): void {
    this.stop();
    const { times, clock } = this.options;
    this.startedAt = clock.monotonic();
    this.breaker.reset();
    this.timer = setInterval(() => this.tick(), Math.max(5, Math.min(250, times.everyMs / 4, times.afterMs / 4)));
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.run += 1;
    this.polling = false;
    this.active = false;
    this.liveSince = null;
    this.nextAt = 0;
    this.lastPriceAt = null;
    this.fault = null;
    this.said = '';
  }

  /** Prices come by REST now. */
  get serving(): boolean {
    const { clock, times } = this.options;
    return this.active && this.lastPriceAt !== null && clock.monotonic() - this.lastPriceAt < MISSED_POLLS * times.everyMs;
  }

  /** What to add to the reason of the socket; empty while there is nothing to say, as when it delivers again. */
  get words(): string {
    if (this.liveSince !== null) return '';
    if (this.serving) return `prices by REST every ${Math.round(this.options.times.everyMs / 1_000)} s`;
    return this.active && this.fault !== null ? `no prices by REST either: ${this.fault}` : '';
  }

  private tick(): void {
    const now = this.options.clock.monotonic();
    const { state, lastDataAt } = this.options.socket();
    this.judge(state, Math.max(this.startedAt, lastDataAt ?? 0), now);
    const { words } = this;
    if (words !== this.said) {
      this.said = words;
      this.options.changed();
    }
    if (this.active && this.liveSince === null && now >= this.nextAt) void this.ask(now);
  }

  private judge(state: FeedStateName, heardAt: number, now: number): void {
    const { afterMs, liveMs } = this.options.times;
    if (state === 'live') {
      this.liveSince ??= now;
      if (now - this.liveSince >= liveMs) this.active = false;
      return;
    }
    this.liveSince = null;
    if (!this.active && (state === 'refused' || now - heardAt >= afterMs)) {
      this.active = true;
      this.fault = null;
      this.lastPriceAt = null;
    }
  }

  private async ask(now: number): Promise<void> {
    if (this.polling || !this.breaker.allow(now)) return;
    this.polling = true;
    const { run } = this;
    this.nextAt = now + this.options.times.everyMs;
    const answer = await this.options.poll();
    if (run !== this.run) return this.breaker.release();
    this.polling = false;
    const at = this.options.clock.monotonic();
    if (!answer.ok) return this.failed(answer.error, at);
    this.breaker.succeed();
    // The socket may have come back while we waited: its values are newer.
    if (answer.value.length === 0 || this.liveSince !== null || this.options.socket().state === 'live') return;
    this.fault = null;
    this.lastPriceAt = at;
    answer.value.forEach(this.options.emit);
  }

  private failed({ kind, words, retryAfterMs }: HttpFailure, now: number): void {
    this.fault = words;
    if (kind === 'refused') this.breaker.refuse();
    else if (kind === 'limited' && retryAfterMs !== null) this.breaker.limit(now + retryAfterMs);
    else this.breaker.fail(now, this.options.random());
  }
}
