import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feedStands, grownSince } from '@/composables/feedStand';

describe('ages beside a replay that rests', () => {
  it('grow while it plays and stand while it rests, for values received before, within and after', () => {
    expect(grownSince(1_000, 4_000)).toBe(3_000);
    feedStands(true, 5_000);
    feedStands(true, 6_000);
    expect([grownSince(1_000, 65_000), grownSince(30_000, 65_000)]).toEqual([4_000, 0]);
    feedStands(false, 65_000);
    feedStands(false, 66_000);
    expect([grownSince(1_000, 70_000), grownSince(30_000, 70_000), grownSince(66_000, 70_000)]).toEqual([9_000, 5_000, 4_000]);
    feedStands(true, 70_000);
    feedStands(false, 80_000);
    expect(grownSince(1_000, 90_000)).toBe(19_000);
    expect(grownSince(5, 1)).toBe(0);
  });

  it('are never negative, never more than the time that passed, and never fall', () => {
    // The clock of a page never goes back.
    let now = 100_000;
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 40 }), fc.nat(30_000), (turns, back) => {
      const since = now - back;
      let age = grownSince(since, now);
      for (const on of turns) {
        feedStands(on, (now += 1_000));
        const next = grownSince(since, now);
        expect(next).toBeGreaterThanOrEqual(age);
        expect(next).toBeLessThanOrEqual(now - since);
        age = next;
      }
      feedStands(false, now);
    }));
  });
});
