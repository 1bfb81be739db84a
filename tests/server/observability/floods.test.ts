import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Floods } from '../../../server/observability/floods';

describe('floods', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells the first at once and the others in sums that add up, seldomer the longer it lasts', () => {
    const floods = new Floods();
    const told: { at: number; times: number }[] = [];
    const zero = Date.now();
    const note = (): void => floods.note('a', (times) => told.push({ at: Date.now() - zero, times }));
    for (let i = 0; i < 600; i++) {
      note();
      vi.advanceTimersByTime(100);
    }
    floods.stop();
    expect(told.map(({ at }) => at)).toEqual([0, 2_000, 6_000, 14_000, 30_000, 60_000]);
    expect(told.reduce((sum, { times }) => sum + times, 0)).toBe(600);
  });

  it('begins anew after quiet, keeps kinds apart, and leaves no timer behind', () => {
    const floods = new Floods();
    const told: string[] = [];
    const note = (kind: string): void => floods.note(kind, (times) => told.push(`${kind} ${times}`));
    note('a');
    note('b');
    note('b');
    vi.advanceTimersByTime(2_000);
    expect(told).toEqual(['a 1', 'b 1', 'b 1']);
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
    note('a');
    expect(told.at(-1)).toBe('a 1');
  });

  it('remembers a bounded number of kinds, and loses none of what it forgets', () => {
    const floods = new Floods();
    let sum = 0;
    for (let i = 0; i < 12_000; i++) for (let k = 0; k < 2; k++) floods.note(`kind ${i}`, (times) => (sum += times));
    expect(vi.getTimerCount()).toBe(10_000);
    floods.stop();
    expect(sum).toBe(24_000);
  });
});
