import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScorecardReport, SentimentCell, SignalCell } from '@/core/contract';
import { err, ok } from '@/core/util/result';
import Methodology from '@/panels/Methodology/Methodology.vue';
import ScorecardPanel from '@/panels/Scorecard/ScorecardPanel.vue';
import type { Api } from '@/service';
import { useConnectionStore } from '@/stores/connection';
import { fillMarket, freshStores, mountPanel, type Mounted } from './support';

const signalCell = (change: Partial<SignalCell> = {}): SignalCell => ({
  method: 'tr26@1', symbol: 'BTC/USDT', tf: '5m', n: 214, open: 1, void: 2, pending: 0, clusters: 200, enough: true, hit: 0.48, hitLo: 0.42, hitHi: 0.55, avgR: -0.03, avgReturn: -0.0001, holdReturn: 0.0002,
  random: { n: 642, hit: 0.49, hitLo: 0.45, hitHi: 0.53, avgR: 0.01, avgRLo: -0.1, avgRHi: 0.12, avgReturn: 0, above: -0.04, aboveLo: -0.2, aboveHi: 0.12 },
  profitFactor: 0.93, expectancy: -0.0001, sqn: -0.4, maxDrawdownR: 14.2, sharpe: -0.03, psr0: 0.31, dsr: 0.02, mae: { p10: -1.2, p50: -0.6, p90: -0.1 }, mfe: { p10: 0.1, p50: 0.9, p90: 2 },
  barsToTarget: 7, barsToStop: 4, targets: 70, stops: 100, expiries: 44, longestLosingRun: 9, since: 1_700_000_000_000, ...change,
});
const few: Partial<SignalCell> = { n: 29, enough: false, hit: null, hitLo: null, hitHi: null, avgR: null, random: null, profitFactor: null, mae: null, mfe: null };
const sentimentCell = (change: Partial<SentimentCell> = {}): SentimentCell => ({
  method: 'mix@1', symbol: null, h: 60, n: 900, effective: 450.4, flat: 12, open: 3, void: 4, clusters: 40, enough: true, upRate: 0.51, hit: 0.52, hitLo: 0.49, hitHi: 0.55, brier: 0.2493, bss: 0.0028, bssLo: -0.001, bssHi: 0.0066,
  bssBase: 0.002, logLoss: 0.6918, ece: 0.012, bins: [{ lo: 0.4, hi: 0.5, n: 400, meanP: 0.47, up: 0.46 }, { lo: 0.5, hi: 0.6, n: 500, meanP: 0.53, up: 0.55 }], since: 1_700_000_000_000, ...change,
});
const report = (change: Partial<ScorecardReport> = {}): ScorecardReport => ({
  source: 'simulated', window: 'all', at: 1_700_000_000_000, loading: false, since: 1_699_000_000_000, trials: 12, plan: { stopAtr: 1.5, targetAtr: 3, expiryBars: 20 },
  counts: { signals: { forecasts: 300, outcomes: 280, void: 5, open: 15 }, sentiment: { forecasts: 1_000, outcomes: 912, void: 40, open: 48 } },
  signals: [signalCell(), signalCell({ symbol: 'ETH/USDT', ...few })], pooledSignals: [signalCell({ symbol: null, tf: null, n: 243 })], sentiment: [], pooledSentiment: [sentimentCell()], equity: [],
  chains: [{ chain: 'simulated.signals', seq: 414, head: 'c522926ec2cc2903aabb', durable: null, state: 'memory', reason: 'nothing is kept on disk' }], ...change,
});

let mounted: Mounted;
let asked: Parameters<Api['scorecard']>[0][];
const text = (): string => mounted.wrapper.text();
const row = (name: string): string => mounted.wrapper.findAll('.cells tbody tr').map((r) => r.text()).find((t) => t.includes(name)) ?? '';
async function show(path = '/analysis/scorecard', answer: ScorecardReport | null = report()): Promise<void> {
  mounted = await mountPanel(ScorecardPanel, { path, api: { scorecard: (query) => {
    asked.push(query);
    return Promise.resolve(answer ? ok(answer) : err({ code: 'unreachable', words: 'The server did not answer' }));
  } } });
  await flushPromises();
}

beforeEach(() => {
  freshStores();
  fillMarket({ 'BTC/USDT': {}, 'ETH/USDT': {} });
  asked = [];
});
afterEach(() => mounted.wrapper.unmount());

