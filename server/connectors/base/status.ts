import type { VenueStatus } from './connector';
import type { ClockOffset, RateMeter } from './measure';
import type { VenueSession } from './session';

/** What a source without subscriptions, budgets and REST says of them. */
export const PLAIN_STATUS = {
  subscriptions: { pending: 0, confirmed: 0, active: 0, silent: 0, rejected: 0 }, unserved: [], budgets: [], unknownMessages: 0, lagMs: null, circuit: null, fallback: false,
} as const satisfies Partial<VenueStatus>;

/** What a connector over one session says of itself; `served` = symbols by venue name, `now` = monotonic ms. */
export function sessionStatus(
  venue: { readonly id: string; readonly name: string },
  session: Pick<VenueSession, 'state' | 'reason' | 'lastDataAt' | 'reconnects' | 'nextAttemptInMs'>,
  measured: { readonly meter: RateMeter; readonly offset: ClockOffset },
  served: ReadonlyMap<string, string>,
  now: number,
): VenueStatus {
  const { state, reason, lastDataAt, reconnects, nextAttemptInMs } = session;
  return {
    ...PLAIN_STATUS, ...venue, state, reason, reconnects, nextAttemptInMs,
    lastMessageAgeMs: lastDataAt === null ? null : now - lastDataAt,
    messagesPerSecond: measured.meter.perSecond(now),
    clockOffsetMs: measured.offset.offsetMs,
    symbols: [...served.values()],
  };
}
