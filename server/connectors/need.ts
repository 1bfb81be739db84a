import type { Engine } from '@/core/engineTypes';
import type { Clock } from '../observability/clock';
import type { ConnectorDescriptor } from './base/connector';

/** Time that streams have to deliver after the start, before others are asked instead, ms. */
const GRACE_MS = 10_000;

/**
 * Tells whether a symbol lacks a healthy source that is preferred to a given priority. Healthy is a source whose value is
 * current; in a closed market the last value is the current one.
 *
 * @param venues those that run: chosen, and with their key.
 */
export function createNeed(engine: Pick<Engine, 'venueQuotes'>, venues: readonly ConnectorDescriptor[], clock: Clock): (symbol: string, priority: number) => boolean {
  const priorities = new Map(venues.map((venue) => [venue.id, venue.priority]));
  const startedAt = clock.monotonic();
  const preferredStream = (priority: number): boolean => venues.some((venue) => venue.urls.ws !== '' && venue.priority < priority);
  return (symbol, priority) => (clock.monotonic() - startedAt >= GRACE_MS || !preferredStream(priority)) && !engine.venueQuotes(symbol).some(({ venue, state, last, bid }) =>
    (priorities.get(venue) ?? Infinity) < priority && (state === 'ok' || state === 'suspect' || (state === 'closed' && (last !== null || bid !== null))));
}
