import { afterEach, describe, expect, it } from 'vitest';
import type { VenueQuote } from '@/core/market/outputs';
import { bookCrc, HEAD_KEY, type BookHead } from '../../../server/bus/bookChannel';
import { waitFor } from '../../support/waitFor';
import { ROWS, startHub, V2, type Running } from './support';

let running: Running;
afterEach(() => running.stop());

/** A hub, and what its bus is asked to make. */
async function start(options: Parameters<typeof startHub>[0] = {}) {
  running = await startHub(options);
  const wanted = new Set<string>();
  running.bus.onWant((channel, is) => void (is ? wanted.add(channel) : wanted.delete(channel)));
  return { ...running, wanted };
}
const gauge = async (family: string): Promise<number> => (await running.metrics.wantedChannels.get()).values.find((v) => v.labels.family === family)?.value ?? 0;

const head = (over: Partial<BookHead> = {}): BookHead => ({
  venue: 'binance', state: 'ok', reason: '', kind: 'live', depth: 100, levels: [900, 800], venueTime: 1_700_000_000_000, receiveTime: Date.now() - 4_000,
  crc: bookCrc([['100.0', '1']], [['100.5', '2']]), ...over,
});
const book = (over?: Partial<BookHead>): [string, unknown][] => [['b:100.0', '1'], ['a:100.5', '2'], [HEAD_KEY, head(over)]];
const venueQuote = (over: Partial<VenueQuote> = {}): VenueQuote => ({
  symbol: 'BTC/USDT', venue: 'binance', kind: 'live', route: 'socket', last: 100, bid: 99.5, ask: 100.5, bidSize: 1, askSize: 2, volume24h: 10, state: 'ok', activity: 'usual',
  perMinute: 60, usualPerMinute: 55, leads: true, note: '', venueTime: 1_700_000_000_000, receiveTime: Date.now() - 4_000, ...over,
});
const trade = (id: string) => ({ id, price: '1', size: '1', side: 'buy', t: 1, venue: 'binance', quality: 'live' });

