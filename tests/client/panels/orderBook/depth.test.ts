import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import HeatMap from '@/panels/DepthChart/HeatMap.vue';
import DepthChart from '@/panels/DepthChart/DepthChart.vue';
import { axisLabels, axisPrices, depthAt, depthModel, depthPath, heightOf } from '@/panels/DepthChart/depthModel';
import { useBookStore } from '@/stores/book';
import { fillMarket, freshStores, mountPanel } from '../support';

const book = (bids: readonly (readonly [number, number])[], asks: readonly (readonly [number, number])[]) => {
  const side = (levels: readonly (readonly [number, number])[]) => ({ prices: levels.map(([p]) => p), sizes: levels.map(([, s]) => s) });
  return { bids: side(bids), asks: side(asks) };
};
const BOOK = book([[99, 1], [98, 2], [96, 4]], [[101, 3], [105, 5]]);

describe('depth model', () => {
  it('reaches as far as the shorter side, and keeps its range while that still fits', () => {
    const model = depthModel(BOOK, null);
    expect([model?.mid, model?.reach, model?.top]).toEqual([100, 4, 10]);
    expect(depthModel(BOOK, 5)?.reach).toBe(5);
    expect(depthModel(BOOK, 9)?.reach).toBe(4);
    expect(depthModel(book([[99, 1]], []), null)).toBeNull();
  });

  it('tells price, size and distance of a point; beyond the held levels nothing is claimed', () => {
    const model = depthModel(BOOK, null);
    if (!model) throw new Error('no model');
    expect(depthAt(model, 97.5)).toEqual({ side: 'bid', price: 97.5, sum: 3, percent: -2.5 });
    expect([depthAt(model, 101).sum, depthAt(model, 100.5).sum, depthAt(model, 95).sum, depthAt(model, 106).sum]).toEqual([3, 0, null, null]);
  });

  it('sums never fall with the distance, and equal the sum of the levels within it', () => {
    const level = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 }));
    fc.assert(fc.property(fc.array(level, { minLength: 1, maxLength: 20 }), fc.array(level, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 1200 }), (bids, asks, away) => {
      const walk = (sign: number, steps: readonly (readonly [number, number])[]) => {
        let at = 10_000;
        return steps.map(([step, size]) => [(at += sign * step), size] as const);
      };
      const [b, a] = [walk(-1, bids), walk(1, asks)];
      const model = depthModel(book(b, a), null);
      if (!model) throw new Error('no model');
      const point = depthAt(model, model.mid + away);
      const within = a.filter(([p]) => p <= model.mid + away).reduce((sum, [, s]) => sum + s, 0);
      expect(point.sum).toBe(model.mid + away > (a.at(-1)?.[0] ?? 0) ? null : within);
    }));
  });

  it('heights are linear or by three decades; paths are steps outwards from the mid', () => {
    expect([heightOf(5, 10, false), heightOf(0, 10, false), heightOf(10, 10, true), heightOf(1, 1_000, true), heightOf(0.1, 1_000, true)]).toEqual([0.5, 0, 1, 0, 0]);
    const model = depthModel(BOOK, null);
    if (!model) throw new Error('no model');
    const box = { width: 80, height: 100, log: false };
    expect(depthPath(model, 'bid', box).line).toBe('M30.0 100H30.0V90.0H20.0V70.0H0.0V30.0');
    expect(depthPath(model, 'ask', box).line).toBe('M50.0 100H50.0V70.0H80.0');
    expect(depthPath(model, 'ask', box).area).toMatch(/V100Z$/);
    expect(axisPrices(model, 4)).toEqual([98, 100, 102]);
    // In a narrow panel the first and the last would be cut off, and read as other prices.
    expect(axisLabels({ mid: 100, reach: 2.2 }, 600, String).map((label) => label.text)).toEqual(['98', '99', '100', '101', '102']);
    expect(axisLabels({ mid: 100, reach: 2.2 }, 240, (price) => price.toFixed(4))).toEqual([{ x: 120, text: '100.0000' }]);
  });
});

