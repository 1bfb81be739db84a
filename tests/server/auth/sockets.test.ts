import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE, TICKET_PROTOCOL } from '@/core/contract';
import { createClient, type WebSocketConstructor } from '@/service';
import { withToken } from '@/service/credential';
import type { Auth } from '../../../server/auth/auth';
import { SESSION_LIMITS } from '../../../server/auth/sessions';
import { waitFor } from '../../support/waitFor';
import { HttpRig } from '../http/rig';
import { quote, startHub, type Client, type Running } from '../hub/support';
import { ADMIN, authOf, HandClock, requestOf, VIEWER } from './rig';

const V2 = ['tickglass.v2.json'];
const hello = (ticket?: string) => ({ type: 'hello', v: 2, ...(ticket === undefined ? {} : { auth: { ticket } }) });

let clock: HandClock;
let auth: Auth;
let hub: Running;
async function start(over: Parameters<typeof authOf>[1] = {}): Promise<void> {
  clock = new HandClock();
  auth = authOf(clock, over);
  hub = await startHub({ perAddress: 100 }, { passOf: auth.passOf, refused: auth.upgradeRefused });
  hub.owner.quotes(quote('AAPL', 190));
}
afterEach(() => hub.stop());

const closing = async (client: Client): Promise<{ code: number; name: unknown }> => {
  const { code, reason } = await waitFor(() => client.closed, { message: 'the socket is closed' });
  return { code, name: (JSON.parse(reason || '{}') as { code?: unknown }).code };
};
const byBearer = (token: string) => ({ authorization: `Bearer ${token}` });
const ticket = (stream = 'market', role: 'admin' | 'viewer' = 'viewer'): string => String(auth.ticket({ role, via: 'token', session: null, user: `token:${role}` }, requestOf({}), stream));

describe('a socket without a right (S04)', () => {
  it.each([
    ['plain', [], undefined], ['v2 that says nothing', V2, undefined], ['v2 with a hello', V2, hello()], ['v2 with a made-up ticket', V2, hello('x'.repeat(43))],
    ['v2 that subscribes first', V2, { type: 'subscribe', id: 1, channels: ['market'] }], ['v2 that pings', V2, { type: 'ping', id: 1 }], ['v2 with rubbish', V2, '{'],
  ] as const)('is accepted, gets not one byte, and is closed with 4401 within 100 ms: %s', async (_name, protocols, says) => {
    await start();
    const client = await hub.connect('market', [...protocols]);
    const opened = performance.now();
    if (says !== undefined) client.send(says);
    expect(await closing(client)).toEqual({ code: CLOSE.unauthenticated.code, name: 'unauthenticated' });
    expect(performance.now() - opened).toBeLessThan(2_000); // 80 ms by its timer; a busy machine is no fault of it
    expect(client.texts).toEqual([]);
  });

  it.each([['a wrong token', byBearer('wrong')], ['no token', byBearer('')], ['a token in another scheme', { authorization: `Basic ${ADMIN}` }]])('brings %s and fares no better', async (_name, headers) => {
    await start();
    const client = await hub.connect('market', [], headers);
    expect(await closing(client)).toMatchObject({ code: 4401 });
    expect(client.texts).toEqual([]);
  });

  it('has as long as any other to say hello when it has said that a ticket follows', async () => {
    await start();
    const client = await hub.connect('market', [...V2, TICKET_PROTOCOL]);
    await new Promise((resolve) => setTimeout(resolve, 150));
    client.send(hello(ticket()));
    await waitFor(() => client.of('initial_data')[0], { message: 'the snapshot' });
  });
});

