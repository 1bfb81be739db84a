import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineOutput } from '@/core/market/outputs';
import { createScoreLog, type ScoreLog } from '../../../server/scorelog/scoreLog';
import { verifyChain, verifyLog } from '../../../server/scorelog/verify';
import { waitFor } from '../../support/waitFor';
import { forecast, forecastEnd, MINUTE, outcome, signal, T0 } from './outputs';

const log = pino({ level: 'silent' });
let dir = '';
let now = T0;
let opened: ScoreLog[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'scorelog-'));
  now = T0;
  opened = [];
});
afterEach(async () => {
  for (const one of opened) await one.close();
  rmSync(dir, { recursive: true });
});

async function start(dataDir = dir): Promise<ScoreLog> {
  const score = createScoreLog({ dataDir, log, clock: { now: () => now, monotonic: () => now } });
  opened.push(score);
  await score.open();
  await waitFor(() => !report(score).loading);
  return score;
}
const report = (score: ScoreLog, window: '24h' | 'all' = 'all') => score.report({ source: 'live', window, symbol: null, tf: null, now });
const folder = (chain: string): string => join(dir, 'scorelog', chain);
const lines = (chain: string): Record<string, unknown>[] =>
  readdirSync(folder(chain)).filter((name) => name.endsWith('.jsonl')).sort()
    .flatMap((name) => readFileSync(join(folder(chain), name), 'utf8').trim().split('\n')).map((line) => (JSON.parse(line) as { body: Record<string, unknown> }).body);
const balance = ({ forecasts, outcomes, void: voids, open }: { forecasts: number; outcomes: number; void: number; open: number }): void => expect(forecasts).toBe(outcomes + voids + open);

