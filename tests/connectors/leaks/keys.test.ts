import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { VENUE_NAMES } from '../../../server/config/schema';
import { VENUES } from '../../../server/connectors/registry';
import { run } from '../../../scripts/process';
import { startServer, type ServerProcess } from '../../support/serverProcess';
import { repoRoot } from '../../support/shared';
import { waitFor } from '../../support/waitFor';
import { EchoVenue, forms } from './echoVenue';

/** Planted secrets. Characters that are escaped in addresses make their forms differ. */
const KEYS: Readonly<Record<string, string>> = {
  FINNHUB_API_KEY: 'canaryFh+7f3/9a0b=',
  TWELVE_DATA_API_KEY: 'canaryTd+1c4/8e2d=',
  ALPHA_VANTAGE_API_KEY: 'canaryAv+5b6/0f1e=',
  COINGECKO_API_KEY: 'canaryCg+2d7/3c9a=',
};
const TOKENS = { TICKGLASS_TOKEN: 'canaryAdmin-4e81b02c7d5f6a39', TICKGLASS_VIEWER_TOKEN: 'canaryViewer-90ac13e5f7b2d468' } as const;
const SECRETS = [...Object.values(KEYS), ...Object.values(TOKENS)];
const PATHS = ['/ws/market/stream', '/ws/trading/signals/stream', '/ws/trading/binary/stream', '/ws'];
// CoinGecko never passes USDT for USD.
const SYMBOLS = ['BTC/USDT', 'BTC/USD', 'AAPL', 'EUR/USD'];

/** Addresses to ask for each documented GET route. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/instruments': [''], '/api/v1/prices': [''], '/api/v1/prices/*': ['/api/v1/prices/AAPL'], '/api/v1/snapshot': ['?channels=market,signals,binary'],
  '/api/v1/candles': ['?symbol=AAPL&interval=1m'], '/api/v1/trades': ['?symbol=BTC/USDT'], '/api/v1/signals': [''], '/api/v1/signals/history': [''], '/api/v1/sentiment': [''],
  '/api/v1/orderbook': ['?symbol=BTC/USDT'], '/api/v1/quotes': ['?symbol=AAPL'], '/api/v1/compare': ['?symbol=BTC/USDT&size=1'], '/api/v1/venues': [''], '/health': [''], '/metrics': [''],
  '/api/v1/history': [''], '/api/v1/export': ['?table=candles&symbol=BTC/USDT&format=csv'], '/api/v1/overview': [''], '/api/v1/scorecard': [''],
  '/api/v1/recordings': [''], '/api/v1/recordings/download': ['?name=none'], '/api/v1/replay': [''], '/api/v1/session': [''], '/api/v1/audit': [''], '/health/live': [''], '/api/v1/state-hash': [''],
};

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

/** Where a secret occurs, and how much was looked at. */
class Scan {
  readonly found: string[] = [];
  readonly places = new Map<string, number>();
  /** Also what is left of a key after a text was cut off in its midst. */
  private needles = forms(SECRETS).map((form) => form.slice(0, 12));

  /** Secrets that came up on the way. */
  add(...secrets: readonly string[]): void {
    this.needles = [...this.needles, ...forms(secrets).map((form) => form.slice(0, 12))];
  }

  look(place: string, text: string): void {
    this.places.set(place, (this.places.get(place) ?? 0) + text.length);
    for (const needle of this.needles) {
      const at = text.indexOf(needle);
      if (at >= 0) this.found.push(`${place}: ${text.slice(Math.max(0, at - 80), at + 40)}`);
    }
  }
}

/** Key by venue id. CoinGecko works without one and takes one. */
const keyOfVenue: Readonly<Record<string, string>> = Object.fromEntries(VENUES.map((v) => v.descriptor).flatMap(({ id, keyVariable }) => {
  const variable = keyVariable ?? (id === 'coingecko' ? 'COINGECKO_API_KEY' : null);
  return variable === null ? [] : [[id, KEYS[variable] ?? 'none planted']];
}));
const asks = async (from: ServerProcess, path: string, token: string | null, init: RequestInit = {}) => {
  const answer = await fetch(`${from.url}${path}`, { ...init, headers: token === null ? {} : { authorization: `Bearer ${token}` } });
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
};

function listen(from: ServerProcess, path: string, protocols: readonly string[], token: string | null): string[] {
  const socket = new WebSocket(`${from.url.replace('http', 'ws')}${path}`, [...protocols], token === null ? {} : { headers: { authorization: `Bearer ${token}` } });
  const heard: string[] = [];
  socket.on('error', (error) => heard.push(String(error)));
  socket.on('close', (code, reason) => heard.push(`closed ${code} ${String(reason)}`));
  socket.on('message', (data) => heard.push(String(data)));
  socket.on('open', () => {
    if (protocols.length > 0) socket.send(JSON.stringify({ type: 'hello', v: 2, client: { name: 'scan', version: '1' } }));
    socket.send(JSON.stringify({ type: 'subscribe', channels: SYMBOLS.flatMap((s) => [`book:${s}`, `quote:${s}`, `trades:${s}@binance`]), id: 1 }));
    socket.send(JSON.stringify({ type: 'subscribe', channels: [`book:${TOKENS.TICKGLASS_TOKEN}`] }).slice(0, 20));
  });
  closing.push(() => Promise.resolve(socket.terminate()));
  return heard;
}

