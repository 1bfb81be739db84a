import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flushPromises } from '@vue/test-utils';
import { nextTick } from 'vue';
import BreadthPanel from '@/panels/BreadthPanel/BreadthPanel.vue';
import SentimentPanel from '@/panels/SentimentPanel/SentimentPanel.vue';
import TradingSignals from '@/panels/TradingSignals/TradingSignals.vue';
import { driverName, gateWords } from '@/panels/SentimentPanel/sentimentRows';
import { filterItems, riskMultiple, sortItems, trackFigures, trackWords } from '@/panels/TradingSignals/signalRows';
import { forecastLine, useForecastHistory } from '@/stores/forecastHistory';
import type { BinaryData, SentimentHorizon } from '@/core/contract';
import { useAnalysisStore } from '@/stores/analysis';
import { useConnectionStore } from '@/stores/connection';
import { fillMarket, freshStores, instrument, mountPanel, rating, signal, stream, type Mounted } from './support';

let mounted: Mounted;
const text = (): string => mounted.wrapper.text();
const press = async (name: string): Promise<void> => {
  await mounted.wrapper.findAll('button').find((b) => b.text() === name)!.trigger('click');
  await flushPromises();
};

beforeEach(() => {
  freshStores();
  fillMarket({ 'BTC/USDT': {}, 'ETH/USDT': {} });
});
afterEach(() => mounted.wrapper.unmount());

