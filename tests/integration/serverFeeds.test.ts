import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FakeVenue } from '../support/fakeVenue';
import { freePort, startServer, type ServerProcess } from '../support/serverProcess';
import { repoRoot, sharedPath } from '../support/shared';
import { waitFor } from '../support/waitFor';

const EXCERPT = join(repoRoot, 'tests/fixtures/binance/spot-btcusdt-20240808-excerpt.jsonl');
const recording = sharedPath('recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz');
const expected = sharedPath('recordings/binance/spot-btcusdt-20240808T2354.expected.json');
interface Price { symbol: string; price: number | null; bid: number | null; ask: number | null; quality: string; route: string; source: string; state: string }
interface Health { feed: string; venues: { id: string; state: string }[] }

let running: ServerProcess[] = [];
const venues: FakeVenue[] = [];
async function server(env: Record<string, string>): Promise<ServerProcess> {
  const made = await startServer({ env: { TICKGLASS_DATA_DIR: ':memory:', ...env } });
  running.push(made);
  return made;
}
async function json<T>(from: ServerProcess, path: string): Promise<T> {
  return (await (await fetch(`${from.url}${path}`)).json()) as T;
}
const price = async (from: ServerProcess, symbol = 'BTC/USDT') => (await json<Price[]>(from, '/api/v1/prices')).find((p) => p.symbol === symbol) ?? null;
const health = (from: ServerProcess) => json<Health>(from, '/health');
const ended = (from: ServerProcess) =>
  waitFor(async () => (await health(from)).venues.some((v) => v.id === 'replay' && v.state === 'ended'), { timeoutMs: 40_000, message: 'the end of the recording' });

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(repoRoot, 'scripts/start.mjs'), '--version'], { encoding: 'utf8' }).status).toBe(0);
}, 60_000);
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop('SIGKILL');
  running = [];
  for (const venue of venues.splice(0)) await venue.stop();
});

describe('replay of raw venue frames', () => {
  it('shows the real market of the excerpt: its last trade, best bid and ask, trades one by one, labelled as replay', async () => {
    const frames = readFileSync(EXCERPT, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { t: string; raw?: string })
      .flatMap((e) => (e.t === 'recv' && e.raw !== undefined ? [(JSON.parse(e.raw) as { data: Record<string, unknown> }).data] : []));
    const trades = frames.filter((f) => f['e'] === 'trade');
    const best = frames.filter((f) => typeof f['b'] === 'string' && f['u'] !== undefined && f['e'] === undefined).at(-1);
    const one = await server({ TICKGLASS_FEED: 'replay', TICKGLASS_REPLAY_FILE: EXCERPT, TICKGLASS_REPLAY_SPEED: '0' });
    await ended(one);
    expect(await price(one)).toMatchObject({
      price: Number(trades.at(-1)?.['p']), bid: Number(best?.['b']), ask: Number(best?.['a']), quality: 'replay', route: 'replay', source: 'binance',
    });
    expect(await health(one)).toMatchObject({ feed: 'replay' });
    const answer = await json<{ trades: { id: string; price: string; size: string }[] }>(one, '/api/v1/trades?symbol=BTC/USDT&limit=1000');
    expect(answer.trades.map((t) => [t.id, t.price, t.size])).toEqual(trades.map((t) => [String(t['t']), t['p'], t['q']]));
    expect((await json<{ symbol: string; tickSize: number }[]>(one, '/api/v1/instruments')).find((i) => i.symbol === 'BTC/USDT')?.tickSize).toBe(0.01);
  });

  it('moves at recorded speed, over the socket, with recorded times', async () => {
    const one = await server({ TICKGLASS_FEED: 'replay', TICKGLASS_REPLAY_FILE: EXCERPT });
    const socket = new WebSocket(`${one.url.replace('http', 'ws')}/ws/market/stream`);
    const seen: { price: number; quality: string; venue_time: number }[] = [];
    socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString('utf8')) as { type: string; symbol?: string; data?: { price: number; quality: string; venue_time: number } };
      if (message.type === 'market_update' && message.symbol === 'BTC/USDT' && message.data) seen.push(message.data);
    });
    await ended(one);
    await waitFor(() => seen.length > 0, { message: 'a price over the socket' });
    socket.close();
    expect(seen.every((p) => p.quality === 'replay')).toBe(true);
    expect(new Date(seen.at(-1)?.venue_time ?? 0).toISOString().slice(0, 10)).toBe('2024-08-08');
  });

  it.skipIf(!recording || !expected)('gives the expected last price, quote and minutes of the whole recording (left out without ../shared/recordings)', async () => {
    const facts = JSON.parse(readFileSync(expected ?? '', 'utf8')) as {
      bars_1m_from_trades: { open_time: number; o: string; h: string; l: string; c: string; v: string }[]; last_bookTicker: { b: string; a: string };
    };
    const one = await server({ TICKGLASS_FEED: 'replay', TICKGLASS_REPLAY_FILE: recording ?? '', TICKGLASS_REPLAY_SPEED: '0' });
    await ended(one);
    const { candles } = await json<{ candles: number[][] }>(one, '/api/v1/candles?symbol=BTC/USDT&interval=1m&limit=100');
    expect(candles).toEqual(facts.bars_1m_from_trades.map((b) => [b.open_time, Number(b.o), Number(b.h), Number(b.l), Number(b.c), Number(b.v)]));
    expect(await price(one)).toMatchObject({ price: Number(facts.bars_1m_from_trades.at(-1)?.c), bid: Number(facts.last_bookTicker.b), ask: Number(facts.last_bookTicker.a) });
  });
});

