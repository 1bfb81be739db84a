import type { AssetClass } from './instrument';
import type { SessionState } from './calendar';
import { DELAYED, POLLED, UNHEALTHY, type Source } from './source';
import { KEEP_LIVE_MS } from './staleness';

/**
 * Who leads a symbol, in this order:
 *  1. a live source before a delayed one, always and at once;
 *  2. live values that are pushed before those asked for, then the preferred venue, each only after it was healthy without a pause
 *     for its take-over time (3 s, doubled by each loss of the lead within five minutes, up to 96 s);
 *  3. a leader that is silent beyond its limit, or whose connection is down, loses at once to the best healthy source;
 *  4. but a delayed reference waits until the last live value is old (`KEEP_LIVE_MS` of an open market) and older than itself;
 *  5. when none is healthy the last leader's values stay, flagged.
 * The source that takes the lead now; null when nothing changes.
 */
export function challenger(leader: Source | null, sources: readonly Source[], now: number, assetClass: AssetClass, session: SessionState): Source | null {
  const held = leader?.standing(now) ?? UNHEALTHY;
  let best: Source | null = null;
  let bestStanding: number = UNHEALTHY;
  for (const source of sources) {
    if (source === leader) continue;
    const standing = source.standing(now);
    if (standing === UNHEALTHY || standing > bestStanding || (standing === bestStanding && best !== null && source.priority >= best.priority)) continue;
    if (leader !== null && !mayTake(leader, held, source, standing)) continue;
    best = source;
    bestStanding = standing;
  }
  return best;

  function mayTake(present: Source, has: number, source: Source, standing: number): boolean {
    if (has === UNHEALTHY) return standing !== DELAYED || present.kind === 'delayed' || referenceDue(present, source, now, assetClass, session);
    if (standing > has || (standing === has && source.priority >= present.priority)) return false;
    return (has === DELAYED && standing !== DELAYED) || now - source.healthySince >= source.takeoverMs(now);
  }
}

/** Is the last live value so old that a delayed reference tells more? */
function referenceDue(live: Source, reference: Source, now: number, assetClass: AssetClass, session: SessionState): boolean {
  const last = Number.isNaN(live.receiveTime) ? -Infinity : live.receiveTime;
  return session !== 'closed' && now - last > KEEP_LIVE_MS[assetClass] && (Number.isNaN(reference.venueTime) ? reference.receiveTime : reference.venueTime) > last;
}

/** A source with a limit from here on is a daily one, ms. */
const DAILY_FROM_MS = 43_200_000;

const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
};

/** Why a source does not lead, or what is wrong with the one that does; empty when all is well. */
export function standingNote(source: Source, leader: Source | null, now: number, session: SessionState, nameOf: (venue: string) => string): string {
  const age = now - source.receiveTime;
  if (Number.isNaN(age)) return 'Nothing received yet';
  const standing = source.standing(now);
  if (standing === UNHEALTHY) {
    if (session !== 'open' && !source.down) return 'Market closed';
    const what = source.down ? `Not connected; last value ${duration(age)} old` : `Stale for ${duration(age - source.staleMs)}`;
    return source === leader ? `${what}; no better source` : what;
  }
  const delayed = source.staleMs >= DAILY_FROM_MS ? 'Delayed: daily reference' : 'Delayed';
  if (source === leader || leader === null) return standing === DELAYED ? delayed : '';
  const held = leader.standing(now);
  if (standing === DELAYED && leader.kind !== 'delayed') return held === UNHEALTHY ? `${delayed}; the last live value is kept for now` : delayed;
  if (standing === POLLED && held < POLLED) return `Asked for by REST; ${nameOf(leader.venue)} streams`;
  if (source.priority >= leader.priority && standing >= held) return `Less preferred than ${nameOf(leader.venue)}`;
  const needed = source.takeoverMs(now);
  return `Healthy for ${Math.min(needed - 1_000, Math.floor((now - source.healthySince) / 1000) * 1000) / 1000} of ${needed / 1000} s`;
}
