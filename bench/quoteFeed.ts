/**
 * A process of its own with the product's hub, page and peers on one port: `tsx bench/quoteFeed.ts INSTRUMENTS CHANGES_PER_SECOND INTERVAL_MS PAGES`.
 * Quotes go straight to the bus, in turn, so that their rate is exact: what is measured behind them is the way from the hub to the screen, not
 * how fast a market can be made up. It ends when its parent does.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import { pino } from 'pino';
import type { Quote } from '@/core/market/outputs';
import { createMemoryBus } from '../server/bus/memoryBus';
import { ownPage } from '../server/http/bundle';
import { createHub } from '../server/hub/hub';
import { systemClock } from '../server/observability/clock';
import { createMetrics } from '../server/observability/metrics';
import { repoRoot } from '../tests/support/shared';

const EPOCH = 'bench';
/** How often quotes are made, ms: much finer than any push. */
const SLICE_MS = 5;
const SPARK_MINUTES = 60;

const round = (value: number): number => Math.round(value * 100) / 100;

/** The quote after one more trade, at another price as a rule. Day figures follow it as a venue's ticker would. */
function trade(before: Quote, at: number): Quote {
  const last = round((before.last ?? 0) * (1 + (Math.random() - 0.5) / 2_000));
  return {
    ...before, last, bid: round(last - 0.01), ask: round(last + 0.01), bidSize: round(Math.random() * 9), askSize: round(Math.random() * 9), volume24h: round((before.volume24h ?? 0) + Math.random()),
    high24h: Math.max(before.high24h ?? last, last), low24h: Math.min(before.low24h ?? last, last), venueTime: at, receiveTime: at,
  };
}

const first = (symbol: string, i: number): Quote => trade({
  symbol, last: 10_000 + i, bid: null, ask: null, bidSize: null, askSize: null, open24h: 10_000 + i, high24h: 10_400 + i, low24h: 9_600 + i, volume24h: 1e6,
  venue: 'simulator', kind: 'simulated', route: 'simulator', state: 'ok', venueTime: null, receiveTime: null,
}, Date.now());

async function main(instruments: number, perSecond: number, marketIntervalMs: number, pages: string): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  const symbols = Array.from({ length: instruments }, (_, i) => `S${String(i).padStart(4, '0')}/USD`);
  const hub = createHub({ bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics: createMetrics(), log, options: { marketIntervalMs }, mode: () => 'simulated', feeds: () => ({}), knownSymbol: () => true });
  const app = Fastify();
  const page = ownPage(readFileSync(join(repoRoot, 'dist/index.html'), 'utf8'));
  app.get('/market', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  app.get('/config.json', () => ({ server: '' }));
  app.get('/api/v1/instruments', () => symbols.map((symbol) => ({ symbol, name: symbol, assetClass: 'crypto', quote: 'USD', tickSize: 0.01, lotSize: 0.01 })));
  await app.register(fastifyStatic, { root: join(repoRoot, 'dist'), index: false });
  await app.register(fastifyStatic, { root: pages, prefix: '/peers/', decorateReply: false });
  app.server.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head));

  const quotes = symbols.map(first);
  let seq = 0;
  const publish = (changes: readonly { readonly key: string; readonly value: unknown }[]): void =>
    bus.publish({ type: 'keyed', channel: 'market', epoch: EPOCH, prev: seq, seq: (seq += changes.length), changes });
  publish(quotes.map((value) => ({ key: value.symbol, value })));
  const end = Math.floor(Date.now() / 60_000) * 60_000;
  bus.publish({ type: 'keyed', channel: 'sparkline', epoch: EPOCH, prev: 0, seq: instruments, changes: quotes.map(({ symbol, last }) => ({ key: symbol, value: { end_time: end, step_ms: 60_000, quality: 'simulated', closes: Array.from({ length: SPARK_MINUTES }, () => round((last ?? 0) * (1 + Math.random() / 100))) } })) });
  await app.listen({ port: 0, host: '127.0.0.1' });

  const started = performance.now();
  let made = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1_000) * perSecond) - made;
    const at = Date.now();
    const changes = Array.from({ length: due }, (_, n) => {
      const i = (made + n) % instruments;
      const value = (quotes[i] = trade(quotes[i]!, at));
      return { key: value.symbol, value };
    });
    made += due;
    if (due > 0) publish(changes);
  }, SLICE_MS);
  process.send?.({ port: (app.server.address() as AddressInfo).port });
}

const [instruments, perSecond, intervalMs, pages = ''] = process.argv.slice(2);
void main(Number(instruments), Number(perSecond), Number(intervalMs), pages).catch((error: unknown) => {
  process.send?.({ failed: String(error) });
  process.exit(1);
});