describe('TradingSignals', () => {
  const show = async (path = '/analysis'): Promise<void> => void (mounted = await mountPanel(TradingSignals, { path }));
  const rows = (): string[] => mounted.wrapper.findAll('tr.signal').map((r) => r.text());
  const fill = (...items: ReturnType<typeof signal>[]): void => {
    const analysis = useAnalysisStore();
    analysis.applySignals(items, { replace: true, lost: 0 });
    analysis.flush();
  };

  it('opens a row to every vote with its value and rule, and closes it again', async () => {
    fill(signal('1'));
    await show();
    const toggle = mounted.wrapper.find('button[aria-expanded]');
    expect(toggle.attributes('aria-expanded')).toBe('false');
    await toggle.trigger('click');
    expect(toggle.attributes('aria-expanded')).toBe('true');
    const detail = mounted.wrapper.find(`[id="${toggle.attributes('aria-controls') ?? ''}"]`).text();
    expect(detail).toMatch(/EMA 20.*61,700\.50.*Buy.*close above the average/);
    expect(detail).toMatch(/RSI 14.*29\.4.*from 27\.1.*Sell.*below 30 and rising/);
    expect(detail).toContain('2 votes buy, 0 neutral, 1 sell, 3 not possible yet');
    expect(detail).toContain('Target 1, 1.0 R');
    await toggle.trigger('click');
    expect(mounted.wrapper.find('.signal__detail').exists()).toBe(false);
  });

  it('begins with the ratings while no signal is known, and stays there when the first one comes', async () => {
    const analysis = useAnalysisStore();
    const one = rating();
    analysis.applyRatings({ replace: true, receivedAt: 0, updates: [{ key: `${one.symbol}|${one.tf}`, value: one }] });
    analysis.flush();
    await show();
    const chosen = (): string => mounted.wrapper.findAll('[aria-pressed="true"], [aria-checked="true"]').map((b) => b.text()).join();
    const before = chosen();
    expect(rows()).toHaveLength(1);
    expect(text()).not.toContain('Targets');
    fill(signal('1'));
    await nextTick();
    expect(chosen()).toBe(before);
    await press('Signals');
    expect(text()).toContain('Targets');
  });

  it('says the action by word and arrow, and what a short record is worth', async () => {
    fill(signal('1'), signal('2', { action: 'SELL', strength: 'SELL', score: -0.3 }), signal('3', { action: 'NEUTRAL', strength: 'NEUTRAL', stop: null, targets: [], expiry: null }));
    await show();
    const actions = mounted.wrapper.findAll('.action').map((a) => [a.text(), a.classes().filter((c) => c === 'up' || c === 'down').join()]);
    expect(actions).toEqual(expect.arrayContaining([['Strong buy', 'up'], ['Sell', 'down'], ['Neutral', '']]));
    expect(rows()[0]).toContain('not enough');
    expect(text()).toContain('it does not predict');
    expect(text()).toContain('Method tr26@1');
  });

  it('filters by action and timeframe, and keeps the choice in the address', async () => {
    fill(signal('1'), signal('2', { action: 'SELL', strength: 'SELL', tf: '1h' }));
    await show();
    await press('Sell');
    expect(rows()).toHaveLength(1);
    expect(mounted.router.currentRoute.value.query).toEqual({ action: 'SELL' });
    mounted.wrapper.unmount();
    await show('/analysis?tf=1h&action=BUY');
    expect(rows()).toHaveLength(0);
    expect(text()).toContain('None of this choice');
  });

  it('sorts by a column, the largest first, then the other way, then as before', async () => {
    fill(signal('1', { score: 0.2 }), signal('2', { score: 0.9 }), signal('3', { score: -0.6 }));
    await show();
    const scores = (): string[] => mounted.wrapper.findAll('tr.signal .c-score').map((c) => c.text());
    const before = scores();
    await press('Score');
    expect(scores()).toEqual(['+0.90', '+0.20', '\u22120.60']);
    expect(mounted.wrapper.find('th.c-score').attributes('aria-sort')).toBe('descending');
    await press('Score');
    expect(scores()).toEqual(['\u22120.60', '+0.20', '+0.90']);
    expect(mounted.router.currentRoute.value.query).toMatchObject({ sort: 'score', dir: 'asc' });
    await press('Score');
    expect(scores()).toEqual(before);
  });

  it('filters by symbol, strength and class from the address', async () => {
    fillMarket({ 'BTC/USDT': {}, AAPL: {} }, [instrument('AAPL', { assetClass: 'equity' })]);
    fill(signal('1'), signal('2', { symbol: 'AAPL', strength: 'BUY' }), signal('3', { symbol: 'AAPL' }));
    await show('/analysis?class=equity&strength=BUY');
    expect(rows()).toHaveLength(1);
    mounted.wrapper.unmount();
    await show('/analysis?q=btc');
    expect(rows()).toHaveLength(1);
    expect(text()).toContain('1 signals');
  });

  it('shows one symbol a line with all its timeframes, previews named, each cell open to its votes', async () => {
    const analysis = useAnalysisStore();
    const values = [rating(), rating({ tf: '1h', final: false, action: 'SELL', strength: 'SELL', score: -0.3 }), rating({ symbol: 'ETH/USDT', tf: '1h' })];
    analysis.applyRatings({ replace: true, receivedAt: 0, updates: values.map((value) => ({ key: `${value.symbol}|${value.tf}`, value })) });
    analysis.flush();
    await show('/analysis?list=frames');
    expect(mounted.wrapper.findAll('.frames thead th').map((h) => h.text())).toEqual(['Symbol', '1m', '1h']);
    const cell = mounted.wrapper.find('button[aria-label="BTC/USDT 1h: Sell, score \u22120.30, preview"]');
    await cell.trigger('click');
    expect(cell.attributes('aria-expanded')).toBe('true');
    expect(mounted.wrapper.find('.frames__detail').text()).toContain('Preview: its candle closes');
  });

  it('names the place in the log, the scorecard cell, and what was not scored', async () => {
    fill(signal('1', { seq: 41, hash: 'abcdef0123456789', scored: false }));
    await show();
    expect(rows()[0]).toContain('not scored');
    await mounted.wrapper.find('button[aria-expanded]').trigger('click');
    expect(mounted.wrapper.find('.detail__log').text()).toMatch(/Not scored.*Record 41 of the log, hash abcdef012345\./);
    expect(mounted.wrapper.find('.detail__log a').attributes('href')).toBe('/analysis/scorecard?symbol=BTC/USDT&tf=1m');
  });

  it('shows present ratings, the most decided first, previews marked', async () => {
    const analysis = useAnalysisStore();
    analysis.applyRatings({ replace: true, receivedAt: 0, updates: [{ key: 'ETH/USDT|1m', value: rating({ symbol: 'ETH/USDT', score: 0.2, strength: 'BUY', final: false }) }, { key: 'BTC/USDT|1m', value: rating({ score: -0.8, action: 'SELL', strength: 'STRONG_SELL' }) }] });
    analysis.flush();
    await show('/analysis?list=ratings');
    expect(rows()[0]).toMatch(/BTC\/USDT.*Strong sell/);
    expect(rows()[1]).toMatch(/ETH\/USDT.*preview/);
  });

  it('announces lost signals and puts nothing in their place', async () => {
    const analysis = useAnalysisStore();
    analysis.applySignals([signal('9')], { replace: false, lost: 7 });
    analysis.flush();
    await show();
    expect(text()).toContain('7 signals were lost for good');
    expect(rows()).toHaveLength(1);
  });

  it('marks simulated and replayed signals in the row', async () => {
    fill(signal('1', { source: 'simulated' }), signal('2', { source: 'replay' }));
    useConnectionStore().setMode('simulated');
    await show();
    // Newest first.
    expect(rows()[0]).toContain('REPLAY');
    expect(rows()[1]).toContain('SIM');
    expect(mounted.wrapper.find('.panel__head .tag').text()).toMatch(/^SIMULATED/);
  });

  it('says so when there is nothing yet, and when there is no link', async () => {
    await show();
    expect(text()).toContain('No signal yet');
    useConnectionStore().setStream(stream('signals', { state: 'offline' }));
    await nextTick();
    expect(text()).toContain('No connection to the signals');
    expect(text()).toContain('no network');
  });
});

