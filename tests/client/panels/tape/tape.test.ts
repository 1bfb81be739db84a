import { mount } from '@vue/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import type { TradeItem } from '@/core/contract';
import type { TapeVolume } from '@/core/market/tape';
import TapeLine from '@/panels/TradeTape/TapeLine.vue';
import TradeTape from '@/panels/TradeTape/TradeTape.vue';
import VolumeStrip from '@/panels/TradeTape/VolumeStrip.vue';
import { emptyWords, holeWords, limitWords, listed, readValue, summaryWords, weightOf } from '@/panels/TradeTape/tapeWords';
import { useBookSettingsStore, usualThresholds } from '@/stores/bookSettings';
import { useConnectionStore } from '@/stores/connection';
import { useTapeStore } from '@/stores/tape';
import { fillMarket, freshStores, mountPanel, stream } from '../support';

const SYMBOL = 'BTC/USDT';
const T = 1_700_000_000_000;
let seq = 0;
const trade = (change: Partial<TradeItem> = {}): TradeItem => {
  seq++;
  return { seq, id: `t${seq}`, price: '100', size: '1', side: 'buy', t: T + seq * 50, venue: 'binance', quality: 'live', ...change };
};
const volume = (change: Partial<TapeVolume> = {}): TapeVolume => ({ minutes: 5, buy: '3.5', sell: '1.25', unknown: '0', delta: '2.25', trades: 7, since: null, missing: 0, ...change });

describe('words of the tape', () => {
  it.each([
    [{ count: 3, cause: 'slow' as const }, 'Skipped 3 trades: this page was too slow or away too long'],
    [{ count: 1, cause: 'slow' as const }, 'Skipped 1 trade: this page was too slow or away too long'],
    [{ count: null, cause: 'anew' as const }, 'Trades may be missing here: the list was sent anew after a break'],
  ])('a hole says how many, or that nobody knows', (hole, words) => expect(holeWords(hole)).toBe(words));

  it('a window says what limits it', () => {
    expect([limitWords(volume(), T), limitWords(volume({ since: T - 90_000 }), T), limitWords(volume({ missing: 12 }), T), limitWords(volume({ missing: null }), T)])
      .toEqual(['', 'heard for 1 min of 5 min', '12 trades missing', 'trades missing, how many is not known']);
    expect([summaryWords(volume(), 'BTC'), summaryWords(volume({ trades: 0 }), 'BTC')]).toEqual(['Last minute: 7 trades, bought 3.5 and sold 1.25 BTC', 'No trades in the last minute']);
  });

  it('marks by value; small ones are left out, holes never', () => {
    const marks = { large: 100, huge: 1_000 };
    expect([99, 100, 1_000].map((value) => weightOf({ value }, marks))).toEqual(['usual', 'large', 'huge']);
    const hole = { kind: 'hole', key: 1, count: 2, time: null, cause: 'slow' } as const;
    const small = { kind: 'trade', key: 2, value: 5, venue: 'a', quality: 'live', side: 'buy', time: 0, until: 0, fills: 1, first: 1, price: 1, size: '5' } as const;
    expect([listed([small, hole], 6), listed([small, hole], 5), listed([small, hole], 0)]).toEqual([[hole], [small, hole], [small, hole]]);
    expect(['25000', ' 25,000 ', '25k', '1.5M', '', '-3', 'x'].map(readValue)).toEqual([25_000, 25_000, 25_000, 1_500_000, null, null, null]);
    expect(usualThresholds('JPY').large).toBeGreaterThan(usualThresholds('USD').large);
  });

  it('every reason for an empty list has its words', () => {
    const fine = { stream: 'live', market: 'ok', heard: true, filtered: false } as const;
    expect([fine, { ...fine, market: 'closed' as const }, { ...fine, heard: false }, { ...fine, stream: 'backoff' as const }, { ...fine, filtered: true }].map((is) => emptyWords(is).title))
      .toEqual(['No trades yet', 'Market closed', 'Loading trades', 'No connection', 'No trade of that value']);
  });
});