describe('a socket with a right', () => {
  it.each([['plain', []], ['v2', V2]] as const)('reads by token: %s', async (_name, protocols) => {
    await start();
    const client = await hub.connect('market', [...protocols], byBearer(VIEWER));
    if (protocols.length > 0) client.send(hello());
    await waitFor(() => client.of('initial_data')[0], { message: 'the snapshot' });
    if (protocols.length > 0) expect(client.of('hello')[0]).toMatchObject({ auth: { mode: 'token', expires_in_ms: null } });
  });

  it('reads by cookie, from its own origin only', async () => {
    await start();
    const { secret } = auth.sessions.open('viewer');
    const cookie = `tickglass=${secret}`;
    await expect(hub.connect('market', V2, { cookie })).rejects.toThrow('403');
    await expect(hub.connect('market', V2, { cookie, origin: 'http://127.0.0.1:1' })).rejects.toThrow('403');
    const client = await hub.connect('market', V2, { cookie, origin: `http://127.0.0.1:${hub.port}` });
    client.send(hello());
    await waitFor(() => client.of('initial_data')[0], { message: 'the snapshot' });
    expect(client.of('hello')[0]).toMatchObject({ auth: { mode: 'token', expires_in_ms: SESSION_LIMITS.idleMs } });
  });

  it('reads by a ticket in its hello, plain clients by one in the address; each is good once, for its stream', async () => {
    await start();
    const given = ticket();
    const first = await hub.connect('market', V2);
    first.send(hello(given));
    await waitFor(() => first.of('initial_data')[0], { message: 'the snapshot' });
    expect(first.of('hello')[0]).toMatchObject({ auth: { expires_in_ms: 900_000 } });
    const again = await hub.connect('market', V2);
    again.send(hello(given));
    expect(await closing(again)).toMatchObject({ code: 4401 });
    const other = await hub.connect('signals', V2);
    other.send(hello(ticket('market')));
    expect(await closing(other)).toMatchObject({ code: 4401 });
    const plain = new WebSocket(`${hub.url('market')}?ticket=${ticket()}`);
    const heard: string[] = [];
    plain.on('message', (data) => heard.push(String(data)));
    await waitFor(() => heard.some((text) => text.includes('initial_data')), { message: 'the plain snapshot' });
    plain.terminate();
  });

  it('prolongs a right that came by ticket with another one, and loses it with 4410 without', async () => {
    await start();
    const [kept, lost] = await Promise.all([hub.connect('market', V2), hub.connect('market', V2)]);
    for (const client of [kept, lost]) client.send(hello(ticket()));
    await waitFor(() => kept.of('initial_data')[0] && lost.of('initial_data')[0], { message: 'both read' });
    clock.mono += 800_000;
    kept.send({ type: 'auth', ticket: ticket() });
    expect(await waitFor(() => kept.of('auth_ok')[0], { message: 'renewed' })).toEqual({ type: 'auth_ok', expires_in_ms: 900_000 });
    kept.send({ type: 'auth', ticket: 'worthless' });
    await waitFor(() => kept.of('error')[0], { message: 'refused in words' });
    clock.mono += 100_001;
    expect(await closing(lost)).toEqual({ code: 4410, name: 'credentialExpired' });
    hub.owner.quotes(quote('AAPL', 191));
    await waitFor(() => kept.of('batch').length > 0, { message: 'the stream that was kept goes on' });
    expect(kept.closed).toBeNull();
  });
});

