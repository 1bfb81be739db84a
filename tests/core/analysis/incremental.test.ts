import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frame } from '@/core/analysis/frame';
import { Indicators } from '@/core/analysis/indicators';
import { PrefixSums } from '@/core/analysis/prefixSums';
import type { Candle } from '@/core/market/outputs';
import { RandomStream } from '@/core/simulator/random';
import { ratingInputs } from './batch/ratingInputs';
import { ABSOLUTE, batchColumns, COLUMNS, DIFFERENCE } from './columns';

/** A walk with flat runs, gaps and minutes without trades. */
function walk(seed: string, count: number, level = 100): Candle[] {
  const random = new RandomStream(seed);
  let close = level;
  return Array.from({ length: count }, (_, i) => {
    const flat = i % 97 > 75;
    const open = i % 131 === 130 ? close * 1.5 : close;
    close = flat ? open : open * (1 + 0.004 * (random.uniform() - 0.5));
    const [up, down] = flat ? [0, 0] : [random.uniform(), random.uniform()];
    return { openTime: i * 60_000, open, high: Math.max(open, close) * (1 + 0.001 * up), low: Math.min(open, close) * (1 - 0.001 * down), close, volume: flat ? 0 : random.uniform() * 5 };
  });
}

const text = (f: Readonly<Frame>): string => JSON.stringify({ ...f, sma: [...f.sma].map(String), ema: [...f.ema].map(String) });
const fed = (candles: readonly Candle[]): Indicators => {
  const made = new Indicators();
  for (const c of candles) made.next(c);
  return made;
};
const CANDLES = walk('incremental', 1_500);

describe('incremental indicators', () => {
  it.each([['usual', 100], ['tiny', 7e-6], ['huge', 9e8]])('equal what whole arrays give, candle by candle: %s prices', (_, level) => {
    const candles = walk('batch', 700, level);
    const batch = Object.entries(batchColumns(ratingInputs(candles, 0)));
    const indicators = new Indicators();
    const wrong: string[] = [];
    candles.forEach((candle, i) => {
      const frame = indicators.next(candle);
      for (const [name, series] of batch) {
        const [value, expected] = [COLUMNS[name]?.(frame) ?? 0, series?.[i] ?? NaN];
        const tolerance = ABSOLUTE.test(name) ? 1e-7 : 1e-10 * Math.abs(expected) + (DIFFERENCE.test(name) ? 1e-13 * candle.close : 0);
        const same = Number.isNaN(expected) ? Number.isNaN(value) : Math.abs(value - expected) <= tolerance;
        if (!same) wrong.push(`${name} ${i}: ${value}, expected ${expected}`);
      }
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it('peek is next on a copy, and leaves no trace', () => {
    const indicators = new Indicators();
    const ahead = new Frame();
    CANDLES.forEach((candle, i) => {
      if (i % 3 === 0) {
        const before = indicators.clone();
        const looked = text(indicators.peek(candle, ahead));
        expect(indicators).toEqual(before);
        expect(text(before.next(candle))).toBe(looked);
      }
      indicators.next(candle);
    });
  });

  it('a copy goes its own way, and both go on as if nothing had happened', () => {
    const whole = new Indicators();
    let copy = new Indicators();
    for (const [i, candle] of CANDLES.entries()) {
      if (i % 50 === 0) copy = copy.clone();
      const frame = text(whole.next(candle));
      expect(text(copy.next(candle))).toBe(frame);
      if (i % 50 === 25) copy.clone().next({ ...candle, close: 1, low: 1, high: 1e6 });
    }
  });

  it('take the newest candle back once: what follows is as if it had never been', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 600 }), (n) => {
      const indicators = fed(CANDLES.slice(0, n));
      indicators.next({ openTime: n, open: 1, high: 1e7, low: 0.5, close: 3, volume: 1e12 });
      expect(indicators.undo()).toBe(true);
      expect(indicators.undo()).toBe(false);
      const straight = fed(CANDLES.slice(0, n));
      for (const candle of CANDLES.slice(n, n + 60)) expect(text(indicators.next(candle))).toBe(text(straight.next(candle)));
    }), { numRuns: 40 });
  });

  it('a window sum is exact after any spike, and 0 for a window of zeros', () => {
    const sums = new PrefixSums(32);
    const items = [1e9, 0.1, 1e15, 0.2, 0.3, ...new Array<number>(20).fill(0), 0.7];
    items.forEach((x, i) => sums.put(i, x));
    expect(sums.window(25, 0, 19)).toBe(0);
    expect(sums.window(26, 0.1, 3)).toBeCloseTo(0.8, 15);
    expect(sums.window(26, 0.1, 24)).toBeCloseTo(0.2 + 0.3 + 0.7 + 0.1, 14);
    expect(sums.window(1, 5, 3)).toBeNaN();
  });
});
