import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TradeItem } from '@/core/contract';
import { SAME_ORDER_MS, Tape, TAPE_ROWS, type TapeRow } from '@/core/market/tape';

const T = 1_700_000_000_000;
let seq = 0;
const trade = (change: Partial<TradeItem> & { readonly at?: number } = {}): TradeItem => {
  const { at = 0, ...fields } = change;
  seq++;
  return { seq, id: `t${seq}`, price: '100', size: '1', side: 'buy', t: T + at, venue: 'okx', quality: 'live', ...fields };
};
const tapeOf = (...items: TradeItem[]): Tape => {
  const tape = new Tape();
  tape.take(items, { replace: true, lost: 0 });
  return tape;
};
const words = (rows: readonly TapeRow[]): string[] => rows.map((row) => (row.kind === 'hole' ? `hole ${row.count ?? 'unknown'}` : `${row.side} ${row.size} at ${row.first}${row.price === row.first ? '' : `..${row.price}`} in ${row.fills}`));

describe('tape', () => {
  it('fills of one taker order are one line: same venue, side and moment, prices that only get worse', () => {
    const tape = tapeOf(
      trade({ size: '0.1' }), trade({ size: '0.2', price: '100.5' }), trade({ size: '0.3', price: '101', at: 1 }),
      trade({ side: 'sell', at: 1, price: '99' }), trade({ side: 'sell', at: 2, price: '98' }),
    );
    expect(words(tape.rows)).toEqual(['sell 2 at 99..98 in 2', 'buy 0.6 at 100..101 in 3']);
  });

  it.each([
    ['a better price for the taker', trade({ price: '99' })],
    ['another side', trade({ side: 'sell' })],
    ['another venue', trade({ venue: 'kraken' })],
    ['2 ms later', trade({ at: SAME_ORDER_MS.gap + 1 })],
    ['an earlier time', trade({ at: -1 })],
  ])('%s is another order', (_words, other) => expect(tapeOf(trade(), other).rows).toHaveLength(2));

  it('an unknown side is never joined; an order ends 10 ms after its first fill; venues do not cut each other', () => {
    expect(tapeOf(trade({ side: 'unknown' }), trade({ side: 'unknown' })).rows).toHaveLength(2);
    const chain = Array.from({ length: 13 }, (_, i) => trade({ at: i }));
    expect(tapeOf(...chain).rows.map((r) => r.kind === 'trade' && r.fills)).toEqual([2, 11]);
    expect(words(tapeOf(trade(), trade({ venue: 'kraken', price: '7' }), trade()).rows)).toEqual(['buy 1 at 7 in 1', 'buy 2 at 100 in 2']);
  });

  it('nothing is lost by joining: sizes over all lines add up exactly to the trades, keys go down line by line', () => {
    const any = fc.array(fc.record({
      at: fc.integer({ min: 0, max: 40 }), cents: fc.integer({ min: 9_990, max: 10_010 }), size: fc.integer({ min: 1, max: 99_999 }),
      side: fc.constantFrom('buy' as const, 'sell' as const, 'unknown' as const), venue: fc.constantFrom('okx', 'kraken'),
    }), { maxLength: 80 });
    fc.assert(fc.property(any, fc.integer({ min: 1, max: 7 }), (list, chunk) => {
      const items = [...list].sort((a, b) => a.at - b.at).map(({ at, cents, size, side, venue }) => trade({ at, price: (cents / 100).toFixed(2), size: (size / 1e5).toFixed(5), side, venue }));
      const tape = new Tape();
      for (let i = 0; i < items.length; i += chunk) tape.take(items.slice(i, i + chunk), { replace: false, lost: 0 });
      const lines = tape.rows.filter((row) => row.kind === 'trade');
      const unitsOf = (sizes: readonly string[]): number => sizes.reduce((sum, size) => sum + Math.round(Number(size) * 1e5), 0);
      for (const side of ['buy', 'sell', 'unknown'] as const) expect(unitsOf(lines.filter((r) => r.side === side).map((r) => r.size))).toBe(unitsOf(items.filter((i) => i.side === side).map((i) => i.size)));
      expect(lines.reduce((sum, r) => sum + r.fills, 0)).toBe(items.length);
      lines.slice(1).forEach((row, i) => expect(row.key).toBeLessThan(lines[i]?.key ?? NaN));
    }));
  });

  it('volumes per window are exact sums, also when finer sizes come later, and leave the window to the second', () => {
    const any = fc.array(fc.record({ second: fc.integer({ min: 0, max: 1_200 }), units: fc.integer({ min: 1, max: 1_000_000 }), places: fc.integer({ min: 0, max: 9 }), side: fc.constantFrom('buy' as const, 'sell' as const) }), { maxLength: 120 });
    fc.assert(fc.property(any, fc.integer({ min: 0, max: 900 }), (list, later) => {
      const ordered = [...list].sort((a, b) => a.second - b.second);
      const tape = new Tape();
      for (const { second, units, places, side } of ordered) tape.take([trade({ at: second * 1_000, side, size: (units / 10 ** places).toFixed(places) })], { replace: false, lost: 0 });
      const now = T + ((ordered.at(-1)?.second ?? 0) + later) * 1_000;
      for (const { minutes, buy, sell, delta, trades } of tape.volumes(now)) {
        const inside = ordered.filter(({ second }) => T + second * 1_000 > now - minutes * 60_000);
        const sum = (side: string): bigint => inside.filter((x) => x.side === side).reduce((total, { units, places }) => total + BigInt(units) * 10n ** BigInt(9 - places), 0n);
        const units = (text: string): bigint => BigInt(Math.round(Number(text) * 1e9));
        expect([units(buy), units(sell), units(delta), trades]).toEqual([sum('buy'), sum('sell'), sum('buy') - sum('sell'), inside.length]);
      }
    }));
    expect(tapeOf(trade({ size: '0.1' }), trade({ size: '0.2' })).volumes(T)[0]?.buy).toBe('0.3');
  });

  it('says since when it has listened while that is less than the window, and what is missing in it', () => {
    const tape = tapeOf(trade({ at: 0 }), trade({ at: 60_000 }));
    expect(tape.volumes(T + 90_000).map((v) => [v.minutes, v.since, v.missing])).toEqual([[1, null, 0], [5, T, 0], [15, T, 0]]);
    tape.take([trade({ at: 120_000 })], { replace: false, lost: 7 });
    expect(tape.volumes(T + 150_000).map((v) => v.missing)).toEqual([7, 7, 7]);
    expect(tape.volumes(T + 240_000).map((v) => v.missing)).toEqual([0, 7, 7]);
    expect(new Tape().volumes(T)[0]).toMatchObject({ buy: '0', delta: '0', since: null, missing: 0 });
  });

  it('a client that was too slow gets a hole with its number; no order goes over it', () => {
    const tape = tapeOf(trade());
    tape.take([trade()], { replace: false, lost: 3 });
    expect(words(tape.rows)).toEqual(['buy 1 at 100 in 1', 'hole 3', 'buy 1 at 100 in 1']);
  });

  it('a list sent anew goes on where it overlaps, and has a hole of unknown size where it does not', () => {
    const [a, b, c, d] = [trade({ at: 0 }), trade({ at: 100 }), trade({ at: 200 }), trade({ at: 300 })];
    const tape = tapeOf(a, b);
    tape.take([b, c], { replace: true, lost: 0 });
    expect(tape.rows.map((r) => r.kind)).toEqual(['trade', 'trade', 'trade']);
    tape.take([d], { replace: true, lost: 0 });
    expect(words(tape.rows)[1]).toBe('hole unknown');
    expect(tape.volumes(T + 400)[0]?.missing).toBeNull();
  });

  it('a list sent anew after too long an absence has a hole with the number the server told', () => {
    const tape = tapeOf(trade({ at: 0 }));
    const [b, c] = [trade({ at: 500 }), trade({ at: 600 })];
    tape.take([b], { replace: true, lost: 40 });
    expect(words(tape.rows)[1]).toBe('hole 40');
    expect(tape.volumes(T + 700)[0]?.missing).toBe(40);
    // Nothing is missing where the lists overlap, whatever was told.
    tape.take([b, c], { replace: true, lost: 3 });
    expect(tape.rows.filter((row) => row.kind === 'hole')).toHaveLength(1);
  });

  it('trades of another kind never stand beside those before them', () => {
    const tape = tapeOf(trade({ quality: 'simulated' }));
    tape.take([trade({ quality: 'live', size: '5' })], { replace: true, lost: 0 });
    expect(words(tape.rows)).toEqual(['buy 5 at 100 in 1']);
    expect(tape.volumes(T)[0]?.buy).toBe('5');
    // A replay that was moved back starts anew as well.
    tape.take([trade({ at: -60_000 })], { replace: true, lost: 0 });
    expect(tape.rows).toHaveLength(1);
    tape.take([], { replace: true, lost: 0 });
    expect(tape.rows).toEqual([]);
  });

  it('is bounded, and gives the same list until something changes', () => {
    const tape = new Tape();
    for (let i = 0; i < 30; i++) tape.take(Array.from({ length: 200 }, (_, k) => trade({ at: (i * 200 + k) * 20 })), { replace: false, lost: 0 });
    expect([tape.rows.length, tape.rows === tape.rows]).toEqual([TAPE_ROWS, true]);
    const before = tape.rows;
    tape.take([trade({ at: 200_000 })], { replace: false, lost: 0 });
    expect([before === tape.rows, before.length]).toEqual([false, TAPE_ROWS]);
  });
});
