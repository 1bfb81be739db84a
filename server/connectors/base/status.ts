import type { VenueStatus } from './connector';
import type { ClockOffset, RateMeter } from './measure';
import type { VenueSession } from './session';

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
    ...venue, state, reason, reconnects, nextAttemptInMs,
    lastMessageAgeMs: lastDataAt === null ? null : now - lastDataAt,
    messagesPerSecond: measured.meter.perSecond(now),
    clockOffsetMs: measured.offset.offsetMs,
    symbols: [...served.values()],
  };
}
