import { scaled, scaleOf } from '../util/decimal';
import type { LevelChange } from './events';

/** Decimals of the average kept in the exact division; beyond what any double can show. */
const DIGITS = 40;
/** Below this a decimal times a power of ten is off by less than a half, so that rounding gives its exact integer; sums below twice that stay exact. */
const EXACT_BELOW = 2 ** 50;
const SUM_BELOW = 2 ** 52;
/** Powers of ten that are exact doubles. */
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);

/** What taking from one side of a book gives. */
export interface Fill {
  /** Average price of what is filled, and the worst level touched. */
  readonly price: number;
  readonly worst: number;
  /** Filled size, at most the asked one. */
  readonly filled: number;
  readonly complete: boolean;
}

/** What was taken, in units of 10^-scale. */
interface Taken { readonly size: bigint; readonly cost: bigint; readonly worst: string; readonly complete: boolean }

/**
 * Average price of taking `size` (decimal text above 0) from levels that stand best first. Sums are exact integers and rounded once, at the end, so
 * that the price of a larger size is never better than that of a smaller one. null when there is nothing to take.
 */
export function fill(levels: readonly LevelChange[], size: string): Fill | null {
  let priceScale = 0;
  let sizeScale = scaleOf(size);
  for (const [price, held] of levels) {
    priceScale = Math.max(priceScale, scaleOf(price));
    sizeScale = Math.max(sizeScale, scaleOf(held));
  }
  const taken = takeFast(levels, size, priceScale, sizeScale) ?? takeBig(levels, size, priceScale, sizeScale);
  if (taken.size === 0n) return null;
  return {
    price: Number(`${String((taken.cost * 10n ** BigInt(DIGITS)) / taken.size)}e-${priceScale + DIGITS}`), worst: Number(taken.worst),
    filled: Number(`${String(taken.size)}e-${sizeScale}`), complete: taken.complete,
  };
}

/** The text as an exact integer of 10^-scale units; Infinity when a double cannot be trusted with it. */
function units(text: string, scale: number): number {
  const value = Number(text) * (POWERS[scale] ?? Infinity);
  return value < EXACT_BELOW ? Math.round(value) : Infinity;
}

/** In safe integers, as books of thousands of levels are read at every question; null where the numbers are too large for that. */
function takeFast(levels: readonly LevelChange[], size: string, priceScale: number, sizeScale: number): Taken | null {
  // A size beyond exactness is beyond what the levels hold, or the sum below says otherwise.
  const wanted = units(size, sizeScale);
  const first = units(levels[0]?.[0] ?? '0', priceScale);
  let taken = 0;
  let low = 0;
  let high = 0n;
  let worst = '0';
  for (const [price, held] of levels) {
    if (taken >= wanted) break;
    const here = Math.min(units(held, sizeScale), wanted - taken);
    // Distances from the best price are small, so their products usually fit.
    const product = here * (units(price, priceScale) - first);
    if (!Number.isFinite(here) || !Number.isFinite(product) || Math.abs(product) >= SUM_BELOW || taken + here >= SUM_BELOW) return null;
    if (here === 0) continue;
    taken += here;
    low += product;
    worst = price;
    if (Math.abs(low) >= SUM_BELOW) {
      high += BigInt(low);
      low = 0;
    }
  }
  return { size: BigInt(taken), cost: BigInt(Number.isFinite(first) ? first : 0) * BigInt(taken) + high + BigInt(low), worst, complete: taken === wanted };
}

function takeBig(levels: readonly LevelChange[], size: string, priceScale: number, sizeScale: number): Taken {
  const wanted = scaled(size, sizeScale);
  let taken = 0n;
  let cost = 0n;
  let worst = '0';
  for (const [price, held] of levels) {
    if (taken >= wanted) break;
    const rest = wanted - taken;
    const here = scaled(held, sizeScale);
    const part = here < rest ? here : rest;
    if (part === 0n) continue;
    taken += part;
    cost += part * scaled(price, priceScale);
    worst = price;
  }
  return { size: taken, cost, worst, complete: taken === wanted };
}
