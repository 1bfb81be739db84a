import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { STREAMS } from '@/core/contract';
import type { Quote } from '@/core/market/outputs';
import { createMemoryBus } from '../server/bus/memoryBus';
import { createHub } from '../server/hub/hub';
import { systemClock } from '../server/observability/clock';
import { createMetrics } from '../server/observability/metrics';
import type { Figure } from './figure';
import { RawClient } from './rawClient';

const CLIENTS = 200;
const SYMBOLS = 50;
const TICKS = 50;
const TICK_MS = 20;

const round = (n: number, decimals: number): number => Number(n.toFixed(decimals));
/** A quote after a trade: everything but the day's open, high and low is new. */
export const quoteOf = (symbol: string, last: number): Quote => ({
  symbol, last: round(last, 2), bid: round(last - 0.01, 2), ask: round(last + 0.01, 2), bidSize: round(Math.random() * 3, 4), askSize: round(Math.random() * 3, 4), open24h: 50_000, high24h: 51_000, low24h: 49_000, volume24h: round(12_345 + Math.random(), 3),
  venue: 'simulator', kind: 'simulated', route: 'simulator', state: 'ok', venueTime: Date.now(), receiveTime: Date.now(),
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Processor time and bytes for fanning 50 symbols a tick out to 200 clients of one dialect. */
async function measure(dialect: string, protocol: string, features: readonly string[] = [], budget: number | null = null): Promise<Figure[]> {
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  const options = { marketIntervalMs: 10, perAddress: 1e6, upgradesPerSecond: 1e6, upgradeBurst: 1e6, upgradesTotalPerSecond: 1e6 };
  const hub = createHub({ bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics: createMetrics(), log, options, mode: () => 'simulated', feeds: () => ({}), knownSymbol: () => true });
  const server = createServer().on('upgrade', (req, socket, head) => hub.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let seq = 0;
  const tick = (n: number): void => {
    const changes = Array.from({ length: SYMBOLS }, (_, i) => ({ key: `SYM${i}/USD`, value: quoteOf(`SYM${i}/USD`, 50_000 + n + i / 100) }));
    bus.publish({ type: 'keyed', channel: 'market', epoch: 'bench', prev: seq, seq: (seq += SYMBOLS), changes });
  };
  tick(0);
  const clients: RawClient[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push(await RawClient.open({ port, path: STREAMS.market.path, protocol, features }));
  const bytes = (): number => clients.reduce((n, client) => n + client.bytes, 0);
  for (let n = 1; n < 5; n++) { // warm up
    tick(n);
    await sleep(TICK_MS);
  }
  await sleep(200);
  const start = bytes();
  const before = process.cpuUsage();
  for (let n = 0; n < TICKS; n++) {
    tick(100 + n);
    await sleep(TICK_MS);
  }
  await sleep(200);
  const used = process.cpuUsage(before);
  const updates = CLIENTS * SYMBOLS * TICKS;
  const sent = bytes() - start;
  for (const client of clients) client.close();
  await hub.close('bench over', 100);
  server.close();
  const note = `${CLIENTS} clients x ${SYMBOLS} symbols; reading side included`;
  return [
    { name: `hub fan-out, ${dialect}: processor time`, value: (used.user + used.system) / 1_000 / (updates / 1e6), unit: 'ms/M updates', budget: null, bound: 'at most', note },
    { name: `hub fan-out, ${dialect}: bytes`, value: sent / updates, unit: 'B/update', budget, bound: 'at most' },
  ];
}

/** Fan-out of the hub alone, in each dialect. */
export async function measureHub(): Promise<Figure[]> {
  return [...(await measure('sparse rows', 'tickglass.v2.rows', ['ack', 'sparse'], 75)), ...(await measure('rows', 'tickglass.v2.rows')), ...(await measure('objects', 'tickglass.v2.json')), ...(await measure('plain', ''))];
}
