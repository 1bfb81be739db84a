import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import PriceTable from '@/panels/PriceTable/PriceTable.vue';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';
import { useSettingsStore } from '@/stores/settings';
import { useWatchlistStore } from '@/stores/watchlists';
import MarketView from '@/views/MarketView.vue';
import { fillMarket, freshStores, instrument, mountPanel, quote, stream, type Mounted } from './support';

let mounted: Mounted;
const open = async (props: Record<string, unknown> = {}): Promise<Mounted> => {
  mounted = await mountPanel(PriceTable, { props });
  // The line under the rows is fetched with the first of them.
  await vi.dynamicImportSettled();
  await nextTick();
  return mounted;
};
const symbols = (): string[] => mounted.wrapper.findAll('[role="rowheader"] a').map((a) => a.text());
const grid = () => mounted.wrapper.find('[role="grid"]');
const head = (name: string) => mounted.wrapper.findAll('[role="columnheader"]').find((th) => th.text() === name)!;
const row = (symbol: string) => mounted.wrapper.findAll('[role="row"]').find((r) => r.text().startsWith(symbol))!;

beforeEach(freshStores);
afterEach(() => mounted.wrapper.unmount());

describe('PriceTable', () => {
  it('draws some forty rows of five hundred and tells the real count', async () => {
    fillMarket(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`S${String(i).padStart(3, '0')}/USD`, {}])));
    await open();
    expect(symbols().length).toBeLessThan(45);
    expect(symbols().length).toBeGreaterThan(10);
    expect(grid().attributes('aria-rowcount')).toBe('501');
    expect(mounted.wrapper.findAll('[role="row"]')[1]!.attributes('aria-rowindex')).toBe('2');
  });

  it('sorts by a header in three steps, with unknown values always last', async () => {
    fillMarket({ 'A/USD': { change_24h: 1 }, 'B/USD': { change_24h: null }, 'C/USD': { change_24h: 3 } });
    await open();
    const button = head('Change %').find('button');
    await button.trigger('click');
    expect(symbols()).toEqual(['C/USD', 'A/USD', 'B/USD']);
    expect(head('Change %').attributes('aria-sort')).toBe('descending');
    await button.trigger('click');
    expect(symbols()).toEqual(['A/USD', 'C/USD', 'B/USD']);
    expect(head('Change %').attributes('aria-sort')).toBe('ascending');
    await button.trigger('click');
    expect(symbols()).toEqual(['A/USD', 'B/USD', 'C/USD']);
    expect(head('Change %').attributes('aria-sort')).toBe('none');
  });

  it('filters by typed text with or without the slash, by name, and by class', async () => {
    fillMarket({ 'BTC/USDT': {}, 'ETH/USDT': {}, AAPL: {} }, [instrument('AAPL', { assetClass: 'equity', name: 'Apple' }), instrument('BTC/USDT', { name: 'Bitcoin' })]);
    await open();
    const input = mounted.wrapper.find('input[type="search"]');
    await input.setValue('btcu');
    expect(symbols()).toEqual(['BTC/USDT']);
    await input.setValue('appl');
    expect(symbols()).toEqual(['AAPL']);
    await input.setValue('');
    await mounted.wrapper.findAll('.classes button').find((b) => b.text() === 'Shares')!.trigger('click');
    expect(symbols()).toEqual(['AAPL']);
  });

  it('is worked by keyboard: arrows, ends, favourite, open', async () => {
    fillMarket({ 'A/USD': {}, 'B/USD': {}, 'C/USD': {} });
    await open();
    const active = (): string => mounted.wrapper.find('[aria-selected="true"] [role="rowheader"] a').text();
    await grid().trigger('focus');
    expect(active()).toBe('A/USD');
    await grid().trigger('keydown', { key: 'ArrowDown' });
    expect(active()).toBe('B/USD');
    expect(document.getElementById(grid().attributes('aria-activedescendant') ?? '')?.textContent).toContain('B/USD');
    await grid().trigger('keydown', { key: 'End' });
    await grid().trigger('keydown', { key: ' ' });
    expect(useSettingsStore().favourites).toEqual(['C/USD']);
    await grid().trigger('keydown', { key: 'Home' });
    await grid().trigger('keydown', { key: 'Enter' });
    expect(mounted.wrapper.findComponent(PriceTable).emitted('open')).toEqual([['A/USD']]);
  });

  it('shows prices by the tick size of the symbol', async () => {
    fillMarket({ 'TINY/USDT': { price: 0.00000644, bid: 0.00000643, ask: 0.00000645 } }, [instrument('TINY/USDT', { tickSize: 1e-8, priceDecimals: 8 })]);
    await open();
    expect(row('TINY/USDT').text()).toContain('0.00000644');
  });

  it('never shows a price as nothing because its step is not known', async () => {
    fillMarket({ 'PEPE/USDT': { price: 0.00000644, bid: null, ask: null }, 'BTC/USDT': { price: 100_000.1 } });
    await open();
    expect(row('PEPE/USDT').find('.price').text()).toBe('0.00000644');
    expect(row('BTC/USDT').find('.price').text()).toBe('100,000.10');
  });

  it('changes only the row whose quote changed, and shows the changed digits', async () => {
    fillMarket({ 'A/USD': { price: 100.12 }, 'B/USD': { price: 50 } });
    await open();
    const other = row('B/USD').html();
    useMarketStore().applyQuotes({ replace: false, receivedAt: performance.now(), updates: [{ key: 'A/USD', value: quote({ price: 100.19 }) }] });
    await mounted.flush();
    await nextTick();
    expect(row('A/USD').find('.price__changed').text()).toBe('9');
    expect(row('A/USD').find('.price').classes()).toEqual(expect.arrayContaining(['up', 'price--flash']));
    expect(row('B/USD').html()).toBe(other);
  });

  it('keeps a stale value readable, marks it, and calls a closed market closed', async () => {
    fillMarket({ 'A/USD': { state: 'stale', age_ms: 41_000 }, 'B/USD': { state: 'closed' }, 'C/USD': { state: 'none', price: null, source: '' } });
    await open();
    expect(row('A/USD').classes()).toContain('row--stale');
    expect(row('A/USD').text()).toMatch(/100\.00.*stale, 41 s/);
    expect(row('B/USD').classes()).toContain('row--closed');
    expect(row('B/USD').text()).toContain('closed');
    expect(row('C/USD').text()).toContain('no source');
    expect(row('C/USD').find('.price').text()).toBe('');
  });

  it('shows chosen columns only, and keeps the symbol whatever is chosen', async () => {
    fillMarket({ 'A/USD': {} });
    useSettingsStore().update({ columns: ['last', 'age'] });
    await open();
    expect(mounted.wrapper.findAll('[role="columnheader"]').map((th) => th.text())).toEqual(['Symbol', 'Last', 'Age']);
  });
});

