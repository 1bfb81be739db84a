import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { computed } from 'vue';
import type { CandleData, TradeItem, VenueQuoteData } from '@/core/contract';
import { useBookStore } from '@/stores/book';
import { useCandleStore } from '@/stores/candles';
import { useTapeStore } from '@/stores/tape';
import type { BookApply } from '@/stores/types';
import { useVenueQuoteStore } from '@/stores/venueQuotes';

const CHANNEL = 'book:BTC/USDT';
const book = (change: Partial<BookApply>): BookApply => ({
  channel: CHANNEL, symbol: 'BTC/USDT', replace: false, bids: [], asks: [], depth: 3, state: 'ok', reason: '', venue: 'okx', quality: 'live', levels: null, venueTime: null, ageAtSend: 0, receivedAt: 5, ...change,
});
const trade = (seq: number): TradeItem => ({ seq, id: `t${seq}`, price: '1', size: '2', side: 'buy', t: seq, venue: 'okx', quality: 'live' });
const candle = (open_time: number, change: Partial<CandleData> = {}): CandleData => ({ interval: '1m', open_time, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: true, quality: 'live', ...change });
const quote = (change: Partial<VenueQuoteData> = {}): VenueQuoteData => ({
  price: 1, bid: 1, ask: 1, bid_size: 1, ask_size: 1, volume_24h: 1, quality: 'live', route: 'socket', state: 'ok', activity: 'usual', per_minute: 1, usual_per_minute: 1, leads: true, venue_time: null, age_ms: 1, note: '', ...change,
});

beforeEach(() => setActivePinia(createPinia()));

describe('book store', () => {
  it('holds sides best first with running sums, bounded by the depth; a read is renewed by the flush, once for many changes', () => {
    const store = useBookStore();
    let reads = 0;
    const seen = computed(() => {
      reads++;
      return store.book(CHANNEL);
    });
    expect(seen.value).toBeNull();
    store.apply(book({ replace: true, bids: [['99', '1'], ['98', '2'], ['97', '3'], ['96', '4']], asks: [['101', '1']] }));
    store.apply(book({ bids: [['99', '0'], ['98.5', '5']] }));
    expect([seen.value, reads]).toEqual([null, 1]);
    store.flush();
    expect([[...(seen.value?.bids.prices ?? [])], [...(seen.value?.bids.sums ?? [])], [...(seen.value?.asks.prices ?? [])], reads]).toEqual([[98.5, 98, 97], [5, 7, 10], [101], 2]);
    store.flush();
    expect([seen.value !== null, reads]).toEqual([true, 2]);
  });

  it('a change of state alone keeps the levels and is shown with its reason', () => {
    const store = useBookStore();
    store.apply(book({ replace: true, bids: [['99', '1']] }));
    store.apply(book({ state: 'gap', reason: 'a number was skipped' }));
    expect(store.book(CHANNEL)).toMatchObject({ state: 'gap', reason: 'a number was skipped', venue: 'okx' });
    expect([...(store.book(CHANNEL)?.bids.prices ?? [])]).toEqual([99]);
  });

  it('forgets the books longest untouched when there are very many', () => {
    const store = useBookStore();
    for (let i = 0; i < 80; i++) store.apply(book({ channel: `book:S${i}` }));
    expect([store.book('book:S0'), store.book('book:S79')?.venue]).toEqual([null, 'okx']);
  });
});

describe('tape store', () => {
  it('newest first, one line per taker order, with a mark where trades are missing for good, at most a thousand lines', () => {
    const store = useTapeStore();
    store.apply('trades:A', [trade(100), trade(200), trade(201)], { replace: false, lost: 0 });
    store.apply('trades:A', [trade(600)], { replace: false, lost: 3 });
    expect(store.tape('trades:A').map((e) => (e.kind === 'trade' ? [e.time, e.fills] : `${e.count ?? 'some'} missing`))).toEqual([[600, 1], '3 missing', [200, 2], [100, 1]]);
    expect([store.volumes('trades:A', 1_000)?.[0]?.buy, store.volumes('trades:B', 1_000)]).toEqual(['8', null]);
    store.apply('trades:A', Array.from({ length: 5_000 }, (_, i) => trade(1_000 + 20 * i)), { replace: false, lost: 0 });
    expect([store.tape('trades:A').length, store.tape('trades:B')]).toEqual([1_000, []]);
    store.apply('trades:A', [trade(1)], { replace: true, lost: 0 });
    expect(store.tape('trades:A')).toHaveLength(1);
  });

  it('a reader of one channel is renewed by its flush, not by other channels', () => {
    const store = useTapeStore();
    let reads = 0;
    const lines = computed(() => {
      reads++;
      return store.tape('trades:A').length;
    });
    expect(lines.value).toBe(0);
    store.apply('trades:A', [trade(1)], { replace: true, lost: 0 });
    store.apply('trades:B', [trade(1)], { replace: true, lost: 0 });
    expect(lines.value).toBe(0);
    store.flush();
    expect(lines.value).toBe(1);
    store.apply('trades:B', [trade(50)], { replace: false, lost: 0 });
    store.flush();
    expect([lines.value, reads]).toEqual([1, 2]);
  });
});

describe('candle store', () => {
  it('orders by time, lets the forming one be replaced, keeps intervals and channels apart, and removes by key', () => {
    const store = useCandleStore();
    const put = (...values: CandleData[]): void => store.apply('candles:A', { replace: false, updates: values.map((value) => ({ key: `${value.interval}|${value.open_time}`, value })) });
    put(candle(120_000, { closed: false }), candle(60_000), candle(0, { interval: '5m' }));
    put(candle(120_000, { closed: false, close: 9 }));
    expect(store.candles('candles:A', '1m').map((c) => [c.open_time, c.close, c.closed])).toEqual([[60_000, 1, true], [120_000, 9, false]]);
    expect([store.candles('candles:A', '5m').length, store.candles('candles:A@okx', '1m')]).toEqual([1, []]);
    store.apply('candles:A', { replace: false, updates: [{ key: '1m|60000', value: null }] });
    expect(store.candles('candles:A', '1m').map((c) => c.open_time)).toEqual([120_000]);
    store.apply('candles:A', { replace: true, updates: [] });
    expect(store.candles('candles:A', '1m')).toEqual([]);
  });

  it('is bounded: the oldest go', () => {
    const store = useCandleStore();
    store.apply('candles:A', { replace: true, updates: Array.from({ length: 12_000 }, (_, i) => ({ key: `1s|${i}`, value: candle(i, { interval: '1s' }) })) });
    const kept = store.candles('candles:A', '1s');
    expect([kept.length, kept.at(-1)?.open_time]).toEqual([5_000, 11_999]);
  });
});

describe('venue quotes store', () => {
  it('one row per venue; a removed venue goes, a snapshot replaces all', () => {
    const store = useVenueQuoteStore();
    store.apply('A', { replace: true, receivedAt: 1, updates: [{ key: 'okx', value: quote() }, { key: 'kraken', value: quote({ leads: false }) }] });
    store.apply('A', { replace: false, receivedAt: 2, updates: [{ key: 'okx', value: quote({ price: 2 }) }] });
    expect(store.quotes('A').map((q) => [q.venue, q.data.price, q.receivedAt])).toEqual([['okx', 2, 2], ['kraken', 1, 1]]);
    store.apply('A', { replace: false, receivedAt: 3, updates: [{ key: 'kraken', value: null }] });
    expect(store.quotes('A').map((q) => q.venue)).toEqual(['okx']);
    store.apply('A', { replace: true, receivedAt: 3, updates: [] });
    expect(store.quotes('A')).toEqual([]);
  });
});
