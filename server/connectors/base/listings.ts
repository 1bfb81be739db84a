import { setTimeout as delay } from 'node:timers/promises';
import type { Instrument } from '@/core/market/instrument';
import { backoffDelay } from '@/core/util/backoff';
import type { Result } from '@/core/util/result';
import type { Logger } from '../../observability/logger';
import type { HttpFailure } from './http';

/** One symbol of a venue's own list. */
export interface Listed {
  readonly instrument: Instrument;
  /** Why the venue does not trade it now, in words ("halted (status BREAK)"); null when it trades. */
  readonly idle: string | null;
}

/** What a venue's list says of a spot pair. */
export interface ListedPair {
  readonly base: string;
  readonly quote: string;
  readonly tickSize: number;
  readonly lotSize: number;
}

/** Facts of a listed pair as an instrument; what we know already (name, class, other venues) is kept. */
export function listedInstrument({ base, quote, tickSize, lotSize }: ListedPair, known: Instrument | null, venue: string): Instrument {
  const symbol = `${base}/${quote}`;
  const venues = known?.venues ?? [];
  return { symbol, name: known?.name ?? symbol, assetClass: known?.assetClass ?? 'crypto', base, quote, tickSize, lotSize, venues: venues.includes(venue) ? venues : [...venues, venue] };
}

export interface ListingsOptions {
  readonly venue: string;
  readonly load: () => Promise<Result<ReadonlyMap<string, Listed>, HttpFailure>>;
  readonly use: (listings: ReadonlyMap<string, Listed>) => void;
  /** It could not be read this time. */
  readonly failed?: () => void;
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Time between two readings, ms; a tenth of it at random is added, so that restarts do not ask in step. */
  readonly againMs: number;
}

/** Symbols are halted and delisted while we run: once an hour is enough to say so. */
export const LISTINGS_AGAIN_MS = 3_600_000;
const RETRY = { firstMs: 5_000, baseMs: 10_000, capMs: 300_000 };

/**
 * Reads a venue's list of symbols until it is known, then again and again until `signal`. Until the first answer the built-in
 * facts serve; a refusal (401, 403, 451) is final.
 */
export async function keepListings(options: ListingsOptions): Promise<void> {
  const { signal, venue, log } = options;
  let known = false;
  for (let attempt = 1; !signal.aborted;) {
    const answer = await options.load();
    if (signal.aborted) return;
    if (answer.ok) {
      known = true;
      attempt = 1;
      options.use(answer.value);
      await delay(options.againMs * (1 + 0.1 * options.random()), undefined, { signal, ref: false }).catch(() => signal.aborted);
      continue;
    }
    const { kind, words, retryAfterMs } = answer.error;
    log[attempt === 1 ? 'warn' : 'debug']({ reason: words, attempt }, `no symbol list from ${venue}; ${known ? 'the one before' : 'the built-in facts'} serve`);
    options.failed?.();
    if (kind === 'refused') return;
    await delay(retryAfterMs ?? backoffDelay(attempt, options.random(), RETRY), undefined, { signal, ref: false }).catch(() => signal.aborted);
    attempt += 1;
  }
}
