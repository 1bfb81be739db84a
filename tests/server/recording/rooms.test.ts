import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type Client } from '@/service';
import { Audit } from '../../../server/auth/audit';
import { Auth } from '../../../server/auth/auth';
import { VENUES } from '../../../server/connectors/registry';
import { createHistory } from '../../../server/history/history';
import { recordingRoutes } from '../../../server/http/replays';
import { systemClock } from '../../../server/observability/clock';
import { createMetrics } from '../../../server/observability/metrics';
import { stateHash } from '../../../server/recording/recordings';
import { createReplays } from '../../../server/replays';
import { Rooms } from '../../../server/rooms';
import { sharedPath } from '../../support/shared';
import { waitFor } from '../../support/waitFor';
import { HttpRig } from '../http/rig';
import { log, market, rig, type Rig } from './rig';

let folder = '';
let live: Rig;
let app: FastifyInstance;
let rooms: Rooms;
let url = '';
const clients: Client[] = [];

async function serve(tokens: { token: string | null; viewerToken: string | null } = { token: null, viewerToken: null }): Promise<void> {
  live = rig(folder);
  const web = new HttpRig();
  const auth = new Auth({ ...tokens, trustedProxies: [], connectionsPerUser: 20, clock: systemClock, audit: new Audit({ dataDir: ':memory:', log, clock: systemClock }), metrics: createMetrics() });
  const doors = { hostAllowed: () => true, originAllowed: () => true };
  rooms = new Rooms({
    venues: VENUES, clock: systemClock, log, most: 2, http: { version: '9.9.9', bundleDir: '/nowhere', auth }, hub: {}, doors, fees: new Map(),
    noHistory: () => createHistory({ dataDir: ':memory:' } as Parameters<typeof createHistory>[0]),
  });
  const replays = createReplays({ recordings: live.recordings, rooms, engine: live.engine, clock: systemClock, most: 2, problem: '', diagnostics: () => ({ version: '9.9.9' }) });
  app = await web.start({ auth }, { ...doors, rooms, routes: (server, note) => recordingRoutes(server, replays, note) });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tickglass-rooms-')); });
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnectAll();
  await rooms.closeAll();
  await live.recordings.close();
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T = Record<string, unknown>>(method: string, path: string, body?: object, token?: string): Promise<{ status: number; body: T }> {
  const headers = { ...(body ? { 'content-type': 'application/json' } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as T };
}
/** Records a simulated market through the interface; gives the name of the file. */
async function record(seconds = 15): Promise<string> {
  expect(await ask('POST', '/api/v1/recordings', { action: 'start' })).toMatchObject({ status: 200 });
  for (const event of market(4, seconds)) live.pipe.accept(event);
  const { body } = await ask<{ name: string }>('POST', '/api/v1/recordings', { action: 'stop' });
  return body.name;
}
interface Info { id: string; state: string; endHash: string; events: number; total: number }

describe('a replay as a second room', () => {
  it('serves the recorded market over sockets and requests, labelled, with the live state at its end; live goes on', async () => {
    await serve();
    const file = await record();
    const liveHash = stateHash(live.engine);
    const { body: info } = await ask<Info>('POST', '/api/v1/replays', { file });
    const room = `/replay/${info.id}`;
    const kinds = new Set<string>();
    const modes: string[] = [];
    const client = createClient({ server: `${url}${room}/`, WebSocket: WebSocket as unknown as NonNullable<Parameters<typeof createClient>[0]['WebSocket']> });
    clients.push(client);
    client.on('mode', (mode) => modes.push(mode));
    client.subscribe('BTC/USDT', ({ data }) => void kinds.add(data.quality));
    client.connect();
    await waitFor(() => client.getPrice('BTC/USDT'), { timeoutMs: 10_000 });
    await ask('POST', `${room}/api/v1/replay`, { action: 'speed', speed: 0 });
    await waitFor(async () => (await ask<Info>('GET', `${room}/api/v1/replay`)).body.state === 'ended', { timeoutMs: 10_000 });
    await waitFor(async () => (await ask<{ hash: string }>('GET', `${room}/api/v1/state-hash`)).body.hash === liveHash, { message: 'the state of the live engine' });
    expect((await ask<Info>('GET', `${room}/api/v1/replay`)).body).toMatchObject({ endHash: liveHash, events: info.total });
    expect([...kinds]).toEqual(['replay']);
    expect(modes.at(-1)).toBe('replay');
    const { body: prices } = await ask<{ symbol: string; price: number; quality: string }[]>('GET', `${room}/api/v1/prices`);
    expect(prices.find((p) => p.symbol === 'BTC/USDT')).toMatchObject({ quality: 'replay', price: live.engine.quote('BTC/USDT')?.last });
    // The live state, number and all, is untouched by what was played.
    expect((await ask('GET', '/api/v1/state-hash')).body).toMatchObject({ hash: liveHash, seq: live.recordings.inputs.seq });
    expect((await ask<{ replays: Info[] }>('GET', '/api/v1/recordings')).body.replays.map((r) => r.id)).toEqual([info.id]);
  }, 30_000);

  it('goes back: clients get the earlier market as a new numbering', async () => {
    await serve();
    const { body: info } = await ask<Info & { from: number }>('POST', '/api/v1/replays', { file: await record() });
    const room = `/replay/${info.id}`;
    const epoch = async () => (await ask<{ epoch: string }>('GET', `${room}/api/v1/snapshot?channel=market`)).body.epoch;
    const at = async (time: number) => {
      await ask('POST', `${room}/api/v1/replay`, { action: 'seek', time });
      await waitFor(async () => (await ask<Info>('GET', `${room}/api/v1/replay`)).body.state === 'paused', { timeoutMs: 10_000 });
      return (await ask<{ symbol: string; price: number }[]>('GET', `${room}/api/v1/prices`)).body.map((p) => p.price);
    };
    await ask('POST', `${room}/api/v1/replay`, { action: 'pause' });
    const early = await at(info.from + 3_000);
    const first = await epoch();
    const late = await at(info.from + 12_000);
    expect(late).not.toEqual(early);
    expect(await epoch()).toBe(first);
    expect(await at(info.from + 3_000)).toEqual(early);
    expect(await epoch()).not.toBe(first);
  }, 30_000);

  it('there are so many and no more; closed ones are gone; what does not exist is a coded error', async () => {
    await serve();
    const file = await record(3);
    const open = () => ask<Info & { error: { code: string } }>('POST', '/api/v1/replays', { file });
    const first = (await open()).body.id;
    await open();
    expect(await open()).toMatchObject({ status: 409, body: { error: { code: 'not_possible' } } });
    expect((await ask('DELETE', `/api/v1/replays/${first}`)).status).toBe(204);
    expect(await ask('GET', `/replay/${first}/api/v1/replay`)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    expect((await open()).status).toBe(200);
    for (const name of ['recordings/none.parquet', '../../etc/passwd', 'recordings/../x.parquet', 5, null]) {
      expect(await ask('POST', '/api/v1/replays', { file: name })).toMatchObject({ status: 404 });
      expect((await ask('GET', `/api/v1/recordings/download?name=${encodeURIComponent(String(name))}`)).status).toBe(404);
      expect((await ask('DELETE', `/api/v1/recordings?name=${encodeURIComponent(String(name))}`)).status).toBe(404);
    }
    expect((await ask('POST', '/api/v1/recordings', { action: 'explode' })).status).toBe(400);
    expect((await ask('POST', `/replay/${first}/api/v1/replay`, { action: 'play' })).status).toBe(404);
  }, 30_000);

  it('files can be listed, downloaded, deleted; a damaged one says so and is not opened', async () => {
    await serve();
    const file = await record(3);
    const path = join(folder, file.replace('recordings/', ''));
    const { writeFileSync, readFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'broken.parquet'), readFileSync(path).subarray(0, 5_000));
    const { body } = await ask<{ files: { name: string; problem: string; exact: boolean; mode: string }[] }>('GET', '/api/v1/recordings');
    expect(body.files.find((f) => f.name === file)).toMatchObject({ problem: '', exact: true, mode: 'simulated' });
    expect(body.files.find((f) => f.name === 'recordings/broken.parquet')?.problem).toMatch(/damaged|no recording/);
    const refused = await ask<{ error: { code: string; message: string } }>('POST', '/api/v1/replays', { file: 'recordings/broken.parquet' });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'bad_recording' } } });
    expect(refused.body.error.message).not.toContain(folder);
    const download = await fetch(`${url}/api/v1/recordings/download?name=${encodeURIComponent(file)}`);
    expect(Buffer.from(await download.arrayBuffer()).equals(readFileSync(path))).toBe(true);
    expect((await ask('DELETE', `/api/v1/recordings?name=${encodeURIComponent(file)}`)).status).toBe(204);
    expect(readdirSync(folder)).toEqual(['broken.parquet']);
  }, 30_000);

  it('a bug report holds the last minutes and no secret', async () => {
    await serve({ token: 'a'.repeat(40), viewerToken: 'b'.repeat(40) });
    for (const event of market(6, 5)) live.pipe.accept(event);
    const made = await ask<{ name: string }>('POST', '/api/v1/bug-report', undefined, 'a'.repeat(40));
    expect(made.status).toBe(200);
    const { readHeader } = await import('../../../server/recording/parquet');
    const head = await readHeader(join(folder, made.body.name.replace('recordings/', '')));
    expect(head.ok && head.value.diagnostics).toEqual({ version: '9.9.9' });
    expect(JSON.stringify(head)).not.toMatch(/a{40}|b{40}/);
  }, 30_000);
});