describe('channels made on demand', () => {
  it.each([['market', V2], ['market', ROWS], ['market', []], ['any', V2], ['any', []]] as const)('order books come in the same messages on %s with %j', async (stream, protocols) => {
    const { owner, connect, wanted } = await start();
    const client = await connect(stream, [...protocols]);
    if (protocols.length > 0) await client.hello();
    client.send({ type: 'subscribe', id: 1, channels: ['book:BTC/USDT@binance'] });
    expect(await client.next('subscribed')).toMatchObject({ channels: [{ channel: 'book:BTC/USDT@binance' }], rejected: [] });
    expect(await client.next('book_snapshot')).toMatchObject({ state: 'syncing', reason: 'waiting for the first order book', bids: [], asks: [], symbol: 'BTC/USDT' });
    expect([...wanted]).toEqual(['book:BTC/USDT@binance']);
    owner.set('book:BTC/USDT@binance', book());
    const snapshot = await client.next('book_snapshot', 1);
    expect(snapshot).toMatchObject({
      symbol: 'BTC/USDT', channel: 'book:BTC/USDT@binance', epoch: 'e1', seq: 3, depth: 100, venue: 'binance', state: 'ok', reason: '', quality: 'live',
      bids: [['100.0', '1']], asks: [['100.5', '2']], levels: [900, 800], venue_time: 1_700_000_000_000, crc: bookCrc([['100.0', '1']], [['100.5', '2']]),
    });
    expect(Number(snapshot.age_ms)).toBeGreaterThanOrEqual(3_900);
    owner.set('book:BTC/USDT@binance', [['b:100.0', undefined], ['b:99.5', '7'], [HEAD_KEY, head({ state: 'crossed', reason: 'why' })]]);
    expect(await client.next('book_update')).toMatchObject({ prev: 3, seq: 6, bids: [['100.0', '0'], ['99.5', '7']], asks: [], state: 'crossed', reason: 'why' });
    expect(client.bad).toEqual([]);
  });

  it('what each venue says of a symbol, with its age at sending', async () => {
    const { owner, connect } = await start();
    const client = await connect('market', V2);
    await client.hello();
    client.send({ type: 'subscribe', channels: ['quote:BTC/USDT'] });
    await client.next('subscribed');
    owner.set('quote:BTC/USDT', { binance: venueQuote(), kraken: venueQuote({ venue: 'kraken', leads: false, note: 'binance is preferred', last: null, receiveTime: null, bid: NaN }) });
    const state = await waitFor(() => client.of('initial_data').find((m) => m.channel === 'quote:BTC/USDT'));
    expect(state).toMatchObject({
      channel: 'quote:BTC/USDT',
      data: { binance: { price: 100, leads: true, activity: 'usual', per_minute: 60 }, kraken: { price: null, bid: null, leads: false, note: 'binance is preferred', age_ms: null } },
    });
    expect((state.data as { binance: { age_ms: number } }).binance.age_ms).toBeGreaterThanOrEqual(3_900);
    owner.set('quote:BTC/USDT', { binance: venueQuote({ last: 101 }) });
    const batch = await waitFor(() => client.of('batch').find((m) => m.channel === 'quote:BTC/USDT'));
    expect(batch).toMatchObject({ updates: [{ symbol: 'binance', data: { price: 101 } }], removed: [] });
    owner.set('quote:BTC/USDT', { kraken: undefined });
    await waitFor(() => client.of('batch').some((m) => JSON.stringify(m.removed) === '["kraken"]'));
    expect(client.bad).toEqual([]);
  });

  it('trades and candles of one venue are channels like the others; what was lost of the log is told', async () => {
    const { owner, connect } = await start();
    const client = await connect('market', V2);
    await client.hello();
    client.send({ type: 'subscribe', channels: ['trades:AAPL@binance', 'candles:AAPL@binance'] });
    await client.next('subscribed');
    owner.append('trades:AAPL@binance', trade('1'), trade('2'));
    owner.set('candles:AAPL@binance', { '1m|0': { interval: '1m', open_time: 0, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: false, quality: 'live' } });
    const log = await waitFor(() => client.of('initial_data').find((m) => m.channel === 'trades:AAPL@binance'));
    expect(log).toMatchObject({ items: [{ seq: 1, id: '1' }, { seq: 2, id: '2' }] });
    await waitFor(() => client.of('initial_data').find((m) => m.channel === 'candles:AAPL@binance'));
    running.bus.publish({ type: 'log', channel: 'trades:AAPL@binance', epoch: 'e1', prev: 5, seq: 6, items: [trade('6')] });
    const batch = await waitFor(() => client.of('batch').find((m) => m.channel === 'trades:AAPL@binance'));
    expect(batch).toMatchObject({ lost: 3, items: [{ seq: 6, id: '6' }] });
    expect(client.bad).toEqual([]);
  });

  it('a venue or symbol nobody knows is refused, each with its own code', async () => {
    const { connect } = await start();
    const client = await connect('market', V2);
    await client.hello();
    client.send({ type: 'subscribe', channels: ['book:BTC/USDT@nowhere', 'book:NOPE@binance', 'quote:BTC/USDT@binance', 'book:BTC/USDT@__proto__', 'book:BTC/USDT@constructor', 'book'] });
    expect((await client.next('subscribed')).rejected).toEqual([
      { channel: 'book:BTC/USDT@nowhere', code: 'unknown_channel' }, { channel: 'book:NOPE@binance', code: 'unknown_symbol' }, { channel: 'quote:BTC/USDT@binance', code: 'unknown_channel' },
      { channel: 'book:BTC/USDT@__proto__', code: 'unknown_channel' }, { channel: 'book:BTC/USDT@constructor', code: 'unknown_channel' }, { channel: 'book', code: 'unknown_channel' },
    ]);
  });

  it('are wanted while any client holds them and for a while after, then forgotten whole', async () => {
    const { owner, connect, wanted } = await start({ lingerMs: 30 });
    const [a, b] = await Promise.all([connect('market', V2), connect('market', V2)]);
    await Promise.all([a.hello(), b.hello()]);
    for (const client of [a, b]) client.send({ type: 'subscribe', channels: ['book:BTC/USDT'] });
    await Promise.all([a.next('subscribed'), b.next('subscribed')]);
    owner.set('book:BTC/USDT', book());
    await Promise.all([a.next('book_snapshot', 1), b.next('book_snapshot', 1)]);
    expect(await gauge('book')).toBe(1);
    a.send({ type: 'unsubscribe', channels: ['book:BTC/USDT'] });
    await a.next('unsubscribed');
    expect([...wanted]).toEqual(['book:BTC/USDT']);
    b.ws.terminate();
    await waitFor(() => wanted.size === 0, { message: 'the want to end after the last reader' });
    expect(await gauge('book')).toBe(0);
    // Nothing of it is left here: a new reader does not get what was true then.
    a.send({ type: 'subscribe', channels: ['book:BTC/USDT'] });
    expect(await a.next('book_snapshot', 2)).toMatchObject({ state: 'syncing', bids: [] });
  });

  it('a reader that comes back soon finds the channel still made', async () => {
    const { owner, connect, wanted } = await start({ lingerMs: 60_000 });
    const a = await connect('market', V2);
    await a.hello();
    a.send({ type: 'subscribe', channels: ['book:BTC/USDT'] });
    await a.next('subscribed');
    owner.set('book:BTC/USDT', book());
    await a.next('book_snapshot', 1);
    a.ws.terminate();
    const b = await connect('market', V2);
    await b.hello({ 'book:BTC/USDT': { epoch: 'e1', seq: 3 } });
    expect(await b.next('receipt')).toMatchObject({ channel: 'book:BTC/USDT', outcome: 'snapshot', reason: 'fresh', replayed: 3 });
    expect(await b.next('book_snapshot')).toMatchObject({ state: 'ok', bids: [['100.0', '1']] });
    expect(wanted.size).toBe(1);
  });

  it('the number of them is bounded for a client and for all; those nobody reads any more give way', async () => {
    const { connect, wanted } = await start({ wantedChannels: 2, channels: 4, lingerMs: 60_000 });
    const a = await connect('market', V2);
    await a.hello();
    a.send({ type: 'subscribe', channels: ['book:BTC/USDT', 'quote:BTC/USDT', 'book:AAPL', 'candles:AAPL', 'sparkline'] });
    expect((await a.next('subscribed')).rejected).toEqual([{ channel: 'book:AAPL', code: 'overloaded' }, { channel: 'sparkline', code: 'too_many_channels' }]);
    const b = await connect('market', V2);
    expect(await b.hello({ 'book:ETH/USDT': { epoch: 'e1', seq: 1 }, 'book:BTC/USDT': { epoch: 'e1', seq: 1 } })).toMatchObject({
      resumed: { 'book:ETH/USDT': false, 'book:BTC/USDT': false }, reasons: { 'book:ETH/USDT': 'overloaded', 'book:BTC/USDT': 'epoch_changed' },
    });
    a.send({ type: 'unsubscribe', channels: ['quote:BTC/USDT'] });
    await a.next('unsubscribed');
    a.send({ type: 'subscribe', channels: ['book:AAPL'] });
    expect((await a.next('subscribed', 1)).rejected).toEqual([]);
    expect([...wanted].sort()).toEqual(['book:AAPL', 'book:BTC/USDT']);
  });

  it('the snapshot for HTTP makes no channel', async () => {
    const { hub, wanted } = await start();
    expect(hub.snapshot('quote:BTC/USDT')).toBeNull();
    expect(hub.snapshot('book:BTC/USDT')).toBeNull();
    expect(hub.snapshot('candles:BTC/USDT')).toMatchObject({ data: {} });
    expect(wanted.size).toBe(0);
  });
});
