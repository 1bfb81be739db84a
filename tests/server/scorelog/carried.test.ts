import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { judge } from '@/core/analysis/scorecard';
import type { ForecastCounts } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import { createHistory } from '../../../server/history/history';
import type { Gap, GapState, History } from '../../../server/history/port';
import { createMetrics } from '../../../server/observability/metrics';
import { createScoreLog, type ScoreLog } from '../../../server/scorelog/scoreLog';
import { verifyLog } from '../../../server/scorelog/verify';
import { waitFor } from '../../support/waitFor';
import { forecast, MINUTE, outcome, signal, T0 } from './outputs';

const log = pino({ level: 'silent' });
const PLAN = { stopAtr: 1.5, targetAtr: 3, expiryBars: 20 };
/** Minutes that rise by 0.4 from 100: a signal to buy at ATR 1 reaches its target in the eighth. */
const CANDLES: readonly Candle[] = Array.from({ length: 60 }, (_, k) => ({ openTime: T0 + k * MINUTE, open: 100 + 0.4 * k, high: 100.5 + 0.4 * k, low: 99.8 + 0.4 * k, close: 100.4 + 0.4 * k, volume: 1 }));

let folder = '';
let dir = '';
let now = T0;
let history: History;
let opened: ScoreLog[] = [];
const clock = { now: () => now, monotonic: () => now };
const gap = (symbol: string, state: GapState): Gap => ({ symbol, kind: 'live', start: T0 + 2 * MINUTE, stop: T0 + 10 * MINUTE, reason: 'the server was not running', noticed: T0 + 10 * MINUTE, state, note: '', ended: null });
const store = async (symbol: string, candles: readonly Candle[]): Promise<void> => {
  for (const candle of candles) history.writeCandle({ symbol, interval: '1m', kind: 'live', venue: 'binance', candle });
  await history.flush();
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carried-'));
  history = createHistory({ dataDir: join(folder, 'history'), clock, log, metrics: createMetrics() });
});
afterAll(async () => {
  await history.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  dir = mkdtempSync(join(folder, 'log-'));
  now = T0;
  opened = [];
});
afterEach(async () => {
  for (const one of opened) await one.close();
});

const report = (score: ScoreLog) => score.report({ source: 'live', window: 'all', symbol: null, tf: null, now });
async function start(): Promise<ScoreLog> {
  const score = createScoreLog({ dataDir: dir, log, clock, market: history });
  opened.push(score);
  await score.open();
  await waitFor(() => !report(score).loading);
  return score;
}
/** A run that leaves one signal open, stops in order, and is followed by another at minute `k`. */
async function restart(symbol: string, k: number): Promise<ScoreLog> {
  const first = await start();
  first.record(signal(0, 'live', symbol));
  await first.close();
  now = T0 + k * MINUTE + 10_000;
  return start();
}
const ends = (): Record<string, unknown>[] => {
  const place = join(dir, 'scorelog/live.signals');
  return readdirSync(place).filter((name) => name.endsWith('.jsonl')).flatMap((name) => readFileSync(join(place, name), 'utf8').trim().split('\n'))
    .map((line) => (JSON.parse(line) as { body: Record<string, unknown> }).body).filter((body) => body['type'] === 'outcome');
};
const counts = (score: ScoreLog): ForecastCounts => report(score).counts.signals;
const verified = () => verifyLog(join(dir, 'scorelog'), ({ symbol, interval, from, to }) => history.candles({ symbol, interval, kind: 'live', start: from, end: to, limit: 1_000 }));

