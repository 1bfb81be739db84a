import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget, timeWords, type BudgetRule } from '../../../server/connectors/base/budget';
import { memoryLedger } from '../../../server/connectors/base/ledger';

const MIDNIGHT = Date.UTC(2026, 10, 22);

/** A clock that a test sets; both hands move together. */
function handClock(start = MIDNIGHT - 3_600_000) {
  let now = start;
  return { now: () => now, monotonic: () => now - start + 1_000, advance: (ms: number) => void (now += ms) };
}

describe('budgets', () => {
  it('of a minute slide: what was taken comes back a minute later, not at the full minute', () => {
    const clock = handClock();
    const budget = new Budget(clock, [{ name: 'REST calls', per: 'minute', limit: 100 }]);
    expect(budget.take(60)).toBe(0);
    clock.advance(10_000);
    expect(budget.take(60)).toBe(50_000);
    expect(budget.take(40)).toBe(0);
    clock.advance(50_000);
    expect(budget.take(60)).toBe(0);
    expect(budget.status()).toEqual([{ name: 'REST calls', per: 'minute', limit: 100, used: 100, resetsInMs: 60_000 }]);
  });

  it('several at once: a call is taken from all or from none', () => {
    const clock = handClock();
    const budget = new Budget(clock, [{ name: 'REST calls', per: 'second', limit: 1 }, { name: 'REST calls', per: 'day', limit: 2 }], { id: 'x', ledger: memoryLedger() });
    expect(budget.take(1)).toBe(0);
    expect(budget.take(1)).toBe(1_000);
    expect(budget.status().map((s) => s.used)).toEqual([1, 1]);
    clock.advance(1_000);
    expect(budget.take(1)).toBe(0);
    clock.advance(1_000);
    expect(budget.take(1)).toBe(3_600_000 - 2_000);
    expect(budget.words(1)).toBe('daily budget of 2 REST calls used; next call at 00:00:00 UTC');
    clock.advance(3_600_000);
    expect(budget.take(1)).toBe(0);
  });

  it('days and months are those of UTC and survive a restart; another day is another budget', () => {
    const clock = handClock(Date.UTC(2026, 10, 30, 12));
    const ledger = memoryLedger();
    const rules: readonly BudgetRule[] = [{ name: 'calls', per: 'day', limit: 3 }, { name: 'calls', per: 'month', limit: 4 }];
    const start = () => new Budget(clock, rules, { id: 'x', ledger });
    for (let i = 0; i < 3; i += 1) expect(start().take(1)).toBe(0);
    expect(start().words(1)).toBe('daily budget of 3 calls used; next call at 00:00 UTC');
    clock.advance(12 * 3_600_000 - 1);
    expect(start().take(1)).toBe(1);
    clock.advance(1);
    expect(start().status().map((s) => s.used)).toEqual([0, 0]);
    expect(() => new Budget(clock, rules)).toThrow(/ledger/);
  });

  it('what the venue reports corrects upwards only; "nothing left" is believed', () => {
    const clock = handClock();
    const budget = new Budget(clock, [{ name: 'weight', per: 'minute', limit: 100 }]);
    budget.take(10);
    budget.report('minute', 95);
    expect(budget.take(10)).toBeGreaterThan(0);
    budget.report('minute', 1);
    budget.report('minute', Number.NaN);
    expect(budget.status()[0]?.used).toBe(95);
    budget.exhaust('minute');
    expect(budget.take(1)).toBe(60_000);
    expect(budget.take(101)).toBe(Infinity);
  });

  it('property: no window of the length ever holds more than the limit, also over restarts, and a wait told is enough', () => {
    const steps = fc.array(fc.record({ wait: fc.nat({ max: 40_000 }), weight: fc.integer({ min: 1, max: 6 }), restart: fc.boolean() }), { maxLength: 120 });
    fc.assert(fc.property(steps, fc.integer({ min: 6, max: 20 }), (schedule, limit) => {
      const clock = handClock(MIDNIGHT - 600_000);
      const ledger = memoryLedger();
      const rules: readonly BudgetRule[] = [{ name: 'c', per: 'minute', limit }, { name: 'c', per: 'day', limit: 3 * limit }];
      let budget = new Budget(clock, rules, { id: 'x', ledger });
      const taken: { at: number; weight: number }[] = [];
      for (const { wait, weight, restart } of schedule) {
        clock.advance(wait);
        // A restarted process knows nothing of its last minute, but all of its day: only a minute without a call hides that.
        if (restart && clock.now() - (taken.at(-1)?.at ?? 0) >= 60_000) budget = new Budget(clock, rules, { id: 'x', ledger });
        const told = budget.take(weight);
        if (told > 0) {
          clock.advance(told);
          expect(budget.waitMs(weight)).toBe(0);
        } else taken.push({ at: clock.now(), weight });
      }
      const sum = (from: number, to: number) => taken.filter((t) => t.at >= from && t.at < to).reduce((s, t) => s + t.weight, 0);
      for (const { at } of taken) expect(sum(at, at + 60_000)).toBeLessThanOrEqual(limit);
      expect(Math.max(sum(0, MIDNIGHT), sum(MIDNIGHT, Infinity))).toBeLessThanOrEqual(3 * limit);
    }), { numRuns: 200 });
  });

  it.each([[MIDNIGHT - 7_200_000, 'at 00:00 UTC'], [MIDNIGHT - 5_000, 'at 00:00:00 UTC'], [MIDNIGHT - 90_000_000, 'on 2026-11-22 at 00:00 UTC']])('a moment in words, seen from %i', (now, words) => {
    expect(timeWords(MIDNIGHT, now)).toBe(words);
  });

  it('the same hour of tomorrow is not told as if it were today, and a minute is never told too early', () => {
    expect(timeWords(MIDNIGHT + 3_600_000, MIDNIGHT - 79_200_000)).toBe('on 2026-11-22 at 01:00 UTC');
    expect(timeWords(MIDNIGHT + 0.9, MIDNIGHT - 36_000_000)).toBe('at 00:00 UTC');
    expect(timeWords(MIDNIGHT - 3_600_000 - 1, MIDNIGHT - 36_000_000)).toBe('at 23:00 UTC');
  });
});
