import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Activity } from '@/core/market/activity';
import type { SessionNow } from '@/core/market/sessions';
import { recordedStreams } from './recordedTimes';

const OPEN: SessionNow = { state: 'open', from: 0, until: Infinity };
const T0 = 1.7e12;
const STREAMS = await recordedStreams();

/** Runs a stream and asks every second how it flows; the times are ms. */
function flow(times: readonly number[], until: number, activity = new Activity()): { time: number; state: string }[] {
  const seen: { time: number; state: string }[] = [];
  let next = 0;
  const start = times[0] ?? 0;
  for (let now = start; now <= until; now += 1000) {
    for (; (times[next] ?? Infinity) <= now; next += 1) activity.take(times[next] ?? 0, 'open');
    seen.push({ time: now, state: activity.state(now, OPEN, -Infinity) });
  }
  return seen;
}

const every = (gap: number, count: number, start = T0): number[] => Array.from({ length: count }, (_, i) => start + i * gap);

describe('activity of a stream', () => {
  it('a constant rate is never flagged, however slow or fast', () => {
    fc.assert(fc.property(fc.integer({ min: 50, max: 900_000 }), fc.integer({ min: 5, max: 200 }), (gap, count) => {
      const times = every(gap, Math.min(count, Math.ceil(7_200_000 / gap) + 3));
      const states = new Set(flow(times, times.at(-1) ?? 0).map((s) => s.state));
      expect([...states].filter((state) => state !== 'unknown' && state !== 'usual')).toEqual([]);
    }), { numRuns: 60 });
  });

  it('one that stops is silent within the longest of 10 s, 3 usual gaps and 2 longest gaps, and not before 10 s', () => {
    fc.assert(fc.property(fc.integer({ min: 100, max: 20_000 }), fc.integer({ min: 20, max: 200 }), (gap, count) => {
      const times = every(gap, Math.max(count, Math.ceil(70_000 / gap)));
      const last = times.at(-1) ?? 0;
      const limit = Math.max(10_000, 3.6 * gap);
      const after = flow(times, last + limit + 2_000).filter((s) => s.time >= last);
      expect(after.filter((s) => s.time - last <= 10_000).some((s) => s.state === 'silent')).toBe(false);
      expect(after.at(-1)?.state).toBe('silent');
    }), { numRuns: 60 });
  });

  it('slowing to a tenth is thin, and after a while the new habit', () => {
    const fast = every(500, 1200);
    const slow = every(5_000, 720, (fast.at(-1) ?? 0) + 5_000);
    const seen = flow([...fast, ...slow], slow.at(-1) ?? 0);
    const from = fast.at(-1) ?? 0;
    expect(seen.filter((s) => s.time <= from).some((s) => s.state === 'thin')).toBe(false);
    expect(seen.some((s) => s.time - from < 90_000 && s.state === 'thin')).toBe(true);
    expect(seen.at(-1)?.state).toBe('usual');
    expect(seen.some((s) => s.state === 'silent')).toBe(false);
  });

  it('an outage teaches little: the next one is noticed nearly as fast, a pause of the connection teaches nothing', () => {
    const activity = new Activity();
    const first = every(1000, 300);
    const end = (first.at(-1) ?? 0) + 600_000;
    flow([...first, ...every(1000, 300, end)], end + 299_000, activity);
    const last = end + 299_000;
    expect(activity.state(last + 9_000, OPEN, -Infinity)).toBe('usual');
    expect(activity.state(last + 22_000, OPEN, -Infinity)).toBe('silent');
    activity.pause();
    expect(activity.state(last + 22_000, OPEN, null)).toBe('unknown');
    expect(activity.state(last + 30_000, OPEN, last + 25_000)).toBe('usual');
    expect(activity.state(last + 60_000, OPEN, last + 25_000)).toBe('silent');
  });

  it('a closed market is never silent, and an opening is not held against the night before', () => {
    const activity = new Activity();
    flow(every(1000, 120), T0 + 119_000, activity);
    expect(activity.state(T0 + 1e7, { state: 'closed', from: T0 + 120_000, until: Infinity }, -Infinity)).toBe('unknown');
    const opens = T0 + 6e7;
    expect(activity.state(opens + 9_000, { state: 'open', from: opens, until: Infinity }, -Infinity)).toBe('usual');
    expect(activity.state(opens + 11_000, { state: 'open', from: opens, until: Infinity }, -Infinity)).toBe('silent');
  });

  it('tells its rates', () => {
    const activity = new Activity();
    expect([activity.perMinute(T0), activity.usual(T0, 'open')]).toEqual([null, null]);
    flow(every(3_000, 100), T0 + 297_000, activity);
    expect(activity.usual(T0 + 297_000, 'open')).toBeCloseTo(20, 0);
    expect(Math.abs((activity.perMinute(T0 + 297_000) ?? 0) - 20)).toBeLessThanOrEqual(1);
    expect(activity.usual(T0, 'pre')).toBeNull();
  });
});

describe('thin pairs as they were recorded', () => {
  it.each(STREAMS)('$name: at its usual pace nothing is silent', ({ times }) => {
    // Half a minute or less is recorded: played again and again for five minutes, so that there is a habit.
    const length = (times.at(-1) ?? 0) - (times[0] ?? 0) + 500;
    const all = Array.from({ length: Math.ceil(300_000 / length) }, (_, round) => times.map((time) => time + round * length)).flat();
    const seen = flow(all, all.at(-1) ?? 0);
    expect(seen.filter((s) => s.state === 'silent')).toEqual([]);
    expect(seen.at(-1)?.state).not.toBe('unknown');
  });
});
