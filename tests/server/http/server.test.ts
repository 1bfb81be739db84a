import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERRORS, type FeedMode, type InitialData } from '@/core/contract';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { Candle } from '@/core/market/outputs';
import type { HttpPorts } from '../../../server/http/ports';
import { ownPage } from '../../../server/http/bundle';
import { signalRecord } from '../history/records';
import { emptyChannel, HttpRig, type RigOptions } from './rig';

const MINUTE = 60_000;
const T0 = 29_666_667 * MINUTE;
let folder = '';
let app: FastifyInstance;
let mode: FeedMode = 'live';

const quote = {
  price: 100, bid: 99.9, ask: 100.1, bid_size: 1, ask_size: 2, open_24h: 90, change_24h: 11.1, high_24h: 101, low_24h: 89, volume_24h: 12,
  source: 'binance', quality: 'live', route: 'socket', state: 'ok', venue_time: T0, age_ms: 12,
};
const bar = (i: number, close = 100): Candle => ({ openTime: T0 + i * MINUTE, open: close, high: close, low: close, close, volume: 1 });

async function start(options: RigOptions = {}, over: Partial<HttpPorts> = {}): Promise<FastifyInstance> {
  const channels: Record<string, InitialData> = {
    market: emptyChannel('market', { 'BTC/USDT': quote, BAD: { price: 'x' } }), signals: emptyChannel('signals', {}, [signalRecord({ id: 's1' }), 'rubbish']),
    ratings: emptyChannel('ratings'), binary: emptyChannel('binary'),
  };
  const rig = new HttpRig();
  const base = rig.ports();
  rig.venues = [];
  app = await rig.start({ bundleDir: folder, ...options }, {
    market: { ...base.market, candles: (_symbol, interval) => (interval === '1m' ? [bar(3), bar(4, 104)] : []) },
    history: { ...base.history, candles: ({ kind }) => Promise.resolve(kind === 'live' ? [bar(0), bar(1), bar(3, 1)] : []) },
    mode: () => mode, snapshot: (channel) => (Object.hasOwn(channels, channel) ? (channels[channel] ?? null) : null), ...over,
  });
  return app;
}
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers: { host: 'localhost:8000', ...headers } });

