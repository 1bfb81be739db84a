import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import { ROLLED } from '@/core/market/candles';
import type { InputEvent } from '@/core/market/events';
import { SimulatedMarket } from '@/core/simulator/market';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { VENUES } from '../../../server/connectors/registry';
import { checkReplayFile, createReplayConnector } from '../../../server/connectors/replay';
import { createSupervisor } from '../../../server/connectors/supervisor';
import { systemClock } from '../../../server/observability/clock';
import { createMetrics } from '../../../server/observability/metrics';
import { createPipeline } from '../../../server/pipeline/pipeline';
import { createScoreLog } from '../../../server/scorelog/scoreLog';
import { verifyLog } from '../../../server/scorelog/verify';
import { collectingContext, pick, silentLog } from '../../support/connectorRig';
import { sharedPath } from '../../support/shared';
import { waitFor } from '../../support/waitFor';

const T0 = Date.parse('2026-03-10T10:00:00Z');
const INSTRUMENTS = pick('BTC/USDT', 'ETH/USDT');
/** Long enough for ratings of 20 votes, signals, their outcomes, random entries and forecasts of every horizon. */
const SECONDS = 14_400;
let dir = '';
let own = '';

/** A made recording in the form of Binance's raw frames: prices of the simulator, best bid and ask and a trade a second. */
function madeRecording(): string {
  const market = new SimulatedMarket(7, INSTRUMENTS);
  const lines = [JSON.stringify({ t: 'connect', ts: T0, conn: 'ws1', url: 'wss://stream.binance.com:9443/stream?streams=btcusdt@trade/btcusdt@bookTicker/ethusdt@trade/ethusdt@bookTicker' })];
  const recv = (ts: number, stream: string, data: object): void => void lines.push(JSON.stringify({ t: 'recv', ts, conn: 'ws1', raw: JSON.stringify({ stream, data }) }));
  for (let k = 0; k < SECONDS; k++) {
    const at = T0 + k * 1000;
    market.step(at, ({ instrument, trades, bidTicks, askTicks, bidLots, askLots }) => {
      const s = `${instrument.base}USDT`;
      const price = (ticks: number): string => (ticks * instrument.tickSize).toFixed(8);
      const size = (lots: number): string => (lots * instrument.lotSize).toFixed(8);
      recv(at + 120, `${s.toLowerCase()}@bookTicker`, { u: 2 * k + 1, s, b: price(bidTicks), B: size(bidLots), a: price(askTicks), A: size(askLots) });
      if (trades.count === 0) return;
      const bought = trades.buy[0] === 1;
      recv(at + 450, `${s.toLowerCase()}@trade`, { e: 'trade', E: at + 400, s, t: k + 1, p: price(bought ? askTicks : bidTicks), q: size(trades.lots[0] ?? 1), T: at + 399, m: !bought, M: true });
    });
  }
  return `${lines.join('\n')}\n`;
}

/** Plays a recording through supervisor, pipeline, engine and score log, as the server does; its logs by chain, up to the end of the recording. */
async function logsOf(file: string, speed: number): Promise<Record<string, string>> {
  const dataDir = mkdtempSync(join(dir, 'run-'));
  const info = await checkReplayFile(file, VENUES);
  if (!info.ok) throw new Error(info.error);
  const facts = { instruments: INSTRUMENTS, venuePriority: ['binance'], candleHistory: 600, signalIntervals: [...ROLLED], sentimentEveryMs: 30_000 };
  const score = createScoreLog({ dataDir, log: silentLog, clock: systemClock });
  await score.open();
  const supervisor = createSupervisor({
    feed: 'replay', venues: [], emit: (event: InputEvent) => pipeline.accept(event), clock: systemClock, log: silentLog,
    makeContext: (_, emit) => ({ ...collectingContext({ ws: '', rest: '' }, INSTRUMENTS), emit }),
    simulator: () => {
      throw new Error('no simulator in a replay');
    },
    replay: (emit) => createReplayConnector({ context: { ...collectingContext({ ws: '', rest: '' }, INSTRUMENTS), emit }, info: info.value, speed, venues: VENUES }),
  });
  const pipeline = createPipeline({ engine: createEngine(facts), bus: createMemoryBus(silentLog), feedClock: () => supervisor.feedClock, metrics: createMetrics(), log: silentLog, newEpoch: () => 'e', score });
  pipeline.start();
  await supervisor.start();
  await waitFor(() => supervisor.status().some(({ id, state }) => id === 'replay' && state === 'ended'), { timeoutMs: 60_000, message: `the end of the recording at speed ${speed}` });
  await supervisor.stop();
  pipeline.stop();
  await score.close();
  const root = join(dataDir, 'scorelog');
  for (const chain of await verifyLog(root, null)) expect(chain).toMatchObject({ problem: null, check: chain.chain.endsWith('sentiment') ? { wrong: 0 } : null });
  return Object.fromEntries(readdirSync(root).sort().map((chain) => [chain, readdirSync(join(root, chain)).filter((name) => name.endsWith('.jsonl')).sort().map((name) => readFileSync(join(root, chain, name), 'utf8')).join('')]));
}

/** Number of records of a type. */
const many = (log: string | undefined, type: string): number => (log ?? '').split(`"type":"${type}"`).length - 1;

/** After the end of a recording time goes on at 1x: one run may have told a little more before it was stopped. What both have is the same, byte for byte. */
function expectSame(a: Record<string, string>, b: Record<string, string>): void {
  expect(Object.keys(b)).toEqual(Object.keys(a));
  for (const [chain, log] of Object.entries(a)) {
    const other = b[chain] ?? '';
    const common = Math.min(log.length, other.length);
    expect(other.slice(0, common) === log.slice(0, common), `${chain}: the same bytes`).toBe(true);
    expect(Math.abs(log.split('\n').length - other.split('\n').length), `${chain}: records told after the end`).toBeLessThanOrEqual(8);
  }
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'determinism-'));
  own = join(dir, 'made.jsonl');
  writeFileSync(own, madeRecording());
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('a replayed recording', () => {
  it('gives the same logs of signals, forecasts and outcomes, byte for byte, twice and at two speeds', { timeout: 180_000 }, async () => {
    const first = await logsOf(own, 0);
    const signals = first['replay-000001.signals'];
    const sentiment = first['replay-000001.sentiment'];
    expect([many(signals, 'signal') > 10, many(signals, 'outcome') > 3, many(signals, 'random') > 0, many(sentiment, 'forecast') > 500, many(sentiment, 'outcomes') > 500]).toEqual([true, true, true, true, true]);
    expectSame(first, await logsOf(own, 0));
    expectSame(first, await logsOf(own, 3_000));
  });

  const real = sharedPath('recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz');
  it.skipIf(!real)('five minutes of Binance, August 2024: the same logs twice and at two speeds (left out without the shared recordings)', { timeout: 180_000 }, async () => {
    const first = await logsOf(real ?? '', 0);
    expect(many(first['replay-000001.sentiment'], 'forecast')).toBeGreaterThan(5);
    expectSame(first, await logsOf(real ?? '', 0));
    expectSame(first, await logsOf(real ?? '', 150));
  });
});