describe('signals that were open at a restart', () => {
  it('end as they would have ended live, by the candles loaded since', async () => {
    await store('BTC/USDT', CANDLES);
    const score = await restart('BTC/USDT', 15);
    expect(counts(score)).toEqual({ forecasts: 1, outcomes: 0, void: 0, open: 1 });
    await score.settle();
    await score.flush();
    const live = judge(1, 1, PLAN, CANDLES);
    expect(live?.reason).toBe('target');
    const { reason, ...figures } = live ?? { reason: '' };
    expect(ends()).toEqual([expect.objectContaining({ ...figures, result: reason, ts: T0 + (live?.bars ?? 0) * MINUTE, judged: now })]);
    expect(counts(score)).toEqual({ forecasts: 1, outcomes: 1, void: 0, open: 0 });
    expect(await verified()).toMatchObject([{ problem: null, check: { equal: 1, wrong: 0, missing: 0 } }]);
  });

  it('stay open while their time is not over, over any number of restarts', async () => {
    await store('ETH/USDT', CANDLES.slice(0, 5));
    const second = await restart('ETH/USDT', 5);
    await second.settle();
    await second.close();
    const third = await start();
    await third.settle();
    expect(counts(third)).toEqual({ forecasts: 1, outcomes: 0, void: 0, open: 1 });
    await store('ETH/USDT', CANDLES.slice(5, 20));
    now = T0 + 20 * MINUTE;
    await third.settle();
    expect(counts(third)).toEqual({ forecasts: 1, outcomes: 1, void: 0, open: 0 });
  });

  it('wait for minutes that may still be loaded; without them they are void, when the repair is given up', async () => {
    await store('SOL/USDT', [...CANDLES.slice(0, 2), ...CANDLES.slice(10)]);
    history.writeGap(gap('SOL/USDT', 'open'));
    await history.flush();
    const score = await restart('SOL/USDT', 30);
    await score.settle();
    expect(counts(score)).toMatchObject({ void: 0, open: 1 });
    history.writeGap(gap('SOL/USDT', 'kept'));
    await history.flush();
    await score.settle();
    await score.flush();
    expect(counts(score)).toMatchObject({ void: 1, open: 0 });
    expect(ends()).toEqual([expect.objectContaining({ result: 'void', reason: 'gap' })]);
  });

  it('wait for a repair of six hours at most', async () => {
    await store('XRP/USDT', CANDLES.slice(0, 2));
    history.writeGap(gap('XRP/USDT', 'open'));
    await history.flush();
    const score = await restart('XRP/USDT', 30);
    now += 6 * 3_600_000;
    await score.settle();
    expect(counts(score)).toMatchObject({ void: 1, open: 0 });
  });

  it('keep the others of their symbol and timeframe unscored meanwhile: one is open at a time', async () => {
    const score = await restart('ADA/USDT', 5);
    const told = score.record(signal(6, 'live', 'ADA/USDT'));
    expect(told.type === 'signal' && told.record.scored).toBe(false);
    const other = score.record(signal(6, 'live', 'DOT/USDT'));
    expect(other.type === 'signal' && other.record.scored).toBe(true);
    expect(counts(score)).toMatchObject({ forecasts: 2, open: 2 });
  });

  it('forecasts = outcomes + void + open after everything: signals, ends, restarts, candles, gaps', { timeout: 60_000 }, async () => {
    const step = fc.record({ what: fc.constantFrom('signal', 'signal', 'outcome', 'forecast', 'restart', 'candles', 'settle', 'wait'), k: fc.nat({ max: 8 }) });
    let run = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      dir = mkdtempSync(join(folder, 'run-'));
      now = T0;
      const symbol = `RUN${run++}/USDT`;
      const seen = new Set<string>();
      let score = await start();
      for (const { what, k } of steps) {
        if (what === 'signal' && !seen.has(`s${k}`) && seen.add(`s${k}`)) score.record(signal(k, 'live', symbol));
        else if (what === 'outcome') score.record(outcome(k, 'live', 2, symbol));
        else if (what === 'forecast' && !seen.has(`f${k}`) && seen.add(`f${k}`)) score.record(forecast(T0 + k, symbol));
        else if (what === 'candles') await store(symbol, CANDLES.slice(3 * k, 3 * k + 9));
        else if (what === 'settle') await score.settle();
        else if (what === 'wait') now += k * 5 * MINUTE;
        else if (what === 'restart') {
          await score.close();
          score = await start();
        }
        for (const { forecasts, outcomes, void: voids, open } of Object.values(report(score).counts)) expect(forecasts).toBe(outcomes + voids + open);
      }
      await score.close();
      for (const chain of await verified()) expect(chain).toMatchObject({ problem: null });
    }), { numRuns: 15 });
  });
});