/** Signs in, takes a ticket, uses both and signs out: what only the browser may know goes into the scan. Gives how many secrets there were. */
async function signInAndOut(from: ServerProcess, scan: Scan): Promise<number> {
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: object, headers: Record<string, string> = {}) => fetch(`${from.url}${path}`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
  const wrong = await post('/api/v1/login', { token: `${TOKENS.TICKGLASS_TOKEN}x` });
  scan.look('POST login, refused', await wrong.text());
  const answer = await post('/api/v1/login', { token: TOKENS.TICKGLASS_TOKEN });
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const { csrf } = (await answer.json()) as { csrf: string };
  const signed = { cookie, 'x-csrftoken': csrf };
  const { ticket } = (await (await post('/api/v1/ws-ticket', { stream: 'market' }, signed)).json()) as { ticket: string };
  const secrets = [cookie.slice(cookie.indexOf('=') + 1), csrf, ticket];
  scan.add(...secrets);
  // A plain client of another origin has nothing but its address to say the ticket in.
  const socket = new WebSocket(`${from.url.replace('http', 'ws')}/ws/market/stream?ticket=${ticket}`);
  const heard: string[] = [];
  socket.on('error', (error) => heard.push(String(error)));
  socket.on('message', (data) => heard.push(String(data)));
  await waitFor(() => heard.length > 0, { timeoutMs: 10_000, message: 'the ticket lets a plain client in' });
  socket.terminate();
  scan.look('socket by ticket', heard.join('\n'));
  for (const path of ['/api/v1/venues', '/api/v1/audit', '/metrics', `/api/v1/nowhere?ticket=${ticket}&token=${TOKENS.TICKGLASS_TOKEN}`]) {
    scan.look(`GET ${path.split('?')[0]} by cookie`, await (await fetch(`${from.url}${path}`, { headers: { cookie } })).text());
  }
  scan.look('POST without the cross-site token', await (await post('/api/v1/bug-report', {}, { cookie })).text());
  scan.look('POST logout', await (await post('/api/v1/logout', {}, signed)).text());
  return secrets.filter((secret) => secret.length > 20).length;
}

/** Everything a process wrote for and after itself. */
function files(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => [f.name, readFileSync(join(f.parentPath, f.name)).toString('latin1')]);
}

