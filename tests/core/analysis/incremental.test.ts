import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frame } from '@/core/analysis/frame';
import { Indicators } from '@/core/analysis/indicators';
import { PrefixSums } from '@/core/analysis/prefixSums';
import type { Candle } from '@/core/market/outputs';
import { DIFFERENCE, FRAME_COLUMNS } from './columns';
import { naiveColumns } from './naive';
import { largestOf, tolerance } from './referenceSet';
import { walk } from './walk';

const text = (f: Readonly<Frame>): string => JSON.stringify({ ...f, sma: [...f.sma].map(String), ema: [...f.ema].map(String) });
const fed = (candles: readonly Candle[]): Indicators => {
  const made = new Indicators();
  for (const c of candles) made.next(c);
  return made;
};
/** Its state as JSON would carry it. */
const carried = (indicators: Indicators): unknown => JSON.parse(JSON.stringify(indicators.snapshot()));
const CANDLES = walk('incremental', 1_500);

describe('incremental indicators', () => {
  it.each([['usual', 100], ['tiny', 7e-6], ['huge', 9e8]])('equal what their definitions give over whole arrays: %s prices', (_, level) => {
    const candles = walk('batch', 700, level);
    const naive = naiveColumns(candles);
    const limits = Object.fromEntries(Object.keys(FRAME_COLUMNS).map((name) => [name, largestOf(naive[name] ?? [])]));
    const indicators = new Indicators();
    const wrong: string[] = [];
    candles.forEach((candle, i) => {
      const frame = indicators.next(candle);
      for (const [name, read] of Object.entries(FRAME_COLUMNS)) {
        const [value, expected] = [read(frame), naive[name]?.[i] ?? NaN];
        const allowed = tolerance(name, expected, limits[name] ?? 0) + (DIFFERENCE.test(name) ? 1e-13 * candle.close : 0);
        const same = Number.isNaN(expected) ? Number.isNaN(value) : Math.abs(value - expected) <= allowed;
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
        const before = carried(indicators);
        const looked = text(indicators.peek(candle, ahead));
        expect(carried(indicators)).toEqual(before);
        expect(text(new Indicators().restore(before).next(candle))).toBe(looked);
      }
      indicators.next(candle);
    });
  });

  it('go on from a snapshot as if nothing had happened, and can take back what came before it', () => {
    const whole = new Indicators();
    let copy = new Indicators();
    for (const [i, candle] of CANDLES.entries()) {
      if (i % 50 === 0) copy = new Indicators().restore(carried(copy));
      const frame = text(whole.next(candle));
      expect(text(copy.next(candle))).toBe(frame);
      if (i % 50 !== 25) continue;
      copy = new Indicators().restore(carried(copy));
      expect(copy.undo()).toBe(true);
      expect(text(copy.next(candle))).toBe(frame);
    }
    expect(() => new Indicators().restore({ count: 1 })).toThrow(TypeError);
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
