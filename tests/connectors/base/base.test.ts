import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { usedDecimals } from '../../../server/connectors/base/discovery';
import { Budget } from '../../../server/connectors/base/budget';
import { HTTP_DEFAULTS, VenueHttp, type HttpAccess } from '../../../server/connectors/base/http';
import { Hosts } from '../../../server/connectors/base/hosts';
import { memoryLedger } from '../../../server/connectors/base/ledger';
import { Link, type LinkEnd } from '../../../server/connectors/base/link';
import { ClockOffset, RateMeter } from '../../../server/connectors/base/measure';
import { parseRetryAfter, refusalOf } from '../../../server/connectors/base/refusal';
import { type SESSION_DEFAULTS, VenueSession } from '../../../server/connectors/base/session';
import { Subscriptions } from '../../../server/connectors/base/subscriptions';
import { systemClock } from '../../../server/observability/clock';
import { FAST_LIMITS, silentLog } from '../../support/connectorRig';
import { FakeVenue } from '../../support/fakeVenue';
import { waitFor } from '../../support/waitFor';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('REST of a venue', () => {
  const http = (perMinute = 1_000, access: HttpAccess = {}) => new VenueHttp('Venue', systemClock, new Budget(systemClock, [{ name: 'REST calls', per: 'minute', limit: perMinute }]), { ...HTTP_DEFAULTS, timeoutMs: 400, maxBytes: 1_000 }, access);
  const signal = new AbortController().signal;

  it.each<[string, RequestListener, string, RegExp]>([
    ['a late answer', (() => undefined), 'lost', /did not answer within 0.4 s/],
    ['an answer that never ends', ((_q, r) => void r.writeHead(200).write('[')), 'lost', /did not answer/],
    ['a large answer', ((_q, r) => void r.end(`"${'x'.repeat(2_000)}"`)), 'bad', /larger than 1000 bytes/],
    ['a web page', ((_q, r) => void r.end(' <!doctype html>')), 'bad', /web page instead of data/],
    ['broken JSON', ((_q, r) => void r.end('{"a":')), 'bad', /broken JSON/],
    ['a redirect to another host', ((_q, r) => void r.writeHead(302, { location: 'http://example.org/' }).end()), 'bad', /redirects to another host/],
    ['a redirect in a circle', ((q, r) => void r.writeHead(302, { location: q.url }).end()), 'bad', /too often/],
    ['451', ((_q, r) => void r.writeHead(451).end('{"code":0,"msg":"restricted location"}')), 'refused', /does not serve this location \(HTTP 451: restricted location\)/],
    ['403 with a page', ((_q, r) => void r.writeHead(403).end('<html>')), 'refused', /forbids access/],
    ['400', ((_q, r) => void r.writeHead(400).end('{"code":-1121,"msg":"Invalid symbol."}')), 'bad', /HTTP 400: Invalid symbol/],
    ['502', ((_q, r) => void r.writeHead(502).end('bad gateway')), 'lost', /has a fault/],
    ['a cut', ((q) => void q.socket.destroy()), 'lost', /cannot be reached/],
  ])('%s comes back as a value with words', async (_name, listener, kind, words) => {
    const answer = await http().getJson(`${await serve(listener)}/x`, 1, signal);
    expect(answer).toMatchObject({ ok: false, error: { kind, words: expect.stringMatching(words) } });
  });

  it('follows a redirect on the same host', async () => {
    const url = await serve((q, r) => void (q.url === '/a' ? r.writeHead(301, { location: '/b' }).end() : r.end('[1]')));
    expect(await http().getJson(`${url}/a`, 1, signal)).toMatchObject({ ok: true, value: { body: [1] } });
  });

  it('after 429 nobody calls until the date given', async () => {
    let calls = 0;
    const url = await serve((_q, r) => void ((calls += 1), r.writeHead(429, { 'retry-after': '7' }).end()));
    const client = http();
    expect(await client.getJson(url, 1, signal)).toMatchObject({ error: { kind: 'limited', retryAfterMs: 7_000 } });
    expect(await client.getJson(url, 1, signal)).toMatchObject({ error: { kind: 'limited' } });
    expect(calls).toBe(1);
  });

  it('over budget there is no call, and the words say when the next one is', async () => {
    let calls = 0;
    const url = await serve((_q, r) => void ((calls += 1), r.end('[]')));
    const client = http(2);
    for (let i = 0; i < 2; i += 1) expect(await client.getJson(url, 1, signal)).toMatchObject({ ok: true });
    expect(await client.getJson(url, 1, signal)).toMatchObject({ error: { kind: 'limited', words: expect.stringMatching(/Venue: our own budget of 2 REST calls a minute used; next call at \d\d:\d\d:\d\d UTC/) } });
    expect(await client.getJson(url, 3, signal)).toMatchObject({ error: { kind: 'bad', retryAfterMs: null } });
    expect(calls).toBe(2);
  });

  it('a key is taken out of whatever the venue echoes, in every form', async () => {
    const key = 'canary/key+1';
    const echo = `${key} ${encodeURIComponent(key)} ${Buffer.from(key).toString('base64')}`;
    const url = await serve((q, r) => void r.writeHead(q.url?.startsWith('/bad') ? 400 : 200).end(JSON.stringify({ message: `your key ${echo}`, [key]: q.headers['x-key'] })));
    const client = http(10, { secrets: [key], headers: { 'x-key': key } });
    const answers = [await client.getJson(`${url}/good?apikey=${encodeURIComponent(key)}`, 1, signal), await client.getJson(`${url}/bad`, 1, signal)];
    expect(answers).toMatchObject([{ ok: true, value: { body: { '[key]': '[key]' } } }, { ok: false, error: { kind: 'bad', words: 'Venue answered HTTP 400: your key [key] [key] [key]' } }]);
    expect(JSON.stringify(answers)).not.toMatch(/canary|Y2FuYXJ5/);
  });

  it('calls of one host take turns and keep their distance, whoever makes them; a stop ends the wait', async () => {
    let open = 0;
    let most = 0;
    let calls = 0;
    const url = await serve((_q, r) => {
      calls += 1;
      most = Math.max(most, (open += 1));
      setTimeout(() => ((open -= 1), r.end('[]')), 5);
    });
    // What the gate last read off its clock before a call is what the next one is counted from.
    let read = 0;
    const hosts = new Hosts({ now: systemClock.now, monotonic: () => (read = systemClock.monotonic()) }, memoryLedger());
    const [a, b] = [http(100, { hosts, spacingMs: 30 }), http(100, { hosts, spacingMs: 30 })];
    await Promise.all([a.getJson(url, 1, signal), b.getJson(`${url}/x`, 1, signal), a.getJson(url, 1, signal)]);
    expect([calls, most]).toEqual([3, 1]);
    const starts: number[] = [];
    await Promise.all([1, 2, 3].map(() => hosts.gate('http://other').run(30, signal, () => Promise.resolve(starts.push(read)))));
    // A timer may be a millisecond early.
    for (let i = 1; i < starts.length; i += 1) expect((starts[i] ?? 0) - (starts[i - 1] ?? 0)).toBeGreaterThan(28);
    const stopped = new AbortController();
    const waiting = a.getJson(url, 1, stopped.signal);
    stopped.abort();
    expect(await waiting).toMatchObject({ error: { kind: 'lost', words: 'stopped' } });
    expect(calls).toBe(3);
    expect(await b.getJson(url, 1, signal)).toMatchObject({ ok: true });
  });
});

