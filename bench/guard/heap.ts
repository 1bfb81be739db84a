/** Run by bench/guard/run.ts with a young generation so large that nothing is collected while it measures. Prints its figures as JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { pino } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import { createEngine } from '@/core/engine';
import type { TradeEvent } from '@/core/market/events';
import { syntheticInstruments } from '@/core/simulator';
import { createMemoryBus } from '../../server/bus/memoryBus';
import { createHub } from '../../server/hub/hub';
import { systemClock } from '../../server/observability/clock';
import { createMetrics } from '../../server/observability/metrics';
import { medianOf } from '../figure';
import { quoteOf } from '../peers/product';
import type { GuardName } from './limits';
import { Sink, upgradeRequest } from './sink';

const SYMBOLS = 50;
const TICKS = 20;
/** Longer than the hub waits for further changes, ms. */
const TICK_MS = 20;
/** With `ack` a client is not asked by pings how far it is. */
const DIALECTS = { 'sparse rows': ['tickglass.v2.rows', ['ack', 'sparse']], rows: ['tickglass.v2.rows', ['ack']], objects: ['tickglass.v2.json', ['ack']], plain: ['', []] } as const;
type Dialect = keyof typeof DIALECTS;

const symbolOf = (i: number): string => `SYM${String(i)}/USD`;
const sum = (sinks: readonly Sink[], what: 'bytesWritten' | 'writes'): number => sinks.reduce((n, sink) => n + sink[what], 0);

interface Used { readonly cpuUs: number; readonly heapBytes: number; readonly bytes: number; readonly writes: number }

/** What `work` costs once its code is compiled. */
async function used(sinks: readonly Sink[], work: (ticks: number) => Promise<void>): Promise<Used> {
  await work(10);
  globalThis.gc?.();
  const [bytes, writes, heap, cpu] = [sum(sinks, 'bytesWritten'), sum(sinks, 'writes'), getHeapStatistics().used_heap_size, process.cpuUsage()];
  await work(TICKS);
  const { user, system } = process.cpuUsage(cpu);
  return { cpuUs: user + system, heapBytes: getHeapStatistics().used_heap_size - heap, bytes: sum(sinks, 'bytesWritten') - bytes, writes: sum(sinks, 'writes') - writes };
}

async function hubOf(dialect: Dialect, clients: number): Promise<Used> {
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  // No client has to say how far it is: that would measure the reader too.
  const options = { marketIntervalMs: TICK_MS / 4, windowBytes: 1e9, perAddress: 1e6, upgradesPerSecond: 1e6, upgradeBurst: 1e6, upgradesTotalPerSecond: 1e6 };
  const hub = createHub({ bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics: createMetrics(), log, options, mode: () => 'simulated', feeds: () => ({}), knownSymbol: () => true });
  let turn = 0;
  const tick = (): void => {
    const changes = Array.from({ length: SYMBOLS }, (_, i) => ({ key: symbolOf(i), value: quoteOf(symbolOf(i), 50_000 + turn + i / 100) }));
    bus.publish({ type: 'keyed', channel: 'market', epoch: 'guard', prev: turn * SYMBOLS, seq: ++turn * SYMBOLS, changes });
  };
  tick();
  const [protocol, features] = DIALECTS[dialect];
  const sinks = Array.from({ length: clients }, () => new Sink());
  for (const sink of sinks) {
    hub.handleUpgrade(upgradeRequest(sink, protocol), sink, Buffer.alloc(0));
    if (protocol) sink.say({ type: 'hello', v: 2, features });
  }
  await sleep(200);
  const result = await used(sinks, async (ticks) => {
    for (let n = 0; n < ticks; n++) {
      tick();
      await sleep(TICK_MS);
    }
  });
  await hub.close('measured', 0);
  return result;
}

/** What most people write: `JSON.stringify` and `send` for each client and update. */
async function naiveWs(clients: number): Promise<Used> {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const sinks = Array.from({ length: clients }, () => new Sink());
  const open: WebSocket[] = [];
  for (const sink of sinks) server.handleUpgrade(upgradeRequest(sink, ''), sink, Buffer.alloc(0), (ws) => open.push(ws));
  return used(sinks, async (ticks) => {
    for (let n = 0; n < ticks; n++) {
      for (let i = 0; i < SYMBOLS; i++) {
        const update = { type: 'market_update', symbol: symbolOf(i), data: quoteOf(symbolOf(i), 50_000 + n + i / 100), timestamp: new Date().toISOString() };
        for (const ws of open) ws.send(JSON.stringify(update));
      }
      await sleep(TICK_MS);
    }
  });
}

async function measureFanOut(): Promise<Partial<Record<GuardName, number>>> {
  const [few, many] = [20, 100];
  const found: Partial<Record<GuardName, number>> = {};
  for (const dialect of Object.keys(DIALECTS) as Dialect[]) {
    const [one, all] = [await hubOf(dialect, few), await hubOf(dialect, many)];
    found[`hub, ${dialect}: bytes`] = all.bytes / (many * SYMBOLS * TICKS);
    found[`hub, ${dialect}: writes`] = all.writes / (many * TICKS);
    found[`hub, ${dialect}: heap of one more client`] = (all.heapBytes - one.heapBytes) / ((many - few) * TICKS);
  }
  const ratios: number[] = [];
  for (let round = 0; round < 3; round++) ratios.push((await naiveWs(many)).cpuUs / (await hubOf('sparse rows', many)).cpuUs);
  found['hub: updates per CPU second, times naive ws without a network'] = medianOf(ratios).value;
  return found;
}

/** Heap that one trade costs the engine, with all that follows from it: candles, ratings, sentiment. */
function measureEngine(): Partial<Record<GuardName, number>> {
  const instruments = syntheticInstruments(100);
  const engine = createEngine({ instruments, venuePriority: ['simulator'] });
  const start = Date.UTC(2026, 0, 5, 12);
  const perSecond = 200;
  const trades = Array.from({ length: 40_000 }, (_, i): TradeEvent => {
    const time = start + (i * 1_000) / perSecond;
    const price = (500 + 10 * Math.sin(i / 97) + (i % 7) / 100).toFixed(2);
    return { type: 'trade', venue: 'simulator', kind: 'simulated', route: 'simulator', symbol: instruments[i % instruments.length]?.symbol ?? '', venueTime: time, receiveTime: time, id: String(i), price, size: '0.25', side: 'buy' };
  });
  const out = (): void => undefined;
  const feed = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const trade = trades[i];
      if (!trade) continue;
      engine.step(trade, out);
      if (i % perSecond === 0) engine.step({ type: 'clock', receiveTime: trade.receiveTime }, out);
    }
  };
  engine.step({ type: 'mode', mode: 'simulated', reason: 'guard', receiveTime: start }, out);
  feed(0, trades.length / 2);
  globalThis.gc?.();
  const before = getHeapStatistics().used_heap_size;
  feed(trades.length / 2, trades.length);
  return { 'engine: heap of one trade': (getHeapStatistics().used_heap_size - before) / (trades.length / 2) };
}

process.stdout.write(`${JSON.stringify({ ...(await measureFanOut()), ...measureEngine() })}\n`);
process.exit(0);
