import { describe, expect, it } from 'vitest';
import { passes, verdict } from '../../../bench/figure';
import { judge, LIMITS } from '../../../bench/guard/limits';

const today = Object.fromEntries(Object.entries(LIMITS).map(([name, { today: value }]) => [name, value]));
const failed = (measured: Readonly<Record<string, number>>): string[] => judge(measured).filter((figure) => !passes(verdict(figure))).map(({ name }) => name);

describe('the guard against getting slower (bench/guard)', () => {
  it('is content with the values its limits were set by', () => {
    expect(failed(today)).toEqual([]);
  });

  it.each(Object.entries(LIMITS))('fails when "%s" is beyond its limit, and names no other', (name, { limit, bound }) => {
    expect(failed({ ...today, [name]: limit * (bound === 'at most' ? 1.01 : 0.99) })).toEqual([name]);
  });

  it('fails for what was not measured', () => {
    const { 'engine: heap of one trade': left, ...rest } = today;
    expect(left).toBeGreaterThan(0);
    expect(failed(rest)).toEqual(['engine: heap of one trade']);
  });
});