describe('refusals', () => {
  it.each([[401, 'refused'], [403, 'refused'], [451, 'refused'], [418, 'limited'], [429, 'limited'], [500, 'lost'], [404, 'lost']])('%i is %s', (status, kind) => {
    expect(refusalOf('Venue', status, '')).toMatchObject({ kind, words: expect.stringContaining(String(status)) });
  });

  it.each([['5', 5_000], [' 120 ', 120_000], ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000], ['Thu, 01 Jan 1970 00:00:00 GMT', 0], ['soon', null], ['-1', null], [null, null]])('Retry-After %s', (header, want) => {
    expect(parseRetryAfter(header, 1_000)).toBe(want);
  });
});

describe('measures', () => {
  it('the clock offset is the largest lead of the venue in the last minutes, and forgets', () => {
    const offset = new ClockOffset(2);
    expect(offset.offsetMs).toBeNull();
    offset.add(1_000, 2_270, 0);
    offset.add(1_500, 2_000, 1);
    expect(offset.offsetMs).toBe(1_270);
    offset.add(1_000, 1_100, 200_000);
    expect(offset.offsetMs).toBe(100);
  });

  it('property: the rate is never negative and never above the number of messages', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (gaps) => {
      const meter = new RateMeter();
      let now = 5_000;
      for (const gap of gaps) meter.add((now += gap));
      const rate = meter.perSecond(now);
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(rate).toBeLessThanOrEqual(gaps.length);
      expect(meter.perSecond(now + 60_000)).toBe(0);
    }));
  });

  it.each([['61837.63000000', 2], ['5', 0], ['5.000', 0], ['0.00000638', 8], ['10', 0]])('%s uses %i decimals', (text, want) => expect(usedDecimals(text)).toBe(want));
});

