import { mount } from '@vue/test-utils';
import { beforeEach, describe, expect, it } from 'vitest';
import { nextTick } from 'vue';
import type { BookStateName } from '@/core/contract';
import { ladderOf } from '@/core/market/ladder';
import { bookVerdict, heldWords } from '@/panels/OrderBook/bookWords';
import LadderTable from '@/panels/OrderBook/LadderTable.vue';
import OrderBook from '@/panels/OrderBook/OrderBook.vue';
import { sweepWords } from '@/panels/OrderBook/sweep';
import { useBookStore } from '@/stores/book';
import { useBookSettingsStore } from '@/stores/bookSettings';
import { useConnectionStore } from '@/stores/connection';
import { useVenueQuoteStore } from '@/stores/venueQuotes';
import type { BookApply, BookView } from '@/stores/types';
import { fillMarket, freshStores, mountPanel, stream } from '../support';

const SYMBOL = 'BTC/USDT';
const side = (levels: readonly (readonly [number, number])[]): BookView['bids'] => ({ prices: Float64Array.from(levels, ([p]) => p), sizes: Float64Array.from(levels, ([, s]) => s), sums: new Float64Array(levels.length) });
const view = (change: Partial<BookView> = {}): BookView => ({
  symbol: SYMBOL, venue: 'binance', quality: 'live', state: 'ok', reason: '', depth: 100, levels: [3, 2], venueTime: null, ageAtSend: 200, receivedAt: 1_000,
  bids: side([[100, 2], [99.99, 1], [99.95, 4]]), asks: side([[100.02, 1], [100.05, 3]]), ...change,
});
const FIGURES = { base: 'BTC', quote: 'USDT', priceDecimals: 2, sizeDecimals: 4 };

describe('what is said of a book', () => {
  const faults: readonly (readonly [BookStateName, string, string])[] = [['gap', 'a number was skipped', 'Gap'], ['crossed', 'best bid 2 is not below best ask 1', 'Crossed'], ['stale', 'the connection is not live: closed', 'Old']];
  it.each(faults)('%s: never good, hatched, with the reason and that these are the last levels', (state, reason, title) => {
    const verdict = bookVerdict(view({ state, reason }), 'ok', 'live', 3_000);
    expect([verdict.title, verdict.drawn, verdict.lamp === 'disc', verdict.ageMs]).toEqual([title, 'old', false, 2_200]);
    expect(verdict.words.toLowerCase()).toContain(reason);
    expect(verdict.words).toMatch(/last/);
  });

  it('only a good book of a connected server is good', () => {
    expect(bookVerdict(view(), 'ok', 'live', 1_000)).toMatchObject({ drawn: 'good', lamp: 'disc', title: 'Book good', words: '' });
    for (const state of ['stale', 'backoff', 'offline', 'connecting'] as const) expect(bookVerdict(view(), 'ok', state, 1_000)).toMatchObject({ drawn: 'old', title: 'Interrupted' });
  });

  it('tells loading from a source without a book, a closed market and an empty one', () => {
    const none = { bids: side([]), asks: side([]), state: 'syncing' as const };
    expect(bookVerdict(view({ ...none, reason: 'waiting for a snapshot' }), 'ok', 'live', 0)).toMatchObject({ title: 'Loading', drawn: 'none' });
    expect(bookVerdict(view({ ...none, reason: 'okx has sent no order book of A and is not known to list it' }), 'ok', 'live', 0)).toMatchObject({ title: 'No order book', words: 'Okx has sent no order book of A and is not known to list it.' });
    expect(bookVerdict(view({ ...none, venue: '', reason: '' }), 'ok', 'live', 0)).toMatchObject({ title: 'No order book' });
    expect(bookVerdict(view(), 'closed', 'live', 0)).toMatchObject({ title: 'Market closed', drawn: 'old' });
    expect(bookVerdict(view({ ...none, state: 'ok' }), 'ok', 'live', 0)).toMatchObject({ title: 'Empty', drawn: 'none' });
    expect([bookVerdict(null, 'ok', 'live', 0).title, bookVerdict(null, 'ok', 'backoff', 0).title]).toEqual(['Loading', 'No connection']);
  });

  it('says how much of the book is shown', () => {
    expect([heldWords(view()), heldWords(view({ levels: [900, 2] })), heldWords(view({ levels: null }))]).toEqual(['3 bid and 2 ask levels', 'Best 3 of 900 bid and 2 of 2 ask levels', '3 bid and 2 ask levels']);
  });
});

