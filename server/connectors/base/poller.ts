import type { Result } from '@/core/util/result';
import type { Clock } from '../../observability/clock';
import type { CircuitBreaker } from './breaker';
import { timeWords, type Budget } from './budget';
import type { HttpFailure } from './http';

/** What a good answer says of the next one. */
export interface PollTaken {
  /** Time for which a symbol need not be asked again, ms. */
  readonly freshForMs: (symbol: string) => number;
}

export interface PollerOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1); for the breaker's jitter. */
  readonly random: () => number;
  /** Symbols that may be asked for. */
  readonly symbols: readonly string[];
  /** Does this symbol lack a preferred source? Asked again at every look: budgets are spent on need only. */
  readonly needed: (symbol: string) => boolean;
  /** Most symbols in one call. */
  readonly batch: number;
  /** What a call for so many symbols costs in the venue's count. */
  readonly weight: (symbols: number) => number;
  /** Least time between the starts of two calls, ms. */
  readonly spacingMs: number;
  /** The budgets that `ask` takes from; looked at here, so that a call without a chance is not made. */
  readonly budget: Budget;
  readonly breaker: CircuitBreaker;
  /** Makes the call and emits what comes of it. Error bodies under HTTP 200 are failures too: the venue's part judges them. */
  readonly ask: (symbols: readonly string[], signal: AbortSignal) => Promise<Result<PollTaken, HttpFailure>>;
  /** Something that `plan` tells changed. */
  readonly changed: () => void;
  /** Time between two looks at needs and times, ms. */
  readonly lookMs?: number;
}

/** What the poller is about to do. */
export interface PollPlan {
  /** `idle`: nothing is needed; `fresh`: what is needed is there; `asking`: a call is under way or due; `held`: something forbids the next call. */
  readonly state: 'idle' | 'fresh' | 'asking' | 'held' | 'refused';
  /** Time until the next call, ms; null when none is planned. */
  readonly nextInMs: number | null;
  /** In words, with the time of the next call. */
  readonly words: string;
}

/**
 * Polls by need and budget, not by timer alone: of the symbols that lack a better source and are due, those asked longest ago
 * come first, as many as one call takes and the budgets leave, when the breaker lets a call out. One call at a time.
 */
export class Poller {
  private readonly due = new Map<string, number>();
  private readonly asked = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private abort = new AbortController();
  private asking = false;
  private nextCallAt = -Infinity;
  private fault: string | null = null;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    this.stop();
    this.abort = new AbortController();
    this.options.breaker.reset();
    this.fault = null;
    this.timer = setInterval(() => this.look(), this.options.lookMs ?? 1_000).unref();
    this.look();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.abort.abort();
    this.asking = false;
  }

  /** What was received is lost: every symbol is due again; spacing, budgets and breaker stay. */
  again(): void {
    this.due.clear();
  }

  plan(): PollPlan {
    const { clock, breaker, budget } = this.options;
    const now = clock.monotonic();
    const at = (ms: number): string => timeWords(clock.now() + ms, clock.now());
    if (breaker.waitMs(now) === Infinity && !this.asking) return { state: 'refused', nextInMs: null, words: this.fault ?? 'refused' };
    const wanted = this.wanted();
    if (wanted.length === 0) return { state: 'idle', nextInMs: null, words: 'standing by: nothing is needed of it' };
    const after = this.fault === null ? '' : `${this.fault}; `;
    if (this.asking) return { state: 'asking', nextInMs: 0, words: `${after}asking now` };
    const rest = Math.max(0, Math.min(...wanted.map((symbol) => this.due.get(symbol) ?? -Infinity)) - now, this.nextCallAt - now);
    const weight = this.options.weight(1);
    const [pause, short] = [breaker.waitMs(now), budget.waitMs(weight)];
    if (short > Math.max(pause, rest)) return { state: 'held', nextInMs: Number.isFinite(short) ? short : null, words: `${after}${budget.words(weight) ?? 'budget used'}` };
    if (pause > 0 || this.fault !== null) return { state: 'held', nextInMs: Math.max(pause, rest), words: `${after}next call ${at(Math.max(pause, rest))}` };
    return rest > 0 ? { state: 'fresh', nextInMs: rest, words: `next call ${at(rest)}` } : { state: 'asking', nextInMs: 0, words: 'asking now' };
  }

  private wanted(): string[] {
    return this.options.symbols.filter((symbol) => this.options.needed(symbol));
  }

  private look(): void {
    const batch = this.next();
    if (batch.length > 0 && this.options.breaker.allow(this.options.clock.monotonic())) void this.ask(batch);
    else this.options.changed();
  }

  private next(): readonly string[] {
    const { clock, batch, budget, weight } = this.options;
    const now = clock.monotonic();
    if (this.asking || now < this.nextCallAt) return [];
    const lastAsked = (symbol: string): number => this.asked.get(symbol) ?? -Infinity;
    const due = this.wanted().filter((symbol) => (this.due.get(symbol) ?? -Infinity) <= now).sort((a, b) => lastAsked(a) - lastAsked(b) || 0).slice(0, batch);
    while (due.length > 0 && budget.waitMs(weight(due.length)) > 0) due.pop();
    return due;
  }

  private async ask(symbols: readonly string[]): Promise<void> {
    const { clock, breaker, spacingMs } = this.options;
    const { signal } = this.abort;
    const startedAt = clock.monotonic();
    this.asking = true;
    this.nextCallAt = startedAt + spacingMs;
    for (const symbol of symbols) this.asked.set(symbol, startedAt);
    this.options.changed();
    const answer = await this.options.ask(symbols, signal);
    if (signal.aborted) return breaker.release();
    this.asking = false;
    if (answer.ok) {
      breaker.succeed();
      this.fault = null;
      for (const symbol of symbols) this.due.set(symbol, startedAt + answer.value.freshForMs(symbol));
    } else this.failed(answer.error);
    this.options.changed();
  }

  private failed({ kind, words, retryAfterMs }: HttpFailure): void {
    const { breaker, clock, random } = this.options;
    const now = clock.monotonic();
    this.fault = words;
    if (kind === 'refused') breaker.refuse();
    else if (kind === 'limited' && retryAfterMs !== null) breaker.limit(now + retryAfterMs);
    else breaker.fail(now, random());
  }
}