describe('depth chart', () => {
  beforeEach(() => {
    freshStores();
    fillMarket({ 'BTC/USDT': {} });
  });
  it('is drawn, and the crosshair moves by keys', async () => {
    const { wrapper } = await mountPanel(DepthChart, { props: { symbol: 'BTC/USDT' } });
    expect(wrapper.text()).toContain('Loading the order book');
    const apply = (asks: readonly (readonly [string, string])[]): void => {
      useBookStore().apply({ channel: 'book:BTC/USDT', symbol: 'BTC/USDT', replace: true, bids: [['99', '1'], ['98', '2']], asks, depth: 9, state: 'ok', reason: '', venue: 'okx', quality: 'live', levels: null, venueTime: null, ageAtSend: 0, receivedAt: performance.now() });
      useBookStore().flush();
    };
    apply([['101', '3'], ['102', '1']]);
    await nextTick();
    expect(wrapper.findAll('.area').map((p) => (p.attributes('d') ?? '').startsWith('M'))).toEqual([true, true]);
    for (let i = 0; i < 30; i++) await wrapper.find('.box').trigger('keydown', { key: 'ArrowRight' });
    expect(wrapper.find('.words').text()).toBe('Book good. 101.20, +1.200% from mid: 3 BTC offered to there');
    await wrapper.find('.box').trigger('keydown', { key: 'Escape' });
    expect(wrapper.find('.words').text()).toContain('Mid 100.00');
    const log = wrapper.findAll('.chip').find((chip) => chip.text() === 'Log');
    await log?.trigger('click');
    expect(log?.attributes('aria-pressed')).toBe('true');
    apply([]);
    await nextTick();
    expect(wrapper.text()).toContain('One side is empty');
    wrapper.unmount();
  });
});

describe('heatmap of recent depth', () => {
  beforeEach(() => {
    freshStores();
    fillMarket({ 'BTC/USDT': {} });
  });
  const view = (bids: readonly (readonly [string, string])[], quality: 'live' | 'simulated' = 'live') => {
    useBookStore().apply({ channel: 'book:BTC/USDT', symbol: 'BTC/USDT', replace: true, bids, asks: [['101', '3'], ['102', '9']], depth: 9, state: 'ok', reason: '', venue: 'okx', quality, levels: null, venueTime: null, ageAtSend: 0, receivedAt: performance.now() });
    useBookStore().flush();
    return useBookStore().book('book:BTC/USDT');
  };
  const facts = { tick: 1, base: 'BTC', priceDecimals: 2, sizeDecimals: 5 };

  it('says in words what it shows, as a whole and cell by cell, begins anew with another kind, and takes nothing that is not good', async () => {
    const { wrapper } = await mountPanel(HeatMap, { props: { ...facts, book: view([['99', '1'], ['98', '4']]), good: true } });
    const words = () => wrapper.find('.heat__words').text();
    expect(words()).toMatch(/^Since \d\d:\d\d:\d\d UTC: most bid at 98\.00 \(4 BTC on average\), most offered at 102\.00 \(9 BTC on average\)$/);
    expect(wrapper.find('canvas').attributes('aria-label')).toContain('most bid at 98.00');
    await wrapper.find('.heat__box').trigger('keydown', { key: 'ArrowRight' });
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await wrapper.find('.heat__box').trigger('keydown', { key: i < 30 ? 'ArrowUp' : 'ArrowDown' });
      seen.add(words().replace(/^[\d:]+ UTC, /, ''));
    }
    expect([...seen]).toEqual(expect.arrayContaining(['101.00: 3 BTC offered', '102.00: 9 BTC offered', '99.00: 1 BTC bid']));
    await wrapper.find('.heat__box').trigger('keydown', { key: 'Escape' });
    await wrapper.setProps({ book: view([['99', '1']], 'simulated'), good: false });
    expect(words()).toBe('Listening: one column a second');
    expect(wrapper.text()).toContain('Nothing to show yet');
    wrapper.unmount();
  });

  it('is off until somebody asks for it, in place of the chart of now, and the choice is kept', async () => {
    const { wrapper } = await mountPanel(DepthChart, { props: { symbol: 'BTC/USDT' } });
    expect(wrapper.find('.heat').exists()).toBe(false);
    await wrapper.findAll('.chip').find((chip) => chip.text() === 'Heatmap')?.trigger('click');
    await vi.waitFor(() => expect(wrapper.find('.heat').exists()).toBe(true));
    expect(wrapper.findAll('.chip').map((chip) => chip.text())).toEqual(['Heatmap']);
    expect(localStorage.getItem('tickglass.book')).toContain('"heat":true');
    wrapper.unmount();
  });
});
