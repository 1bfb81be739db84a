import { afterEach, describe, expect, it } from 'vitest';
import { quote, ROWS, startHub, V2, type Running } from './support';
import { waitFor } from '../../support/waitFor';

const trade = (id: string) => ({ id, price: '10.5', size: '1', side: 'buy', t: 1, venue: 'binance', quality: 'live' });

describe('v2 connections', () => {
  let running: Running;
  const start = async (...args: Parameters<typeof startHub>) => (running = await startHub(...args));
  afterEach(() => running.stop());

  it('say hello, get hello, the state, then batches with the prev rule', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('AAPL', 1), quote('BTC/USDT', 2));
    const client = await connect('market', V2);
    expect(client.ws.protocol).toBe('tickglass.v2.json');
    expect(await client.hello()).toMatchObject({ v: 2, stream: 'market', mode: 'live', server_version: '1.2.3', heartbeat_ms: 5_000, limits: { symbols: 500, channels: 64 }, resumed: {} });
    expect(client.messages[0]?.type).toBe('hello');
    expect(await client.next('initial_data')).toMatchObject({ seq: 2, part: 1, parts: 1 });
    owner.quotes(quote('AAPL', 3), quote('AAPL', 4));
    expect(await client.next('batch')).toMatchObject({ channel: 'market', prev: 2, seq: 4, updates: [{ type: 'market_update', symbol: 'AAPL', data: { price: 4 } }], removed: [] });
    owner.set('market', { AAPL: undefined });
    expect(await client.next('batch', 1)).toMatchObject({ prev: 4, seq: 5, updates: [], removed: ['AAPL'] });
    expect(client.bad).toEqual([]);
  });

  it('are told after the hello what holds since before they came', async () => {
    let degraded = true;
    const status = { type: 'status', level: 'warn', code: 'storage_degraded', state: 'degraded', message: 'History cannot be written: no space left', timestamp: '2026-11-18T00:00:00.000Z' } as const;
    const { connect } = await start({}, { present: () => (degraded ? [status] : []) });
    const client = await connect('signals', V2);
    await client.hello();
    expect(await client.next('status')).toEqual(status);
    const plain = await connect('market');
    expect(await plain.next('status')).toMatchObject({ code: 'storage_degraded' });
    degraded = false;
    const later = await connect('signals', V2);
    await later.hello();
    expect((await later.next('heartbeat')).type).toBe('heartbeat');
    expect(later.of('status')).toEqual([]);
  });

  it('are closed without a hello, and answered when something else comes first', async () => {
    const { connect } = await start({ helloMs: 60 });
    const client = await connect('market', V2);
    client.send({ type: 'subscribe', id: 1, channels: ['market'] });
    expect(await client.next('error')).toMatchObject({ id: 1, code: 'bad_message' });
    expect(await client.closing()).toEqual({ code: 4008, reason: '{"code":"noHello"}' });
    expect(client.of('initial_data')).toEqual([]);
  });

  it('refuse an old version and a second hello', async () => {
    const { connect } = await start();
    const old = await connect('market', V2);
    old.send({ type: 'hello', v: 1 });
    expect((await old.closing()).code).toBe(4426);
    const twice = await connect('market', V2);
    await twice.hello();
    twice.send({ type: 'hello', v: 2 });
    expect(await twice.next('error')).toMatchObject({ code: 'bad_message' });
  });

  it('resume by delta while the numbering lives, with a receipt before the data', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('AAPL', 1), quote('BTC/USDT', 2), quote('ETH/USDT', 3));
    owner.quotes(quote('AAPL', 4), quote('AAPL', 5), quote('ETH/USDT', 6));
    const client = await connect('market', V2);
    expect(await client.hello({ market: { epoch: 'e1', seq: 3 } })).toMatchObject({ resumed: { market: true }, reasons: {} });
    expect(await client.next('receipt')).toMatchObject({ channel: 'market', outcome: 'delta', from: { epoch: 'e1', seq: 3 }, to: { epoch: 'e1', seq: 6 }, missed: 3, replayed: 2, lost: 0 });
    const batch = await client.next('batch');
    expect(batch).toMatchObject({ prev: 3, seq: 6 });
    expect((batch.updates as { symbol: string }[]).map((u) => u.symbol)).toEqual(['AAPL', 'ETH/USDT']);
    expect(client.messages.map((m) => m.type)).toEqual(['hello', 'receipt', 'batch', 'heartbeat']);
  });

  it('resume exactly the symbols they hold; nothing missed is "current"', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('AAPL', 1), quote('BTC/USDT', 2));
    const client = await connect('market', V2);
    await client.hello({ market: { epoch: 'e1', seq: 2, symbols: ['AAPL'] } });
    expect(await client.next('receipt')).toMatchObject({ outcome: 'current', missed: 0, replayed: 0 });
    owner.quotes(quote('BTC/USDT', 3));
    owner.quotes(quote('AAPL', 4));
    expect(await client.next('batch')).toMatchObject({ prev: 2, seq: 4, updates: [{ symbol: 'AAPL' }] });
  });

  it('get a snapshot and the reason when a position cannot be bridged', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('AAPL', 1));
    const fresh = async (point: object) => {
      const client = await connect('market', V2);
      const hello = await client.hello({ market: point });
      await client.next('initial_data');
      return [(hello.resumed as Record<string, boolean>).market, await client.next('receipt')] as const;
    };
    expect(await fresh({ epoch: 'gone', seq: 1 })).toMatchObject([false, { outcome: 'snapshot', reason: 'epoch_changed', missed: null, replayed: 1 }]);
    expect(await fresh({ epoch: 'e1', seq: 99 })).toMatchObject([false, { outcome: 'snapshot', reason: 'unknown_position' }]);
    // more removals than are remembered
    for (let i = 0; i < 10_002; i += 1_000) {
      const keys = Array.from({ length: 1_000 }, (_, k) => `K${i + k}`);
      owner.set('market', keys.map((k) => [k, quote(k, 1)] as const));
      owner.set('market', keys.map((k) => [k, undefined] as const));
    }
    expect(await fresh({ epoch: 'e1', seq: 1 })).toMatchObject([false, { outcome: 'snapshot', reason: 'too_old', missed: 22_000 }]);
  });

  it('resume logs without loss, and announce what is gone', async () => {
    const { owner, connect } = await start();
    owner.append('trades:AAPL', ...Array.from({ length: 6_000 }, (_, i) => trade(String(i + 1))));
    const near = await connect('market', V2);
    await near.hello({ 'trades:AAPL': { epoch: 'e1', seq: 5_000 } });
    const receipts = await near.next('receipt');
    expect(receipts).toMatchObject({ outcome: 'delta', missed: 1_000, replayed: 1_000, lost: 0 });
    const batches = () => near.of('batch').filter((m) => m.channel === 'trades:AAPL');
    await waitFor(() => batches().at(-1)?.seq === 6_000);
    expect(batches().flatMap((b) => (b.items as { seq: number }[]).map((i) => i.seq))).toEqual(Array.from({ length: 1_000 }, (_, i) => 5_001 + i));
    expect(batches().every((b, i) => b.prev === (i === 0 ? 5_000 : batches()[i - 1]?.seq))).toBe(true);
    const far = await connect('market', V2);
    await far.hello({ 'trades:AAPL': { epoch: 'e1', seq: 500 } });
    expect(await far.next('receipt')).toMatchObject({ outcome: 'snapshot', reason: 'too_old', missed: 5_500, replayed: 5_000, lost: 500 });
    expect([...near.bad, ...far.bad]).toEqual([]);
  });

  it('send big states in parts of bounded size that together are the state', async () => {
    const symbols = Array.from({ length: 900 }, (_, i) => `S${i}`);
    const { owner, connect } = await start();
    owner.quotes(...symbols.map((s, i) => quote(s, i)));
    const client = await connect('market', V2);
    await client.hello();
    const parts = Number((await client.next('initial_data')).parts);
    expect(parts).toBeGreaterThan(2);
    await client.next('initial_data', parts - 1);
    expect(client.of('initial_data').map((m) => m.part)).toEqual(Array.from({ length: parts }, (_, i) => i + 1));
    expect(Math.max(...client.texts.map((t) => t.length))).toBeLessThanOrEqual(65_536);
    expect(client.of('initial_data').flatMap((m) => Object.keys(m.data as object)).sort()).toEqual([...symbols].sort());
    owner.quotes(...symbols.map((s, i) => quote(s, i + 1)));
    await waitFor(() => client.of('batch').at(-1)?.seq === 1_800);
    expect(client.of('batch').map((b) => b.prev)).toEqual([900, ...client.of('batch').map((b) => b.seq)].slice(0, client.of('batch').length));
    expect(client.bad).toEqual([]);
  });

  it('subscribe and unsubscribe by channel and symbol, with id, version and reasons', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('AAPL', 1), quote('BTC/USDT', 2));
    owner.append('trades:AAPL', trade('t1'));
    const client = await connect('market', V2);
    await client.hello({ market: { epoch: 'e1', seq: 2, symbols: ['AAPL'] } });
    client.send({ type: 'subscribe', id: 17, channels: ['market', 'trades:AAPL', 'book:AAPL@nowhere', 'signals', 'candles:NOPE'], symbols: ['AAPL', 'BTC/USDT', '__proto__', 'constructor'] });
    const answer = await client.next('subscribed');
    expect(answer).toMatchObject({
      id: 17, sv: 1,
      rejected: [{ symbol: '__proto__', code: 'unknown_symbol' }, { channel: 'book:AAPL@nowhere', code: 'unknown_channel' }, { channel: 'signals', code: 'unknown_channel' }, { channel: 'candles:NOPE', code: 'unknown_symbol' }],
      channels: [
        { channel: 'market', asof: 2, symbols: ['BTC/USDT', 'constructor'], data: { 'BTC/USDT': { price: 2 } } },
        { channel: 'trades:AAPL', asof: 1, items: [{ seq: 1, id: 't1' }] },
      ],
    });
    owner.quotes(quote('constructor', 9), quote('ETH/USDT', 1));
    owner.append('trades:AAPL', trade('t2'));
    await waitFor(() => client.of('batch').length === 2);
    expect(client.of('batch')).toMatchObject([{ channel: 'market', sv: 1, updates: [{ symbol: 'constructor', data: { price: 9 } }] }, { channel: 'trades:AAPL', prev: 1, seq: 2, lost: 0, items: [{ seq: 2, id: 't2' }] }]);
    client.send({ type: 'unsubscribe', id: 18, channels: ['market'], symbols: ['BTC/USDT'] });
    expect(await client.next('unsubscribed')).toMatchObject({ id: 18, sv: 2, channels: ['market'], symbols: ['BTC/USDT'] });
    client.send({ type: 'unsubscribe', id: 19, channels: ['candles:AAPL'] });
    expect(await client.next('error')).toMatchObject({ id: 19, code: 'not_subscribed' });
    expect(client.bad).toEqual([]);
  });

  it('keep to the limits of channels and symbols', async () => {
    const { connect } = await start({ channels: 2, symbols: 2 });
    const client = await connect('market', V2);
    await client.hello();
    client.send({ type: 'subscribe', id: 1, channels: ['sparkline', 'trades:AAPL', 'candles:AAPL'] });
    expect(await client.next('subscribed')).toMatchObject({ rejected: [{ channel: 'trades:AAPL', code: 'too_many_channels' }, { channel: 'candles:AAPL', code: 'too_many_channels' }] });
    client.send({ type: 'unsubscribe', id: 2, channels: ['sparkline'] });
    client.send({ type: 'subscribe', id: 3, channels: ['sparkline'], symbols: ['AAPL', 'BTC/USDT', 'ETH/USDT'] });
    expect(await client.next('subscribed', 1)).toMatchObject({ rejected: [{ channel: 'sparkline', code: 'too_many_symbols' }] });
  });

  it('resync on request, once at a time', async () => {
    const { owner, connect } = await start({ resyncsPerMinute: 2 });
    owner.quotes(quote('AAPL', 1), quote('BTC/USDT', 2));
    const client = await connect('market', V2);
    await client.hello();
    await client.next('initial_data');
    client.send({ type: 'resync', id: 1, channel: 'market', have: { epoch: 'e1', seq: 1 }, sv: 100 });
    expect(await client.next('receipt')).toMatchObject({ outcome: 'delta', missed: 1 });
    expect(await client.next('batch')).toMatchObject({ prev: 1, seq: 2, sv: 100 });
    client.send({ type: 'resync', id: 2, channel: 'market', have: { epoch: 'e1', seq: 2 }, symbols: ['AAPL'] });
    expect(await client.next('receipt', 1)).toMatchObject({ outcome: 'snapshot', reason: 'filter_changed' });
    expect((await client.next('initial_data', 1)).data).toEqual({ AAPL: expect.anything() as unknown });
    client.send({ type: 'resync', id: 3, channel: 'market' });
    expect(await client.next('error')).toMatchObject({ id: 3, code: 'rate_limited', retryable: true });
    client.send({ type: 'resync', id: 4, channel: 'sparkline' });
    expect(await client.next('error', 1)).toMatchObject({ id: 4, code: 'not_subscribed' });
  });

  it('get a fresh state when the numbering restarts, also in the middle of everything', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('AAPL', 1), quote('BTC/USDT', 1));
    const client = await connect('market', ROWS);
    await client.hello();
    await client.next('initial_data');
    owner.quotes(quote('AAPL', 2));
    await waitFor(() => client.messages.some((m) => m['t'] === 'b'));
    owner.reset('market', 'e2');
    owner.quotes(quote('AAPL', 3));
    const state = await client.next('initial_data', 1);
    expect(state).toMatchObject({ epoch: 'e2' });
    expect(Object.keys(state.data as object)).not.toContain('BTC/USDT');
    expect(client.bad).toEqual([]);
  });

  it('hear a heartbeat with positions, feeds and mode, whatever else flows', async () => {
    const { owner, connect } = await start({ heartbeatMs: 30 });
    owner.quotes(quote('AAPL', 1));
    const client = await connect('market', V2);
    await client.hello();
    client.send({ type: 'subscribe', id: 1, channels: ['trades:AAPL'] });
    await client.next('subscribed');
    const beat = await waitFor(() => client.of('heartbeat').find((h) => 'trades:AAPL' in (h.pos as object)));
    expect(beat).toMatchObject({ pos: { market: { epoch: 'e1', seq: 1, sv: 1 }, 'trades:AAPL': { epoch: 'unset', seq: 0 } }, feeds: { binance: { state: 'live' } }, mode: 'live', feed_time: expect.any(Number) as number });
    expect(client.bad).toEqual([]);
  });

  it('say goaway before closing for a restart, and let nobody new in', async () => {
    const { hub, connect } = await start({}, { random: () => 0.5 });
    const client = await connect('market', V2);
    await client.hello();
    const closing = hub.close('deploy', 400);
    expect(await client.next('goaway')).toMatchObject({ reason: 'deploy', retry_after_ms: 500, close_in_ms: 100 });
    await expect(connect('market')).rejects.toThrow(/503/);
    expect(await client.closing()).toEqual({ code: 4001, reason: '{"code":"drain","retry_after_ms":500}' });
    await closing;
    expect(hub.stats().market.clients).toBe(0);
  });

  it('offers the same state over snapshot(), with a position a socket can resume from', async () => {
    const { hub, owner, connect } = await start();
    owner.quotes(quote('AAPL', 1));
    const state = hub.snapshot('market');
    expect(state).toMatchObject({ type: 'initial_data', epoch: 'e1', seq: 1, data: { AAPL: { price: 1 } } });
    expect([hub.snapshot('nope'), hub.snapshot('trades:NOPE'), hub.snapshot('book:AAPL')]).toEqual([null, null, null]);
    const client = await connect('market', V2);
    expect(await client.hello({ market: { epoch: state?.epoch, seq: state?.seq } })).toMatchObject({ resumed: { market: true } });
    expect(hub.stats()).toMatchObject({ market: { clients: 1, seq: 1, epoch: 'e1' } });
  });
});
