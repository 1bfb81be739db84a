import type { VenueInfo } from '@/core/contract';
import type { HopsView } from '@/stores/types';

export interface LatencyRow {
  readonly name: string;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** The hops of a price from the venue to the screen, in their order. Of the venues that one is named which most prices come from. */
export function latencyRows(view: HopsView | null, venues: readonly Pick<VenueInfo, 'id' | 'leads' | 'lagMs'>[], nameOf: (id: string) => string): LatencyRow[] {
  const leading = venues.filter((venue) => venue.lagMs !== null).sort((a, b) => Number(b.leads) - Number(a.leads))[0];
  const inside = view?.hops;
  const row = (name: string, hop: { readonly p50: number | null; readonly p99: number | null } | undefined): LatencyRow => ({ name, p50: hop?.p50 ?? null, p99: hop?.p99 ?? null });
  return [
    ...(leading ? [{ name: `${nameOf(leading.id)} to the server`, p50: leading.lagMs, p99: null }] : []),
    row('Server to this browser', inside?.receive), row('Receipt to frame', inside?.frame), row('Frame to screen', inside?.paint),
  ];
}