describe('PriceTable, its states', () => {
  const state = () => mounted.wrapper.text();

  it('loading', async () => {
    useConnectionStore().setStream(stream('market', { state: 'connecting' }));
    await open();
    expect(mounted.wrapper.find('[role="status"]').text()).toContain('Loading prices');
  });
  it('no server: says why, when it tries again, and tries at once on request', async () => {
    useConnectionStore().setStream(stream('market', { state: 'backoff', reason: 'The server cannot be reached', nextAttemptAt: performance.now() + 3_000 }));
    await open();
    expect(state()).toMatch(/No connection to the server.*cannot be reached.*retry in 3 s/);
    await mounted.wrapper.findAll('button').find((b) => b.text() === 'Try now')!.trigger('click');
    expect(mounted.retried).toEqual(['market']);
  });
  it('no source', async () => {
    useConnectionStore().setStream(stream('market'));
    useConnectionStore().setMode('none');
    await open();
    expect(state()).toContain('No source of prices so far');
    // Right after a start none has answered, whatever is switched on.
    expect(state()).toContain('none has given a price yet');
  });
  it('nothing found, and the way back', async () => {
    fillMarket({ 'A/USD': {} });
    await open({ text: 'zzz' });
    expect(state()).toContain('No symbol matches “zzz”');
    await mounted.wrapper.findAll('button').find((b) => b.text() === 'Show all symbols')!.trigger('click');
    expect(mounted.wrapper.findComponent(PriceTable).emitted('update:text')).toEqual([['']]);
  });
  it('no favourite yet', async () => {
    fillMarket({ 'A/USD': {} });
    useSettingsStore().update({ assetClass: 'favourites' });
    await open();
    expect(state()).toContain('No favourites yet');
  });
  it('a cut line keeps the rows, marks them and takes the word LIVE away', async () => {
    fillMarket({ 'A/USD': {} });
    await open();
    expect(mounted.wrapper.find('.panel__head .tag').text()).toMatch(/^LIVE/);
    useConnectionStore().setStream(stream('market', { state: 'backoff', reason: 'The server is restarting', nextAttemptAt: performance.now() + 2_000 }));
    await nextTick();
    expect(symbols()).toEqual(['A/USD']);
    expect(row('A/USD').classes()).toContain('row--stale');
    expect(mounted.wrapper.find('.panel__head .tag').text()).toMatch(/^NOT LIVE/);
    expect(mounted.wrapper.find('.feed-notice').text()).toMatch(/restarting.*retry in [23] s/);
  });
  it('under the last row: what the filter hides, with the way back, and nothing when all is shown', async () => {
    fillMarket({ 'A/USD': {}, 'B/USD': {} });
    await open({ text: 'b/' });
    expect(mounted.wrapper.find('.end').text()).toMatch(/^1 of 2 symbols\. Show all/);
    await mounted.wrapper.find('.end__all').trigger('click');
    expect(mounted.wrapper.findComponent(PriceTable).emitted('update:text')).toEqual([['']]);
    await mounted.wrapper.setProps({ text: '' });
    expect(mounted.wrapper.find('.end').exists()).toBe(false);
  });
  it('tells why rows and cells are blank: no source for shares, no 24 hour figures in a recording', async () => {
    fillMarket({ 'A/USD': { open_24h: null, change_24h: null, high_24h: null, low_24h: null, volume_24h: null }, AAPL: { state: 'none', price: null, source: '' } }, [instrument('AAPL', { assetClass: 'equity' })]);
    await open();
    expect(mounted.wrapper.find('.end').text()).toMatch(/^1 share without a source\. .*start the server with FINNHUB_API_KEY/);
    expect(row('AAPL').find('.source').attributes('title')).toContain('FINNHUB_API_KEY');
    expect(row('A/USD').findAll('[title="Not known yet"]')).toHaveLength(4);
    useConnectionStore().setMode('replay');
    useMarketStore().applyQuotes({ replace: false, receivedAt: performance.now(), updates: [{ key: 'AAPL', value: null }] });
    await mounted.flush();
    expect(row('A/USD').findAll('[title="Not in this recording"]')).toHaveLength(4);
    expect(mounted.wrapper.find('.end').text()).toBe('24 hour change, range and volume are not in this recording.');
  });
  it('a refusing venue is named with its reason while no real prices come', async () => {
    fillMarket({ 'A/USD': { quality: 'simulated', source: 'simulator', route: 'simulator' } });
    useConnectionStore().setMode('simulated');
    useConnectionStore().setFeeds({ binance: { state: 'refused', age_ms: null, reason: 'not offered in this region (451)' } });
    await open();
    expect(mounted.wrapper.find('.feed-notice').text()).toBe('Binance: not offered in this region (451) Sources');
    useConnectionStore().setFeeds({ binance: { state: 'refused', age_ms: null, reason: 'not offered in this region (451)' }, okx: { state: 'waiting', age_ms: null, reason: 'cannot be reached' } });
    await mounted.flush();
    expect(mounted.wrapper.findAll('.feed-notice p').map((p) => p.text())).toEqual(['No data from Binance, OKX; each is tried again by itself. Sources']);
    expect(mounted.wrapper.find('.panel__head .tag').text()).toMatch(/^SIMULATED/);
    expect(row('A/USD').find('.source').classes()).toContain('violet');
  });
});

