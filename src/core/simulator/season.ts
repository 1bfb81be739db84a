import type { AssetClass } from '../market/instrument';

const HOUR = 3_600_000;

/** Mean abs(return) of BTC by UTC hour, relative to the day (measured, analysis.md section 4). */
const CRYPTO_HOURS = [1.04, 0.82, 0.74, 0.81, 0.79, 0.74, 0.74, 0.77, 0.89, 0.85, 0.91, 0.92, 0.99, 1.07, 1.32, 1.33, 1.22, 1.12, 1.16, 1.22, 1.32, 1.13, 1.11, 0.98];
/** SPY by half hour of the session: abs(return) and volume (measured, same place). */
const EQUITY_RETURN = [1.47, 1.2, 1.1, 1.04, 1.05, 0.85, 0.7, 0.81, 0.81, 1.02, 0.85, 0.89, 1.2];
const EQUITY_VOLUME = [1.65, 1.15, 1.05, 0.96, 1.0, 0.75, 0.53, 0.71, 0.65, 0.79, 0.57, 0.97, 2.22];
const SESSION = 6.5 * HOUR;

/** Seasonal factors of a moment: `volatility` multiplies sigma, `activity` multiplies the rate of trades. */
export interface Season {
  readonly volatility: number;
  readonly activity: number;
}

/** Linear between the middles of equal bins; `position` in bins. `wrap`: the last bin is followed by the first. */
function between(profile: readonly number[], position: number, wrap: boolean): number {
  const n = profile.length;
  const x = wrap ? position - 0.5 : Math.min(n - 1, Math.max(0, position - 0.5));
  const low = Math.floor(x);
  const at = (i: number): number => profile[((i % n) + n) % n] ?? 1;
  return at(low) + (x - low) * (at(wrap ? low + 1 : Math.min(n - 1, low + 1)) - at(low));
}

function bump(hour: number, centre: number, width: number): number {
  const x = (hour - centre) / width;
  return Math.exp((-x * x) / 2);
}

/**
 * Season of a class at a time of an open session, ms UTC. `closes` is the end of that session (shares only).
 * Currencies and metals peak at 08:30 and 14:00 UTC.
 */
export function seasonAt(assetClass: AssetClass, time: number, closes: number): Season {
  const hour = (((time % (24 * HOUR)) + 24 * HOUR) % (24 * HOUR)) / HOUR;
  if (assetClass === 'equity') {
    const position = (1 - (closes - time) / SESSION) * EQUITY_RETURN.length;
    return { volatility: between(EQUITY_RETURN, position, false), activity: between(EQUITY_VOLUME, position, false) };
  }
  const factor = assetClass === 'crypto' ? between(CRYPTO_HOURS, hour, true) : 0.65 + 0.65 * bump(hour, 8.5, 2) + 0.75 * bump(hour, 14, 2);
  return { volatility: factor, activity: factor };
}
