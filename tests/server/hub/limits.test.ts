import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFlusher } from '../../../server/hub/flusher';
import { Admissions, TokenBucket, WindowCounter } from '../../../server/hub/limits';
import { Turns } from '../../../server/hub/turns';

describe('token bucket', () => {
  it('gives its burst at once, then its rate, and says how long to wait', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
    expect(bucket.waitMs()).toBe(100);
    expect([bucket.take(99), bucket.take(100), bucket.take(100)]).toEqual([false, true, false]);
    expect(bucket.take(50)).toBe(false); // a clock that steps back gives nothing and takes nothing
  });
});

describe('window counter', () => {
  it('is full only when enough happened within the window', () => {
    const counter = new WindowCounter(3, 1_000);
    expect([0, 600, 1_200, 1_500].map((t) => counter.hit(t))).toEqual([false, false, false, true]);
  });
});

describe('admissions', () => {
  it('counts addresses and the whole, and lets go again', () => {
    const door = new Admissions({ perAddress: 1, total: 2, upgradesPerSecond: 1_000, upgradeBurst: 1_000, upgradesTotalPerSecond: 1_000 }, 0);
    door.enter('a');
    expect([door.ask('a', 0), door.ask('b', 0)]).toEqual(['address', 'ok']);
    door.enter('b');
    expect(door.ask('c', 0)).toBe('total');
    door.leave('a');
    expect(door.ask('a', 0)).toBe('ok');
  });

  it('limits the rate of one address without touching another, and of all together', () => {
    const door = new Admissions({ perAddress: 9, total: 9, upgradesPerSecond: 1, upgradeBurst: 2, upgradesTotalPerSecond: 3 }, 0);
    expect(['a', 'a', 'a', 'b', 'c'].map((address) => door.ask(address, 0))).toEqual(['ok', 'ok', 'rate', 'ok', 'rate']);
  });
});

describe('turns', () => {
  it('does one thing at once, and of a flood so much a turn, in its order', async () => {
    let now = 0;
    const turns = new Turns({ monotonic: () => now }, 10);
    const done: number[] = [];
    const give = (i: number): void => turns.run(() => {
      now += 4;
      done.push(i);
    });
    const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
    const counts: number[] = [];
    for (let i = 0; i < 10; i++) give(i);
    for (counts.push(done.length); turns.length > 0; counts.push(done.length)) await turn();
    expect(counts).toEqual([3, 6, 9, 10]);
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await turn();
    give(10);
    expect(done).toHaveLength(11);
  });
});

describe('flusher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const make = () => {
    const runs: number[] = [];
    const clock = { now: () => Date.now(), monotonic: () => performance.now() };
    const zero = performance.now();
    return { runs, flusher: createFlusher(100, clock, () => runs.push(performance.now() - zero)) };
  };

  it('runs at once after quiet, then at the end of the interval, once for many touches', () => {
    const { runs, flusher } = make();
    flusher.touch();
    flusher.touch();
    expect(runs).toEqual([]); // not inside the touch: the rest of this turn comes along
    vi.advanceTimersByTime(0);
    expect(runs).toEqual([0]);
    vi.advanceTimersByTime(30);
    flusher.touch();
    flusher.touch();
    vi.advanceTimersByTime(500);
    expect(runs).toEqual([0, 100]);
    flusher.touch();
    vi.advanceTimersByTime(0);
    expect(runs).toEqual([0, 100, 530]);
  });

  it('does nothing after stop', () => {
    const { runs, flusher } = make();
    flusher.touch();
    flusher.stop();
    flusher.touch();
    vi.advanceTimersByTime(500);
    expect(runs).toEqual([]);
  });
});