describe('ladder table', () => {
  const ladder = () => {
    const made = ladderOf(view(), 0.01, 1, 21, null);
    if (!made) throw new Error('no ladder');
    return made;
  };
  const table = (props: Record<string, unknown> = {}) => mount(LadderTable, { props: { ladder: ladder(), unit: 'size', chosen: null, rowHeight: 20, ...FIGURES, ...props } });
  const texts = (wrapper: ReturnType<typeof table>, place: number): string[] => wrapper.find(`[data-slot="${String(place)}"]`).findAll('span').map((cell) => cell.text());

  it('bids left, asks right, sums from the touch, the spread in price, ticks and basis points', () => {
    const wrapper = table();
    expect(wrapper.find('.line--spread').text().replace(/\s+/g, ' ')).toBe('spread 0.02 2 ticks 2.00 bp');
    const rows = ladder().rows;
    const at = (price: number): number => rows.find((r) => r.kind !== 'spread' && Math.abs(r.price - price) < 1e-9)?.slot ?? -1;
    expect([texts(wrapper, at(100)), texts(wrapper, at(99.99)), texts(wrapper, at(100.05))]).toEqual([['2.0000', '2.0000', '100.00', '', ''], ['3.0000', '1.0000', '99.99', '', ''], ['', '', '100.05', '3.0000', '4.0000']]);
    // Nobody between two levels, nothing known beyond the last.
    expect([texts(wrapper, at(99.97)), texts(wrapper, at(99.93)), wrapper.find(`[data-slot="${String(at(99.93))}"]`).classes()]).toEqual([['3.0000', '', '99.97', '', ''], ['', '', '99.93', '', ''], expect.arrayContaining(['row--beyond'])]);
    expect(wrapper.findAll('[role="columnheader"]').map((c) => c.text())).toEqual(['Sum', 'Bid BTC', 'Price', 'Ask BTC', 'Sum']);
  });

  it('in quote value, and what an order to the chosen row takes is marked', async () => {
    const wrapper = table({ unit: 'value' });
    expect(wrapper.text()).toContain('Bid USDT');
    const place = ladder().rows.find((r) => r.kind === 'ask' && r.size === 3)?.slot ?? -1;
    await wrapper.find(`[data-slot="${String(place)}"]`).trigger('pointermove');
    expect(wrapper.emitted('update:chosen')?.at(-1)).toEqual([place]);
    await wrapper.setProps({ chosen: place });
    const swept = wrapper.findAll('.row--swept').map((row) => row.find('.price').text());
    expect([swept.at(0), swept.at(-1)]).toEqual(['100.05', '100.02']);
  });

  it.each([[0.003, '<.01'], [0.378, '0.38'], [9.994, '9.99'], [37.65, '37.7'], [412.3, '412'], [2_345, '2.35K']])('with little room a sum of %d is four or five signs: %s', (sum, words) => {
    const made = ladder();
    const rows = made.rows.map((row) => (row.kind === 'ask' && row.held !== 'no' ? { ...row, size: sum, sumSize: sum } : row));
    const ask = table({ ladder: { ...made, rows }, narrow: true }).findAll('.sum--ask').map((cell) => cell.text()).filter((text) => text !== '');
    expect(new Set(ask)).toEqual(new Set([words]));
  });

  it('words of a sweep: amount, worth, average and distance', () => {
    const rows = ladder().rows;
    const ask = rows.find((r) => r.kind === 'ask' && r.size === 3) ?? null;
    expect(sweepWords(ask, ladder().spread, FIGURES)).toBe('Buy to 100.05: 4 BTC for 400 USDT, average 100.04, 3.25 bp above mid');
    expect(sweepWords(rows.at(-1) ?? null, ladder().spread, FIGURES)).toMatch(/^Sell all that is held: 7 BTC/);
    expect([sweepWords(null, null, FIGURES), sweepWords(rows.find((r) => r.kind === 'spread') ?? null, null, FIGURES)]).toEqual(['', '']);
  });
});

