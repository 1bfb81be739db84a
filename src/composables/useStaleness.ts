import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from 'vue';
import { STALE_MS } from '@/core/market/staleness';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';
import type { QuoteView, StreamState } from '@/stores/types';
import { grownSince } from './feedStand';
import { formatAge } from './format';
import { useNow } from './useNow';

export type StalenessState = 'fresh' | 'late' | 'stale' | 'closed' | 'none';
export interface Staleness {
  /** Age of the value now, ms; null when unknown. */
  readonly ageMs: number | null;
  readonly state: StalenessState;
  /** In words, e.g. `3 s`, `stale, 41 s`, `closed`. */
  readonly text: string;
}

/** States in which values arrive. Everything else means that the picture is standing still. */
const FLOWING: ReadonlySet<StreamState> = new Set(['live', 'syncing']);

type Aged = Pick<QuoteView, 'ageAtSend' | 'receivedAt' | 'state' | 'price' | 'route' | 'quality'>;

/**
 * What may be said about a value's age: a pure function of the age at sending, the monotonic time since receipt, the server's
 * own verdict and the stream's state. `fallback`: values come over REST, so a stream that is down is not by itself stale.
 * `limitMs`: age beyond which a pushed value is stale; from half of it on it is late: still good, but should have been renewed.
 */
export function staleness(quote: Aged | null, stream: StreamState, now: number, fallback = false, limitMs = STALE_MS.crypto): Staleness {
  if (!quote || quote.state === 'none' || quote.price === null) return { ageMs: null, state: 'none', text: '' };
  const ageMs = quote.ageAtSend === null ? null : quote.ageAtSend + grownSince(quote.receivedAt, now);
  const age = formatAge(ageMs);
  if (!FLOWING.has(stream) && !fallback) return { ageMs, state: 'stale', text: age ? `stale, ${age}` : 'stale' };
  if (quote.state === 'closed') return { ageMs, state: 'closed', text: 'closed' };
  if (quote.state !== 'ok') return { ageMs, state: 'stale', text: `${quote.state === 'suspect' ? 'suspect' : 'stale'}${age ? `, ${age}` : ''}` };
  if (ageMs === null) return { ageMs, state: 'stale', text: 'age unknown' };
  // What comes by requests or late by nature has a limit of its own, which the server knows: its verdict counts.
  if (quote.route === 'rest' || quote.quality === 'delayed') return { ageMs, state: 'fresh', text: age };
  if (ageMs > limitMs) return { ageMs, state: 'stale', text: `stale, ${age}` };
  return { ageMs, state: ageMs > limitMs / 2 ? 'late' : 'fresh', text: age };
}

/** Age and state of one symbol's price, renewed with the shared second clock and with each new value. */
export function useStaleness(symbol: MaybeRefOrGetter<string>): ComputedRef<Staleness> {
  const market = useMarketStore();
  const connection = useConnectionStore();
  const now = useNow();
  return computed(() => {
    const { state, fallback } = connection.streams.market;
    // The clock steps once a second; a value that came since must not have a negative age.
    const name = toValue(symbol);
    return staleness(market.quote(name), state, now.value.mono, fallback, STALE_MS[market.instrument(name).assetClass]);
  });
}
