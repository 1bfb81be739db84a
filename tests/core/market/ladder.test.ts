import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittingMultiple, groupLevels, imbalanceOf, ladderOf, multiplesFor, niceCeil, rowOf, spreadOf, type LadderBook } from '@/core/market/ladder';

const TICK = 0.01;
/** A book from whole ticks and whole 1/1024 of a unit, so that sums are exact in doubles. */
function book(bids: readonly (readonly [ticks: number, units: number])[], asks: readonly (readonly [ticks: number, units: number])[], tick = TICK): LadderBook {
  const side = (levels: readonly (readonly [number, number])[]) => ({ prices: Float64Array.from(levels, ([t]) => Number((t * tick).toFixed(8))), sizes: Float64Array.from(levels, ([, u]) => u / 1024) });
  return { bids: side(bids), asks: side(asks) };
}

const units = fc.integer({ min: 1, max: 1 << 20 });
const anyBook = fc.record({
  touch: fc.integer({ min: 2_000, max: 9_000_000 }), spread: fc.integer({ min: 1, max: 400 }),
  bids: fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), units), { minLength: 1, maxLength: 40 }), asks: fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), units), { minLength: 1, maxLength: 40 }),
}).map(({ touch, spread, bids, asks }) => {
  const walk = (from: number, sign: number, steps: readonly (readonly [number, number])[]): (readonly [number, number])[] => {
    let at = from;
    return steps.flatMap(([step, size], i) => {
      if (i > 0) at += sign * step;
      return at > 0 ? [[at, size] as const] : [];
    });
  };
  return { bids: walk(touch, -1, bids), asks: walk(touch + spread, 1, asks) };
});
const MULTIPLES = [1, 2, 5, 10, 20, 50, 100, 1_000];
const total = (sizes: ArrayLike<number>): number => Array.from(sizes).reduce((a, b) => a + b, 0);