describe('subscriptions', () => {
  it('keep their arguments over a reset, and tell pending, confirmed, active, silent and rejected apart', () => {
    const subs = new Subscriptions(100);
    subs.want(['a', 'b', 'c', 'd'], 0);
    const first = subs.request(['a', 'b', 'c']);
    subs.delivered('a');
    subs.acked(first, 10);
    expect(['a', 'b', 'c', 'd'].map((s) => subs.state(s))).toEqual(['active', 'confirmed', 'confirmed', 'pending']);
    subs.refused(subs.request(['c']), 'no');
    expect(subs.expire(105)).toEqual(['d']);
    expect(subs.expire(110)).toEqual(['b']);
    expect(subs.expire(500)).toEqual([]);
    expect([subs.count('rejected'), subs.count('silent')]).toEqual([1, 2]);
    subs.reset(600);
    expect(subs.wanted).toEqual(['a', 'b', 'c', 'd']);
    expect(subs.count('pending')).toBe(4);
    subs.acked(first, 700);
    expect(subs.count('pending')).toBe(4);
  });
});

describe('link and session', () => {
  async function link(options: Partial<typeof SESSION_DEFAULTS> = {}) {
    const venue = await FakeVenue.start();
    closers.push(() => venue.stop());
    const seen: { messages: string[]; ends: LinkEnd[] } = { messages: [], ends: [] };
    const made = new Link(1, `${venue.wsUrl}/stream`, { venue: 'Venue', ...FAST_LIMITS, ...options }, {
      opened: () => undefined, message: (t) => seen.messages.push(t), ended: (e) => seen.ends.push(e),
    });
    closers.push(() => made.close());
    await waitFor(() => made.open && venue.open.length === 1);
    return { venue, made, seen };
  }

  it('sends no more messages a second than the venue allows, in order, and refuses an endless queue', async () => {
    const { venue, made } = await link({ messagesPerSecond: 3, maxQueued: 5 });
    const at = performance.now();
    const sent = Array.from({ length: 12 }, (_, i) => made.send(JSON.stringify({ method: 'X', params: [], id: i })));
    expect(sent.filter(Boolean).length).toBe(8);
    await waitFor(() => (venue.connections[0]?.messages.length ?? 0) >= 6);
    // A lower bound only: a busy machine may be later, never earlier.
    expect(performance.now() - at).toBeGreaterThan(990);
    expect(venue.connections[0]?.messages.map((m) => m.id).slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is silent after close: late messages and ends of it reach nobody', async () => {
    const { venue, made, seen } = await link();
    made.close();
    venue.raw('late');
    await waitFor(() => venue.open.length === 0);
    expect(seen).toEqual({ messages: [], ends: [] });
  });

  it('ends once, whatever follows', async () => {
    const { venue, made, seen } = await link();
    made.abort('given up');
    await waitFor(() => venue.open.length === 0);
    expect(seen.ends).toEqual([{ kind: 'lost', words: 'given up', retryAfterMs: null }]);
  });

  async function session(hosts: (venue: FakeVenue) => string[], limits = FAST_LIMITS, prepare: (v: FakeVenue) => void = () => undefined) {
    const venue = await FakeVenue.start();
    prepare(venue);
    const switches: boolean[] = [];
    const made = new VenueSession({
      venue: 'Venue', hosts: hosts(venue), clock: systemClock, random: Math.random, log: silentLog, limits,
      address: (host) => `${host}/stream?streams=btcusdt@trade`,
      onOpen: () => undefined, onMessage: () => true, isData: () => true, onSwitch: (planned) => switches.push(planned), onState: () => undefined,
    });
    closers.push(() => made.stop(), () => venue.stop());
    made.start();
    return { venue, made, switches };
  }

  it('a refusing host is left out and the next one asked at once', async () => {
    const refusing = await FakeVenue.start();
    refusing.refuse = { status: 451 };
    closers.push(() => refusing.stop());
    const { venue, made } = await session((v) => [refusing.wsUrl, v.wsUrl]);
    await waitFor(() => venue.open.length === 1);
    venue.raw('{}');
    await waitFor(() => made.state === 'live');
    expect(refusing.handshakes.length).toBe(1);
  });

  it('replaces a connection at its end of life without a switch to waiting', async () => {
    const { venue, made, switches } = await session((v) => [v.wsUrl], { ...FAST_LIMITS, maxAgeMs: 100, silentMs: 5_000, staleMs: 5_000, overlapMs: 20 });
    await waitFor(() => {
      venue.raw('{}');
      return switches.length >= 2;
    });
    expect(switches.every(Boolean)).toBe(true);
    expect(made.reconnects).toBe(0);
  });

  it('a second connection that cannot be opened leaves the first in charge, and is tried again', async () => {
    const { venue, made, switches } = await session((v) => [v.wsUrl], { ...FAST_LIMITS, silentMs: 5_000, staleMs: 5_000 });
    await waitFor(() => venue.open.length === 1);
    venue.raw('{}');
    await waitFor(() => made.state === 'live');
    venue.refuse = { status: 503 };
    made.handOver('test');
    await waitFor(() => venue.handshakes.length >= 3);
    expect([made.state, switches.length]).toEqual(['live', 0]);
    venue.refuse = null;
    await waitFor(() => {
      venue.raw('{}');
      return switches.length === 1;
    });
    expect(switches).toEqual([true]);
  });
});
