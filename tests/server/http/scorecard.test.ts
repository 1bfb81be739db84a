import { pino } from 'pino';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { BacktestJob, ScorecardReport } from '@/core/contract';
import { createScoreLog } from '../../../server/scorelog/scoreLog';
import { waitFor } from '../../support/waitFor';
import { outcome, signal } from '../scorelog/outputs';
import { codeOf, HttpRig, NOW } from './rig';

const TOKENS = { token: 'admin-token', viewerToken: 'viewer-token' };
const VIEWER = { authorization: 'Bearer viewer-token' };
let rig = new HttpRig();
afterEach(async () => {
  await rig.close();
  rig = new HttpRig();
});

const logged = () => {
  const score = createScoreLog({ dataDir: ':memory:', log: pino({ level: 'silent' }), clock: { now: () => NOW, monotonic: () => 0 } });
  for (let k = 0; k < 40; k++) {
    score.record(signal(3 * k));
    score.record(outcome(3 * k, 'live', k % 2 ? 2 : -1));
  }
  score.record(signal(0, 'live', 'ETH/USDT'));
  return score;
};
const start = () => rig.start(TOKENS, { score: logged() });
const post = (body: object, headers: Record<string, string> = VIEWER) => {
  if (!rig.app) throw new Error('not started');
  return rig.app.inject({ method: 'POST', url: '/api/v1/backtests', headers: { host: 'localhost:8000', ...headers }, payload: body });
};
const finished = async (id: string) => {
  let job = v.parse(BacktestJob, (await rig.ask('GET', `/api/v1/backtests/${id}`, VIEWER)).json());
  await waitFor(async () => {
    job = v.parse(BacktestJob, (await rig.ask('GET', `/api/v1/backtests/${id}`, VIEWER)).json());
    return job.state === 'done' || job.state === 'failed';
  });
  return job;
};
const rows = (n: number): number[][] => Array.from({ length: n }, (_, k) => [k * 60_000, 100 + Math.sin(k / 9), 101 + Math.sin(k / 9), 99, 100 + Math.sin((k + 1) / 9), 5].map((x) => Math.round(x * 100) / 100));

describe('GET /api/v1/scorecard', () => {
  it('gives every cell with its account, its figures once there are enough, and the heads of the log', async () => {
    await start();
    const report = v.parse(ScorecardReport, (await rig.ask('GET', '/api/v1/scorecard', VIEWER)).json());
    expect(report).toMatchObject({ source: 'live', window: 'all', loading: false, trials: 1, counts: { signals: { forecasts: 41, outcomes: 40, void: 0, open: 1 } } });
    expect(report.signals).toMatchObject([{ symbol: 'BTC/USDT', tf: '1m', n: 40, open: 0, enough: true, hit: 0.5, random: null }, { symbol: 'ETH/USDT', n: 0, open: 1, enough: false, hit: null }]);
    expect(report.chains).toMatchObject([{ chain: 'live.signals', state: 'memory' }]);
    const one = v.parse(ScorecardReport, (await rig.ask('GET', '/api/v1/scorecard?symbol=ETH/USDT&tf=1m&window=24h', VIEWER)).json());
    expect(one.signals.map((cell) => cell.symbol)).toEqual(['ETH/USDT']);
    expect((await rig.ask('GET', '/health')).json()).toMatchObject({ scorelog: [{ chain: 'live.signals', seq: 82 }] });
  });

  it('gives the log of another kind of data when asked for it, as of its newest record', async () => {
    const score = logged();
    score.record(signal(7, 'simulated'));
    score.record(outcome(7, 'simulated'));
    await rig.start(TOKENS, { score });
    const other = v.parse(ScorecardReport, (await rig.ask('GET', '/api/v1/scorecard?source=simulated', VIEWER)).json());
    expect(other).toMatchObject({ source: 'simulated', at: signal(9).record.asOf, counts: { signals: { forecasts: 1, outcomes: 1 } }, signals: [{ n: 0, pending: 1 }] });
    const present = v.parse(ScorecardReport, (await rig.ask('GET', '/api/v1/scorecard?source=live', VIEWER)).json());
    expect(present).toMatchObject({ source: 'live', counts: { signals: { forecasts: 41 } } });
  });

  it('refuses what it does not know, by code', async () => {
    await start();
    for (const [query, code] of [['window=1y', 'bad_request'], ['source=delayed', 'bad_request'], ['symbol=NOPE/NOPE', 'unknown_symbol'], ['tf=7m', 'bad_request']]) {
      expect(codeOf(await rig.ask('GET', `/api/v1/scorecard?${query ?? ''}`, VIEWER))).toBe(code);
    }
    expect((await rig.ask('GET', '/api/v1/scorecard')).statusCode).toBe(401);
  });
});

describe('POST /api/v1/backtests', () => {
  it('runs over candles of the body, for viewers too, and gives the same report for the same candles', async () => {
    await start();
    const first = await post({ symbol: 'BTC/USDT', tf: '1m', candles: rows(400) });
    expect(first.statusCode).toBe(202);
    const job = await finished(first.json<{ id: string }>().id);
    expect(job).toMatchObject({ state: 'done', progress: 1, error: '', report: { parameters: { candles: 400 }, lookAhead: { ok: true, differences: 0 } } });
    const csv = `t,o,h,l,c,v\n${rows(400).map((row) => row.join(',')).join('\n')}\n`;
    const second = await finished((await post({ symbol: 'BTC/USDT', tf: '1m', candles: csv })).json<{ id: string }>().id);
    expect(second.report).toEqual(job.report);
  });

  it('says what it cannot run', async () => {
    await start();
    for (const body of [{}, { symbol: 'BTC/USDT', tf: '7m' }, { symbol: 'BTC/USDT', candles: [[1, 2]] }, { symbol: 'BTC/USDT', candles: [...rows(2), [0, 1, 1, 1, 1, 1]] }, { symbol: 'BTC/USDT', warm: -1 }, { symbol: 'BTC/USDT', candles: 't,o\n1,2' }]) {
      expect(codeOf(await post(body))).toBe('bad_request');
    }
    expect(codeOf(await post({ symbol: 'NOPE/NOPE' }))).toBe('unknown_symbol');
    expect(codeOf(await post({ symbol: 'BTC/USDT' }, {}))).toBe('unauthorized');
    expect((await rig.ask('GET', '/api/v1/backtests/nope', VIEWER)).statusCode).toBe(404);
    expect(await finished((await post({ symbol: 'BTC/USDT', tf: '1h' })).json<{ id: string }>().id)).toMatchObject({ state: 'failed', error: 'there are no such candles' });
  });

  it('lets so many wait and no more', async () => {
    await start();
    const answers = [];
    for (let k = 0; k < 6; k++) answers.push((await post({ symbol: 'BTC/USDT', candles: rows(3_000) })).statusCode);
    expect(answers.filter((code) => code === 429).length).toBeGreaterThan(0);
  });
});
