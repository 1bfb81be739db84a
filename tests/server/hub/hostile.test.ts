import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CLOSE, STREAMS } from '@/core/contract';
import { BROKEN_FRAMES, frame, Raw, repeat } from '../../support/rawFrames';
import { waitFor } from '../../support/waitFor';
import { quote, startHub, V2, type Running } from './support';

let running: Running;
const start = async (...args: Parameters<typeof startHub>) => (running = await startHub(...args));
afterEach(() => running.stop());

describe('raw frames', () => {
  it('each ends with its code, is counted, and other clients notice nothing', async () => {
    const { port, owner, connect, count } = await start();
    const good = await connect('market');
    await good.next('initial_data');
    const expected = new Map<number, number>();
    for (const [name, bytes, code] of BROKEN_FRAMES) {
      expect(await Raw.judge(port, bytes), name).toBe(code);
      expected.set(code, (expected.get(code) ?? 0) + 1);
    }
    for (const [code, n] of expected) await waitFor(async () => (await count('clientCloses', { code: String(code) })) === n, { message: `counter of ${code}` });
    owner.quotes(quote('AAPL', 1));
    await waitFor(() => good.messages.length >= 2);
    expect(good.closed).toBeNull();
  });

  it('cuts a client that floods pings and never reads', async () => {
    const { port } = await start();
    const raw = await Raw.open(port);
    raw.socket.pause();
    const pings = repeat(500, frame(0x89, Buffer.alloc(125)));
    for (let i = 0; i < 400 && raw.socket.write(pings); i++) await new Promise((resolve) => setImmediate(resolve));
    await waitFor(() => running.hub.stats().market.clients === 0 || raw.ended, { timeoutMs: 10_000 });
  });
});

describe('upgrade', () => {
  it.each([
    ['bad Host', { Host: 'evil.example' }, STREAMS.market.path, 421, 'bad_host'],
    ['no Host name', { Host: 'localhost.evil:80' }, STREAMS.market.path, 421, 'bad_host'],
    ['bad Origin', { Origin: 'http://evil.example' }, STREAMS.market.path, 403, 'bad_origin'],
    ['null Origin', { Origin: 'null' }, STREAMS.market.path, 403, 'bad_origin'],
    ['cookie without Origin', { Cookie: 'a=b' }, STREAMS.market.path, 403, 'bad_origin'],
    ['unknown path', {}, '/ws/nothing', 404, 'not_found'],
    ['no key', { 'Sec-WebSocket-Key': '' }, STREAMS.market.path, 400, 'bad_handshake'],
    ['bad protocol list', { 'Sec-WebSocket-Protocol': 'a,,b' }, STREAMS.market.path, 400, 'bad_handshake'],
  ])('refuses %s', async (_name, headers, path, status, reason) => {
    const { port, count } = await start();
    const raw = await Raw.open(port, { headers, path });
    expect(raw.status).toBe(status);
    expect(await count('upgradesRefused', { reason })).toBe(1);
    await waitFor(() => raw.ended);
  });

  it('accepts the own origin and listed ones', async () => {
    const { port } = await start({ allowedOrigins: ['https://app.example'] });
    for (const origin of [`http://127.0.0.1:${port}`, 'https://app.example']) {
      const raw = await Raw.open(port, { headers: { Origin: origin } });
      expect(raw.status).toBe(101);
      raw.socket.destroy();
    }
  });

  it('limits the rate with 429 and tells the number by close code', async () => {
    const { connect, port, count } = await start({ perAddress: 2, upgradesPerSecond: 0.001, upgradeBurst: 4 });
    await connect('market');
    await connect('signals');
    const third = await connect('market');
    expect(await third.closing()).toEqual({ code: 4409, reason: '{"code":"tooManyConnections","retry_after_ms":60000}' });
    expect(await count('upgradesRefused', { reason: 'address' })).toBe(1);
    await (await connect('market')).closing();
    expect((await Raw.open(port)).status).toBe(429);
  });

  it('tells a full server by close code', async () => {
    const { connect } = await start({ total: 1 });
    await connect('market');
    expect((await (await connect('market')).closing()).code).toBe(4101);
  });

  it('accepts an unknown subprotocol only to say so', async () => {
    const { port, count } = await start();
    const raw = await Raw.open(port, { headers: { 'Sec-WebSocket-Protocol': 'other.v9' } });
    expect(raw.status).toBe(101);
    expect(raw.received.toString()).not.toMatch(/Sec-WebSocket-Protocol/i);
    expect(await waitFor(() => raw.closeCode)).toBe(4406);
    expect(raw.received.toString()).toContain('"code":"unsupported_version"');
    raw.socket.destroy();
    await waitFor(async () => (await count('clientCloses', { code: '4406' })) === 1);
  });

  it('takes the first subprotocol of the client it knows', async () => {
    const { port } = await start();
    const raw = await Raw.open(port, { headers: { 'Sec-WebSocket-Protocol': 'x, tickglass.v2.json, tickglass.v2.rows' } });
    expect(raw.received.toString()).toContain('Sec-WebSocket-Protocol: tickglass.v2.json\r\n');
    raw.socket.destroy();
  });
});