describe('parts of the tape', () => {
  it('a line tells side and weight without colour', () => {
    const wrapper = mount(TapeLine, { props: { time: '12:00:00', side: 'sell', price: '100.00', range: 'From 101.00 to 100.00', size: '2', value: '12.3K', venue: 'Kraken', fills: 3, weight: 'large' } });
    expect(wrapper.text().replace(/\s+/g, ' ')).toBe('12:00:00sellS100.00*212.3Klarge◆×3 Kraken');
    expect(wrapper.find('.price').attributes('title')).toBe('From 101.00 to 100.00');
    wrapper.unmount();
  });

  it('volumes: bought, sold, their difference with its sign, the exact figures in the tooltip', () => {
    const wrapper = mount(VolumeStrip, { props: { volumes: [volume(), volume({ buy: '0.1', sell: '0.30000000001', delta: '-0.20000000001', missing: 4 })], base: 'BTC', now: T } });
    const [first, second] = wrapper.findAll('.column');
    expect([first?.find('.delta').text(), first?.find('.both').text().replace(/\s+/g, ' '), first?.find('dt').text()]).toEqual(['+2.25', 'B 3.5 S 1.25', '5 min']);
    expect([second?.find('.delta').text(), second?.find('dt').text()]).toEqual(['−0.2', '5 min, hole']);
    expect(second?.attributes('title')).toBe('Bought 0.1, sold 0.30000000001, difference -0.20000000001 BTC in 7 trades; 4 trades missing');
    wrapper.unmount();
  });
});