describe('a session that ends takes its sockets along (F38)', () => {
  async function three(): Promise<{ mine: Client; others: Client; session: ReturnType<Auth['sessions']['open']>['session'] }> {
    await start();
    const [mine, others] = [auth.sessions.open('viewer'), auth.sessions.open('admin')];
    const origin = `http://127.0.0.1:${hub.port}`;
    const connect = (secret: string): Promise<Client> => hub.connect('market', [], { cookie: `tickglass=${secret}`, origin });
    return { mine: await connect(mine.secret), others: await connect(others.secret), session: mine.session };
  }

  it('with 4401 when it was signed out elsewhere', async () => {
    const { mine, others, session } = await three();
    auth.sessions.end(session);
    expect(await closing(mine)).toEqual({ code: 4401, name: 'unauthenticated' });
    expect(others.closed).toBeNull();
    auth.sessions.end('all');
    expect(await closing(others)).toMatchObject({ code: 4401 });
  });

  it('with 4410 when its time is over; an open stream is use, so only the 7 days count', async () => {
    const { mine } = await three();
    for (let passed = 0; passed < SESSION_LIMITS.wholeMs - SESSION_LIMITS.idleMs; passed += SESSION_LIMITS.idleMs / 2) {
      clock.mono += SESSION_LIMITS.idleMs / 2;
      // Long enough for the hub to have looked once.
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(mine.closed).toBeNull();
    clock.mono += SESSION_LIMITS.idleMs;
    expect(await closing(mine)).toEqual({ code: 4410, name: 'credentialExpired' });
  });

  it('not when the wall clock jumps by 90 s, an hour, a year', async () => {
    const { mine, others } = await three();
    for (const jump of [90_000, -180_000, 3_600_000, 31_536_000_000]) clock.wall += jump;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([mine.closed, others.closed]).toEqual([null, null]);
  });
});

describe('sockets of one user', () => {
  it('are so many: one more is closed with 4409, and there is room again when one leaves', async () => {
    await start({ connectionsPerUser: 3 });
    const open = (token = VIEWER) => hub.connect('market', [], byBearer(token));
    const held = [await open(), await open(), await open()];
    expect(await closing(await open())).toEqual({ code: 4409, name: 'tooManyConnections' });
    const other = await open(ADMIN);
    await waitFor(() => other.of('initial_data')[0], { message: 'another user is not concerned' });
    held[0]?.ws.terminate();
    await waitFor(async () => {
      const next = await open();
      return (await waitFor(() => next.of('initial_data')[0] ?? next.closed, { message: 'an answer' })) !== null && next.closed === null;
    }, { message: 'there is room again' });
  });
});

describe('what was refused', () => {
  it('is written down once for each, with the origin, without a secret', async () => {
    await start();
    await closing(await hub.connect('market', V2));
    await closing(await hub.connect('signals', [], byBearer('wrong-secret-token')));
    await expect(hub.connect('market', V2, { origin: 'http://evil.example' })).rejects.toThrow('403');
    await expect(hub.connect('market', V2, { host: 'evil.example' })).rejects.toThrow('421');
    const good = await hub.connect('market', [], byBearer(VIEWER));
    await waitFor(() => good.of('initial_data')[0], { message: 'the snapshot' });
    const told = (await auth.audit.recent(10)).map(({ who, action, outcome }) => `${who} ${action}: ${outcome}`).reverse();
    expect(told).toEqual(['nobody stream market: unauthorized', 'nobody stream signals: unauthorized', 'nobody stream: bad_origin http://evil.example', 'nobody stream: bad_host evil.example']);
  });
});

describe('the client elsewhere (S09)', () => {
  it('reads with a token by tickets and requests, and says so when the token is wrong', async () => {
    await start();
    const rig = new HttpRig();
    const app = await rig.start({ auth }, { hostAllowed: () => true, upgrade: (request, socket, head) => hub.hub.handleUpgrade(request, socket, head) });
    const server = await app.listen({ host: '127.0.0.1', port: 0 });
    const clients = [VIEWER, 'wrong'.padEnd(40, 'w')].map((token) => createClient({ server, streams: ['market'], ...withToken(server, token, { WebSocket: WebSocket as unknown as WebSocketConstructor }) }));
    const [good, bad] = clients;
    for (const client of clients) client.connect();
    try {
      await waitFor(() => good?.getPrice('AAPL')?.data.price === 190, { message: () => `a price; ${JSON.stringify(good?.status('market'))}` });
      await waitFor(() => bad?.status('market')?.state === 'stopped', { message: () => JSON.stringify(bad?.status('market')) });
      expect(bad?.status('market')?.reason).toBe(CLOSE.unauthenticated.words);
      // Neither the token nor a ticket stands in an address or a log line.
      expect(JSON.stringify(rig.log)).not.toContain(VIEWER);
    } finally {
      for (const client of clients) client.disconnectAll();
      await rig.close();
    }
  });
});
