// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';
import { CLOSE } from '@/core/contract';
import { createClient } from '@/service';
import { price } from '../../support/fakeHub';
import { client, eachWithItsOwnHub, feed, hub, live, market, notes, pass, seen, socket } from '../../support/streamRig';

eachWithItsOwnHub();

describe('from nothing to live', () => {
  it('greets, loads and is live, by way of each state', async () => {
    await live();
    expect(seen).toEqual(['connecting', 'hello', 'syncing', 'live']);
    expect(socket().url).toBe('wss://terminal.example/ws/market/stream');
    expect(socket().sent[0]).toMatchObject({ type: 'hello', v: 2 });
    expect(client.getPrice('BTC/USDT')).toMatchObject({ data: { price: 100 }, stale: false });
    expect(market()).toMatchObject({ reason: '', refused: 0, reconnects: 0 });
  });

  it('takes a server without subprotocol and greeting for a plain one after two seconds', async () => {
    client.connect();
    await pass(0);
    socket().accept('');
    await pass(1_900);
    expect(market().state).toBe('hello');
    await pass(200);
    expect(market().state).toBe('syncing');
    socket().say({ type: 'market_update', symbol: 'BTC/USDT', data: price(7), timestamp: '' });
    expect(market().state).toBe('live');
    expect(client.getPrice('BTC/USDT')?.data.price).toBe(7);
    expect(socket().sent.filter((m) => m['type'] === 'hello')).toEqual([]);
  });

  it('takes a plain server that speaks at once at its word', async () => {
    client.connect();
    await pass(0);
    socket().accept('').snapshot(1, { AAPL: price(3) });
    expect(market().state).toBe('live');
  });

  it('does not wait for a greeting for ever', async () => {
    client.connect();
    await pass(0);
    socket().accept();
    await pass(5_001);
    expect(market()).toMatchObject({ state: 'backoff', reason: CLOSE.noHello.words });
  });

  it('a channel wanted later is loaded without leaving live', async () => {
    await live();
    client.subscribeChannel('sparkline');
    expect(market().state).toBe('live');
    const [subscribe] = socket().ofType('subscribe');
    socket().say({ type: 'subscribed', id: subscribe?.['id'], sv: 1, channels: [{ channel: 'sparkline', epoch: 's1', asof: 4, data: {} }], rejected: [] });
    expect(seen.slice(-1)).toEqual(['live']);
  });

  it('a held channel is kept a little when given back, then given up', async () => {
    await live();
    const release = client.subscribeChannel('sparkline');
    release();
    const again = client.subscribeChannel('sparkline');
    await pass(6_000);
    expect(socket().ofType('subscribe').filter((m) => String(m['channels']) === 'sparkline').length).toBeGreaterThan(0);
    expect(socket().ofType('unsubscribe')).toEqual([]);
    again();
    again();
    await pass(6_000);
    expect(socket().ofType('unsubscribe')).toMatchObject([{ channels: ['sparkline'] }]);
  });
});

