import { scaled, scaleOf } from '../util/decimal';
import type { LevelChange } from './events';

/** Decimals of the average kept in the exact division; beyond what any double can show. */
const DIGITS = 40;

/** What taking from one side of a book gives. */
export interface Fill {
  /** Average price of what is filled, and the worst level touched. */
  readonly price: number;
  readonly worst: number;
  /** Filled size, at most the asked one. */
  readonly filled: number;
  readonly complete: boolean;
}

/**
 * Average price of taking `size` (decimal text above 0) from levels that stand best first. Sums are exact integers and rounded once, at the end, so
 * that the price of a larger size is never better than that of a smaller one. null when there is nothing to take.
 */
export function fill(levels: readonly LevelChange[], size: string): Fill | null {
  const priceScale = Math.max(0, ...levels.map(([price]) => scaleOf(price)));
  const sizeScale = levels.reduce((most, [, held]) => Math.max(most, scaleOf(held)), scaleOf(size));
  const wanted = scaled(size, sizeScale);
  let taken = 0n;
  let cost = 0n;
  let worst = 0;
  for (const [price, held] of levels) {
    if (taken >= wanted) break;
    const rest = wanted - taken;
    const here = scaled(held, sizeScale);
    const part = here < rest ? here : rest;
    if (part <= 0n) continue;
    taken += part;
    cost += part * scaled(price, priceScale);
    worst = Number(price);
  }
  if (taken === 0n) return null;
  const price = Number(`${String((cost * 10n ** BigInt(DIGITS)) / taken)}e-${priceScale + DIGITS}`);
  return { price, worst, filled: Number(`${String(taken)}e-${sizeScale}`), complete: taken === wanted };
}