describe('tape panel', () => {
  const apply = (items: readonly TradeItem[], change = { replace: false, lost: 0 }): void => {
    useTapeStore().apply(`trades:${SYMBOL}`, items, change);
    useTapeStore().flush();
  };
  const lines = (wrapper: { findAll: (s: string) => { text: () => string }[] }): string[] => wrapper.findAll('.line .price').map((cell) => cell.text());
  beforeEach(() => {
    freshStores();
    fillMarket({ [SYMBOL]: {} });
    useConnectionStore().setFeedTime(T + 1_000, performance.now());
  });

  it('lists trades newest first, with holes and marks', async () => {
    const { wrapper } = await mountPanel(TradeTape, { props: { symbol: SYMBOL } });
    expect(wrapper.text()).toContain('Loading trades');
    apply([trade({ price: '101' }), trade({ price: '102', size: '500' })], { replace: true, lost: 0 });
    apply([trade({ price: '103', side: 'sell' })], { replace: false, lost: 9 });
    await nextTick();
    expect(lines(wrapper)).toEqual(['103.00', '102.00', '101.00']);
    expect(wrapper.find('.hole').text()).toBe('Skipped 9 trades: this page was too slow or away too long');
    expect(wrapper.findAll('.line')[1]?.classes()).toContain('line--large');
    expect(wrapper.find('.strip').text()).toContain('<1 min, hole');
    wrapper.unmount();
  });

  it('held by the pointer or by space: the lines stay, the new ones are counted, then all are there', async () => {
    const { wrapper } = await mountPanel(TradeTape, { props: { symbol: SYMBOL } });
    apply([trade({ price: '101' })], { replace: true, lost: 0 });
    await nextTick();
    await wrapper.find('.frame').trigger('pointerenter', { pointerType: 'mouse' });
    apply([trade({ price: '102' }), trade({ price: '103', side: 'sell' })]);
    await nextTick();
    expect([lines(wrapper), wrapper.find('.held').text()]).toEqual([['101.00'], '2 newGo on']);
    await wrapper.find('.frame').trigger('pointerleave', { pointerType: 'mouse' });
    expect(lines(wrapper)).toEqual(['103.00', '102.00', '101.00']);
    await wrapper.find('.list').trigger('keydown', { key: ' ' });
    apply([trade({ price: '104' })]);
    await nextTick();
    expect(wrapper.find('.held').text()).toBe('1 newTo the newest');
    await wrapper.find('.held button').trigger('click');
    expect([lines(wrapper)[0], wrapper.find('.held').exists()]).toEqual(['104.00', false]);
    wrapper.unmount();
  });

  it('the least value filters the list, not the sums, and is kept; all filtered says so', async () => {
    apply([trade({ size: '1' }), trade({ size: '50', price: '101' })], { replace: true, lost: 0 });
    const { wrapper } = await mountPanel(TradeTape, { props: { symbol: SYMBOL } });
    await wrapper.find('.least input').setValue('1k');
    await wrapper.find('.least input').trigger('change');
    expect([lines(wrapper), useBookSettingsStore().least('USDT')]).toEqual([['101.00'], 1_000]);
    expect(wrapper.find('.column').attributes('title')).toContain('Bought 51');
    expect(localStorage.getItem('tickglass.book')).toContain('1000');
    await wrapper.find('.least input').setValue('1m');
    await wrapper.find('.least input').trigger('change');
    expect(wrapper.text()).toContain('No trade of that value');
    wrapper.unmount();
  });

  it('thresholds can be set; sound is off, and where there is none it cannot be switched on', async () => {
    const { wrapper } = await mountPanel(TradeTape, { props: { symbol: SYMBOL } });
    await wrapper.findAll('button').find((b) => b.text() === 'Marks')?.trigger('click');
    const [large] = wrapper.findAll('.form .field input');
    await large?.setValue('2k');
    await wrapper.find('.form').trigger('change');
    expect(useBookSettingsStore().thresholds('USDT')).toEqual({ large: 2_000, huge: 100_000 });
    const box = wrapper.find<HTMLInputElement>('input[type="checkbox"]');
    expect([box.element.checked, box.element.disabled]).toEqual([false, typeof AudioContext === 'undefined']);
    wrapper.unmount();
  });

  it('plays a tone for marked trades only, and only after it was switched on', async () => {
    const played: number[] = [];
    class Tone { frequency = { set value(hz: number) { played.push(hz); } }; connect = (to: unknown) => to; start = () => undefined; stop = () => undefined; }
    class Sound { state = 'running'; currentTime = 0; destination = {}; createOscillator = () => new Tone(); createGain = () => ({ gain: { setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined }, connect: (to: unknown) => to }); close = () => Promise.resolve(); }
    vi.stubGlobal('AudioContext', Sound);
    apply([trade({ size: '9000' })], { replace: true, lost: 0 });
    const { wrapper } = await mountPanel(TradeTape, { props: { symbol: SYMBOL } });
    apply([trade({ size: '9000' })]);
    await nextTick();
    expect(played).toEqual([]);
    await wrapper.findAll('button').find((b) => b.text() === 'Marks')?.trigger('click');
    await wrapper.find('input[type="checkbox"]').setValue(true);
    apply([trade({ size: '1' })]);
    await nextTick();
    expect(played).toEqual([]);
    apply([trade({ size: '9000', side: 'sell' })]);
    await nextTick();
    expect(played).toHaveLength(1);
    wrapper.unmount();
    vi.unstubAllGlobals();
  });

  it('says why it is empty when the connection is down', async () => {
    useConnectionStore().setStream(stream('market', { state: 'backoff' }));
    const { wrapper } = await mountPanel(TradeTape, { props: { symbol: SYMBOL } });
    expect(wrapper.text()).toContain('No connection');
    // With trades on the screen they stay, hatched, and it is said that nothing comes.
    apply([trade()], { replace: true, lost: 0 });
    await nextTick();
    expect([wrapper.find('.stalled').text().startsWith('Interrupted'), wrapper.find('.list').classes()]).toEqual([true, expect.arrayContaining(['hatched'])]);
    useConnectionStore().setStream(stream('market', { state: 'live' }));
    await nextTick();
    expect(wrapper.find('.stalled').exists()).toBe(false);
    wrapper.unmount();
  });
});
