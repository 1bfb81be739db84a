import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { err, ok } from '@/core/util/result';
import type { CompareReport, VenueQuoteData } from '@/core/contract';
import ComparePanel from '@/panels/ComparePanel/ComparePanel.vue';
import { bestWords, compareRows, rateWords, readSize } from '@/panels/ComparePanel/compareRows';
import { useConnectionStore } from '@/stores/connection';
import { useVenueQuoteStore } from '@/stores/venueQuotes';
import { fillMarket, freshStores, mountPanel, type Mounted } from './support';

type Leg = CompareReport['legs'][number];
const leg = (venue: string, change: Partial<Leg> = {}): Leg => ({
  venue, symbol: 'BTC/USDT', quote: 'USDT', quality: 'live', route: 'socket', last: 100, bid: 99, ask: 101, age_ms: 500, venue_time: null, book: { state: 'ok', reason: '', age_ms: 500 },
  fee: { taker: 0.001, source: 'page', as_of: '2026-01-01' }, buy: { price: 101, worst: 101, filled: 2, converted: 101, net: 101.1 }, sell: { price: 99, worst: 99, filled: 2, converted: 99, net: 98.9 }, comparable: true, reason: '', ...change,
});
const report = (change: Partial<CompareReport> = {}): CompareReport => ({ symbol: 'BTC/USDT', base: 'BTC', size: '2', reference: 'USDT', at: 0, rates: [], legs: [leg('okx'), leg('kraken')], best: null, note: '', ...change });
const quote = (change: Partial<VenueQuoteData> = {}): VenueQuoteData => ({
  price: 100, bid: 99.5, ask: 100.5, bid_size: 1, ask_size: 1, volume_24h: 1, quality: 'live', route: 'socket', state: 'ok', activity: 'usual', per_minute: 1, usual_per_minute: 1, leads: false, venue_time: null, age_ms: 200, note: '', ...change,
});

describe('rows of the comparison', () => {
  it('lays the live quote over the leg of the same symbol only; a quote without a leg has a row of its own', () => {
    const legs = [leg('okx'), leg('okx', { symbol: 'BTC/USD', quote: 'USD' })];
    const quotes = [{ venue: 'okx', data: quote({ leads: true }), receivedAt: 1_000 }, { venue: 'coinbase', data: quote(), receivedAt: 1_000 }, { venue: 'kraken', data: quote({ state: 'none', price: null }), receivedAt: 0 }];
    const rows = compareRows('BTC/USDT', quotes, report({ legs }), 3_000, 2_000);
    expect(rows.map((r) => [r.venue, r.symbol, r.bid, r.ageMs, r.leads])).toEqual([['okx', 'BTC/USDT', 99.5, 2_200, true], ['okx', 'BTC/USD', 99, 1_500, false], ['coinbase', 'BTC/USDT', 99.5, 2_200, false]]);
  });
  it('says in words what is not as it should be', () => {
    const state = (data: Partial<VenueQuoteData>, book: Leg['book'] = null) => {
      const [row] = compareRows('BTC/USDT', [{ venue: 'okx', data: quote(data), receivedAt: 0 }], report({ legs: [leg('okx', { book })] }), 0, 0);
      return [row?.good, row?.state];
    };
    expect(state({}, { state: 'ok', reason: '', age_ms: 1 })).toEqual([true, 'fresh, book good']);
    expect(state({ activity: 'thin' })).toEqual([false, 'fresh, far slower than usual, no book']);
    expect(state({ state: 'stale', activity: 'silent' }, { state: 'gap', reason: '', age_ms: 1 })).toEqual([false, 'old, connected, but silent, gap in the book']);
  });
  it('a rate is stated with source and age, a missing one with the reason', () => {
    expect(rateWords([
      { from: 'USD', to: 'USDT', rate: 0.9991, venue: 'kraken', symbol: 'USDT/USD', age_ms: 3_000, state: 'ok', reason: '' },
      { from: 'EUR', to: 'USDT', rate: null, venue: '', symbol: '', age_ms: null, state: 'none', reason: 'no live EUR/USD rate' },
    ])).toEqual(['1 USD = 0.99910 USDT (Kraken USDT/USD, 3 s old).', 'No rate from EUR to USDT: no live EUR/USD rate.']);
  });
  it('the best pair names both places, and calls a loss a loss', () => {
    const best = { buy: { venue: 'kraken', symbol: 'BTC/USD' }, sell: { venue: 'okx', symbol: 'BTC/USDT' }, gross: 3.2, net: -120.5, percent: -0.195, older_leg_age_ms: 2_000 };
    expect(bestWords(report({ best }), 2)).toEqual({ pair: 'Buy at Kraken BTC/USD, sell at OKX BTC/USDT', result: '+3.20 USDT per BTC before fees, \u2212120.50 USDT after fees (\u22120.195%): a loss', gain: false });
    expect(bestWords(report({ best: { ...best, net: null } }), 2)?.result).toContain('before fees; what is left after them is not known, as a fee is missing');
    expect(bestWords(report(), 2)).toBeNull();
  });
  it('reads a size as people write it, and nothing else', () => {
    expect([' 0.5 ', '1,000', '2', '0', '-1', '1e3', 'abc', '', '0.0000000000001'].map(readSize)).toEqual(['0.5', '1000', '2', null, null, null, null, null, null]);
  });
});

