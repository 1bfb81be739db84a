import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from 'vue';
import { reportErrors } from '@/app/errors';
import { wireClient } from '@/app/handlers/connection';
import { LateHandlers } from '@/app/handlers/late';
import { useStores, type Stores } from '@/app/handlers/stores';
import { useBookStore } from '@/stores/book';
import { useCandleStore } from '@/stores/candles';
import { useTapeStore } from '@/stores/tape';
import { useVenueQuoteStore } from '@/stores/venueQuotes';
import { createEmitter } from '@/service/emitter';
import type { ClientEvents } from '@/service';
import { rating, signal, stream } from '../panels/support';
import { price } from '../../support/fakeHub';
import { waitFor } from '../../support/waitFor';

let stores: Stores;
let touched: number;
let late: LateHandlers;
const events = () => {
  const emitter = createEmitter<ClientEvents>((error) => { throw error; });
  late = new LateHandlers(() => touched++);
  wireClient(emitter, stores, late, () => touched++);
  return emitter;
};
const change = { channel: 'x', symbol: null, items: [], lost: 0, replace: false, receivedAt: 5, updates: [] } as const;

beforeEach(() => {
  setActivePinia(createPinia());
  stores = useStores();
  touched = 0;
});

describe('from the client to the stores', () => {
  it('each family reaches its store', () => {
    const { emit } = events();
    emit('change', { ...change, family: 'market', updates: [{ key: 'A', value: price(3) }] });
    emit('change', { ...change, family: 'sparkline', updates: [{ key: 'A', value: { end_time: 1, step_ms: 60_000, closes: [1], quality: 'live' } }] });
    emit('change', { ...change, family: 'signals', items: [signal('s1')], lost: 4 });
    emit('change', { ...change, family: 'ratings', updates: [{ key: 'A|1m', value: rating() }] });
    stores.market.flush();
    stores.analysis.flush();
    expect([stores.market.peek('A')?.price, stores.market.sparkline('A')?.closes, stores.analysis.signals.length, stores.analysis.lostSignals, stores.analysis.ratings.size]).toEqual([3, [1], 1, 4, 1]);
    expect(touched).toBe(4);
  });

  it('books, trades, candles and venue quotes reach theirs, however late these are loaded, and show at the flush of a frame', async () => {
    const { emit } = events();
    const level = ['1', '2'] as const;
    emit('change', { family: 'book', channel: 'book:A', symbol: 'A', replace: true, bids: [level], asks: [], depth: 9, state: 'ok', reason: '', venue: 'okx', quality: 'live', levels: null, venueTime: null, ageAtSend: 0, receivedAt: 5 });
    emit('change', { ...change, family: 'trades', channel: 'trades:A', symbol: 'A', lost: 2, items: [{ seq: 3, id: 't', price: '1', size: '1', side: 'buy', t: 1, venue: 'okx', quality: 'live' }] });
    emit('change', { ...change, family: 'candles', channel: 'candles:A', symbol: 'A', updates: [{ key: '1m|0', value: { interval: '1m', open_time: 0, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: false, quality: 'live' } }] });
    emit('change', { ...change, family: 'quote', channel: 'quote:A', symbol: 'A', updates: [{ key: 'okx', value: { price: 1, bid: 1, ask: 1, bid_size: 1, ask_size: 1, volume_24h: 1, quality: 'live', route: 'socket', state: 'ok', activity: 'usual', per_minute: 1, usual_per_minute: 1, leads: true, venue_time: null, age_ms: 1, note: '' } }] });
    const [book, tape, candles, quotes] = [useBookStore(), useTapeStore(), useCandleStore(), useVenueQuoteStore()];
    await waitFor(() => touched === 5, { message: 'what waited was not applied' });
    late.flush();
    expect([book.book('book:A')?.bids.prices[0], tape.tape('trades:A').length, candles.candles('candles:A', '1m').length, quotes.quotes('A').length]).toEqual([1, 2, 1, 1]);
  });

  it('streams, mode, sources, version and activity reach the connection store', () => {
    const { emit } = events();
    emit('stream', stream('binary', { state: 'stale', reason: 'why' }));
    emit('mode', 'replay');
    emit('feeds', { binance: { state: 'live', age_ms: 4 } });
    emit('server', { version: '9' });
    emit('activity', { at: 1, level: 'warn', source: 'market', text: 'words' });
    const { connection } = stores;
    expect([connection.streams.binary.state, connection.streams.market.state, connection.mode, connection.feeds.get('binance')?.state, connection.serverVersion, connection.activity[0]?.text])
      .toEqual(['stale', 'idle', 'replay', 'live', '9', 'words']);
  });
});

describe('faults nobody caught', () => {
  it('go to the activity log in words, once per ten seconds', () => {
    const app = createApp({});
    const page = new EventTarget() as unknown as Window;
    reportErrors(app, stores, page);
    for (let i = 0; i < 3; i++) app.config.errorHandler?.(new Error('row is odd'), null, 'render function');
    for (let i = 0; i < 3; i++) page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: new Error('late') }));
    const texts = stores.connection.activity.map((a) => a.text);
    expect(texts).toEqual(['The page failed: late', 'A part of the page failed (render function): row is odd']);
  });
});
