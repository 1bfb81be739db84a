import { setTimeout as delay } from 'node:timers/promises';
import type { Result } from '@/core/util/result';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../observability/clock';
import type { HttpFailure } from './http';

export interface BookLoaderOptions {
  readonly venue: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Ends with the run that made the loader. */
  readonly signal: AbortSignal;
  /** Time between two snapshots of one symbol when more than two are needed soon after each other, ms; at random up to twice that. */
  readonly paceMs: number;
  readonly load: (venueSymbol: string) => Promise<Result<unknown, HttpFailure>>;
  /** Takes the body of a snapshot; false when it cannot be read. */
  readonly apply: (venueSymbol: string, body: unknown) => boolean;
  /** Does the book still wait for a snapshot? */
  readonly waits: (venueSymbol: string) => boolean;
  /** Number of the connection: a snapshot asked for under another one says nothing of the present stream. */
  readonly generation: () => number;
}

/** The first snapshot of a connection, and the first repair. */
const FREE_CALLS = 2;
/** So many paces without a call forgive the earlier ones. */
const QUIET_PACES = 12;

/** Book snapshots by REST: one call at a time per symbol, again until the book stands, never faster than the pace. */
export class BookLoader {
  private readonly loading = new Set<string>();
  private readonly turns = new Map<string, { readonly at: number; readonly streak: number }>();
  /** Monotonic ms that a limit of the venue or of our own gave. */
  private readonly notBefore = new Map<string, number>();

  constructor(private readonly options: BookLoaderOptions) {}

  /** A book waits for a snapshot. Never rejects. */
  async load(venueSymbol: string): Promise<void> {
    const { signal, log, venue } = this.options;
    if (this.loading.has(venueSymbol)) return;
    this.loading.add(venueSymbol);
    await this.pause(venueSymbol);
    const generation = this.options.generation();
    const answer = signal.aborted ? null : await this.options.load(venueSymbol);
    this.loading.delete(venueSymbol);
    if (!answer || signal.aborted || !this.options.waits(venueSymbol)) return;
    if (generation !== this.options.generation()) return this.load(venueSymbol);
    if (answer.ok && this.options.apply(venueSymbol, answer.value)) return;
    log.warn({ symbol: venueSymbol, reason: answer.ok ? 'unreadable' : answer.error.words }, `no book snapshot from ${venue}`);
    if (!answer.ok && answer.error.kind === 'refused') return;
    if (!answer.ok && answer.error.retryAfterMs !== null) this.notBefore.set(venueSymbol, this.options.clock.monotonic() + answer.error.retryAfterMs);
    return this.load(venueSymbol);
  }

  /** Waits for the symbol's turn: none for the first calls after a quiet time, a paced one after that. */
  private async pause(venueSymbol: string): Promise<void> {
    const { clock, paceMs, random, signal } = this.options;
    const now = clock.monotonic();
    const before = this.turns.get(venueSymbol) ?? { at: -Infinity, streak: 0 };
    const streak = now - before.at > QUIET_PACES * paceMs ? 0 : before.streak;
    const turn = Math.max(now + (streak < FREE_CALLS ? 0 : paceMs * (1 + random())), this.notBefore.get(venueSymbol) ?? 0);
    this.turns.set(venueSymbol, { at: turn, streak: streak + 1 });
    if (turn > now) await delay(turn - now, undefined, { signal, ref: false }).catch(() => signal.aborted);
  }
}