describe('venues side by side', () => {
  let mounted: Mounted;
  const sizes: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    // The stand-in of the test page never calls back.
    vi.stubGlobal('IntersectionObserver', undefined);
    sizes.length = 0;
    freshStores();
    fillMarket({ 'BTC/USDT': {} });
  });
  afterEach(() => {
    mounted.wrapper.unmount();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  async function show(answer: CompareReport | null): Promise<string> {
    mounted = await mountPanel(ComparePanel, {
      props: { symbol: 'BTC/USDT' },
      api: { compare: (_symbol, size) => { sizes.push(size); return Promise.resolve(answer ? ok(answer) : err({ code: 'not_found', words: 'There is nothing at this address' })); } },
    });
    await flushPromises();
    return mounted.wrapper.text();
  }

  it('shows each venue with what the size costs and brings, and why one is not comparable', async () => {
    const text = await show(report({ legs: [leg('okx'), leg('kraken', { comparable: false, reason: 'its order book is not good (gap)', book: { state: 'gap', reason: '', age_ms: 1 }, buy: null, sell: null })], note: 'Transfers are not in it.' }));
    expect(text).toContain('not comparable: its order book is not good (gap)');
    expect(text).toContain('101.10');
    expect(text).toContain('Transfers are not in it.');
    // A mark beside the words, not colour alone.
    expect(mounted.wrapper.findAll('.lamp--half')).toHaveLength(1);
  });
  it('what is only partly filled or before fees says so, in the own currency too', async () => {
    const text = await show(report({ legs: [leg('okx'), leg('kraken', { symbol: 'BTC/USD', quote: 'USD', fee: null, buy: { price: 102, worst: 103, filled: 0.5, converted: 101.9, net: null } })], size: '2' }));
    await mounted.wrapper.find('input').setValue('2');
    await vi.advanceTimersByTimeAsync(500);
    expect(text).toContain('not known');
    expect(mounted.wrapper.text()).toContain('102.00 USD, before fees, only 0.5 filled');
  });
  it('asks for the typed size when the typing rests; a wrong one is told and nothing is asked', async () => {
    await show(report());
    await mounted.wrapper.find('input').setValue('0.25');
    await vi.advanceTimersByTimeAsync(450);
    expect(sizes.at(-1)).toBe('0.25');
    const asked = sizes.length;
    await mounted.wrapper.find('input').setValue('much');
    await vi.advanceTimersByTimeAsync(450);
    expect([mounted.wrapper.text().includes('A size is a number above 0'), sizes.slice(asked).every((s) => s === '0.25')]).toEqual([true, true]);
  });
  it('keeps asking, and goes on with live quotes when the server does not compare', async () => {
    useVenueQuoteStore().apply('BTC/USDT', { replace: true, receivedAt: performance.now(), updates: [{ key: 'okx', value: quote() }, { key: 'kraken', value: quote() }] });
    const text = await show(null);
    expect(text).toContain('There is nothing at this address; asking again every 2 s.');
    expect(mounted.wrapper.findAll('tbody tr')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(4_100);
    expect(sizes).toHaveLength(3);
  });
  it.each([['simulated', 'The simulator is one invented venue'], ['replay', 'This recording holds one venue'], ['live', 'One venue carries this at the moment']] as const)('alone (%s): says why there is nothing to compare', async (mode, words) => {
    useConnectionStore().setMode(mode);
    expect(await show(report({ legs: [leg('okx')] }))).toContain(words);
  });
});