describe('track record and risk in words', () => {
  const { track } = signal('x');
  it('gives no rate below 30 cases, and one with its interval from there on', () => {
    expect(trackWords({ ...track, n: 29, hit: 0.9 })).toBe('not enough, 29 of 30');
    expect(trackWords({ ...track, n: 214, hit: 0.482, lo: 0.44, hi: 0.52 })).toBe('48% of 214 hit (44% to 52%)');
  });
  it('tells means and chance from 30 cases on', () => {
    expect(trackFigures(track)).toBe('');
    expect(trackFigures({ ...track, n: 214, avgR: -0.02, pf: 0.9 })).toBe('average \u22120.02 R, profit factor 0.90, random entries 49% hit, 0.00 R');
  });
  it('puts what is not known last, whichever way it sorts', () => {
    const items = [signal('a', { pct: null }), signal('b', { pct: 10 }), signal('c', { pct: 90 })];
    expect(sortItems(items, 'pct', true).map((i) => i.id)).toEqual(['c', 'b', 'a']);
    expect(sortItems(items, 'pct', false).map((i) => i.id)).toEqual(['b', 'c', 'a']);
    expect(filterItems(items, { tf: 'all', action: 'all', text: ' btc ' })).toHaveLength(3);
  });
  it('measures targets in units of the risk, for both directions', () => {
    expect(riskMultiple(signal('x', { entry: 100, stop: 98 }), 104)).toBe(2);
    expect(riskMultiple(signal('x', { entry: 100, stop: 102 }), 97)).toBe(1.5);
    expect(riskMultiple(signal('x', { stop: null }), 1)).toBe(null);
  });
});

const horizon = (change: Partial<SentimentHorizon> = {}): SentimentHorizon => ({
  h: 60, pUp: 0.53, pFlat: 0.1, lo: 0.49, hi: 0.57, call: 'NONE', breakEven: 0.541,
  track: { n: 8, hit: 0.6, hitLo: null, hitHi: null, brier: null, bss: null, bssLo: null, ece: null, void: 0, flat: 0, open: 1 }, ...change,
});
const binary = (change: Partial<BinaryData> = {}): BinaryData => ({
  v: 1, up: 0.53, down: 0.47, method: 'half-last@0', source: 'live', venue: 'binance', ts: 1_700_000_000_000, mid: 100, px: 'mid', horizons: [horizon()], drivers: [], breadth: null, mood: null, seq: null, prev: null, hash: null, ...change,
});
function sentiment(values: Record<string, BinaryData>): void {
  const analysis = useAnalysisStore();
  analysis.applySentiment({ replace: true, receivedAt: 0, updates: Object.entries(values).map(([key, value]) => ({ key, value })) });
  analysis.flush();
}

