import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createHistory } from '../../server/history/history';
import { systemClock } from '../../server/observability/clock';
import { createMetrics } from '../../server/observability/metrics';
import { signalRecord } from '../server/history/records';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { repoRoot } from '../support/shared';
import { waitFor } from '../support/waitFor';

const MINUTE = 60_000;
let folder = '';
const running: ServerProcess[] = [];
async function server(env: Record<string, string> = {}): Promise<ServerProcess> {
  const made = await startServer({ env: { TICKGLASS_DATA_DIR: join(folder, 'data'), TICKGLASS_SYMBOLS: 'BTC/USDT,ETH/USDT', ...env } });
  running.push(made);
  return made;
}
async function json<T>(from: ServerProcess, path: string): Promise<T> {
  const answer = await fetch(`${from.url}${path}`);
  return (await answer.json()) as T;
}
interface Price { symbol: string; price: number | null; quality: string; source: string }
interface Candles { candles: [number, number, number, number, number, number][]; source: string }
const prices = (from: ServerProcess) => json<Price[]>(from, '/api/v1/prices');
const priced = (from: ServerProcess) => waitFor(async () => {
  const all = await prices(from);
  return all.length > 0 && all.every((p) => p.price !== null) && all;
}, { timeoutMs: 15_000, message: 'a price of every symbol' });

