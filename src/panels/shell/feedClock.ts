import type { Now } from '@/composables/useNow';
import type { FeedMode } from '@/core/contract';
import type { FeedTime } from '@/stores/types';

/** A clock this near to the wall is the wall clock, ms: heartbeats travel, and both step once a second. */
const SAME_MS = 5_000;
/** No guess goes further than this beyond the last heartbeat, ms: a feed that fell silent has no running clock. */
const GUESS_MS = 15_000;

/** Time of the feed now, ms since the epoch, carried on from the last heartbeat at the measured speed; null where it has none of its own. */
export function feedTimeNow(mode: FeedMode | 'unknown', heard: FeedTime | null, now: Now): number | null {
  if (heard === null || (mode !== 'replay' && mode !== 'simulated')) return null;
  const waited = Math.min(GUESS_MS, Math.max(0, now.mono - heard.heardAt));
  const time = heard.time + waited * (heard.speed ?? 0);
  return mode === 'simulated' && Math.abs(heard.time - (now.wall - (now.mono - heard.heardAt))) < SAME_MS ? null : time;
}

/** Speed in words, `20×`; empty at real time, while it is not known, and for a clock that stands. */
export function speedText(speed: number | null): string {
  if (speed === null || speed < 0.05 || Math.abs(speed - 1) < 0.1) return '';
  // Measured over heartbeats, so the last digit is noise: halves below ten, whole numbers above.
  const step = speed < 1 ? 0.1 : speed < 10 ? 0.5 : 1;
  return `${String(Number((Math.round(speed / step) * step).toFixed(1)))}×`;
}