describe('cut and back', () => {
  it('resumes from its position; the missed change arrives with a receipt, and the log tells it', async () => {
    (await live()).fail();
    expect(market()).toMatchObject({ state: 'backoff', reason: CLOSE.abnormal.words });
    expect(client.getPrice('BTC/USDT')).toMatchObject({ data: { price: 100 }, stale: true });
    await pass(500);
    expect(hub.of('market')).toHaveLength(2);
    socket().accept();
    expect(socket().sent[0]).toMatchObject({ resume: { market: { epoch: 'e1', seq: 10 } } });
    socket().hello({ resumed: { market: true } });
    socket().say({ type: 'receipt', channel: 'market', outcome: 'delta', from: { epoch: 'e1', seq: 10 }, to: { epoch: 'e1', seq: 12 }, missed: 2, replayed: 1, lost: 0, timestamp: '' });
    expect(market().state).toBe('syncing');
    socket().batch(10, 12, { 'BTC/USDT': price(102) });
    expect(market()).toMatchObject({ state: 'live', reconnects: 1, lastReceipt: { missed: 2, replayed: 1 } });
    expect(client.getPrice('BTC/USDT')).toMatchObject({ data: { price: 102 }, stale: false });
    expect(notes.map((n) => n.text)).toContain('Live again. Prices: missed 2 changes, all made up for');
  });

  it('a gap inside a connection shows as syncing until the resync has repaired it', async () => {
    await live();
    socket().batch(11, 12, { 'BTC/USDT': price(112) });
    expect(market().state).toBe('syncing');
    expect(client.getPrice('BTC/USDT')?.data.price).toBe(100);
    expect(socket().ofType('resync')).toMatchObject([{ channel: 'market', have: { epoch: 'e1', seq: 10 } }]);
    socket().batch(12, 13, { 'BTC/USDT': price(113) });
    expect(socket().ofType('resync')).toHaveLength(1);
    socket().batch(10, 13, { 'BTC/USDT': price(113) });
    expect(market().state).toBe('live');
  });

  it('a server without its old numbering sends everything, and what it no longer has is gone', async () => {
    const gone: string[] = [];
    client.on('change', (change) => { if (change.family !== 'book' && change.replace) gone.push(...change.updates.map((u) => u.key)); });
    (await live()).fail();
    await pass(500);
    socket().accept().hello({ resumed: { market: false }, reasons: { market: 'epoch_changed' } }).snapshot(1, { AAPL: price(5) }, 'market', 'e2');
    expect(market().state).toBe('live');
    expect(client.getPrice('BTC/USDT')).toBeNull();
    expect(gone).toEqual(['BTC/USDT', 'AAPL']);
  });

  it('a snapshot in parts counts as a whole or not at all', async () => {
    await live();
    socket().snapshot(20, { AAPL: price(1) }, 'market', 'e2', { part: 1, parts: 2 });
    expect(client.getPrice('AAPL')).toBeNull();
    socket().snapshot(20, { MSFT: price(2) }, 'market', 'e2', { part: 2, parts: 2 });
    expect([client.getPrice('AAPL')?.data.price, client.getPrice('MSFT')?.data.price, client.getPrice('BTC/USDT')]).toEqual([1, 2, null]);
  });

  it('values that cannot be read are counted, the rest is kept, the whole is asked for once', async () => {
    await live();
    socket().batch(10, 12, { 'BTC/USDT': { price: 'dear' }, AAPL: price(4) });
    expect(client.getPrice('AAPL')?.data.price).toBe(4);
    expect(client.getPrice('BTC/USDT')?.data.price).toBe(100);
    expect(market().refused).toBe(1);
    expect(socket().ofType('resync')).toEqual([expect.not.objectContaining({ have: expect.anything() as unknown })]);
    await feed(20_000, 12);
    socket().batch(12, 13, { 'BTC/USDT': { price: 'dear' } });
    expect(socket().ofType('resync').length).toBeLessThan(5);
  });

  it('ignores what an old socket still says', async () => {
    const old = await live();
    old.fail();
    await pass(500);
    old.batch(10, 11, { 'BTC/USDT': price(999) });
    expect(client.getPrice('BTC/USDT')?.data.price).toBe(100);
    old.end(1000);
    expect(hub.of('market')).toHaveLength(2);
  });
});

describe('silence', () => {
  it('is stale after the heartbeat and two seconds, live again with the next frame, on the same connection', async () => {
    await live();
    await pass(6_999);
    expect(market().state).toBe('live');
    await pass(1);
    expect(market()).toMatchObject({ state: 'stale', reason: 'Nothing arrived for 7 s' });
    expect(client.getPrice('BTC/USDT')?.stale).toBe(true);
    socket().heartbeat(10);
    expect(market().state).toBe('live');
    expect(hub.of('market')).toHaveLength(1);
  });

  it('a half-open connection is thrown away after dead_ms without waiting for its close event', async () => {
    const old = await live();
    await pass(12_000);
    expect(old.closedWith).toBe(CLOSE.watchdog.code);
    expect(market().state).toBe('backoff');
    await pass(1_000);
    expect(hub.of('market')).toHaveLength(2);
  });

  it('after a sleep, frames that waited are heard before the connection is judged', async () => {
    await live();
    // The clock jumps while no timer runs, as after a suspend: the timers are all overdue at once.
    vi.setSystemTime(Date.now() + 600_000);
    const { now } = performance;
    const jump = vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 600_000);
    await pass(1_010);
    expect(market().state).toBe('stale');
    socket().heartbeat(10);
    expect(market().state).toBe('live');
    await pass(1_500);
    expect(hub.of('market')).toHaveLength(1);
    jump.mockRestore();
  });

  it('measures the round trip by its own ping', async () => {
    await live();
    await feed(5_000, 10);
    const ping = socket().ofType('ping').at(-1);
    await pass(24);
    socket().say({ type: 'pong', id: ping?.['id'], timestamp: '' });
    expect(market().latencyMs).toBeGreaterThanOrEqual(24);
    expect(market().latencyMs).toBeLessThan(1_100);
  });
});

