import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MarketData, OverviewAnswer } from '@/core/contract';
import { ok } from '@/core/util/result';
import { classFacts, volumesOf } from '@/panels/MarketHeader/marketFacts';
import MarketHeader from '@/panels/MarketHeader/MarketHeader.vue';
import { pageOf, perPage } from '@/panels/TickerStrip/fit';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';
import { useSettingsStore } from '@/stores/settings';
import { fillMarket, freshStores, instrument, mountPanel, type Mounted } from './support';

let mounted: Mounted | null = null;
beforeEach(freshStores);
afterEach(() => {
  mounted?.wrapper.unmount();
  mounted = null;
});
const of = (currency: string) => (symbol: string) => instrument(symbol, { quote: currency });
const fill = (quotes: Record<string, Partial<MarketData>>) =>
  fillMarket(quotes, Object.keys(quotes).map((s) => (s === 'EUR/USD' ? instrument(s, { assetClass: 'fx', quote: 'USD' }) : s === 'AAPL' ? instrument(s, { assetClass: 'equity', quote: 'USD' }) : of(s.split('/')[1] ?? 'USD')(s))));
const volumes = (symbols: readonly string[]) => volumesOf(symbols, useMarketStore());

describe('volume in a currency', () => {
  it('is the base volume at the last price, in its own currency', () => {
    fill({ 'BTC/USDT': { price: 100, volume_24h: 3 }, 'ETH/USDT': { price: 10, volume_24h: 5 }, 'X/USDT': { volume_24h: null } });
    expect(volumes(['BTC/USDT', 'ETH/USDT', 'X/USDT'])).toEqual([{ currency: 'USDT', amount: 350, converted: [] }]);
  });
  it('is one sum in dollars where a live rate of every currency is shown, the pair or its inverse', () => {
    fill({ 'BTC/EUR': { price: 100, volume_24h: 1 }, 'BTC/JPY': { price: 15_000, volume_24h: 2 }, 'EUR/USD': { price: 1.1 }, 'USD/JPY': { price: 150 } });
    expect(volumes(['BTC/EUR', 'BTC/JPY'])).toEqual([{ currency: 'USD', amount: 100 * 1.1 + 30_000 / 150, converted: ['EUR', 'JPY'] }]);
  });
  it.each([
    ['a stale rate', { price: 1.1, state: 'stale' as const }],
    ['a rate of a closed market', { price: 1.1, state: 'closed' as const }],
    ['a rate of another kind of data', { price: 1.1, quality: 'simulated' as const }],
    ['no rate', { price: null }],
  ])('stays apart by currency with %s', (_name, rate) => {
    fill({ 'BTC/EUR': { price: 100, volume_24h: 1 }, 'BTC/USDT': { price: 100, volume_24h: 7 }, 'EUR/USD': rate, 'USDT/USD': { price: 1 } });
    expect(volumes(['BTC/EUR', 'BTC/USDT'])).toEqual([{ currency: 'USDT', amount: 700, converted: [] }, { currency: 'EUR', amount: 100, converted: [] }]);
  });
  it('by class, with the strongest moves', () => {
    fill({ 'A/USDT': { change_24h: 5, price: 1, volume_24h: 2 }, 'B/USDT': { change_24h: -3, price: 1, volume_24h: 2 }, AAPL: { change_24h: null, volume_24h: null } });
    expect(classFacts(['A/USDT', 'B/USDT', 'AAPL'], useMarketStore())).toEqual([{ assetClass: 'crypto', gainer: { symbol: 'A/USDT', percent: 5 }, loser: { symbol: 'B/USDT', percent: -3 }, volumes: [{ currency: 'USDT', amount: 4, converted: [] }] }]);
  });
});

describe('MarketHeader', () => {
  const answer: OverviewAnswer = {
    source: 'coingecko', attribution: { text: 'Data provided by CoinGecko', url: 'https://www.coingecko.com' }, reason: '',
    global: { coins: 17_000, markets: 1_300, marketCapUsd: 3.41e12, volumeUsd: 1.42e11, changePercent: -1.27, dominance: { ETH: 12.1, BTC: 57.4 }, venue_time: null, age_ms: 42_000 },
    trending: { coins: [{ id: 'bitcoin', name: 'Bitcoin', symbol: 'BTC', rank: 1, priceUsd: 1, changePercent: 2.34 }, { id: 'x', name: 'Ex', symbol: 'X', rank: null, priceUsd: null, changePercent: null }], age_ms: 1 },
  };

  it('counts, names the strongest moves of each class and filters by class', async () => {
    fill({ 'A/USDT': { change_24h: 5 }, 'B/USDT': { change_24h: -3 } });
    mounted = await mountPanel(MarketHeader);
    expect(mounted.wrapper.text()).toMatch(/1 up.*1 down.*Crypto.*A\/USDT \+5\.00%.*B\/USDT −3\.00%/);
    await mounted.wrapper.find('.class').trigger('click');
    expect(useSettingsStore().assetClass).toBe('crypto');
  });

  it('shows the figures of the whole market with age and the notice of their source, where that source is on', async () => {
    fill({ 'BTC/USDT': {} });
    const overview = vi.fn(() => Promise.resolve(ok(answer)));
    mounted = await mountPanel(MarketHeader, { api: { overview } });
    expect(overview).not.toHaveBeenCalled();
    useConnectionStore().setFeeds({ coingecko: { state: 'live', age_ms: 1, reason: '' } });
    await vi.waitFor(() => expect(mounted?.wrapper.text()).toMatch(/3\.41T USD −1\.27%.*142B USD.*BTC 57\.4%, ETH 12\.1%.*BTC \+2\.3%.*X.*42 s old.*Data provided by CoinGecko/));
    expect(mounted.wrapper.find('.global a.link').attributes('href')).toBe('https://www.coingecko.com');
    expect(mounted.wrapper.find('.trending a').attributes('href')).toBe('/market/BTC%2FUSDT');
  });

  it('says why there are none yet', async () => {
    fill({ 'BTC/USDT': {} });
    useConnectionStore().setFeeds({ coingecko: { state: 'connecting', age_ms: null, reason: '' } });
    mounted = await mountPanel(MarketHeader, { api: { overview: () => Promise.resolve(ok({ ...answer, global: null, trending: null, reason: 'CoinGecko is asked in 12 s' })) } });
    await vi.waitFor(() => expect(mounted?.wrapper.text()).toContain('CoinGecko is asked in 12 s'));
  });
});

describe('pages of the price strip', () => {
  it.each([[['a', 'b', 'c'], 0, 2, ['a', 'b'], 0, 2], [['a', 'b', 'c'], 1, 2, ['c'], 1, 2], [['a', 'b', 'c'], 2, 2, ['a', 'b'], 0, 2], [['a', 'b', 'c'], -1, 2, ['c'], 1, 2], [[], 3, 2, [], 0, 1]] as const)('%j page %d by %d', (symbols, page, size, shown, at, pages) => {
    expect(pageOf(symbols, page, size)).toEqual({ symbols: shown, page: at, pages });
  });
  it('has at least one cell', () => expect([perPage(10, 196), perPage(800, 196)]).toEqual([1, 4]));
});
