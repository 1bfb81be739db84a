import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffDelay } from '@/core/util/backoff';
import { Ring } from '@/core/util/ring';

it('a ring keeps the newest, oldest first', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer(), { maxLength: 40 }), fc.nat(12), (capacity, items, limit) => {
    const ring = new Ring<number>(capacity);
    const dropped = items.map((item) => ring.push(item)).filter((item) => item !== undefined);
    const kept = items.slice(-capacity);
    expect(ring.last()).toEqual(items.length > 0 ? kept : []);
    expect(ring.last(limit)).toEqual(limit === 0 ? [] : kept.slice(-limit));
    expect(dropped).toEqual(items.slice(0, Math.max(0, items.length - capacity)));
    expect([ring.at(0), ring.at(-1)]).toEqual([kept[0], kept.at(-1)]);
  }));
  expect(() => new Ring(0)).toThrow(RangeError);
});

it('back-off stays within its bound, spreads over it, and is capped', () => {
  const options = { firstMs: 500, baseMs: 1000, capMs: 10_000 };
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
    const limit = attempt === 1 ? 500 : Math.min(10_000, 1000 * 2 ** (attempt - 1));
    expect(backoffDelay(attempt, random, options)).toBe(random * limit);
  }));
});