describe('messages', () => {
  const ugly: [string, string, string][] = [
    ['no JSON', '{', 'bad_json'],
    ['a number', '1e999', 'bad_message'],
    ['an array', '[]', 'bad_message'],
    ['null', 'null', 'bad_message'],
    ['no type', '{}', 'bad_message'],
    ['a type that is no text', '{"type":{}}', 'bad_message'],
    ['an unknown type', '{"type":"nope"}', 'unknown_type'],
    ['a type from the prototype', '{"type":"constructor"}', 'unknown_type'],
    ['a __proto__ type', '{"type":"__proto__"}', 'unknown_type'],
    ['deep nesting', '['.repeat(8_000), 'bad_message'],
    ['wrong field types', '{"type":"subscribe","channels":"market"}', 'bad_message'],
    ['a huge number', '{"type":"ping","t":1e999}', 'bad_message'],
    ['a huge id', '{"type":"ping","id":1e15}', 'bad_message'],
    ['a symbol with a space', '{"type":"subscribe","channels":["market"],"symbols":["A B"]}', 'bad_message'],
    ['a lone surrogate', '{"type":"subscribe","channels":["market"],"symbols":["\\ud800"]}', 'bad_message'],
  ];
  it('get their coded error, and the connection lives on', async () => {
    const { connect, owner, count } = await start();
    const client = await connect('market');
    for (const [i, [name, text, code]] of ugly.entries()) {
      client.send(text);
      expect((await client.next('error', i)).code, name).toBe(code);
    }
    client.send('{"type":"ping","id":7,"__proto__":{"x":1},"id":8}');
    expect(await client.next('pong')).toMatchObject({ id: 8 });
    owner.quotes(quote('AAPL', 1));
    await waitFor(() => client.messages.some((m) => JSON.stringify(m).includes('"AAPL"')));
    expect(await count('clientErrors', { code: 'bad_json' })).toBe(1);
    expect(client.closed).toBeNull();
    expect(client.bad).toEqual([]);
  });

  it('close with 4400 after 20 malformed ones in 10 s, but not for unknown types', async () => {
    const { connect, count } = await start();
    const newer = await connect('market');
    for (let i = 0; i < 25; i++) newer.send('{"type":"future"}');
    await newer.next('error', 24);
    const client = await connect('market');
    for (let i = 0; i < 20; i++) client.send('{');
    expect((await client.closing()).code).toBe(CLOSE.badRequest.code);
    expect(client.of('error')).toHaveLength(20);
    expect(newer.closed).toBeNull();
    await waitFor(async () => (await count('clientCloses', { code: '4400' })) === 1);
  });

  it('binary frames count as malformed', async () => {
    const { connect } = await start();
    const client = await connect('market');
    client.ws.send(Buffer.from('{"type":"ping"}'));
    expect(await client.next('error')).toMatchObject({ code: 'bad_message' });
  });

  it('a flood is answered once, then closed with 4029', async () => {
    const { connect, count } = await start();
    const client = await connect('market');
    for (let i = 0; i < 120; i++) client.send({ type: 'ping', id: i });
    const { code, reason } = await client.closing();
    expect(code).toBe(4029);
    expect(JSON.parse(reason)).toEqual({ code: 'rateLimited', retry_after_ms: 10_000 });
    expect(client.of('error').filter((e) => e.code === 'rate_limited')).toHaveLength(1);
    expect(await count('clientErrors', { code: 'rate_limited' })).toBeGreaterThanOrEqual(50);
  });

  it('a flood of subscribes is limited on its own', async () => {
    const { connect } = await start();
    const client = await connect('market', V2);
    await client.hello();
    for (let i = 0; i < 30; i++) client.send({ type: i % 2 ? 'unsubscribe' : 'subscribe', id: i, channels: ['sparkline'] });
    expect(await client.next('error')).toMatchObject({ id: 20, code: 'rate_limited', retryable: true });
    expect(client.closed).toBeNull();
  });

  it('property: no text makes the hub throw or touches another connection', async () => {
    const { connect, owner } = await start({ messagesPer10s: 1e9, messageBurst: 1e9, malformedPer10s: 1e6, subscribesPer10s: 1e6, resyncsPerMinute: 1e6 });
    const witness = await connect('market');
    const victim = await connect('market', V2);
    await victim.hello();
    const name = fc.constantFrom('market', 'sparkline', 'trades:AAPL', 'book:AAPL', '__proto__', 'constructor', 'toString', '', 'signals');
    const symbol = fc.constantFrom('AAPL', 'BTC/USDT', '__proto__', 'constructor', 'hasOwnProperty', 'X');
    const message = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.constantFrom('subscribe', 'unsubscribe', 'resync', 'hello', 'ping', 'ack', 'auth'), id: fc.nat(), channels: fc.array(name), symbols: fc.array(symbol), channel: name, v: fc.nat(3), bytes: fc.integer(), ticket: fc.string(), resume: fc.dictionary(name, fc.record({ epoch: fc.constantFrom('e1', 'x'), seq: fc.nat() })) }, { requiredKeys: ['type'] }).map((m) => JSON.stringify(m)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), async (texts) => {
        for (const text of texts) victim.send(text);
        owner.quotes(quote('AAPL', 1));
        const pongs = victim.of('pong').length;
        victim.send({ type: 'ping' });
        await waitFor(() => victim.of('pong').length > pongs);
        expect(victim.closed).toBeNull();
      }),
      { numRuns: 60 },
    );
    expect(victim.bad).toEqual([]);
    expect(victim.of('error').some((e) => e.code === 'internal')).toBe(false);
    expect(witness.closed).toBeNull();
  });
});
