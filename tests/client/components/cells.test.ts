import { mount } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { h, nextTick, ref, type Component } from 'vue';
import { FLASH_QUIET_MS, FLASH_SWEEP_MS, useFlash } from '@/components/flash';
import PriceCell from '@/components/PriceCell.vue';
import { sparkPath } from '@/components/sparkPath';
import { originOf } from '@/components/sourceWords';
import { indicatorName } from '@/components/words';

describe('PriceCell', () => {
  const cell = (price: number, previousPrice: number | null, direction: -1 | 0 | 1, decimals = 2) => mount(PriceCell, { props: { read: () => ({ price, previousPrice, direction, changedAt: 1 }), decimals } });

  it('marks only the digits that changed', () => {
    const wrapper = cell(61_837.63, 61_837.12, 1);
    expect(wrapper.find('.price__same').text()).toBe('61,837.');
    expect(wrapper.find('.price__changed').text()).toBe('63');
    expect(wrapper.text()).toBe('61,837.63');
  });
  it('marks the whole number when its length changed', () => {
    expect(cell(100_000, 99_999.99, 1).find('.price__changed').text()).toBe('100,000.00');
  });
  it('marks nothing before the first change', () => {
    expect(cell(0.00000644, null, 0, 8).find('.price__changed').text()).toBe('');
  });
  it('says the direction by an arrow class, and marks nothing that stands still', () => {
    expect(cell(2, 1, 1).classes()).toEqual(expect.arrayContaining(['arrow', 'up']));
    expect(cell(1, 2, -1).classes()).toEqual(expect.arrayContaining(['arrow', 'down']));
    expect(cell(1, 2, -1).classes()).not.toContain('price--flash');
  });
  it('follows what it reads by itself: digits, direction and the flash', async () => {
    vi.useFakeTimers();
    const quote = ref<{ price: number; previousPrice: number; direction: -1 | 1; changedAt: number }>({ price: 100.12, previousPrice: 100.11, direction: 1, changedAt: 1 });
    const wrapper = mount(PriceCell, { props: { read: () => quote.value, decimals: 2 } });
    quote.value = { price: 100.09, previousPrice: 100.12, direction: -1, changedAt: 2 };
    await nextTick();
    await nextTick();
    expect([wrapper.find('.price__same').text(), wrapper.find('.price__changed').text()]).toEqual(['100.', '09']);
    expect(wrapper.classes()).toEqual(expect.arrayContaining(['down', 'price--flash']));
    vi.advanceTimersByTime(1_000);
    await nextTick();
    expect(wrapper.classes()).not.toContain('price--flash');
    vi.useRealTimers();
  });
});

describe('useFlash', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const watchers = (count: number) => {
    const changedAt = ref<number | undefined>(undefined);
    const row: Component = { setup() { const on = useFlash(() => changedAt.value); return () => h('i', { class: { on: on.value } }); } };
    const wrapper = mount({ render: () => Array.from({ length: count }, () => h(row)) });
    return { changedAt, wrapper, lit: () => wrapper.findAll('.on').length };
  };

  it('does not mark a first value, marks a change, and unmarks within 300 ms of quiet', async () => {
    const { changedAt, lit } = watchers(1);
    changedAt.value = 1;
    await nextTick();
    expect(lit()).toBe(0);
    changedAt.value = 2;
    await nextTick();
    await nextTick();
    expect(lit()).toBe(1);
    vi.advanceTimersByTime(FLASH_QUIET_MS + FLASH_SWEEP_MS);
    await nextTick();
    expect(lit()).toBe(0);
  });
  it('uses one timer for all rows and none when nothing is marked', async () => {
    const { changedAt, lit } = watchers(40);
    changedAt.value = 1;
    await nextTick();
    expect(vi.getTimerCount()).toBe(0);
    changedAt.value = 2;
    await nextTick();
    await nextTick();
    expect(lit()).toBe(40);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('sparkPath', () => {
  it('has whole coordinates and ends at the edges', () => {
    expect(sparkPath([1, 2, 3], 42, 20)).toBe('M1 18L21 10L41 2');
  });
  it('draws a gap as a gap', () => {
    expect(sparkPath([1, 2, null, 3, 1], 42, 20).match(/M/g)).toHaveLength(2);
  });
  it('is flat in the middle for equal values, and empty below two points', () => {
    expect(sparkPath([5, 5], 42, 20)).toBe('M1 10L41 10');
    expect(sparkPath([5, null], 42, 20)).toBe('');
    expect(sparkPath([], 42, 20)).toBe('');
  });
});

describe('originOf', () => {
  it.each([
    ['binance', 'live', 'socket', 'Binance', ''],
    ['binance', 'live', 'rest', 'Binance REST', ''],
    ['binance', 'replay', 'replay', 'Binance replay', 'violet'],
    ['simulator', 'simulated', 'simulator', 'Simulator', 'violet'],
    ['finnhub', 'delayed', 'socket', 'Finnhub delayed', 'amber'],
    ['newvenue', 'unknown', 'socket', 'newvenue unverified', 'amber'],
    ['', 'live', 'socket', 'no source', ''],
  ] as const)('%s, %s, by %s reads "%s"', (source, quality, route, text, tone) => {
    expect(originOf(source, quality, route)).toMatchObject({ text, tone });
  });
  it('never calls simulated or replayed values a market', () => {
    expect(originOf('simulator', 'simulated', 'simulator').words).toMatch(/not a market/);
    expect(originOf('binance', 'replay', 'replay').words).toMatch(/past market/);
  });
});

describe('indicatorName', () => {
  it.each([['rsi_14', 'RSI 14'], ['willr_14', 'Williams %R 14'], ['last_move', 'Last move'], ['ichimoku', 'Ichimoku'], ['stoch_14_3_3', 'Stochastic 14 3 3']])('%s reads "%s"', (k, name) => {
    expect(indicatorName(k)).toBe(name);
  });
});