describe('who may do what', () => {
  it('administrators start, stop, open, control and delete; viewers watch; nobody else sees anything', async () => {
    const [admin, viewer] = ['a'.repeat(40), 'v'.repeat(40)];
    await serve({ token: admin, viewerToken: viewer });
    await ask('POST', '/api/v1/recordings', { action: 'start' }, admin);
    for (const event of market(4, 3)) live.pipe.accept(event);
    const { body: { name } } = await ask<{ name: string }>('POST', '/api/v1/recordings', { action: 'stop' }, admin);
    const { body: { id } } = await ask<Info>('POST', '/api/v1/replays', { file: name }, admin);
    const reads = ['/api/v1/recordings', '/api/v1/state-hash', `/api/v1/recordings/download?name=${encodeURIComponent(name)}`, `/replay/${id}/api/v1/replay`, `/replay/${id}/api/v1/prices`, `/replay/${id}/metrics`];
    const changes: [string, string, object?][] = [
      ['POST', '/api/v1/recordings', { action: 'start' }], ['POST', '/api/v1/bug-report'], ['POST', '/api/v1/replays', { file: name }], ['DELETE', `/api/v1/replays/${id}`],
      ['DELETE', `/api/v1/recordings?name=${encodeURIComponent(name)}`], ['POST', `/replay/${id}/api/v1/replay`, { action: 'pause' }],
    ];
    for (const path of reads) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(401);
      expect((await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${viewer}` } })).status, path).toBe(200);
    }
    for (const [method, path, body] of changes) {
      expect((await ask(method, path, body)).status, path).toBe(401);
      expect((await ask(method, path, body, viewer)).status, path).toBe(403);
    }
    expect(live.recordings.status.running).toBeNull();
    const status = (token?: string) => new Promise<number>((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/replay/${id}/ws/market/stream`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
      socket.once('message', () => { socket.terminate(); resolve(101); });
      socket.on('close', (code) => resolve(code));
      socket.on('error', () => undefined);
    });
    expect([await status(), await status(viewer)]).toEqual([4401, 101]);
  }, 30_000);
});

const frames = sharedPath('recordings/kraken');
describe.skipIf(!frames)('raw frames of a folder (left out without the shared recordings)', () => {
  it('open like recordings of ours', async () => {
    await serve();
    const opened = await rooms.open(join(frames ?? '', 'v2-derived-5pairs-20210417a.jsonl.gz'), 'frames/kraken.jsonl.gz');
    expect(opened).toMatchObject({ ok: true, value: { words: 'messages of kraken', state: expect.stringMatching(/playing|paused/) as string } });
  });
});