describe('the feed auto', () => {
  it('takes a live venue that answers, and never simulates meanwhile', async () => {
    const venue = await FakeVenue.start();
    venues.push(venue);
    const one = await server({ TICKGLASS_FEED: 'auto', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_BINANCE_WS_URL: venue.wsUrl, TICKGLASS_BINANCE_REST_URL: venue.restUrl });
    const got = await waitFor(async () => {
      venue.trade('BTCUSDT', '61234.50000000');
      const now = await price(one);
      return now?.price === null ? null : now;
    }, { timeoutMs: 15_000, message: 'the live price' });
    expect(got).toMatchObject({ price: 61234.5, quality: 'live', route: 'socket', source: 'binance' });
    await waitFor(() => one.output().includes('Feed: live market'), { message: 'the line that tells the feed' });
  });

  it('simulates when no venue answers within 5 s, says so, and is live by itself when one does', async () => {
    const port = await freePort();
    const one = await server({
      TICKGLASS_FEED: 'auto', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_BINANCE_WS_URL: `ws://127.0.0.1:${port}`, TICKGLASS_BINANCE_REST_URL: `http://127.0.0.1:${port}`,
    });
    expect((await fetch(`${one.url}/health`)).status).toBe(503);
    const simulated = await waitFor(async () => {
      const now = await price(one);
      return now?.price === null ? null : now;
    }, { timeoutMs: 15_000, message: 'a simulated price' });
    expect(simulated).toMatchObject({ quality: 'simulated', source: 'simulator' });
    expect(one.output()).toContain('Feed: simulated market (no live venue answered within 5 s');
    const venue = await FakeVenue.start(port);
    venues.push(venue);
    const live = await waitFor(async () => {
      venue.trade('BTCUSDT', '99999.50000000');
      const now = await price(one);
      // Until the socket delivers, the price may come by REST.
      return now?.quality === 'live' && now.route === 'socket' && now.price === 99999.5 ? now : null;
    }, { timeoutMs: 45_000, message: 'the live price' });
    expect(live).toMatchObject({ source: 'binance', state: 'ok' });
    expect(await health(one)).toMatchObject({ feed: 'live' });
  });
});
