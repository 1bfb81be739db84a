import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { evaluate, type Evaluation } from '@/core/analysis/mix/metrics';
import { evaluateRun, overMinutes, overTouch, type MinuteRow, type PrequentialRun } from '@/core/analysis/mix/prequential';
import type { HorizonSpec } from '@/core/analysis/mix/symbolModel';
import { RandomStream } from '@/core/simulator/random';
import { dependentWalk, minutesOf, randomWalk, simulatedTouch } from '../../../support/sentimentRows';
import { sharedPath } from '../../../support/shared';

const ONE_AND_FIVE: readonly HorizonSpec[] = [60, 300].map((seconds) => ({ seconds, features: 'candle' }));
const at = (run: PrequentialRun, h: number, every = 60): Evaluation | undefined => evaluateRun(run, every).find((e) => e.h === h);
const plain = (run: PrequentialRun): unknown => [...run.forecasts, ...run.flat, ...run.void, ...run.called];

describe('mix@1 where the truth is known', () => {
  it('claims nothing on a random walk with clustered volatility: no skill, no arrow (five seeds of 30,000 bars: npm run bench -- sentiment)', () => {
    const runs = [1, 2].map((seed) => overMinutes(randomWalk(seed, 12_000), 3_000, ONE_AND_FIVE));
    const skill = (h: number): number => runs.reduce((sum, run) => sum + (at(run, h)?.brierSkill ?? NaN) / runs.length, 0);
    expect(skill(60)).toBeGreaterThan(-0.0012);
    expect(skill(60)).toBeLessThan(0.0008);
    expect(skill(300)).toBeGreaterThan(-0.0018);
    expect(skill(300)).toBeLessThan(0.0012);
    for (const run of runs) expect([...run.called.values()]).toEqual([]);
  });

  it.each([0.1, -0.1])('finds a planted dependence of %f', (phi) => {
    const e = at(overMinutes(dependentWalk(1, 16_000, phi), 3_000, ONE_AND_FIVE), 60);
    expect(e?.hit).toBeGreaterThan(0.522);
    expect(e?.brierSkill).toBeGreaterThan(0.0025);
    expect(e?.ece).toBeLessThan(0.03);
    expect(e?.dmT).toBeGreaterThan(2);
  });

  it('has no skill on shuffled outcomes', () => {
    const forecasts = overMinutes(dependentWalk(2, 8_000, 0.2), 2_000, ONE_AND_FIVE).forecasts.get(60) ?? [];
    const random = new RandomStream('shuffle');
    const ys = forecasts.map((f) => ({ y: f.y, key: random.uniform() })).sort((a, b) => a.key - b.key);
    expect(evaluate(60, forecasts, 1, 0, 0).brierSkill).toBeGreaterThan(0);
    expect(evaluate(60, forecasts.map((f, i) => ({ p: f.p, y: ys[i]?.y ?? 0 })), 1, 0, 0).brierSkill).toBeLessThanOrEqual(0);
  });

  it('sees a leak: with candles of one minute ahead nearly all is right, so the harness would show one', () => {
    const rows = randomWalk(4, 6_000);
    // Each minute shows the candle of the one after it; it is judged by its own price.
    const leaking = rows.slice(0, -1).map((row, i): MinuteRow => ({ ...(rows[i + 1] as MinuteRow), openTime: row.openTime }));
    const honest = at(overMinutes(rows, 1_000, ONE_AND_FIVE), 60);
    const leaky = at(overMinutes(leaking, 1_000, ONE_AND_FIVE, rows.map((row) => row.close)), 60);
    expect(Math.abs((honest?.hit ?? 0) - 0.5)).toBeLessThan(0.03);
    expect(leaky?.hit).toBeGreaterThan(0.8);
  });

  it('depends on nothing that comes later: the same forecasts, bit for bit, when the future is garbage', () => {
    const rows = randomWalk(5, 1_200);
    const cut = 900;
    const garbage = rows.map((row, i): MinuteRow => (i < cut ? row : { ...row, open: 7, high: 9, low: 1, close: 3 + (i % 5) }));
    const early = (run: PrequentialRun): unknown[] => [...run.forecasts].map(([h, list]) => list.filter((f) => f.madeAt + h * 1000 <= (rows[cut] as MinuteRow).openTime).map((f) => [f.madeAt, f.p, f.y]));
    expect(early(overMinutes(garbage, 0))).toEqual(early(overMinutes(rows, 0)));
  });

  it('gives the same bytes for the same inputs', () => {
    const rows = dependentWalk(6, 1_500, 0.1);
    expect(JSON.stringify(plain(overMinutes(rows, 100)))).toBe(JSON.stringify(plain(overMinutes(rows, 100))));
  });
});