describe('ladder', () => {
  it('the levels of each side add up to the book at every grouping, and no row looks better than the levels in it', () => {
    fc.assert(
      fc.property(anyBook, fc.constantFrom(...MULTIPLES), (levels, multiple) => {
        const made = book(levels.bids, levels.asks);
        for (const [name, side, list] of [['bid', made.bids, levels.bids], ['ask', made.asks, levels.asks]] as const) {
          const rows = groupLevels(side, TICK, multiple, name);
          expect(total(rows.map((r) => r.size))).toBe(total(side.sizes));
          expect(rows.at(-1)?.sumSize).toBe(total(side.sizes));
          const value = list.reduce((sum, [ticks, size]) => sum + ticks * TICK * (size / 1024), 0);
          expect(Math.abs((rows.at(-1)?.sumValue ?? 0) / value - 1)).toBeLessThan(1e-9);
          for (const { row } of rows) {
            const inside = list.filter(([ticks]) => rowOf(Number((ticks * TICK).toFixed(8)), TICK, multiple, name) === row).map(([ticks]) => ticks);
            expect(inside.length).toBeGreaterThan(0);
            for (const ticks of inside) expect(name === 'bid' ? ticks >= row * multiple && ticks < (row + 1) * multiple : ticks <= row * multiple && ticks > (row - 1) * multiple).toBe(true);
          }
        }
      }),
    );
  });

  it('what is drawn adds up too: rows in sight hold exactly the levels of their prices, bids below asks, one spread row', () => {
    fc.assert(
      fc.property(anyBook, fc.constantFrom(...MULTIPLES), fc.integer({ min: 5, max: 61 }), (levels, multiple, slots) => {
        const made = book(levels.bids, levels.asks);
        const ladder = ladderOf(made, TICK, multiple, slots, null);
        const rows = ladder?.rows ?? [];
        expect(rows.map((r) => r.slot)).toEqual(Array.from({ length: slots }, (_, i) => i));
        expect(rows.filter((r) => r.kind === 'spread')).toHaveLength(1);
        const bids = rows.filter((r) => r.kind === 'bid');
        const asks = rows.filter((r) => r.kind === 'ask').reverse();
        for (const [side, name, shown] of [[made.bids, 'bid', bids], [made.asks, 'ask', asks]] as const) {
          const groups = groupLevels(side, TICK, multiple, name).filter((g) => shown.some((r) => r.row === g.row));
          expect(total(shown.map((r) => r.size))).toBe(total(groups.map((g) => g.size)));
          shown.forEach((r, i) => expect(r.sumSize).toBe(total(shown.slice(0, i + 1).map((x) => x.size))));
        }
        // Prices go down row by row, without a hole.
        const indexes = rows.filter((r) => r.kind !== 'spread').map((r) => r.row);
        indexes.slice(1).forEach((row, i) => expect(row).toBe((indexes[i] ?? NaN) - 1));
      }),
    );
  });

  it('stands still: while the touch walks within the middle third only the rows it crosses change their place', () => {
    const at = (touch: number) => book([[touch, 1024], [touch - 1, 1024]], [[touch + 1, 1024], [touch + 2, 1024]]);
    const first = ladderOf(at(1_000), TICK, 1, 31, null);
    const centre = first?.centre ?? NaN;
    expect(first?.rows[15]?.kind).toBe('spread');
    const places = (l: ReturnType<typeof ladderOf>) => new Map(l?.rows.flatMap((r) => (r.kind === 'spread' ? [] : [[r.row, r.slot] as const])) ?? []);
    const moved = ladderOf(at(1_003), TICK, 1, 31, centre);
    expect(moved?.centre).toBe(centre);
    const changed = [...places(moved)].filter(([row, slot]) => places(first).get(row) !== slot).map(([row]) => row);
    expect(changed).toEqual([1_003, 1_002, 1_001]);
    // Out of the middle third: it is centred anew, the spread row in the middle again.
    expect(ladderOf(at(1_005), TICK, 1, 31, centre)?.centre).toBe(centre);
    const anew = ladderOf(at(1_006), TICK, 1, 31, centre);
    expect([anew?.centre, anew?.rows[15]?.kind]).toEqual([1_006, 'spread']);
  });

  it('tells an empty row from one beyond what is held, and a last row that may hold more', () => {
    const ladder = ladderOf(book([[1_000, 1024], [996, 2048]], [[1_010, 1024]]), TICK, 1, 41, null);
    const of = (row: number) => ladder?.rows.find((r) => r.row === row && r.kind !== 'spread');
    expect([of(998)?.size, of(998)?.held, of(998)?.sumSize]).toEqual([0, 'yes', 1]);
    expect([of(995)?.size, of(995)?.held]).toEqual([0, 'no']);
    expect(of(1_011)?.held).toBe('no');
    const grouped = ladderOf(book([[1_000, 1024], [996, 2048]], [[1_010, 1024]]), TICK, 5, 11, null);
    expect(grouped?.rows.filter((r) => r.held === 'part').map((r) => r.row)).toEqual([202, 199]);
  });

  it('a side may be empty, a book may be empty', () => {
    expect(ladderOf(book([], []), TICK, 1, 11, null)).toBeNull();
    const bidsOnly = ladderOf(book([[10, 1024]], []), TICK, 1, 11, null);
    expect([bidsOnly?.spread, bidsOnly?.rows.filter((r) => r.size > 0).map((r) => [r.kind, r.row])]).toEqual([null, [['bid', 10]]]);
    expect(bidsOnly?.rows.filter((r) => r.kind === 'ask').every((r) => r.held === 'no')).toBe(true);
    const asksOnly = ladderOf(book([], [[10, 1024]]), TICK, 1, 11, null);
    expect(asksOnly?.rows.filter((r) => r.size > 0).map((r) => [r.kind, r.row])).toEqual([['ask', 10]]);
  });

  it('spread in price, ticks and basis points; imbalance of the best levels', () => {
    const made = book([[10_000, 3072], [9_999, 1024]], [[10_002, 1024]]);
    expect(spreadOf(made, TICK)?.ticks).toBe(2);
    expect(spreadOf(made, TICK)?.mid).toBeCloseTo(100.01, 10);
    expect(spreadOf(made, TICK)?.bp).toBeCloseTo(1.9998, 4);
    expect([imbalanceOf(made, 1), imbalanceOf(made, 5), imbalanceOf(book([], []), 5)]).toEqual([0.5, 0.6, null]);
  });

  it('a price on the tick is not moved by the rounding of its division, one between two ticks is', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 90_000_000 }), fc.constantFrom(1e-8, 1e-5, 0.001, 0.05, 0.25), (ticks, tick) => {
      const price = Number((ticks * tick).toFixed(10));
      expect([rowOf(price, tick, 1, 'bid'), rowOf(price, tick, 1, 'ask')]).toEqual([ticks, ticks]);
    }));
    expect([rowOf(1.005, 0.01, 1, 'bid'), rowOf(1.005, 0.01, 1, 'ask')]).toEqual([100, 101]);
  });

  it('groupings: 1, 2, 5, 10 ... up to a hundredth of the price; the fitting one shows the best levels', () => {
    expect(multiplesFor(0.01, 50)).toEqual([1, 2, 5, 10, 20, 50]);
    expect(multiplesFor(1, 1)).toEqual([1]);
    const wide = book(Array.from({ length: 20 }, (_, i) => [100_000 - 200 * i, 1024] as const), Array.from({ length: 20 }, (_, i) => [100_010 + 200 * i, 1024] as const));
    const multiple = fittingMultiple(wide, TICK, 31);
    expect((2 * 11 * 200 + 10) / multiple).toBeLessThanOrEqual(31 * 0.75);
    expect((2 * 11 * 200 + 10) / multiple).toBeGreaterThan(31 * 0.25);
    expect([fittingMultiple(book([], []), TICK, 31), niceCeil(0), niceCeil(0.03), niceCeil(1), niceCeil(5.01), niceCeil(700)]).toEqual([1, 1, 0.05, 1, 10, 1000]);
  });
});