beforeAll(() => {
  // Builds the server when it is older than its sources, as `npm start` does.
  const built = spawnSync(process.execPath, [join(repoRoot, 'scripts/start.mjs'), '--version'], { encoding: 'utf8' });
  expect(built.stdout, built.stderr).toMatch(/^tickglass \d/);
}, 60_000);
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tickglass-integration-')); });
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('server as a process', () => {
  it('serves simulated prices over HTTP and the socket, labelled as such, and leaves in order at SIGTERM', async () => {
    const one = await server();
    expect((await priced(one)).every((p) => p.quality === 'simulated' && p.source === 'simulator')).toBe(true);
    expect(await json(one, '/health')).toMatchObject({ status: 'ok', feed: 'simulated' });
    const socket = new WebSocket(`${one.url.replace('http', 'ws')}/ws/market/stream`);
    const messages: { type: string; data?: Record<string, { quality?: string }>; symbol?: string }[] = [];
    socket.on('message', (raw: Buffer) => messages.push(JSON.parse(raw.toString('utf8')) as (typeof messages)[number]));
    const closed = once(socket, 'close');
    await waitFor(() => messages.some((m) => m.type === 'market_update'), { timeoutMs: 15_000, message: 'an update over the socket' });
    expect(messages.find((m) => m.type === 'initial_data')?.data?.['BTC/USDT']).toMatchObject({ quality: 'simulated' });
    expect(await one.stop('SIGTERM')).toBe(0);
    expect((await closed)[0]).toBe(4001);
    expect(messages.some((m) => m.type === 'goaway')).toBe(true);
    expect(one.output()).toMatch(/^Tickglass \S+ on http:\/\/127\.0\.0\.1:\d+\nFeed: simulated market/m);
  });

  it('keeps closed candles through a kill -9: the charts are the same after the restart', async () => {
    const first = await server();
    await priced(first);
    const rows = async () => Number(/^tickglass_history_rows_total\{table="candles"\} (\d+)/m.exec(await (await fetch(`${first.url}/metrics`)).text())?.[1] ?? 0);
    let before = -1;
    let since = performance.now();
    await waitFor(async () => {
      const now = await rows();
      if (now !== before) since = performance.now();
      before = now;
      return now > 1_000 && performance.now() - since > 1_500;
    }, { timeoutMs: 30_000, message: 'the past is committed' });
    const path = '/api/v1/candles?symbol=BTC/USDT&interval=1m&limit=400';
    const closedUntil = Date.now() - 2 * MINUTE;
    const closed = (answer: Candles) => answer.candles.filter(([openTime]) => openTime + MINUTE <= closedUntil);
    const shown = closed(await json<Candles>(first, path));
    expect(shown.length).toBeGreaterThan(300);
    await first.stop('SIGKILL');
    const second = await server();
    await priced(second);
    const again = new Map(closed(await json<Candles>(second, path)).map((c) => [c[0], c]));
    expect(shown.filter((c) => again.has(c[0])).length).toBeGreaterThan(shown.length - 5);
    for (const candle of shown) if (again.has(candle[0])) expect(again.get(candle[0])).toEqual(candle);
  });

  it('is warm at once: stored candles and signals are there with the first price, which goes on from the last', async () => {
    const history = createHistory({ dataDir: join(folder, 'data'), clock: systemClock, log: pino({ level: 'silent' }), metrics: createMetrics() });
    const last = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE;
    for (let i = 0; i < 200; i++) {
      const close = 30_000 + i;
      history.writeCandle({ symbol: 'BTC/USDT', interval: '1m', kind: 'simulated', venue: 'simulator', candle: { openTime: last - (199 - i) * MINUTE, open: close, high: close, low: close, close, volume: 1 } });
    }
    history.writeSignal(signalRecord({ id: 'kept', source: 'simulated', ts: last }));
    history.writeSignal(signalRecord({ id: 'of-another-kind', source: 'live', ts: last }));
    await history.close();
    const one = await server();
    const price = (await priced(one)).find((p) => p.symbol === 'BTC/USDT')?.price ?? 0;
    expect(Math.abs(price / 30_199 - 1)).toBeLessThan(0.02);
    const stored = (await json<Candles>(one, '/api/v1/candles?symbol=BTC/USDT&limit=300')).candles.filter((c) => c[1] === c[4] && c[4] >= 30_000 && c[4] <= 30_199);
    expect(stored.length).toBeGreaterThanOrEqual(195);
    expect((await json<{ signals: { id: string }[] }>(one, '/api/v1/signals')).signals.map((s) => s.id)).toContain('kept');
    const log = (await json<{ signals: { id: string }[] }>(one, '/api/v1/signals/history')).signals.map((s) => s.id);
    expect(log).toContain('kept');
    expect(log).not.toContain('of-another-kind');
  });

  it('streams on when history cannot be kept, and says so', async () => {
    writeFileSync(join(folder, 'data'), 'a file where the folder should be');
    const one = await server();
    await priced(one);
    await waitFor(async () => (await json<{ status: string }>(one, '/health')).status === 'degraded', { message: 'degraded health' });
    // The next attempts fail too: it must outlive them.
    const failures = async (): Promise<number> => Number(/history_errors_total\{operation="open"\} (\d+)/.exec(await (await fetch(`${one.url}/metrics`)).text())?.[1] ?? 0);
    await waitFor(async () => (await failures()) >= 2, { timeoutMs: 15_000, message: 'a second attempt to open the file' });
    expect(one.output()).not.toMatch(/ReferenceError|unexpected fault/);
    expect(await one.stop('SIGTERM')).toBe(0);
  });

  it('started by npm, ends in order when the shell between them is gone', async () => {
    const command = `node scripts/start.mjs --port 0 --feed simulator --data-dir :memory: --log-level info; exit $?`;
    const shell = spawn('sh', ['-c', command], { cwd: repoRoot, env: { ...process.env, npm_lifecycle_event: 'start' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
    // Their ends close when the server ends, not when the shell does.
    const ended = once(shell, 'close');
    await waitFor(() => said.includes('Feed: simulated market'), { timeoutMs: 60_000, message: () => `the server's start: ${said}` });
    shell.kill('SIGTERM');
    await ended;
    expect(said).toContain('stopping');
  }, 90_000);
});

describe('refusal to start', () => {
  function start(env: Record<string, string>, args: string[] = []): { status: number | null; stderr: string; stdout: string } {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TICKGLASS_')));
    return spawnSync(process.execPath, [join(repoRoot, 'build/server/main.js'), ...args], { env: { ...clean, TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_PORT: '0', ...env }, encoding: 'utf8', timeout: 20_000 });
  }

  it.each([
    [{ TICKGLASS_PORT: '70000' }, 'TICKGLASS_PORT'], [{ TICKGLASS_FEED: 'bloomberg' }, 'TICKGLASS_FEED'], [{ TICKGLASS_FEED: 'okx,bloomberg' }, 'TICKGLASS_FEED'],
    [{ TICKGLASS_HOST: '0.0.0.0' }, 'TICKGLASS_TOKEN'], [{ TICKGLASS_HOST: '203.0.113.7', TICKGLASS_TOKEN: 't'.repeat(32) }, 'TICKGLASS_HOST'],
    [{ TICKGLASS_HOST: '0.0.0.0', TICKGLASS_TOKEN: 't'.repeat(31) }, 'TICKGLASS_TOKEN'], [{ TICKGLASS_EXPOSE: 'on', TICKGLASS_TOKEN: 'short' }, 'TICKGLASS_TOKEN'], [{ TICKGLASS_HOST: '::', TICKGLASS_VIEWER_TOKEN: 'v'.repeat(32) }, 'TICKGLASS_TOKEN'],
    [{ TICKGLASS_TOKEN: 'x'.repeat(32), TICKGLASS_VIEWER_TOKEN: 'x'.repeat(32) }, 'TICKGLASS_VIEWER_TOKEN'], [{ TICKGLASS_TRUSTED_PROXIES: 'everybody' }, 'TICKGLASS_TRUSTED_PROXIES'], [{ TICKGLASS_FEED: 'replay' }, 'TICKGLASS_REPLAY_FILE'],
    [{ TICKGLASS_FEED: 'replay', TICKGLASS_REPLAY_FILE: 'no-such-file.jsonl' }, 'TICKGLASS_REPLAY_FILE'], [{ TICKGLASS_NATS_URL: 'nats://127.0.0.1:1' }, 'TICKGLASS_NATS_URL'],
    [{ TICKGLASS_ROLE: 'gateway' }, 'TICKGLASS_ROLE'], [{ TICKGLASS_SYMBOLS: 'NOSUCHTHING' }, 'TICKGLASS_SYMBOLS'],
  ])('%j ends with exit code 2 and one line that names %s', (env, name) => {
    const { status, stderr, stdout } = start(env);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(name);
  });

  it('makes a token when it is to be exposed and has none, prints it once, and asks for it', async () => {
    const server = await startServer({ env: { TICKGLASS_EXPOSE: 'on', TICKGLASS_LOG_LEVEL: 'info' } });
    const [, token = ''] = await waitFor(() => /^Token of this run .*: ([\w-]{43})$/m.exec(server.output()), { message: () => server.output() });
    expect((await fetch(`${server.url}/api/v1/prices`)).status).toBe(401);
    expect((await fetch(`${server.url}/api/v1/prices`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(server.output().split(token)).toHaveLength(2);
    expect(server.output()).toMatch(/"level":40.*over TLS/);
    await server.stop();
  });

  it('a busy port ends with exit code 2 and says what to do', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { status, stderr } = start({ TICKGLASS_PORT: String(port), TICKGLASS_FEED: 'simulator' });
    holder.close();
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`^tickglass: TICKGLASS_PORT ${port} is in use on 127\\.0\\.0\\.1: .*--port`));
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('--help and --version print and end with 0', () => {
    expect(start({}, ['--version'])).toMatchObject({ status: 0, stderr: '' });
    expect(start({}, ['--help']).stdout).toContain('--replay-speed');
  });
});