describe('mix@1 on the simulated market', () => {
  it('knows the next seconds from the book, and is calibrated', () => {
    const found = evaluateRun(overTouch(simulatedTouch(1, 50_000), 3_000), 1);
    const skill = new Map(found.map((e) => [e.h, e.brierSkill]));
    expect(skill.get(1)).toBeGreaterThan(0.25);
    expect(skill.get(5)).toBeGreaterThan(0.045);
    expect(skill.get(10)).toBeGreaterThan(0.02);
    for (const e of found) expect(e.ece).toBeLessThan(0.025);
  });

  it('knows nothing beyond a minute from candles alone (three seeds of 21 days: npm run bench -- sentiment)', () => {
    const run = overMinutes(minutesOf(simulatedTouch(2, 6 * 86_400)), 3_000);
    for (const h of [60, 300, 900]) {
      expect(at(run, h)?.brierSkill).toBeGreaterThan(-0.006);
      expect(at(run, h)?.brierSkill).toBeLessThan(0.004);
    }
    expect([...run.called.values()]).toEqual([]);
  });
});

const sets = sharedPath('reference/sentiment');
const books = sharedPath('reference/topbook');
const read = (file: string): number[][] => gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1).map((line) => line.split(',').map(Number));

/** Hits and Brier skill in % of the table in the specification, by horizon in seconds. */
const TABLE = [
  ['btcusd-coinbase-1m-mid', { 60: [59.8, 4.8], 300: [53.1, 0.71], 900: [51.1, -0.08] }],
  ['eurusd-oanda-1m-mid', { 60: [52, 0.25], 300: [51.7, 0.14], 900: [51, -0.03] }],
  ['spy-usa-1m-mid', { 60: [50, 0], 300: [48.9, -0.1], 900: [46.4, -0.35] }],
] as const;

describe.skipIf(!sets || !books)('mix@1 on real prices (left out without the shared reference folder)', () => {
  it.each(TABLE)('%s: no worse than the table less half a point', (name, table) => {
    const rows = read(`${sets ?? ''}/${name}.csv.gz`).map(([openTime = 0, open = 0, high = 0, low = 0, close = 0]): MinuteRow => ({ openTime, open, high, low, close, volume: 0 }));
    const run = overMinutes(rows, Math.min(3_000, Math.floor(rows.length / 4)));
    for (const [h, [hit, skill]] of Object.entries(table)) {
      const e = at(run, Number(h));
      expect(100 * (e?.hit ?? 0)).toBeGreaterThanOrEqual(hit - 0.5);
      expect(100 * (e?.brierSkill ?? -1)).toBeGreaterThanOrEqual(skill - 0.5);
    }
    expect(at(run, 60)?.ece).toBeLessThanOrEqual(0.03);
    if (name.startsWith('spy')) expect([...run.called.values()]).toEqual([]);
  });

  it('the best bid and ask of AIG on 7 October 2013: no worse than the table less half a point at 10 s, the horizon of the product', () => {
    const rows = read(`${books ?? ''}/aig-20131007-1s.csv.gz`).map(([time = 0, bid = 0, bidSize = 0, ask = 0, askSize = 0]) => ({ time, bid, bidSize, ask, askSize }));
    const e = at(overTouch(rows, 3_000, [{ seconds: 10, features: 'book' }]), 10, 1);
    expect(e?.hit).toBeGreaterThanOrEqual(0.635);
    expect(e?.brierSkill).toBeGreaterThanOrEqual(0.098);
    expect(e?.ece).toBeLessThanOrEqual(0.03);
  });
});
