import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '@/core/contract';
import { ChartSeries, holeAt, placeOf, timeAt } from '@/core/market/chartBars';
import type { Candle } from '@/core/market/outputs';

const MINUTE = 60_000;
/** Friday, 20:50 UTC: the New York exchanges close ten minutes later. */
const T0 = Date.parse('2024-03-08T20:50:00Z');
const bar = (i: number, close = 100 + i): Candle => ({ openTime: T0 + i * MINUTE, open: 100, high: 200, low: 50, close, volume: i });
const bars = (...at: number[]): Candle[] => at.map((i) => bar(i));
const golden = (name: string): unknown => JSON.parse(readFileSync(new URL(`./golden/${name}.json`, import.meta.url), 'utf8'));

describe('the chart model', () => {
  it('is the golden one for candles with a short and a long hole', () => {
    const series = new ChartSeries('1m', 'crypto');
    series.page(bars(0, 1, 3, 4, 1_000, 1_001));
    expect(JSON.parse(JSON.stringify(series.model()))).toEqual(golden('holes'));
  });

  it('is the golden one for a share over a weekend, which is one place wide', () => {
    const series = new ChartSeries('1m', 'equity');
    const monday = (Date.parse('2024-03-11T13:30:00Z') - T0) / MINUTE;
    series.page(bars(8, 9, monday, monday + 1, monday + 5));
    expect(JSON.parse(JSON.stringify(series.model()))).toEqual(golden('weekend'));
  });

  it('leaves seconds without a trade empty and marks only longer silence', () => {
    const series = new ChartSeries('1s', 'crypto');
    series.page([0, 3, 30].map((s) => ({ ...bar(0), openTime: T0 + s * 1_000 })));
    const { points, holes } = series.model();
    expect(points.map((p) => [(p.time - T0) / 1_000, p.candle !== null]).slice(0, 5)).toEqual([[0, true], [1, false], [2, false], [3, true], [4, false]]);
    expect(holes).toMatchObject([{ missing: 26, kind: 'gap', start: 4, end: 16 }]);
  });

  it('tells of a hole what the server says of it, and forgets it when a newer page says otherwise', () => {
    const series = new ChartSeries('1m', 'crypto');
    series.page(bars(0, 1, 5, 6, 20, 21));
    const cause = { from: T0 + 2 * MINUTE, to: T0 + 4 * MINUTE, reason: 'the server was not running', state: 'open', note: '' } as const;
    const causes = (): unknown[] => series.model().holes.map((hole) => hole.cause?.reason);
    expect([causes(), series.note([cause], T0, Infinity), causes()]).toEqual([[undefined, undefined], 'all', ['the server was not running', undefined]]);
    expect(series.note([cause], T0, Infinity)).toBe('none');
    // An older page does not speak for what came after it.
    expect([series.note([], T0 - 60 * MINUTE, T0), causes()]).toEqual(['none', ['the server was not running', undefined]]);
    expect([series.note([], T0, Infinity), causes()]).toEqual(['all', [undefined, undefined]]);
  });

  it('grows at its end with the forming candle and is made anew only when older ones come', () => {
    const series = new ChartSeries('1m', 'crypto');
    expect(series.page(bars(5, 6))).toBe('all');
    expect(series.live([{ ...bar(6, 1), closed: false }])).toBe('tail');
    expect(series.live([{ ...bar(6, 1), closed: false }])).toBe('none');
    expect(series.live([{ ...bar(6, 2), closed: true }, { ...bar(7), closed: false }])).toBe('tail');
    expect(series.page(bars(3, 4, 5))).toBe('all');
    expect(series.candles.map((c) => c.close)).toEqual([103, 104, 105, 2, 107]);
  });

  it('does not let an answer that was under way undo what the stream closed meanwhile', () => {
    const series = new ChartSeries('1m', 'crypto');
    series.live([{ ...bar(6, 2), closed: true }, { ...bar(7, 3), closed: false }]);
    series.page([bar(5), bar(6, 1.5), bar(7, 4)]);
    expect(series.candles.map((c) => c.close)).toEqual([105, 2, 4]);
  });

  it('holds each candle once and in order, however the pages are cut and overlap', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 120 });
    fc.assert(fc.property(times, fc.array(fc.tuple(fc.nat(119), fc.nat(119), fc.boolean()), { maxLength: 12 }), (all, cuts) => {
      const series = new ChartSeries('1m', 'crypto');
      const seen = new Set<number>();
      for (const [a, b, live] of [...cuts, [0, 119, false] as const]) {
        const part = all.slice(Math.min(a, b), Math.max(a, b) + 1);
        if (live) series.live(bars(...part).map((c) => ({ ...c, closed: false })));
        else series.page(bars(...part));
        part.forEach((i) => seen.add(T0 + i * MINUTE));
        expect(series.candles.map((c) => c.openTime)).toEqual([...seen].sort((x, y) => x - y));
        const { points, holes } = series.model();
        expect(points.filter((p) => p.candle).map((p) => p.time)).toEqual(series.candles.map((c) => c.openTime));
        expect(points.every((p, i) => i === 0 || p.time > (points[i - 1]?.time ?? 0))).toBe(true);
        for (const { start, end } of holes) expect(points.slice(start, end).every((p) => p.candle === null)).toBe(true);
      }
    }), { numRuns: 60 });
  });
});

describe('places on the axis', () => {
  it('and times are inverse to one another, inside holes and beyond both ends', () => {
    const series = new ChartSeries('1m', 'crypto');
    series.page(bars(0, 1, 2, 50, 51));
    const model = series.model();
    fc.assert(fc.property(fc.double({ min: -30, max: 60, noNaN: true }), (place) => {
      expect(placeOf(model, timeAt(model, place) ?? NaN)).toBeCloseTo(place, 5);
    }));
    expect(placeOf(model, T0 + 51 * MINUTE)).toBe(model.points.length - 1);
    expect(timeAt(model, model.points.length)).toBe(T0 + 52 * MINUTE);
    expect([placeOf(new ChartSeries('1h', 'crypto').model(), 0), timeAt(new ChartSeries('1h', 'crypto').model(), 3)]).toEqual([null, null]);
    expect([holeAt(model, 2), holeAt(model, 3)?.missing, holeAt(model, 14)?.missing, holeAt(model, 15)]).toEqual([null, 47, 47, null]);
    expect(INTERVAL_MS[model.interval]).toBe(MINUTE);
  });
});