describe('PriceTable, lists and columns', () => {
  const heads = (): string[] => mounted.wrapper.findAll('[role="columnheader"]').map((th) => th.text());
  const key = async (name: string, init: KeyboardEventInit = {}): Promise<void> => {
    await grid().trigger('keydown', { key: name, ...init });
    await nextTick();
  };
  function withList(): string {
    fillMarket({ 'A/USD': {}, 'B/USD': {}, 'C/USD': {}, 'D/USD': {} });
    const lists = useWatchlistStore();
    const id = lists.create('Morning', ['C/USD', 'A/USD', 'GONE/USD', 'B/USD']) ?? '';
    lists.select(id);
    return id;
  }

  it('shows a list in its own order and names what the server does not have', async () => {
    withList();
    await open();
    expect(symbols()).toEqual(['C/USD', 'A/USD', 'B/USD']);
    expect(mounted.wrapper.find('.end').text()).toMatch(/3 of 4 symbols\. Show all Not known here: GONE\/USD/);
    await mounted.wrapper.find('.end__all').trigger('click');
    expect(symbols()).toEqual(['A/USD', 'B/USD', 'C/USD', 'D/USD']);
  });

  it('the star speaks for the shown list; what was taken out can be put back where it was', async () => {
    const id = withList();
    await open();
    const star = row('A/USD').find('.star');
    expect([star.attributes('aria-label'), star.attributes('aria-pressed')]).toEqual(['In Morning: A/USD', 'true']);
    await star.trigger('click');
    expect(symbols()).toEqual(['C/USD', 'B/USD']);
    expect(useSettingsStore().favourites).toEqual([]);
    await mounted.wrapper.find('.done__back').trigger('click');
    expect(useWatchlistStore().find(id)?.symbols).toEqual(['C/USD', 'A/USD', 'GONE/USD', 'B/USD']);
  });

  it('by keyboard: moves within the list, takes out, puts into another', async () => {
    withList();
    const other = useWatchlistStore().create('Evening') ?? '';
    await open();
    await grid().trigger('focus');
    await key('ArrowDown', { altKey: true });
    expect(symbols()).toEqual(['A/USD', 'C/USD', 'B/USD']);
    await key('+');
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe('Favourites'));
    await mounted.wrapper.findAll('.targets button').find((b) => b.text() === 'Evening')!.trigger('click');
    expect(useWatchlistStore().find(other)?.symbols).toEqual(['C/USD']);
    expect(document.activeElement).toBe(grid().element);
    await key('Delete');
    expect(symbols()).toEqual(['A/USD', 'B/USD']);
  });

  it('a row dragged onto another of the list comes before it', async () => {
    withList();
    await open();
    const data = { setData: () => undefined, effectAllowed: '' };
    await row('B/USD').trigger('dragstart', { dataTransfer: data });
    await row('C/USD').trigger('dragover', { dataTransfer: data });
    expect(row('C/USD').classes()).toContain('row--before');
    await row('C/USD').trigger('drop', { dataTransfer: data });
    expect(symbols()).toEqual(['B/USD', 'C/USD', 'A/USD']);
  });

  it('columns stand in the chosen order and widths, cells beneath their heads', async () => {
    fillMarket({ 'A/USD': { price: 7, bid: 6.5 } });
    useSettingsStore().update({ columns: ['bid', 'symbol', 'last'], columnWidths: { bid: 200 } });
    await open();
    expect(heads()).toEqual(['Bid', 'Symbol', 'Last']);
    expect(row('6.50').findAll('.cell').map((c) => c.text().slice(0, 5))).toEqual(['6.50', 'A/USD', '7.00']);
    expect(grid().attributes('style')).toContain('--columns: 200px ');
  });

  it('the column chooser hides, moves and widens', async () => {
    fillMarket({ 'A/USD': {} });
    useSettingsStore().update({ columns: ['symbol', 'last', 'bid'] });
    await open();
    await mounted.wrapper.findAll('.columns button').find((b) => b.text() === 'Columns')!.trigger('click');
    await vi.waitFor(() => expect(mounted.wrapper.find('.chooser').exists()).toBe(true));
    const button = (name: string) => mounted.wrapper.find(`.chooser [aria-label="${name}"]`);
    await button('Best bid: further left').trigger('click');
    await button('Best bid: wider').trigger('click');
    await mounted.wrapper.findAll('.chooser .name').find((l) => l.text() === 'Age')!.find('input').setValue(true);
    expect([useSettingsStore().columns, useSettingsStore().columnWidths]).toEqual([['symbol', 'bid', 'last', 'age'], { bid: 116 }]);
    expect(heads()).toEqual(['Symbol', 'Bid', 'Last', 'Age']);
  });

  it('lists are made, renamed, copied and deleted at the second press', async () => {
    fillMarket({ 'A/USD': {} });
    await open();
    await mounted.wrapper.find('.list > .button').trigger('click');
    await vi.waitFor(() => expect(mounted.wrapper.find('.lists').exists()).toBe(true));
    const press = async (text: string): Promise<void> => mounted.wrapper.findAll('.lists button').find((b) => b.text().startsWith(text))!.trigger('click');
    await mounted.wrapper.find('.new input').setValue('Morning');
    await mounted.wrapper.find('.new').trigger('submit');
    await press('Rename');
    await nextTick();
    await mounted.wrapper.find('[data-rename]').setValue('Evening');
    await mounted.wrapper.find('[data-rename]').trigger('keydown', { key: 'Enter' });
    await press('Copy');
    const names = () => useWatchlistStore().lists.map((l) => l.name);
    expect(names()).toEqual(['Evening', 'Evening 2']);
    await press('Delete');
    expect(names()).toHaveLength(2);
    await press('Delete');
    expect(names()).toEqual(['Evening 2']);
  });
});

describe('the address of the table', () => {
  it('names class, list and sort, and sets them', async () => {
    fillMarket({ 'A/USD': {}, 'B/USD': { change_24h: 9 } });
    useWatchlistStore().create('Morning', ['A/USD', 'B/USD']);
    mounted = await mountPanel(MarketView, { path: '/market?list=morning&sort=-changePercent&q=usd' });
    expect(symbols()).toEqual(['B/USD', 'A/USD']);
    useSettingsStore().update({ sort: { key: 'symbol', direction: 'asc' }, assetClass: 'crypto' });
    await vi.waitFor(() => expect(mounted.router.currentRoute.value.query).toEqual({ list: 'Morning', sort: 'symbol', class: 'crypto', q: 'usd' }));
    await mounted.router.push('/market?class=nonsense&sort=-nothing');
    await nextTick();
    expect(useSettingsStore().assetClass).toBe('crypto');
  });
});