describe('back-off', () => {
  it('waits within the limits of full jitter, longer each time, and begins anew only after ten seconds live', async () => {
    const delays: number[] = [];
    const failing = async (): Promise<void> => {
      socket().fail();
      const { nextAttemptAt } = market();
      delays.push((nextAttemptAt ?? NaN) - performance.now());
      await pass(delays.at(-1) ?? 0);
    };
    client.connect();
    await pass(0);
    for (let i = 0; i < 7; i++) await failing();
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);

    socket().accept().hello().snapshot(1);
    await pass(3_000);
    await failing();
    expect(delays.at(-1)).toBe(5_000);

    socket().accept().hello().snapshot(1);
    await feed(11_000, 1);
    await failing();
    expect(delays.at(-1)).toBe(500);
  });

  it('obeys goaway and retry_after of the reason', async () => {
    (await live()).say({ type: 'goaway', reason: 'deploy', retry_after_ms: 3_170, close_in_ms: 2_000 });
    socket().end(CLOSE.drain.code);
    expect((market().nextAttemptAt ?? 0) - performance.now()).toBe(3_170);
    await pass(3_169);
    expect(hub.of('market')).toHaveLength(1);
    await pass(2);
    expect(hub.of('market')).toHaveLength(2);
    socket().accept().hello().end(CLOSE.overloaded.code, '{"code":"overloaded","retry_after_ms":7000}');
    expect((market().nextAttemptAt ?? 0) - performance.now()).toBe(7_000);
  });

  it.each([CLOSE.badRequest, CLOSE.unauthenticated, CLOSE.forbidden, CLOSE.unknownSubprotocol, CLOSE.clientTooOld])('stops at $code and says why; a click tries again', async ({ code, words }) => {
    (await live()).end(code);
    expect(market()).toMatchObject({ state: 'stopped', reason: words, nextAttemptAt: null });
    await pass(120_000);
    expect(hub.of('market')).toHaveLength(1);
    client.retry();
    await pass(0);
    expect(hub.of('market')).toHaveLength(2);
  });

  it('a protocol fault is forgiven once, not twice within a minute', async () => {
    (await live()).end(CLOSE.protocol.code);
    expect(market().state).toBe('backoff');
    await pass(500);
    socket().accept().hello().end(CLOSE.protocol.code);
    expect(market().state).toBe('stopped');
  });

  it('comes back without a position when the server voids it', async () => {
    (await live()).end(CLOSE.stateInvalidated.code);
    await pass(1_000);
    socket().accept();
    expect(socket().sent[0]).not.toHaveProperty('resume');
  });

  it('never trusts the code 1000 the library gives after an error', async () => {
    (await live()).fail();
    expect(market().reason).toBe(CLOSE.abnormal.words);
  });

  it('an address the platform refuses is treated as unreachable, again and again', async () => {
    const Refusing = Object.assign(function (): never { throw new SyntaxError('refused'); }, { CLOSING: 2 });
    const refused = createClient({ server: 'https://terminal.example', streams: ['market'], WebSocket: Refusing as never, fetch: () => Promise.reject(new Error('none')), random: () => 0.5, environment: { online: () => true, listen: () => () => undefined } });
    refused.connect();
    await pass(1);
    expect(refused.status('market')).toMatchObject({ state: 'backoff', reason: CLOSE.abnormal.words });
    await pass(30_000);
    expect(['backoff', 'connecting']).toContain(refused.status('market')?.state);
    refused.disconnectAll();
  });
});
