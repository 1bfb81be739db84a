import { connect as tcp, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CLOSE, STREAMS } from '@/core/contract';
import { waitFor } from '../../support/waitFor';
import { quote, startHub, V2, type Running } from './support';

let running: Running;
const start = async (...args: Parameters<typeof startHub>) => (running = await startHub(...args));
afterEach(() => running.stop());

/** A client below the WebSocket library: it writes the bytes it is told to. */
class Raw {
  received = Buffer.alloc(0);
  ended = false;
  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on('error', () => (this.ended = true));
    socket.on('close', () => (this.ended = true));
  }
  static async open(port: number, headers: Record<string, string> = {}, path: string = STREAMS.market.path): Promise<Raw> {
    const raw = new Raw(tcp(port, '127.0.0.1'));
    const all = { Host: `127.0.0.1:${port}`, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers };
    raw.socket.write(`GET ${path} HTTP/1.1\r\n${Object.entries(all).filter(([, v]) => v !== '').map(([k, v]) => `${k}: ${v}`).join('\r\n')}\r\n\r\n`);
    await waitFor(() => raw.received.includes('\r\n\r\n') || raw.ended);
    return raw;
  }
  get status(): number {
    return Number(this.received.toString('latin1').slice(9, 12));
  }
  /** Code of the close frame among the server's frames, null without one. */
  get closeCode(): number | null {
    let at = this.received.indexOf('\r\n\r\n') + 4;
    while (at + 2 <= this.received.length) {
      const first = this.received.readUInt8(at);
      let length = this.received.readUInt8(at + 1) & 0x7f;
      at += 2;
      if (length === 126) {
        length = this.received.readUInt16BE(at);
        at += 2;
      }
      if ((first & 0x0f) === 8) return this.received.readUInt16BE(at);
      at += length;
    }
    return null;
  }
}

/** A frame with mask 0, so that the payload is written as it is. */
function frame(first: number, payload: Buffer | string, masked = true): Buffer {
  const body = Buffer.from(payload);
  const head = body.length < 126 ? Buffer.from([first, body.length]) : Buffer.from([first, 126, body.length >> 8, body.length & 0xff]);
  if (masked) head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}
/** Head of a text frame that promises 2^power bytes. */
function promise(power: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x81;
  head[1] = 0xff;
  head.writeBigUInt64BE(1n << BigInt(power), 2);
  return head;
}
const many = (n: number, one: Buffer) => Buffer.concat(Array.from({ length: n }, () => one));

const RAW_CASES: [name: string, bytes: Buffer, code: number][] = [
  ['unmasked', frame(0x81, '{}', false), 1002],
  ['RSV1 without an extension', frame(0xc1, '{}'), 1002],
  ['RSV2', frame(0xa1, '{}'), 1002],
  ['RSV3', frame(0x91, '{}'), 1002],
  ['reserved opcode 3', frame(0x83, '{}'), 1002],
  ['reserved opcode 11', frame(0x8b, '{}'), 1002],
  ['long control frame', frame(0x89, Buffer.alloc(126)), 1002],
  ['fragmented control frame', frame(0x09, 'x'), 1002],
  ['continuation without a start', frame(0x80, 'x'), 1002],
  ['new message inside a fragmented one', Buffer.concat([frame(0x01, 'a'), frame(0x81, 'b')]), 1002],
  ['close code 1005', frame(0x88, Buffer.from([0x03, 0xed])), 1002],
  ['close code 999', frame(0x88, Buffer.from([0x03, 0xe7])), 1002],
  ['close payload of one byte', frame(0x88, Buffer.from([3])), 1002],
  ['bad UTF-8 in text', frame(0x81, Buffer.from([0xc3, 0x28])), 1007],
  ['lone surrogate in UTF-8', frame(0x81, Buffer.from([0xed, 0xa0, 0x80])), 1007],
  ['bad UTF-8 in a close reason', frame(0x88, Buffer.from([0x03, 0xe8, 0xff])), 1007],
  ['17 fragments', Buffer.concat([frame(0x01, 'a'), many(16, frame(0x00, 'a'))]), 1008],
  ['200 empty continuations', Buffer.concat([frame(0x01, ''), many(200, frame(0x00, ''))]), 1008],
  ['16 KiB + 1', frame(0x81, Buffer.alloc(16_385, 0x20)), 1009],
  ['16 KiB + 1 in fragments', Buffer.concat([frame(0x01, Buffer.alloc(16_000, 0x20)), frame(0x80, Buffer.alloc(385, 0x20))]), 1009],
  ['2^40 bytes declared', promise(40), 1009],
  ['2^60 bytes declared', promise(60), 1009],
];

describe('raw frames', () => {
  it('each ends with its code, is counted, and other clients notice nothing', async () => {
    const { port, owner, connect, count } = await start();
    const good = await connect('market');
    await good.next('initial_data');
    const expected = new Map<number, number>();
    for (const [name, bytes, code] of RAW_CASES) {
      const raw = await Raw.open(port);
      expect(raw.status, name).toBe(101);
      raw.socket.write(bytes);
      expect(await waitFor(() => raw.closeCode ?? (raw.ended ? -1 : null), { message: name }), name).toBe(code);
      raw.socket.destroy();
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
    const pings = many(500, frame(0x89, Buffer.alloc(125)));
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
    const raw = await Raw.open(port, headers, path);
    expect(raw.status).toBe(status);
    expect(await count('upgradesRefused', { reason })).toBe(1);
    await waitFor(() => raw.ended);
  });

  it('accepts the own origin and listed ones', async () => {
    const { port } = await start({ allowedOrigins: ['https://app.example'] });
    for (const origin of [`http://127.0.0.1:${port}`, 'https://app.example']) {
      const raw = await Raw.open(port, { Origin: origin });
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
    const raw = await Raw.open(port, { 'Sec-WebSocket-Protocol': 'other.v9' });
    expect(raw.status).toBe(101);
    expect(raw.received.toString()).not.toMatch(/Sec-WebSocket-Protocol/i);
    expect(await waitFor(() => raw.closeCode)).toBe(4406);
    expect(raw.received.toString()).toContain('"code":"unsupported_version"');
    raw.socket.destroy();
    await waitFor(async () => (await count('clientCloses', { code: '4406' })) === 1);
  });

  it('takes the first subprotocol of the client it knows', async () => {
    const { port } = await start();
    const raw = await Raw.open(port, { 'Sec-WebSocket-Protocol': 'x, tickglass.v2.json, tickglass.v2.rows' });
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
