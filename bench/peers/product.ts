import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Quote } from '@/core/market/outputs';
import { createMemoryBus } from '../../server/bus/memoryBus';
import { createHub, type Hub } from '../../server/hub/hub';
import type { HubOptions } from '../../server/hub/options';
import { systemClock } from '../../server/observability/clock';
import { createMetrics } from '../../server/observability/metrics';
import { SYMBOLS, symbolOf, type Subject } from './subject';

const round = (n: number, decimals: number): number => Number(n.toFixed(decimals));

/** A quote after a trade: everything but the day's open, high and low is new. */
export const quoteOf = (symbol: string, last: number): Quote => ({
  symbol, last: round(last, 2), bid: round(last - 0.01, 2), ask: round(last + 0.01, 2), bidSize: round(Math.random() * 3, 4), askSize: round(Math.random() * 3, 4), open24h: 50_000, high24h: 51_000, low24h: 49_000, volume24h: round(12_345 + Math.random(), 3),
  venue: 'simulator', kind: 'simulated', route: 'simulator', state: 'ok', venueTime: Date.now(), receiveTime: Date.now(),
});

export interface Product extends Subject {
  close(): Promise<void>;
}

/** The product's hub behind a real port, fed through the bus without an engine. Its limits of connections are out of the way. */
export async function startProduct(options: Partial<HubOptions> = {}): Promise<Product> {
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  const unlimited = { perAddress: 1e6, total: 1e6, upgradesPerSecond: 1e6, upgradeBurst: 1e6, upgradesTotalPerSecond: 1e6 };
  const hub: Hub = createHub({ bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics: createMetrics(), log, options: { ...unlimited, ...options }, mode: () => 'simulated', feeds: () => ({}), knownSymbol: () => true });
  const server = createServer().on('upgrade', (req, socket, head) => hub.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let turn = 0;
  const tick = (): void => {
    const changes = Array.from({ length: SYMBOLS }, (_, i) => ({ key: symbolOf(i), value: quoteOf(symbolOf(i), 50_000 + turn + i / 100) }));
    bus.publish({ type: 'keyed', channel: 'market', epoch: 'bench', prev: turn * SYMBOLS, seq: ++turn * SYMBOLS, changes });
  };
  tick();
  return {
    port: (server.address() as AddressInfo).port,
    tick,
    async close() {
      await hub.close('bench over', 500);
      server.close();
    },
  };
}