describe('order book panel', () => {
  const apply = (change: Partial<BookApply> = {}): void => {
    useBookStore().apply({
      channel: `book:${SYMBOL}`, symbol: SYMBOL, replace: true, bids: [['100', '2'], ['99.99', '1']], asks: [['100.02', '1']], depth: 100, state: 'ok', reason: '', venue: 'binance', quality: 'live', levels: null,
      venueTime: 1_700_000_000_000, ageAtSend: 0, receivedAt: performance.now(), ...change,
    });
    useBookStore().flush();
  };
  beforeEach(() => {
    freshStores();
    fillMarket({ [SYMBOL]: {} });
  });

  it('shows the book with its state and time; a gap is hatched and said, the rows stay', async () => {
    const { wrapper } = await mountPanel(OrderBook, { props: { symbol: SYMBOL } });
    expect(wrapper.text()).toContain('Loading the order book');
    apply();
    await nextTick();
    expect(wrapper.find('[role="table"]').exists()).toBe(true);
    expect(wrapper.text()).toMatch(/Book good.*as of 22:13:20 UTC/);
    expect(wrapper.find('.box').classes()).not.toContain('hatched');
    apply({ replace: false, bids: [], asks: [], state: 'gap', reason: 'a number was skipped' });
    await nextTick();
    expect(wrapper.find('.box').classes()).toContain('hatched');
    expect(wrapper.find('[role="status"]').text()).toMatch(/Gap.*A number was skipped\. These are the last good levels/);
    expect(wrapper.find('.row--best .price').text()).toBe('100.02');
    useConnectionStore().setStream(stream('market', { state: 'backoff' }));
    await nextTick();
    expect(wrapper.find('[role="status"]').text()).toContain('Interrupted');
    wrapper.unmount();
  });

  it('stands still when the touch walks a little; C puts it in the middle; plus and minus change the grouping', async () => {
    apply();
    const { wrapper } = await mountPanel(OrderBook, { props: { symbol: SYMBOL } });
    const box = wrapper.find('.box');
    const placeOf = (price: string): string | undefined => wrapper.findAll('[data-slot]').find((row) => row.find('.price').text() === price)?.attributes('data-slot');
    const before = placeOf('99.90');
    apply({ bids: [['100.02', '1']], asks: [['100.04', '1']] });
    await nextTick();
    expect(placeOf('99.90')).toBe(before);
    await box.trigger('keydown', { key: 'c' });
    expect(placeOf('99.90')).not.toBe(before);
    await box.trigger('keydown', { key: '+' });
    expect(useBookSettingsStore().grouping(SYMBOL)).toBe(2);
    await box.trigger('keydown', { key: '-' });
    expect(useBookSettingsStore().grouping(SYMBOL)).toBe(1);
    await box.trigger('keydown', { key: 'ArrowDown' });
    expect(wrapper.find('.sweep').text()).toMatch(/^(Buy|Sell|1 bid)/);
    wrapper.unmount();
  });

  it('offers the leader and every venue with a stream; the choice holds for all panels of the symbol', async () => {
    const data = { price: 1, bid: 1, ask: 1, bid_size: 1, ask_size: 1, volume_24h: 1, quality: 'live', route: 'socket', state: 'ok', activity: 'usual', per_minute: 1, usual_per_minute: 1, leads: true, venue_time: null, age_ms: 1, note: '' } as const;
    useVenueQuoteStore().apply(SYMBOL, { replace: true, receivedAt: 1, updates: [{ key: 'binance', value: data }, { key: 'kraken', value: { ...data, leads: false } }, { key: 'coingecko', value: { ...data, route: 'rest', leads: false } }] });
    apply();
    const { wrapper } = await mountPanel(OrderBook, { props: { symbol: SYMBOL } });
    const select = wrapper.find('select');
    expect(select.findAll('option').map((o) => o.text())).toEqual(['Leader: Binance', 'Binance', 'Kraken']);
    await select.setValue('kraken');
    expect(useBookSettingsStore().venue(SYMBOL)).toBe('kraken');
    expect(wrapper.text()).toContain('Loading the order book');
    apply({ channel: `book:${SYMBOL}@kraken`, venue: 'kraken', bids: [['7', '1']], asks: [['8', '1']] });
    await nextTick();
    expect(wrapper.find('[role="table"]').text()).toContain('8.00');
    wrapper.unmount();
  });

  it('a book of another kind says so', async () => {
    useConnectionStore().setMode('replay');
    apply({ quality: 'replay' });
    const { wrapper } = await mountPanel(OrderBook, { props: { symbol: SYMBOL } });
    expect(wrapper.find('.tag').text()).toContain('REPLAY');
    wrapper.unmount();
  });
});
