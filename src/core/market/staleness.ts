import type { Route } from '../contract';
import type { AssetClass } from './instrument';

/**
 * Age beyond which a pushed value is stale, ms of feed time, where the venue's descriptor names no limit of its own:
 *
 * | class | limit | why |
 * |---|---|---|
 * | crypto | 15 s | the tape of a listed pair is never quiet for so long at the venues served; what is slower says so in its descriptor |
 * | currencies, metals | 30 s | quotes pause around the daily roll and in thin hours |
 * | shares | 60 s | the regular session of a liquid share; outside of it silence is `closed`, never `stale` |
 * | test instruments | 15 s | like crypto |
 */
export const STALE_MS: Readonly<Record<AssetClass, number>> = { crypto: 15_000, fx: 30_000, metal: 30_000, equity: 60_000, test: 15_000 };

/** The same for values asked for by REST: six of the usual five-second polls. Slower and daily sources have their own limit. */
export const POLLED_STALE_MS = 30_000;

/**
 * Time for which the last live value stays, marked old, before a delayed reference takes its place, ms of an open market. The
 * reference must also be the newer of the two by its own time: a day-old rate never replaces a minute-old price. Crypto references
 * are about a minute old, so after two minutes they know more; those of other classes are daily, so an hour is not long. While the
 * market is closed the last live value is the last price there is, and stays.
 */
export const KEEP_LIVE_MS: Readonly<Record<AssetClass, number>> = { crypto: 120_000, fx: 3_600_000, metal: 3_600_000, equity: 3_600_000, test: 120_000 };

/** Limit of a stream without one of its own, ms; `continuousMs` replaces that of continuous markets. */
export function standardStaleMs(route: Route, assetClass: AssetClass, continuousMs: number = STALE_MS.crypto): number {
  const pushed = assetClass === 'crypto' || assetClass === 'test' ? continuousMs : STALE_MS[assetClass];
  return route === 'rest' ? Math.max(pushed, POLLED_STALE_MS) : pushed;
}