beforeEach(() => {
  mode = 'live';
  folder = mkdtempSync(join(tmpdir(), 'tickglass-bundle-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><html><head lang="en"><script data-base-finder>inline()</script><link rel="icon" href="./icon.svg"><script type="module" crossorigin src="./assets/index-AbCd1234.js"></script></head><body></body></html>');
  writeFileSync(join(folder, 'assets', 'index-AbCd1234.js'), 'export {}');
  writeFileSync(join(folder, 'config.json'), '{"server":""}');
  writeFileSync(join(folder, '.secret'), 'x');
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('interface', () => {
  it('gives instruments, prices with provenance and one price by its encoded symbol', async () => {
    await start();
    const instruments = (await get('/api/v1/instruments')).json<unknown[]>();
    expect(instruments).toHaveLength(BUILT_IN_INSTRUMENTS.length);
    expect(instruments[0]).toEqual(BUILT_IN_INSTRUMENTS[0]);
    expect((await get('/api/v1/prices')).json()).toEqual([{ symbol: 'BTC/USDT', ...quote }]);
    for (const path of ['BTC%2FUSDT', 'BTC/USDT']) expect((await get(`/api/v1/prices/${path}`)).json()).toMatchObject({ symbol: 'BTC/USDT', price: 100, quality: 'live' });
    expect((await get('/api/v1/snapshot?channel=market')).json()).toMatchObject({ type: 'initial_data', epoch: 'e1', seq: 7 });
  });

  it('joins stored and present candles of one kind, the present one winning, and lists the gaps', async () => {
    await start();
    const answer = (await get('/api/v1/candles?symbol=BTC%2FUSDT&interval=1m')).json<{ candles: number[][]; gaps: number[][]; source: string }>();
    expect(answer.candles.map((c) => [c[0], c[4]])).toEqual([[T0, 100], [T0 + MINUTE, 100], [T0 + 3 * MINUTE, 100], [T0 + 4 * MINUTE, 104]]);
    expect(answer.gaps).toEqual([[T0 + 2 * MINUTE, T0 + 3 * MINUTE]]);
    expect(answer.source).toBe('live');
    const range = `start=${T0 + MINUTE}&end=${new Date(T0 + 3 * MINUTE).toISOString()}&limit=1`;
    expect((await get(`/api/v1/candles?symbol=BTC/USDT&${range}`)).json<{ candles: number[][] }>().candles.map((c) => c[0])).toEqual([T0 + 3 * MINUTE]);
    mode = 'simulated';
    expect((await get('/api/v1/candles?symbol=BTC/USDT')).json()).toMatchObject({ source: 'simulated' });
  });

  it('says so when stored candles or signals cannot be read', async () => {
    const broken = { candles: () => Promise.reject(new Error('x')), newestCandles: () => Promise.reject(new Error('x')), signals: () => Promise.reject(new Error('x')), health: () => ({ state: 'degraded' as const, reason: 'disk is full' }) };
    await start({}, { history: broken });
    expect((await get('/api/v1/candles?symbol=BTC/USDT')).json()).toMatchObject({ incomplete: 'disk is full', candles: [[T0 + 3 * MINUTE, 100, 100, 100, 100, 1], expect.anything()] });
    const refused = await get('/api/v1/signals/history');
    expect([refused.statusCode, refused.json<{ error: { code: string } }>().error.code]).toEqual([503, 'history_unavailable']);
    expect((await get('/health')).json()).toMatchObject({ status: 'degraded', history: { state: 'degraded' } });
  });

  it('gives signals, their history and sentiment, leaving out what is not one', async () => {
    await start();
    expect((await get('/api/v1/signals')).json()).toEqual({ mode: 'live', signals: [signalRecord({ id: 's1' })], ratings: [] });
    expect((await get('/api/v1/signals/history?symbol=AAPL&limit=5')).json()).toMatchObject({ source: 'live', signals: [{ symbol: 'AAPL' }] });
    expect((await get('/api/v1/sentiment')).json()).toEqual({ mode: 'live', market: null, symbols: {}, history: [] });
  });

  it('tells health as 200 with a feed and 503 without', async () => {
    await start();
    const healthy = await get('/health');
    expect(healthy.json()).toMatchObject({ status: 'ok', version: '9.9.9', feed: 'live', venues: [], streams: { market: { clients: 2, seq: 7, epoch: 'e1' } } });
    mode = 'none';
    expect((await get('/health')).statusCode).toBe(503);
    expect((await get('/metrics')).body).toContain('tickglass_up 1');
  });

  it.each([
    ['/api/v1/prices/NOPE', 404, 'unknown_symbol'], ['/api/v1/prices/__proto__', 404, 'unknown_symbol'], ['/api/v1/snapshot?channel=nope', 404, 'unknown_channel'],
    ['/api/v1/snapshot?channel=constructor', 404, 'unknown_channel'], ['/api/v1/candles', 404, 'unknown_symbol'], ['/api/v1/candles?symbol=BTC/USDT&interval=2m', 400, 'bad_request'],
    ['/api/v1/candles?symbol=BTC/USDT&interval=__proto__', 400, 'bad_request'], ['/api/v1/candles?symbol=BTC/USDT&limit=0', 400, 'bad_request'],
    ['/api/v1/candles?symbol=BTC/USDT&limit=1e3', 400, 'bad_request'], ['/api/v1/candles?symbol=BTC/USDT&start=yesterday', 400, 'bad_request'],
    ['/api/v1/candles?symbol=BTC/USDT&symbol=ETH/USDT', 404, 'unknown_symbol'], ['/api/v1/trades?symbol=AAPL&limit=5000', 400, 'bad_request'], ['/api/v1/trades?symbol=constructor', 404, 'unknown_symbol'],
    ['/api/v1/signals/history?before=x', 400, 'bad_request'], ['/api/v1/nothing', 404, 'not_found'], ['/api', 404, 'not_found'], ['/apixyz', 404, 'not_found'], ['/assets/missing-12345678.js', 404, 'not_found'],
    ['/wp-login.php', 404, 'not_found'], ['/../package.json', 404, 'not_found'], ['/%2e%2e/package.json', 404, 'not_found'], ['/.secret', 404, 'not_found'], ['/%', 400, 'bad_request'],
  ])('answers %s with %i %s', async (url, status, code) => {
    await start();
    const answer = await get(url);
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([status, code]);
    expect(Object.keys(ERRORS)).toContain(code);
    expect(answer.headers['content-security-policy']).toBeDefined();
  });
});

describe('page', () => {
  it('tells a person who mistyped an address by the page, a program by a code', async () => {
    await start();
    const typed = await get('/no/such/page', { accept: 'text/html,*/*' });
    expect([typed.statusCode, typed.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    const file = await get('/no/such/file.js', { accept: 'text/html,*/*' });
    expect(file.json<{ error: { code: string } }>().error.code).toBe('not_found');
  });

  it('is served at its routes with its base told, and nowhere else', async () => {
    await start();
    for (const url of ['/', '/market', '/market/BTC%2FUSDT', '/analysis', '/alerts', '/status?x=1', '/replay']) {
      const page = await get(url);
      expect([page.statusCode, page.headers['cache-control']], url).toEqual([200, 'no-cache']);
      expect(page.body).toContain('<meta name="tickglass-base" content="/">');
      expect(page.body).toContain('src="/assets/index-AbCd1234.js"');
      expect(page.body).not.toContain('inline()');
    }
    expect((await get('/markets')).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/market', headers: { host: 'localhost' } })).statusCode).toBe(404);
  });

  it('lets hashed assets be kept for ever and everything else be asked for again', async () => {
    await start();
    expect((await get('/assets/index-AbCd1234.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await get('/config.json')).headers['cache-control']).toBe('no-cache');
    expect((await get('/index.html')).headers.location).toBe('/');
  });

  it('sends hashed assets as the build compressed them to those who can read them so', async () => {
    writeFileSync(join(folder, 'assets', 'index-AbCd1234.js.gz'), 'packed');
    await start();
    const url = '/assets/index-AbCd1234.js';
    const packed = await get(url, { 'accept-encoding': 'gzip, deflate, br' });
    expect([packed.body, packed.headers['content-encoding'], packed.headers['content-type']]).toEqual(['packed', 'gzip', expect.stringMatching(/javascript/)]);
    expect(packed.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', vary: expect.stringMatching(/accept-encoding/i) as unknown });
    const plain = await get(url);
    expect([plain.body, plain.headers['content-encoding']]).toEqual(['export {}', undefined]);
  });

  it('takes out only the script that finds the base', () => {
    expect(ownPage('<head><script data-base-finder>a</script><script src="./b.js"></script></head>')).toBe('<head>\n    <meta name="tickglass-base" content="/"><script src="/b.js"></script></head>');
  });

  it('puts the addresses in place that the build hides from browsers that fetch ahead', () => {
    const built = '<head><script type="module" crossorigin data-src="./assets/a.js"></script><link data-rel="stylesheet" crossorigin data-href="./assets/b.css"></head>';
    expect(ownPage(built)).toContain('<script type="module" crossorigin src="/assets/a.js"></script><link rel="stylesheet" crossorigin href="/assets/b.css">');
  });
});

describe('protection', () => {
  it('sends the security headers with every answer', async () => {
    await start();
    const { 'permissions-policy': features, ...headers } = Object.fromEntries(
      Object.entries((await get('/api/v1/instruments')).headers).filter(([name]) => !['content-length', 'content-type', 'date', 'connection'].includes(name)),
    );
    expect(headers).toEqual({
      'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue",
      'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-store',
    });
    expect(String(features).split(', ').every((entry) => entry.endsWith('=()'))).toBe(true);
  });

  it.each(['evil.example', 'localhost.evil', 'evil.localhost', '127.0.0.1.evil', 'localhost@evil', 'localhost:80:80', '0x7f000001', '2130706433', '[::2]'])('answers the host %s with 421', async (host) => {
    await start();
    const answer = await get('/health', { host });
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([421, 'bad_host']);
  });

  it('lets other pages neither change nor read anything, unless they are on the list', async () => {
    await start();
    const post = (headers: Record<string, string>) => app.inject({ method: 'POST', url: '/api/v1/instruments', headers: { host: 'localhost:8000', ...headers } });
    for (const headers of [{ origin: 'http://evil.example' } as Record<string, string>, { origin: 'null' }, { origin: 'http://localhost:8001' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await post(headers)).json<{ error: { code: string } }>().error.code).toBe('bad_origin');
    }
    expect((await post({ origin: 'http://localhost:8000' })).statusCode).toBe(404);
    expect((await get('/api/v1/prices', { origin: 'http://evil.example' })).headers['access-control-allow-origin']).toBeUndefined();
    expect((await get('/api/v1/prices', { origin: 'https://app.example.org' })).headers['access-control-allow-origin']).toBe('https://app.example.org');
    const preflight = await app.inject({ method: 'OPTIONS', url: '/api/v1/prices', headers: { host: 'localhost', origin: 'https://app.example.org' } });
    expect([preflight.statusCode, preflight.headers['access-control-allow-headers']]).toEqual([204, 'authorization, content-type']);
  });

  it('asks for a token where one is set: interface, metrics and sockets, not health and page', async () => {
    await start({ token: 'admin-token', viewerToken: 'viewer-token' });
    for (const url of ['/api/v1/prices', '/metrics', '/api/v1/nothing']) {
      for (const authorization of ['', 'Bearer ', 'Bearer wrong', 'Basic admin-token', 'Bearer admin-token x', 'admin-token']) {
        const refused = await get(url, authorization === '' ? {} : { authorization });
        expect([refused.statusCode, refused.headers['www-authenticate'], refused.json<{ error: { code: string } }>().error.code], `${url} ${authorization}`).toEqual([401, 'Bearer', 'unauthorized']);
      }
    }
    for (const token of ['admin-token', 'viewer-token']) expect((await get('/api/v1/prices', { authorization: `Bearer ${token}` })).statusCode).toBe(200);
    expect((await get('/health')).statusCode).toBe(200);
    expect((await get('/market')).statusCode).toBe(200);
  });

  /** Sends bytes to the listening server and gives what came back until it closed. */
  async function raw(bytes: string): Promise<string> {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    socket.write(bytes);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }
  const UPGRADE = 'GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n';

  it('hands every upgrade on: who may read is decided where a close code can tell it', async () => {
    await start({ token: 'admin-token' });
    expect(await raw(`${UPGRADE}\r\n`)).toMatch(/^HTTP\/1\.1 101/);
  });

  it('answers oversize headers, oversize bodies and what is not HTTP in its own words', async () => {
    await start();
    expect(await raw(`GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(41_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 .*"code":"bad_request"/s);
    await app.close();
    await start();
    expect(await raw('NOT HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"code":"bad_request"/s);
    const big = await app.inject({ method: 'POST', url: '/api/v1/instruments', headers: { host: 'localhost', 'content-type': 'application/json' }, payload: JSON.stringify('x'.repeat(70_000)) });
    expect([404, 413]).toContain(big.statusCode);
  });
});
