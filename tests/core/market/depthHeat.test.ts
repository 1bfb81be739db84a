import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DepthHeat, HEAT_CELL, heatFrame, heatModel, heatPrice, heatWalls, type HeatFrame } from '@/core/market/depthHeat';

type Level = readonly [price: number, size: number];
const side = (levels: readonly Level[]) => ({ prices: levels.map(([price]) => price), sizes: levels.map(([, size]) => size) });
const book = (bids: readonly Level[], asks: readonly Level[]) => ({ bids: side(bids), asks: side(asks) });
const heatOf = (...books: readonly (ReturnType<typeof book> | null)[]): DepthHeat => {
  const heat = new DepthHeat();
  books.forEach((one, i) => one && heat.add(i, 1_000 * i, one));
  return heat;
};
const BOOK = book([[99, 1], [98, 2], [96, 4]], [[101, 3], [102, 5]]);

describe('recent depth', () => {
  it('every cell holds exactly the levels of its prices, at every grouping', () => {
    const level = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100 }));
    const levels = fc.array(level, { minLength: 1, maxLength: 20 });
    fc.assert(fc.property(levels, levels, fc.constantFrom(0.01, 1, 5), fc.integer({ min: 4, max: 60 }), (bids, asks, tick, mostRows) => {
      const walk = (sign: number, steps: readonly Level[]): Level[] => {
        let at = 10_000;
        return steps.map(([step, size]) => [(at += sign * step) * tick, size] as const);
      };
      const [b, a] = [walk(-1, bids), walk(1, asks)];
      const heat = heatOf(book(b, a));
      const frame = heatFrame(heat.samples, tick, mostRows, null);
      if (!frame) throw new Error('no frame');
      expect(frame.rows).toBeLessThanOrEqual(mostRows);
      const model = heatModel(heat.samples, frame, 0, 3);
      const cell = frame.tick * frame.multiple;
      for (let row = 0; row < frame.rows; row++) {
        const low = (frame.low + row) * cell;
        const inside = (list: readonly Level[], within: (price: number) => boolean) => list.filter(([price]) => within(price)).reduce((sum, [, size]) => sum + size, 0);
        // Prices on an edge: bids belong to the cell above it, asks to the one below.
        const slack = tick * 1e-6;
        expect(model.bids[2 * frame.rows + row]).toBe(inside(b, (price) => price >= low - slack && price < low + cell - slack));
        expect(model.asks[2 * frame.rows + row]).toBe(inside(a, (price) => price > low + slack && price <= low + cell + slack));
      }
    }));
  });

  it('tells a moment without a good book, prices beyond the held levels and empty ones apart', () => {
    const heat = heatOf(BOOK, null, BOOK);
    const frame: HeatFrame = { tick: 1, multiple: 1, low: 94, rows: 10 };
    const model = heatModel(heat.samples, frame, 2, 3);
    const column = (i: number) => [...model.state.subarray(i * 10, i * 10 + 10)];
    expect(column(1)).toEqual(new Array(10).fill(HEAT_CELL.hole));
    // 94 and 95 lie beneath the last bid, 102 to 103 and above beyond the last ask.
    expect(column(2)).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 1, 1]);
    expect([...model.bids.subarray(20, 30)]).toEqual([0, 0, 4, 0, 2, 1, 0, 0, 0, 0]);
    expect([...model.asks.subarray(20, 30)]).toEqual([0, 0, 0, 0, 0, 0, 3, 5, 0, 0]);
    expect([heatPrice(frame, 5, 'bid'), heatPrice(frame, 6, 'ask')]).toEqual([99, 101]);
    expect([...model.times]).toEqual([0, NaN, 2_000]);
  });

  it('the frame stays, the same object, while the price walks in its middle; it follows when the price leaves it', () => {
    const move = (by: number) => book(BOOK.bids.prices.map((price, i) => [price + by, BOOK.bids.sizes[i] ?? 0] as const), BOOK.asks.prices.map((price, i) => [price + by, BOOK.asks.sizes[i] ?? 0] as const));
    const frame = heatFrame(heatOf(move(0), move(4)).samples, 1, 40, null);
    expect(heatFrame(heatOf(move(0), move(4), move(5)).samples, 1, 40, frame)).toBe(frame);
    const left = heatFrame(heatOf(move(0), move(40)).samples, 1, 40, frame);
    expect(left).not.toBe(frame);
    expect((left?.low ?? 0) + (left?.rows ?? 0) / 2).toBeCloseTo(140, -1);
    expect(heatFrame(heatOf(book([[99, 1]], [])).samples, 1, 40, frame)).toBeNull();
  });

  it('is bounded; the second book of a moment takes the place of the first', () => {
    const heat = new DepthHeat(10);
    for (let step = 0; step < 100; step++) heat.add(step, step, BOOK);
    heat.add(99, 99.5, BOOK);
    expect(heat.samples.map((sample) => sample.step)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(heat.samples.at(-1)?.time).toBe(99.5);
  });

  it('names where most has stood: by the mean over the moments in which the cell was known', () => {
    const heat = heatOf(BOOK, BOOK, book([[99, 1], [98, 100], [96, 4]], [[101, 3], [102, 1]]));
    const model = heatModel(heat.samples, { tick: 1, multiple: 1, low: 94, rows: 10 }, 2, 8);
    expect(heatWalls(model)).toEqual({ bid: { price: 98, mean: (2 + 2 + 100) / 3 }, ask: { price: 102, mean: expect.closeTo(11 / 3) as number } });
  });
});