describe('score log', () => {
  it('gives a signal its place in the chain before anybody sees it, and its outcome quotes it', async () => {
    const score = await start();
    const first = score.record(signal(0));
    const second = score.record(signal(1));
    if (first.type !== 'signal' || second.type !== 'signal') throw new Error('no signal');
    expect(first.record).toMatchObject({ seq: 2, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(second.record).toMatchObject({ seq: 3, prev: first.record.hash });
    score.record(outcome(0));
    await score.flush();
    expect(lines('live.signals').map((body) => body['type'])).toEqual(['start', 'signal', 'signal', 'outcome']);
    expect(lines('live.signals')[3]).toMatchObject({ of: first.record.hash, at: 2, r: 2, result: 'target' });
    expect(report(score).counts.signals).toEqual({ forecasts: 2, outcomes: 1, void: 0, open: 1 });
    expect(score.heads().find((head) => head.chain === 'live.signals')).toMatchObject({ seq: 4, durable: 4, state: 'ok' });
  });

  it('keeps chains of live, simulated and replayed data apart; each replay is a run of its own', async () => {
    const score = await start();
    score.record(signal(0));
    score.record(signal(0, 'simulated'));
    const replay = (): void => {
      score.record({ type: 'mode', mode: 'replay', reason: '', since: T0 });
      score.record(signal(0, 'replay'));
      score.record({ type: 'mode', mode: 'live', reason: '', since: T0 + 5 });
    };
    replay();
    replay();
    await score.flush();
    expect(readdirSync(join(dir, 'scorelog')).sort()).toEqual(['live.signals', 'replay-000001.signals', 'replay-000002.signals', 'simulated.signals']);
    expect(readFileSync(join(folder('replay-000001.signals'), '2026-03-10.jsonl'), 'utf8').replaceAll('replay-000001', 'x')).toHaveLength(
      readFileSync(join(folder('replay-000002.signals'), '2026-03-10.jsonl'), 'utf8').replaceAll('replay-000002', 'x').length,
    );
  });

  it('ends what a stopped process left open as void: gap, and loses no count over restarts', async () => {
    const first = await start();
    first.record(signal(0));
    first.record(signal(1));
    first.record(outcome(0));
    first.record(forecast(T0));
    first.record(forecastEnd(T0, 60, 'up'));
    await first.close();
    now = T0 + 60 * MINUTE;
    const second = await start();
    await second.flush();
    expect(report(second).counts).toEqual({ signals: { forecasts: 2, outcomes: 1, void: 1, open: 0 }, sentiment: { forecasts: 2, outcomes: 1, void: 1, open: 0 } });
    expect(lines('live.signals').slice(-2)).toEqual([expect.objectContaining({ type: 'start', clean: true }), expect.objectContaining({ type: 'outcome', result: 'void', reason: 'gap', ts: now })]);
    expect(report(second).signals[0]).toMatchObject({ n: 1, void: 1, open: 0, enough: false, hit: null });
    await second.close();
    const third = await start();
    expect(report(third).counts.signals).toEqual({ forecasts: 2, outcomes: 1, void: 1, open: 0 });
    await third.close();
    expect((await verifyLog(join(dir, 'scorelog'), null)).map((chain) => chain.problem)).toEqual([null, null]);
  });

  /** A fast simulator starts again at the present, which its last run had passed: forecasts of one time came twice, and their ends went astray. */
  it('keeps forecasts of the same time of two runs apart', async () => {
    const first = await start();
    first.record(signal(0));
    first.record(forecast(T0));
    await first.close();
    const second = await start();
    second.record(signal(0));
    second.record(forecast(T0));
    second.record(outcome(0));
    second.record(forecastEnd(T0, 60, 'up'));
    await second.flush();
    expect(report(second).counts).toEqual({ signals: { forecasts: 2, outcomes: 1, void: 1, open: 0 }, sentiment: { forecasts: 4, outcomes: 1, void: 2, open: 1 } });
    await second.close();
    expect((await verifyLog(join(dir, 'scorelog'), null)).map(({ problem, forecasts, open }) => [problem, forecasts, open])).toEqual([[null, 4, 1], [null, 2, 0]]);
  });

  it('closes a day with a seal and goes on in the next file', async () => {
    const score = await start();
    score.record(signal(0));
    now = T0 + 24 * 60 * MINUTE;
    await score.flush();
    score.record(signal(24 * 60));
    await score.flush();
    expect(lines('live.signals').map((body) => [body['type'], body['day'] ?? null, body['count'] ?? null])).toEqual([
      ['start', null, null], ['signal', null, null], ['seal', '2026-03-10', 2], ['signal', null, null],
    ]);
    expect(await verifyChain(folder('live.signals'))).toMatchObject({ problem: null, records: 4, days: 2 });
  });

  /** Killed between the seal of a day and the first record of the next one, the restart put records behind the seal. */
  it('goes on in the next file after a seal, whatever the clock says', async () => {
    const first = await start();
    first.record(signal(0));
    now = T0 + 24 * 60 * MINUTE;
    await first.flush();
    now = T0;
    const second = await start();
    second.record(signal(1));
    await second.flush();
    expect(readdirSync(folder('live.signals')).sort()).toEqual(['2026-03-10.jsonl', '2026-03-11.jsonl', 'head']);
    expect(await verifyChain(folder('live.signals'))).toMatchObject({ problem: null, void: 1 });
  });

  it('goes on after a line that a killed process left unfinished', async () => {
    const first = await start();
    first.record(signal(0));
    first.record(signal(1));
    await first.flush();
    const file = join(folder('live.signals'), '2026-03-10.jsonl');
    const whole = statSync(file).size;
    writeFileSync(file, '{"body":{"type":"sig', { flag: 'a' });
    expect(await verifyChain(folder('live.signals'))).toMatchObject({ problem: null, unfinished: 20 });
    const second = await start();
    second.record(signal(2));
    await second.flush();
    expect(statSync(file).size).toBeGreaterThan(whole);
    expect(await verifyChain(folder('live.signals'))).toMatchObject({ problem: null, unfinished: 0 });
    expect(lines('live.signals').filter((body) => body['type'] === 'start').map((body) => body['clean'])).toEqual([true, false]);
  });

  it('does not go on in a chain that was cut: a new one begins beside it, and the old one stays as evidence', async () => {
    const first = await start();
    for (let k = 0; k < 5; k++) first.record(signal(k));
    await first.close();
    const file = join(folder('live.signals'), '2026-03-10.jsonl');
    const text = readFileSync(file, 'utf8');
    truncateSync(file, text.lastIndexOf('\n', text.length - 2) + 1);
    const second = await start();
    second.record(signal(9));
    await second.flush();
    expect(readdirSync(join(dir, 'scorelog')).filter((name) => name.endsWith('.signals')).sort()).toEqual(['live-002.signals', 'live.signals']);
    expect((await verifyLog(join(dir, 'scorelog'), null)).map(({ chain, problem }) => [chain, problem === null])).toEqual([['live-002.signals', true], ['live.signals', false]]);
  });

  it('keeps nothing on disk, and tells no place in it, when no data is kept; the scorecard is there', async () => {
    const score = await start(':memory:');
    expect(score.record(signal(0))).toEqual(signal(0));
    score.record(outcome(0));
    expect(report(score).counts.signals).toEqual({ forecasts: 1, outcomes: 1, void: 0, open: 0 });
    expect(score.heads()[0]).toMatchObject({ state: 'memory', durable: null });
  });

  it('says that it cannot be written, and writes everything once it can', async () => {
    writeFileSync(join(dir, 'scorelog'), 'in the way');
    const score = await start();
    score.record(signal(0));
    await score.flush();
    expect(score.heads()[0]).toMatchObject({ state: 'degraded', durable: 0, reason: expect.stringContaining('cannot be written') as string });
    rmSync(join(dir, 'scorelog'));
    await score.flush();
    expect(score.heads()[0]).toMatchObject({ state: 'ok', durable: 2 });
    expect(await verifyChain(folder('live.signals'))).toMatchObject({ problem: null, records: 2 });
  });

  it('forecasts = outcomes + void + open after everything, restarts included', async () => {
    type Step = { what: 'signal' | 'outcome' | 'forecast' | 'end' | 'restart'; k: number };
    const step = fc.record({ what: fc.constantFrom<Step['what'][]>('signal', 'signal', 'outcome', 'forecast', 'forecast', 'end', 'end', 'restart'), k: fc.nat({ max: 6 }) });
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const place = mkdtempSync(join(dir, 'run-'));
      let score = await start(place);
      const seen = new Set<string>();
      const make: Record<Exclude<Step['what'], 'restart'>, (k: number) => EngineOutput> = {
        signal: (k) => signal(k), outcome: (k) => outcome(k), forecast: (k) => forecast(T0 + k), end: (k) => forecastEnd(T0 + k, k % 2 ? 60 : 300, k % 3 ? 'up' : 'void'),
      };
      for (const { what, k } of steps) {
        // The engine tells each forecast once.
        if ((what === 'signal' || what === 'forecast') && (seen.has(`${what}${k}`) || !seen.add(`${what}${k}`))) continue;
        if (what !== 'restart') score.record(make[what](k));
        else {
          await score.close();
          score = await start(place);
        }
        const { counts } = report(score);
        balance(counts.signals);
        balance(counts.sentiment);
      }
      await score.close();
      for (const chain of await verifyLog(join(place, 'scorelog'), null)) expect(chain.problem).toBeNull();
    }), { numRuns: 25 });
  });
});