describe('scorecard page', () => {
  it('names the kind of data inside the panel and shows that nothing is lost', async () => {
    await show();
    expect(mounted.wrapper.find('.panel__head .tag').text()).toMatch(/^SIMULATED/);
    expect(text()).toContain('300 signals = 280 outcomes + 15 open + 5 void');
    expect(text()).toContain('npm run verify-log');
    expect(text()).toContain('in memory only');
  });

  it('shows the log of another kind of data when asked, says that it is not of the prices shown, and goes back', async () => {
    useConnectionStore().setMode('simulated');
    await show('/analysis/scorecard?data=live', report({ source: 'live' }));
    expect(asked.at(-1)).toMatchObject({ source: 'live' });
    expect(mounted.wrapper.find('.panel__head .tag').text()).toMatch(/^LIVE/);
    expect(text()).toContain('figures of live markets, not of the prices shown now');
    await mounted.wrapper.find('.card__present').trigger('click');
    await flushPromises();
    expect(mounted.router.currentRoute.value.query['data']).toBeUndefined();
    expect(asked.at(-1)).toMatchObject({ source: null });
    await mounted.wrapper.findAll('[aria-label="Kind of data"] *').find((e) => e.text() === 'Replayed')!.trigger('click');
    await flushPromises();
    expect(asked.at(-1)).toMatchObject({ source: 'replay' });
  });

  it('says of how many stretches of time the intervals of all symbols are made', async () => {
    await show('/analysis/scorecard?cell=*|*');
    expect(text()).toContain('The intervals are made of 200 stretches of time instead.');
  });

  it('says so when the sum is not right', async () => {
    await show(undefined, report({ counts: { signals: { forecasts: 301, outcomes: 280, void: 5, open: 15 }, sentiment: report().counts.sentiment } }));
    expect(text()).toContain('the sum is not right');
  });

  it('gives no rate below 30 outcomes, in the table as in the figures', async () => {
    await show('/analysis/scorecard?cell=ETH/USDT|5m');
    expect(row('ETH/USDT')).toContain('not enough, 29 of 30');
    expect(row('ETH/USDT')).not.toContain('%');
    expect(text()).toContain('Not enough: 29 of 30 outcomes');
    expect(mounted.wrapper.findAll('.figure').find((f) => f.text().startsWith('Hit rate'))?.text()).toBe('Hit ratenot enough');
  });

  it('opens each figure to its definition and its n', async () => {
    await show('/analysis/scorecard?cell=BTC/USDT|5m');
    const random = mounted.wrapper.findAll('.figure__name').find((b) => b.text() === 'Hit rate, random entries');
    await random!.trigger('click');
    expect(random!.attributes('aria-expanded')).toBe('true');
    expect(mounted.wrapper.find('.figure__words').text()).toMatch(/Three entries per signal.*n = 642/);
    for (const name of mounted.wrapper.findAll('.figure__name')) {
      if (name.attributes('aria-expanded') === 'false') await name.trigger('click');
      expect(mounted.wrapper.find('.figure__words').text()).toMatch(/\w{10,}.*n = [\d,]+$|\w+ .*n = [\d,]+$/);
    }
  });

  it('asks for what the address names, and a press shows another cell', async () => {
    await show('/analysis/scorecard?symbol=BTC/USDT&tf=5m&window=7d');
    expect(asked.at(-1)).toEqual({ source: null, window: '7d', symbol: 'BTC/USDT', tf: '5m' });
    expect(text()).not.toContain('All symbols, all timeframes');
    await mounted.wrapper.findAll('.cells tbody tr').find((r) => r.text().includes('ETH/USDT'))!.trigger('click');
    await flushPromises();
    expect(mounted.router.currentRoute.value.query['cell']).toBe('ETH/USDT|5m');
    expect(mounted.wrapper.find('#cell-title').text()).toBe('ETH/USDT, 5m');
  });

  it('draws calibration with its bins in numbers and in words, counts independent forecasts', async () => {
    await show('/analysis/scorecard?of=sentiment');
    expect(mounted.wrapper.find('figure').attributes('aria-label')).toContain('stated 47.0%, rose 46.0%, 400 forecasts');
    expect(mounted.wrapper.find('.bins').text()).toMatch(/50% to 60%.*500.*53\.0%.*55\.0%/);
    expect(text()).toContain('1,000 forecasts = 912 outcomes + 48 open + 40 void');
    expect(row('All symbols')).toMatch(/1 min.*900.*52\.0%.*\+0\.28%/);
  });

  it('keeps the last figures and says so when the server is silent; says so when there never were any', async () => {
    await show(undefined, null);
    expect(text()).toContain('No scorecard');
    expect(text()).toContain('The server did not answer');
  });
});

describe('method page', () => {
  it('says plainly what does not work, and names the data sets its figures are from', async () => {
    mounted = await mountPanel(Methodology, { path: '/analysis/method' });
    expect(text()).toContain('Nothing here survives crossing the spread');
    expect(text()).toContain('The rating does not predict');
    expect(text()).toMatch(/EUR\/USD mid, 1 min, 2014.*47\.5 \/ 47\.8/);
    expect(text()).toContain('not the record of this server');
    expect(text()).not.toMatch(/fear|greed/i);
  });
});
