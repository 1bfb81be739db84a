import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import InstrumentHead from '@/panels/InstrumentPanel/InstrumentHead.vue';
import { useConnectionStore } from '@/stores/connection';
import { useWatchlistStore } from '@/stores/watchlists';
import { fillMarket, freshStores, instrument, mountPanel, type Mounted } from './support';

let mounted: Mounted;
const open = async (symbol: string): Promise<string> => {
  mounted = await mountPanel(InstrumentHead, { props: { symbol } });
  return mounted.wrapper.text();
};

beforeEach(freshStores);
afterEach(() => mounted.wrapper.unmount());

describe('InstrumentHead', () => {
  it('says price, both sides, age and origin in words', async () => {
    fillMarket({ 'EUR/USD': { price: 1.09182, bid: 1.0918, ask: 1.09184 } }, [instrument('EUR/USD', { tickSize: 0.00001, priceDecimals: 5 })]);
    const text = await open('EUR/USD');
    expect(text).toMatch(/Fresh: 0 s old.*Real market data: Binance, by its live stream.*1\.09182.*Bid1\.09180.*Ask1\.09184.*0\.37 bp/);
  });
  it('calls its own values simulated even where the server as a whole is live', async () => {
    fillMarket({ AAPL: { quality: 'simulated', source: 'simulator', route: 'simulator' }, 'BTC/USDT': {} });
    useConnectionStore().setMode('mixed');
    expect(await open('AAPL')).toContain('Simulated, not a market');
    expect(mounted.wrapper.find('.tag').text()).toMatch(/^SIMULATED/);
  });
  it('writes unknown values as not known, never as zero', async () => {
    fillMarket({ 'BTC/USDT': { bid: null, ask: null, volume_24h: null } });
    expect(await open('BTC/USDT')).toMatch(/Bidnot known.*Asknot known.*Spreadnot known.*24 h volumenot known/);
  });
  it('tells blanks of a recording from blanks of a market', async () => {
    fillMarket({ 'BTC/USDT': { open_24h: null, volume_24h: null } });
    useConnectionStore().setMode('replay');
    expect(await open('BTC/USDT')).toMatch(/24 h change not in this recording.*24 h volumenot in this recording/);
  });
  it('says what would give a price to a symbol without a source', async () => {
    fillMarket({ AAPL: { state: 'none', price: null, source: '' } }, [instrument('AAPL', { assetClass: 'equity' })]);
    useConnectionStore().setFeeds({ finnhub: { state: 'refused', age_ms: null, reason: 'the key was refused (401)' }, twelvedata: { state: 'off', age_ms: null, reason: 'not used: set TWELVE_DATA_API_KEY to enable it' } });
    expect(await open('AAPL')).toContain('No source has this symbol. Finnhub: the key was refused (401). Twelve Data and Alpha Vantage would carry it: start the server with TWELVE_DATA_API_KEY or ALPHA_VANTAGE_API_KEY.');
    expect(mounted.wrapper.find('.tag').text()).toMatch(/^NO SOURCE/);
  });
  it('puts the symbol into a list, an old one or a new one', async () => {
    fillMarket({ 'BTC/USDT': {} });
    const id = useWatchlistStore().create('Morning') ?? '';
    await open('BTC/USDT');
    await mounted.wrapper.find('.popup > .button').trigger('click');
    await mounted.wrapper.find('.popup input[type="checkbox"]').setValue(true);
    expect(useWatchlistStore().has(id, 'BTC/USDT')).toBe(true);
    await mounted.wrapper.find('.popup input:not([type])').setValue('Evening');
    await mounted.wrapper.find('.popup form').trigger('submit');
    expect(useWatchlistStore().lists.map((l) => [l.name, l.symbols])).toEqual([['Morning', ['BTC/USDT']], ['Evening', ['BTC/USDT']]]);
  });
});