describe('scorecard', () => {
  it('tells no figure before 30 outcomes, then all of them', async () => {
    const score = await start(':memory:');
    for (let k = 0; k < 29; k++) {
      score.record(signal(3 * k));
      score.record(outcome(3 * k, 'live', k % 3 ? -1 : 2));
    }
    now = T0 + 104 * MINUTE;
    expect(report(score).signals[0]).toMatchObject({ n: 29, enough: false, hit: null, avgR: null });
    score.record(signal(300));
    score.record(outcome(300, 'live', 2));
    // Told at 302, counted when its twenty candles are over.
    now = T0 + 310 * MINUTE;
    expect(report(score).signals[0]).toMatchObject({ n: 29, pending: 1 });
    now = T0 + 320 * MINUTE;
    const { signals, pooledSignals, trials } = report(score);
    expect(trials).toBe(1);
    expect(signals[0]).toMatchObject({ n: 30, enough: true, targets: 11, stops: 19, expiries: 0, longestLosingRun: 2 });
    expect(signals[0]?.hit).toBeCloseTo(11 / 30, 12);
    expect(signals[0]?.avgR).toBeCloseTo((11 * 2 - 19) / 30, 12);
    expect(signals[0]?.profitFactor).toBeCloseTo(22 / 19, 12);
    expect(pooledSignals.map((cell) => [cell.tf, cell.n])).toEqual([[null, 30], ['1m', 30]]);
    now = T0 + 3 * 24 * 60 * MINUTE;
    expect(report(score, '24h').signals[0]).toMatchObject({ n: 0, enough: false });
  });

  it('compares forecasts with what happened, flat ones aside, with intervals over independent ones', async () => {
    const score = await start(':memory:');
    for (let k = 0; k < 100; k++) {
      score.record(forecast(T0 + k * 30_000, 'BTC/USDT', [60]));
      score.record(forecastEnd(T0 + k * 30_000, 60, k % 10 === 0 ? 'flat' : k % 2 ? 'up' : 'down'));
    }
    const [cell] = report(score).sentiment;
    expect(cell).toMatchObject({ h: 60, n: 90, effective: 45, flat: 10, void: 0, open: 0, enough: true });
    expect(cell?.hit).toBeCloseTo(50 / 90, 12);
    expect(cell?.brier).toBeCloseTo((50 * 0.48 ** 2 + 40 * 0.52 ** 2) / 90, 12);
    expect(cell?.ece).toBeCloseTo(Math.abs(0.52 - 50 / 90), 12);
    expect(cell?.bins[5]).toMatchObject({ n: 90, meanP: expect.closeTo(0.52, 12) as number });
  });
});
