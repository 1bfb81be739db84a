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

/** How the two clocks stand to each other, and what that means for the first figure. */
export function clockWords(clock: HopsView['clock']): string {
  if (!clock) return 'The way to this browser is known once the server has answered a ping, within 5 s.';
  const off = Math.round(clock.offsetMs);
  const how = off === 0 ? 'agrees with' : `is ${String(Math.abs(off))} ms ${off < 0 ? 'behind' : 'ahead of'}`;
  return `Over the last minutes. The server's clock ${how} this device's, give or take ${String(Math.ceil(clock.errorMs))} ms; the way to this browser is known no better than that.`;
}
