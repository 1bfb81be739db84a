import type { VenueInfo } from '@/core/contract';
import { Gauge, type Registry } from 'prom-client';

type Told = Pick<VenueInfo, 'id' | 'state' | 'budgets' | 'books' | 'gapsRepaired' | 'circuit' | 'fallback' | 'lagMs' | 'unknownMessages' | 'clockOffsetMs'>;

/** Gauges about the sources. They are written from the venues' own status just before the registry is printed, so that both always agree. */
export function createVenueMetrics(registry: Registry): (venues: readonly Told[]) => void {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> => new Gauge({ name: `tickglass_venue_${name}`, help, labelNames, registers });
  const used = gauge('budget_used', 'Calls, credits or symbols used of a budget', 'venue', 'budget', 'per');
  const limit = gauge('budget_limit', 'Size of that budget', 'venue', 'budget', 'per');
  const books = gauge('books', 'Order books held, by state of their integrity', 'venue', 'state');
  const gaps = gauge('book_gaps_repaired', 'Gaps and failed checks of books made good by a snapshot since the start', 'venue');
  const circuit = gauge('circuit', 'REST circuit: 1 for the state it is in', 'venue', 'state');
  const state = gauge('state', 'Connection: 1 for the state it is in', 'venue', 'state');
  const fallback = gauge('fallback', '1 while prices come by REST because the socket does not deliver', 'venue');
  const lag = gauge('lag_milliseconds', 'Receipt minus venue time of recent messages, clock offset taken out, median', 'venue');
  const offset = gauge('clock_offset_milliseconds', 'Clock of the venue minus ours, estimated from the fastest messages of the last minutes', 'venue');
  const unknown = gauge('unknown_messages', 'Messages of a kind or form that is not known, since the start', 'venue');
  const all = [used, limit, books, gaps, circuit, state, fallback, lag, offset, unknown];
  return (venues) => {
    // A source that is gone, and a state that was left, must not stay behind.
    for (const one of all) one.reset();
    for (const venue of venues) {
      const own = { venue: venue.id };
      for (const { name, per, used: count, limit: most } of venue.budgets) {
        used.set({ ...own, budget: name, per }, count);
        limit.set({ ...own, budget: name, per }, most);
      }
      for (const [name, count] of Object.entries(venue.books)) books.set({ ...own, state: name }, count);
      gaps.set(own, venue.gapsRepaired);
      if (venue.circuit !== null) circuit.set({ ...own, state: venue.circuit }, 1);
      state.set({ ...own, state: venue.state }, 1);
      fallback.set(own, venue.fallback ? 1 : 0);
      if (venue.lagMs !== null) lag.set(own, venue.lagMs);
      if (venue.clockOffsetMs !== null) offset.set(own, venue.clockOffsetMs);
      unknown.set(own, venue.unknownMessages);
    }
  };
}
