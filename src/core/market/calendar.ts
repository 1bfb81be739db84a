import { US_EARLY_CLOSES, US_HOLIDAYS } from './calendarData';
import type { AssetClass } from './instrument';

export type SessionState = 'open' | 'pre' | 'post' | 'closed';

export interface Session {
  readonly state: SessionState;
  /** Time at which the state changes next, ms since the epoch; null = never (a continuous market). */
  readonly nextChange: number | null;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Beyond this a date cannot be computed with (ECMAScript ends at 8.64e15). */
const LIMIT = 8e15;
const ALWAYS_OPEN: Session = { state: 'open', nextChange: null };

/** First Sunday of a month (0 = January), as ms of its 00:00 UTC. */
function firstSunday(year: number, month: number): number {
  const first = Date.UTC(year, month, 1);
  return first + ((7 - new Date(first).getUTCDay()) % 7) * DAY;
}

/**
 * New York's distance from UTC, ms. Rule since 2007: summer time from the second Sunday of March, 02:00 (07:00 UTC), to the
 * first Sunday of November, 02:00 (06:00 UTC).
 */
export function newYorkOffset(timeMs: number): number {
  const year = new Date(timeMs).getUTCFullYear();
  const start = firstSunday(year, 2) + 7 * DAY + 7 * HOUR;
  const end = firstSunday(year, 10) + 6 * HOUR;
  return timeMs >= start && timeMs < end ? -4 * HOUR : -5 * HOUR;
}

/** New York wall time, counted as if it were UTC, to real time. No session changes inside the hour that is skipped or doubled. */
function fromNewYork(localMs: number): number {
  const summer = localMs + 4 * HOUR;
  return newYorkOffset(summer) === -4 * HOUR ? summer : localMs + 5 * HOUR;
}

/** State from a minute of the local day on. */
type Change = readonly [minute: number, state: SessionState];

const SHUT: readonly Change[] = [[0, 'closed']];
const SHARES: readonly Change[] = [[0, 'closed'], [240, 'pre'], [570, 'open'], [960, 'post'], [1200, 'closed']];
/** The source ends such a day at 13:00; nothing after it counts. */
const SHARES_EARLY: readonly Change[] = [[0, 'closed'], [240, 'pre'], [570, 'open'], [780, 'closed']];
const FX_DAY: readonly Change[] = [[0, 'open'], [1018, 'closed'], [1023, 'open']];
const FX_FRIDAY: readonly Change[] = [[0, 'open'], [1018, 'closed']];
const FX_SUNDAY: readonly Change[] = [[0, 'closed'], [1023, 'open']];

function dayPlan(assetClass: 'equity' | 'fx', localMidnight: number): readonly Change[] {
  const date = new Date(localMidnight);
  const weekday = date.getUTCDay();
  if (weekday === 6) return SHUT;
  if (assetClass === 'fx') return weekday === 0 ? FX_SUNDAY : weekday === 5 ? FX_FRIDAY : FX_DAY;
  const day = date.toISOString().slice(0, 10);
  if (weekday === 0 || US_HOLIDAYS.has(day)) return SHUT;
  return US_EARLY_CLOSES.has(day) ? SHARES_EARLY : SHARES;
}

/**
 * Session of an asset class at a time: shares by the New York exchanges' hours with holidays and early closes, currencies from
 * Sunday 17:03 to Friday 16:58 New York time with the pause of 16:58-17:03 each day, metals like currencies, crypto and test
 * instruments always open.
 */
export function sessionAt(assetClass: AssetClass, timeMs: number): Session {
  if (assetClass === 'crypto' || assetClass === 'test' || !(Math.abs(timeMs) < LIMIT)) return ALWAYS_OPEN;
  const plan = assetClass === 'equity' ? 'equity' : 'fx';
  const local = timeMs + newYorkOffset(timeMs);
  const midnight = Math.floor(local / DAY) * DAY;
  let state: SessionState = 'closed';
  for (let day = 0; day < 10; day += 1) {
    for (const [minute, next] of dayPlan(plan, midnight + day * DAY)) {
      const at = midnight + day * DAY + minute * MINUTE;
      if (at <= local) state = next;
      else if (next !== state) return { state, nextChange: fromNewYork(at) };
    }
  }
  return { state, nextChange: null };
}