describe('SentimentPanel', () => {
  it('shows an arrow only where there is a call, and says no edge otherwise', async () => {
    sentiment({ 'BTC/USDT': binary(), 'ETH/USDT': binary({ horizons: [horizon({ call: 'DOWN', pUp: 0.41 })] }) });
    mounted = await mountPanel(SentimentPanel);
    const rows = mounted.wrapper.findAll('tr.sentiment');
    expect(rows[0]!.text()).toMatch(/BTC\/USDT.*53\.0%.*No edge/);
    expect(rows[0]!.find('.up, .down').exists()).toBe(false);
    expect(rows[1]!.find('.down').text()).toMatch(/41\.0%.*Down/);
  });
  it('shows no forecast for a closed market', async () => {
    fillMarket({ 'BTC/USDT': {}, AAPL: { state: 'closed' } });
    sentiment({ 'BTC/USDT': binary(), AAPL: binary() });
    mounted = await mountPanel(SentimentPanel);
    const rows = mounted.wrapper.findAll('tr.sentiment').map((r) => r.text());
    expect(rows.find((r) => r.includes('AAPL'))).toMatch(/^AAPLmarket closed$/);
    expect(rows.find((r) => r.includes('BTC/USDT'))).toContain('53.0%');
  });
  it('opens to interval, flat share, break-even and record', async () => {
    sentiment({ 'BTC/USDT': binary() });
    mounted = await mountPanel(SentimentPanel);
    await mounted.wrapper.find('button[aria-expanded]').trigger('click');
    expect(text()).toMatch(/49\.0% to 57\.0%.*10%.*No edge.*not enough, 8 of 30; needs 54\.1%/);
    expect(text()).toContain('Method half-last@0');
  });
});

describe('sentiment in words', () => {
  const { track } = horizon();
  it('says why there is no arrow, or what one stands on', () => {
    expect(gateWords(horizon())).toContain('too few');
    expect(gateWords(horizon({ track: { ...track, bss: 0.001, bssLo: -0.006 } }))).toBe('no skill shown: +0.1%, perhaps as low as \u22120.6%');
    expect(gateWords(horizon({ pUp: 0.51, track: { ...track, bss: 0.01, bssLo: 0.002 } }))).toContain('one half');
    expect(gateWords(horizon({ track: { ...track, bss: 0.01, bssLo: 0.002 } }))).toContain('fewer than 300');
    expect(gateWords(horizon({ call: 'UP', track: { ...track, bss: 0.01, bssLo: 0.002 } }))).toBe('skill so far +1.0%, at least +0.2%');
  });
  it('names drivers for people', () => {
    expect([driverName('return_15'), driverName('mid_change_5s'), driverName('rsi_14'), driverName('ema20_distance')]).toEqual(['Return over 15 min', 'Change of the mid over 5 s', 'RSI 14', 'Distance from EMA 20']);
  });
});

describe('line of forecasts', () => {
  const at = (ts: number, mid: number | null, pUp = 0.53): Record<string, BinaryData> => ({ 'BTC/USDT': binary({ ts, mid, horizons: [horizon({ pUp })] }) });
  const note = (values: Record<string, BinaryData>): void => useForecastHistory().note(new Map(Object.entries(values)));
  const past = () => useForecastHistory().past.get('BTC/USDT') ?? [];
  beforeEach(async () => void (mounted = await mountPanel(BreadthPanel)));

  it('says what the price did by the first forecast at or after the end, and nothing where that came too late', () => {
    note(at(0, 100));
    note(at(0, 100));
    note(at(30_000, 105));
    note(at(60_000, 99));
    note(at(90_000, 105));
    note(at(600_000, 120));
    expect(forecastLine(past(), 60).map((p) => [p.t, p.move])).toEqual([[0, -1], [30_000, 0], [60_000, null], [90_000, null], [600_000, null]]);
  });
  it('begins anew when the clock goes back, and forgets symbols that are gone', () => {
    note(at(60_000, 100));
    note(at(10_000, 50));
    expect(past().map((p) => p.t)).toEqual([10_000]);
    note({});
    expect(past()).toEqual([]);
  });
});

describe('BreadthPanel', () => {
  it('shows counts, mood in words, and nothing invented where the mood is unknown', async () => {
    const breadth = { n: 22, adv: 13, dec: 8, flat: 1, net: 0.238, upVol: 0.61, aboveEma20: null, callShare: null, newHigh: 2, newLow: 1 };
    sentiment({ '*': binary({ up: null, down: null, horizons: [], breadth, mood: null }) });
    mounted = await mountPanel(BreadthPanel);
    expect(text()).toMatch(/Mood not known yet.*13 up.*8 down.*1 unchanged.*\+0\.24/);
    expect(text()).not.toContain('Above EMA 20');
    // Another base than the 24 hours of the market's header: both say theirs.
    expect(mounted.wrapper.find('.counts').text()).toContain('since 00:00 UTC');
    sentiment({ '*': binary({ horizons: [], breadth, mood: 81 }) });
    await nextTick();
    expect(text()).toContain('81Broad strength');
  });
});