describe('keys and tokens', () => {
  it('S01 the scan knows every GET route', () => {
    const sources = readdirSync(join(repoRoot, 'server/http')).map((name) => readFileSync(join(repoRoot, 'server/http', name), 'utf8')).join('\n');
    const routes = [...sources.matchAll(/app\.get(?:<[^(]*>)?\(\s*'(\/(?:api|health|metrics)[^']*)'/g)].map((m) => m[1] ?? '');
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter((r) => ASKED[r] === undefined)).toEqual([]);
  });

  it('S02 appear in no log, answer, metric, socket message or file, although venues repeat theirs in all they say', async () => {
    // A host each, as in life: calls to one host wait for one another.
    const venues = new Map(await Promise.all(VENUE_NAMES.map(async (name) => [name, await EchoVenue.start(keyOfVenue)] as const)));
    const requests = () => [...venues.values()].flatMap((venue) => venue.requests);
    const frames = () => [...venues.values()].flatMap((venue) => venue.frames);
    const dataDir = mkdtempSync(join(tmpdir(), 'tickglass-leaks-'));
    closing.push(() => Promise.all([...venues.values()].map((venue) => venue.stop())), () => Promise.resolve(rmSync(dataDir, { recursive: true, force: true })));
    const urls = Object.fromEntries([...venues].flatMap(([name, { port }]) => [[`TICKGLASS_${name.toUpperCase()}_WS_URL`, `ws://127.0.0.1:${port}/${name}`], [`TICKGLASS_${name.toUpperCase()}_REST_URL`, `http://127.0.0.1:${port}/${name}`]]));
    const one = await startServer({ fromSources: true, env: { TICKGLASS_FEED: 'live', TICKGLASS_SYMBOLS: SYMBOLS.join(','), TICKGLASS_DATA_DIR: dataDir, TICKGLASS_LOG_LEVEL: 'trace', ...urls, ...KEYS, ...TOKENS } });
    closing.push(() => one.stop('SIGKILL'));
    const scan = new Scan();
    const heard = PATHS.flatMap((path) => [listen(one, path, ['tickglass.v2.json'], TOKENS.TICKGLASS_TOKEN), listen(one, path, [], TOKENS.TICKGLASS_VIEWER_TOKEN), listen(one, path, [], 'wrong')]);
    // Not empty-handed: each source with a key has sent it to the venue, which has repeated it.
    expect(Object.keys(keyOfVenue).sort()).toEqual(['alphavantage', 'coingecko', 'finnhub', 'twelvedata']);
    for (const [id, key] of Object.entries(keyOfVenue)) {
      await waitFor(() => [...requests(), ...frames()].some((r) => forms([key]).some((form) => r.includes(form))), { timeoutMs: 40_000, message: () => `${id} did not send its key; log: ${one.output().split('\n').filter((l) => l.includes(id)).slice(-5).join('\n')}` });
    }
    await waitFor(() => requests().length >= 30, { timeoutMs: 40_000, message: 'the venues were hardly asked' });
    const tokens = [TOKENS.TICKGLASS_TOKEN, TOKENS.TICKGLASS_VIEWER_TOKEN, 'canary-wrong', null];
    const addresses = Object.entries(ASKED).flatMap(([route, extra]) => extra.map((more) => (more.startsWith('/') ? more : `${route}${more}`)));
    for (const path of [...addresses, '/', '/api/v1/nowhere', '/api/v1/candles', '/api/v1/compare?symbol=AAPL', '/docs', '/config.json']) {
      for (const token of tokens) scan.look(`GET ${path}`, await asks(one, path, token));
    }
    for (const token of tokens) scan.look('POST bug report', await asks(one, '/api/v1/bug-report', token, { method: 'POST' }));
    for (const id of VENUES.map((v) => v.descriptor.id)) {
      for (const action of ['stop', 'start']) for (const token of tokens) scan.look(`POST ${action}`, await asks(one, `/api/v1/venues/${id}/${action}`, token, { method: 'POST' }));
    }
    const sessions = await signInAndOut(one, scan);
    const calls = requests().length;
    await waitFor(() => requests().length > calls + 3, { timeoutMs: 40_000, message: 'nothing was asked after the restart' });
    for (const path of ['/api/v1/venues', '/metrics', '/health']) scan.look(`GET ${path} at the end`, await asks(one, path, TOKENS.TICKGLASS_TOKEN));
    expect(await one.stop('SIGTERM')).toBe(0);
    heard.forEach((texts, i) => texts.forEach((text) => scan.look(`socket ${PATHS[Math.floor(i / 3)]}`, text)));
    scan.look('log', one.output());
    for (const [name, content] of files(dataDir)) scan.look(`file ${name}`, content);
    expect(sessions).toBe(3);
    expect(scan.found).toEqual([]);
    for (const place of ['log', 'GET /api/v1/venues', 'GET /metrics', 'GET /health', ...PATHS.map((p) => `socket ${p}`)]) expect(scan.places.get(place), place).toBeGreaterThan(100);
    expect(one.output()).toContain('"level":30');
  }, 120_000);

  it.each([['--help', 0], ['--version', 0], ['--port=70000', 2], [`--token=${TOKENS.TICKGLASS_TOKEN}`, 2]] as const)('S03 are not printed by a start with %s', (option, code) => {
    const env = { ...process.env, ...KEYS, ...TOKENS, TICKGLASS_FEED: 'simulator', TICKGLASS_PORT: '0', TICKGLASS_HOST: '256.0.0.1', TSX_TSCONFIG_PATH: join(repoRoot, 'tsconfig.base.json') };
    const ran = spawnSync(process.execPath, ['--import', 'tsx', join(repoRoot, 'server/main.ts'), option], { cwd: repoRoot, env, encoding: 'utf8', timeout: 30_000 });
    const scan = new Scan();
    scan.look(option, ran.stdout + ran.stderr);
    expect({ found: scan.found, code: ran.status }).toEqual({ found: [], code });
    expect((ran.stdout + ran.stderr).length).toBeGreaterThan(5);
  }, 40_000);

  it('S04 are in no bundle that is built while they are set', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tickglass-bundles-'));
    closing.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
    const vite = Object.fromEntries(Object.entries({ ...KEYS, ...TOKENS }).map(([name, value]) => [`VITE_${name}`, value]));
    const scan = new Scan();
    for (const args of [['build', '--outDir', join(folder, 'page')], ['build', '--config', 'vite.server.config.ts', '--outDir', join(folder, 'server')]]) {
      const { code, output } = await run('vite', args, { ...KEYS, ...TOKENS, ...vite });
      expect(code, output).toBe(0);
      scan.look('build log', output);
    }
    for (const [name, content] of files(folder)) scan.look(name.endsWith('.js') ? 'scripts' : 'other files', content);
    expect(scan.found).toEqual([]);
    for (const place of ['scripts', 'other files']) expect(scan.places.get(place), place).toBeGreaterThan(10_000);
  }, 120_000);
});
