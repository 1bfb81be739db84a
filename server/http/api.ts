import { decodeClientMetrics, decodePayload, isInterval, MARKET_WIDE_KEY, type FeedMode, type PayloadFamily, type ChannelPayload } from '@/core/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { kindOf, readCandles } from './candles';
import { fail } from './failure';
import type { HttpOptions, HttpPorts } from './ports';
import { known, query, text, time, venueId, whole, wholeMs } from './query';

/** Largest report of a browser. */
const REPORT_BYTES = 8_192;

/** Routes of /api/v1 that read the market. */
export function marketRoutes(app: FastifyInstance, ports: HttpPorts): void {
  const prices = (): ({ symbol: string } & ChannelPayload<'market'>)[] =>
    Object.entries(values(ports, 'market')).map(([symbol, value]) => ({ symbol, ...value }));
  app.get('/api/v1/instruments', () => ports.market.instruments());
  app.get('/api/v1/prices', () => prices());
  app.get('/api/v1/prices/*', (request, reply) => {
    const symbol = wildcard(request);
    const price = prices().find((entry) => entry.symbol === symbol);
    return price ?? fail(reply, 'unknown_symbol');
  });
  app.get('/api/v1/snapshot', (request, reply) => {
    const channel = text(query(request)['channel']) ?? 'market';
    return ports.snapshot(channel) ?? fail(reply, 'unknown_channel');
  });
  app.get('/api/v1/candles', async (request, reply) => {
    const { symbol, interval = '1m', start, end, limit } = query(request);
    if (!known(ports, symbol)) return fail(reply, 'unknown_symbol');
    if (typeof interval !== 'string' || !isInterval(interval)) return fail(reply, 'bad_request', 'interval is one of 1s 1m 5m 15m 1h 4h 1d');
    const range = { from: time(start), to: time(end), count: whole(limit, 500, 5_000) };
    if (range.from === undefined || range.to === undefined) return fail(reply, 'bad_request', 'start and end are times in ms or ISO-8601');
    if (range.count === null) return fail(reply, 'bad_request', 'limit is 1 to 5000');
    return readCandles(ports, { symbol, interval, start: range.from, end: range.to, limit: range.count });
  });
  app.get('/api/v1/trades', (request, reply) => {
    const { symbol, venue, limit } = query(request);
    if (!known(ports, symbol)) return fail(reply, 'unknown_symbol');
    const count = whole(limit, 100, 1_000);
    const named = venueId(venue);
    if (count === null) return fail(reply, 'bad_request', 'limit is 1 to 1000');
    if (named === undefined) return fail(reply, 'bad_request', 'venue is the id of a venue');
    const recent = ports.market.trades(symbol, named === null ? count : Number.MAX_SAFE_INTEGER).filter((t) => named === null || t.venue === named);
    const trades = recent.slice(-count).map((t) => ({ id: t.id, price: t.price, size: t.size, side: t.side, t: t.time, venue: t.venue, quality: t.kind }));
    return { symbol, trades };
  });
}

/** Routes of /api/v1 that read the analysis. */
export function analysisRoutes(app: FastifyInstance, ports: HttpPorts): void {
  app.get('/api/v1/signals', () => ({
    mode: ports.mode(), signals: items(ports, 'signals'), ratings: Object.values(values(ports, 'ratings')),
  }));
  app.get('/api/v1/signals/history', async (request, reply) => {
    const { symbol, limit, before } = query(request);
    const count = whole(limit, 100, 1_000);
    const until = time(before);
    if (symbol !== undefined && !known(ports, symbol)) return fail(reply, 'unknown_symbol');
    if (count === null || until === undefined) return fail(reply, 'bad_request', 'limit is 1 to 1000, before a time in ms or ISO-8601');
    try {
      const kind = kindOf(ports.mode());
      return { source: kind, signals: await ports.history.signals({ kind, symbol: text(symbol), limit: count, before: until }) };
    } catch (error) {
      request.log.warn({ err: error }, 'the signal log cannot be read');
      return fail(reply, 'history_unavailable', ports.history.health().reason);
    }
  });
  app.get('/api/v1/sentiment', () => {
    const all = new Map(Object.entries(values(ports, 'binary')));
    const market = all.get(MARKET_WIDE_KEY) ?? null;
    all.delete(MARKET_WIDE_KEY);
    return { mode: ports.mode(), market, symbols: Object.fromEntries(all), history: ports.moodHistory?.() ?? [] };
  });
}

/** Health and metrics. Ready: it has a feed and takes clients. Live: it answers at all; who asks that restarts it when it does not. */
export function stateRoutes(app: FastifyInstance, ports: HttpPorts, options: HttpOptions): void {
  const started = performance.now();
  app.get('/health', (_request, reply) => {
    const feed = shownFeed(ports.mode());
    const phase = ports.phase?.() ?? 'running';
    const stored = ports.history.health();
    const ready = phase === 'running' && feed !== 'none';
    const status = phase !== 'running' ? phase : feed === 'none' ? 'no_feed' : stored.state === 'degraded' ? 'degraded' : 'ok';
    return reply.code(ready ? 200 : 503).header('cache-control', 'no-store').send({
      status, ready, version: options.version, uptimeSeconds: Math.round((performance.now() - started) / 1000), feed,
      venues: ports.venues().map(({ id, state, lastMessageAgeMs }) => ({ id, state, lastMessageAgeMs: wholeMs(lastMessageAgeMs) })),
      streams: ports.streams(), history: stored, scorelog: ports.score?.heads() ?? [],
    });
  });
  app.get('/health/live', (_request, reply) => reply.header('cache-control', 'no-store').send({ live: true }));
  app.post('/api/v1/client-metrics', { bodyLimit: REPORT_BYTES }, (request, reply) => {
    const report = decodeClientMetrics(request.body);
    if (!report) return fail(reply, 'bad_request', 'this is no report of a browser');
    return ports.browserReport?.(report) === true ? reply.code(204).send() : fail(reply, 'rate_limited');
  });
  app.get('/metrics', async (_request, reply: FastifyReply) => reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(await ports.metrics()));
}

const shownFeed = (mode: FeedMode): FeedMode => (mode === 'mixed' ? 'live' : mode);

function wildcard(request: FastifyRequest): string {
  const { params } = request;
  return typeof params === 'object' && params !== null && '*' in params && typeof params['*'] === 'string' ? params['*'] : '';
}

/** State of a keyed channel, every value checked like one from the wire. */
function values<F extends PayloadFamily>(ports: HttpPorts, family: F): Record<string, ChannelPayload<F>> {
  const entries = Object.entries(ports.snapshot(family)?.data ?? {}).map(([key, value]) => [key, decodePayload(family, value)] as const);
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
}

function items<F extends PayloadFamily>(ports: HttpPorts, family: F): ChannelPayload<F>[] {
  return (ports.snapshot(family)?.items ?? []).flatMap((item) => decodePayload(family, item) ?? []);
}
