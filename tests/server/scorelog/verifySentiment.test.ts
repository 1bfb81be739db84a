import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HashChain, parseLine, type ChainBody } from '@/core/analysis/chain';
import type { Candle } from '@/core/market/outputs';
import { createScoreLog } from '../../../server/scorelog/scoreLog';
import { sha256 } from '../../../server/scorelog/slot';
import { verifyLog, type ChainCheck } from '../../../server/scorelog/verify';
import { forecast, forecastEnd, MINUTE, T0 } from './outputs';

let dir = '';
const file = (): string => join(dir, 'scorelog/live.sentiment/2026-03-10.jsonl');
/** Ends are told at 101; these minutes hold it. */
const CANDLES: readonly Candle[] = Array.from({ length: 30 }, (_, k) => ({ openTime: T0 + k * MINUTE, open: 100.8, high: 101.2, low: 100.6, close: 101, volume: 1 }));
const candles = (list: readonly Candle[]) => ({ from, to }: { from: number; to: number }) => Promise.resolve(list.filter((c) => c.openTime >= from && c.openTime <= to));

/** Six forecasts with a minute and five minutes each; one end is void. */
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'verify-sentiment-'));
  const score = createScoreLog({ dataDir: dir, log: pino({ level: 'silent' }), clock: { now: () => T0, monotonic: () => 0 } });
  await score.open();
  for (let k = 0; k < 6; k++) score.record(forecast(T0 + k * 7_000));
  for (let k = 0; k < 6; k++) for (const h of [60, 300]) score.record(forecastEnd(T0 + k * 7_000, h, k === 5 && h === 300 ? 'void' : 'up'));
  await score.close();
});
afterEach(() => rmSync(dir, { recursive: true }));

const check = async (list: readonly Candle[] | null): Promise<ChainCheck | undefined> => (await verifyLog(join(dir, 'scorelog'), list && candles(list)))[0];

/** Writes the chain anew with other records, hashes and all: what somebody who holds the only copy could do. */
function forge(change: (body: ChainBody) => ChainBody): void {
  const chain = new HashChain(sha256);
  const renamed = new Map<unknown, string>();
  const swap = (value: unknown): unknown => (Array.isArray(value) ? value.map(swap) : typeof value === 'string' ? (renamed.get(value) ?? value) : value);
  const lines = readFileSync(file(), 'utf8').trim().split('\n').map((line) => {
    const read = parseLine(line);
    if (!read.ok) throw new Error(read.error);
    const { seq: _, ...body } = change(read.value.body);
    const link = chain.append(Object.fromEntries(Object.entries(body).map(([k, v]) => [k, swap(v)])) as ChainBody);
    renamed.set(read.value.hash, link.hash);
    return link.line;
  });
  writeFileSync(file(), `${lines.join('\n')}\n`);
  writeFileSync(join(dir, 'scorelog/live.sentiment/head'), `${chain.position.seq} ${chain.position.hash}\n`);
}
const ends = (change: (end: readonly unknown[]) => readonly unknown[]) => (body: ChainBody): ChainBody => (body.type === 'outcomes' && Array.isArray(body['ends']) ? { ...body, ends: body['ends'].map((end: unknown) => (Array.isArray(end) ? change(end) : end)) } : body);

describe('verify-log over sentiment', () => {
  it('recomputes each end from the prices in the log and finds the price in the stored minutes; counts voids', async () => {
    expect(await check(CANDLES)).toMatchObject({ chain: 'live.sentiment', problem: null, forecasts: 12, outcomes: 11, void: 1, open: 0, check: { equal: 11, corrected: 0, missing: 0, wrong: 0 } });
  });

  it('says what it cannot recompute: nothing is stored of that time, or the stored minutes hold other prices', async () => {
    expect((await check(null))?.check).toEqual({ equal: 0, corrected: 0, missing: 11, wrong: 0 });
    expect((await check(CANDLES.slice(0, 3)))?.check).toEqual({ equal: 6, corrected: 0, missing: 5, wrong: 0 });
    expect((await check(CANDLES.map((c) => ({ ...c, high: 99, low: 98 }))))?.check).toMatchObject({ corrected: 11 });
  });

  it('finds a forged log whose every hash is right: another result, probability or time', async () => {
    forge((body) => body);
    expect(await check(CANDLES)).toMatchObject({ problem: null, check: { equal: 11, wrong: 0 } });
    forge(ends(([of, symbol, ts, h, result, ...rest]) => [of, symbol, ts, h, h === 60 && result === 'up' ? 'down' : result, ...rest]));
    expect(await check(CANDLES)).toMatchObject({ problem: null, check: { equal: 5, wrong: 6 } });
  });

  it('finds a probability that was not the one said', async () => {
    forge(ends((end) => [...end.slice(0, 8), 0.9]));
    expect((await check(CANDLES))?.check?.wrong).toBe(12);
  });

  it('takes the mid of another forecast of the same moment as proof, without candles', async () => {
    const score = createScoreLog({ dataDir: join(dir, 'other'), log: pino({ level: 'silent' }), clock: { now: () => T0, monotonic: () => 0 } });
    await score.open();
    score.record(forecast(T0));
    score.record(forecastEnd(T0, 60, 'up'));
    const at = forecast(T0 + MINUTE);
    score.record({ ...at, data: { ...at.data, mid: 101 } });
    await score.close();
    expect((await verifyLog(join(dir, 'other/scorelog'), null))[0]?.check).toEqual({ equal: 1, corrected: 0, missing: 0, wrong: 0 });
  });
});
