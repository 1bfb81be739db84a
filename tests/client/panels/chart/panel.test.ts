import { flushPromises } from '@vue/test-utils';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick, ref } from 'vue';
import { useCandles, type CandleFeed } from '@/composables/useCandles';
import type { CandleData, CandlesAnswer, Interval } from '@/core/contract';
import { err, ok } from '@/core/util/result';
import ChartPanel from '@/panels/Chart/ChartPanel.vue';
import type { Api } from '@/service';
import { useCandleStore } from '@/stores/candles';
import { useChartStore } from '@/stores/chart';
import { useConnectionStore } from '@/stores/connection';
import { fillMarket, freshStores, instrument, mountPanel, stream } from '../support';

const MINUTE = 60_000;
const T0 = Date.parse('2024-03-08T10:00:00Z');
const row = (i: number, close = 100): CandlesAnswer['candles'][number] => [T0 + i * MINUTE, 100, 110, 90, close, 1];
const answer = (rows: CandlesAnswer['candles'], change: Partial<CandlesAnswer> = {}): CandlesAnswer => ({ symbol: 'BTC/USDT', interval: '1m', candles: rows, gaps: [], missing: [], source: 'live', older: 'more', note: '', ...change });
const pushed = (i: number, close: number, change: Partial<CandleData> = {}): CandleData => ({ interval: '1m', open_time: T0 + i * MINUTE, open: 100, high: 110, low: 90, close, volume: 2, closed: false, quality: 'live', ...change });
const push = (...candles: CandleData[]): void => {
  useCandleStore().apply('candles:BTC/USDT', { replace: false, updates: candles.map((value) => ({ key: `${value.interval}|${String(value.open_time)}`, value })) });
  useCandleStore().flush();
};

const screen = vi.hoisted(() => ({ canvas: true, drawn: [] as string[], titles: [] as string[] }));
/** There is no canvas here: what would be drawn is noted. */
vi.mock('@/panels/Chart/renderer', () => ({
  ChartRenderer: class {
    constructor() {
      if (!screen.canvas) throw new Error('no canvas');
    }
    draw = (model: { readonly points: readonly unknown[] }, change: string): void => void screen.drawn.push(`${change} ${String(model.points.length)}`);
    setTitle = (title: string): void => void screen.titles.push(title);
    addLayer = () => () => undefined;
    paneTops = () => [0];
    restyle = setLines; setLines = setLines; setMarks = setLines; setScale = setLines; setHeadroom = setLines; onHover = setLines; onRange = setLines; destroy = setLines;
    range = () => ({ from: 0, to: 10 });
  },
}));
function setLines(): void {
  // Colours, lines and listeners need a screen.
}

describe('candles of a chart', () => {
  let calls: (number | null)[];
  let feed: CandleFeed;
  const interval = ref<Interval>('1m');

  async function open(candles: Api['candles']): Promise<void> {
    calls = [];
    const api: Partial<Api> = {
      candles: (query, signal) => {
        calls.push(query.end);
        return candles(query, signal);
      },
    };
    const Host = { template: '<i />', setup: () => (feed = useCandles('BTC/USDT', interval)) && {} };
    const mounted = await mountPanel(Host, { api });
    afterUnmount = () => mounted.wrapper.unmount();
    await flushPromises();
  }
  let afterUnmount = (): void => undefined;
  beforeEach(() => {
    freshStores();
    interval.value = '1m';
    fillMarket({ 'BTC/USDT': {} });
  });
  afterEach(() => {
    afterUnmount();
    vi.useRealTimers();
  });
  const closes = (): number[] => feed.series.value.candles.map((c) => c.close);

  it('are the newest page with the live ones joined, at most ten times a second', async () => {
    vi.useFakeTimers();
    await open(() => Promise.resolve(ok(answer([row(0), row(1), row(2, 101)]))));
    const changes: string[] = [];
    feed.onChange((change) => changes.push(change));
    for (let k = 0; k < 5; k++) {
      push(pushed(2, 102 + k));
      await nextTick();
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(100);
    push(pushed(2, 109, { closed: true }), pushed(3, 110));
    await nextTick();
    await vi.advanceTimersByTimeAsync(100);
    expect([closes(), changes.length, feed.state.value]).toEqual([[100, 100, 109, 110], 2, 'ready']);
  });

  it('do not mix kinds of data', async () => {
    vi.useFakeTimers();
    await open(() => Promise.resolve(ok(answer([row(0)], { source: 'simulated' }))));
    push(pushed(1, 5));
    await nextTick();
    await vi.advanceTimersByTimeAsync(200);
    expect([closes(), feed.source.value]).toEqual([[100], 'simulated']);
  });

  it('go back page by page to the end of history, each candle once', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 120 }), async (size, count) => {
      const all = Array.from({ length: count }, (_, i) => row(i));
      await open(({ end }) => {
        const page = all.filter(([time]) => time <= (end ?? Infinity)).slice(-size);
        return Promise.resolve(ok(answer(page, page[0]?.[0] === T0 || page.length === 0 ? { older: 'end', note: 'nothing older' } : {})));
      });
      for (let n = 0; n <= count && feed.older.value !== 'end'; n++) {
        feed.loadOlder();
        feed.loadOlder();
        await flushPromises();
      }
      expect(feed.series.value.candles.map((c) => c.openTime)).toEqual(all.map(([time]) => time));
      expect([feed.note.value, new Set(calls).size]).toEqual(['nothing older', calls.length]);
      afterUnmount();
    }), { numRuns: 20 });
  });

  it('say why older ones cannot be had, and do not ask again at once', async () => {
    vi.useFakeTimers();
    await open(({ end }) => Promise.resolve(end === null ? ok(answer([row(0)])) : ok(answer([], { older: 'unknown', note: 'Older candles cannot be had now: busy' }))));
    feed.loadOlder();
    await flushPromises();
    feed.loadOlder();
    expect([feed.note.value, feed.older.value, calls.length]).toEqual(['Older candles cannot be had now: busy', 'busy', 2]);
    await vi.advanceTimersByTimeAsync(5_001);
    feed.loadOlder();
    expect(calls.length).toBe(3);
  });

  it('are read again after an interruption, and begin anew where what is shown does not reach', async () => {
    let at = 0;
    await open(() => Promise.resolve(ok(answer(Array.from({ length: 5 }, (_, i) => row(at + i))))));
    const connection = useConnectionStore();
    const interrupted = async (): Promise<number[]> => {
      connection.setStream(stream('market', { state: 'backoff' }));
      await nextTick();
      connection.setStream(stream('market'));
      await flushPromises();
      return feed.series.value.candles.map((c) => (c.openTime - T0) / MINUTE);
    };
    at = 3;
    expect(await interrupted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    at = 100;
    expect(await interrupted()).toEqual([100, 101, 102, 103, 104]);
  });

  it('that have not happened yet go when an earlier time of a replay is sought', async () => {
    vi.useFakeTimers();
    let rows = [row(0), row(1), row(2), row(3)];
    await open(() => Promise.resolve(ok(answer(rows))));
    push(pushed(3, 150));
    await vi.advanceTimersByTimeAsync(150);
    expect(closes()).toEqual([100, 100, 100, 150]);
    rows = [row(0), row(1)];
    useCandleStore().apply('candles:BTC/USDT', { replace: true, updates: [{ key: `1m|${String(T0 + 2 * MINUTE)}`, value: pushed(2, 99) }] });
    useCandleStore().flush();
    await vi.advanceTimersByTimeAsync(150);
    expect([closes(), calls.length]).toEqual([[100, 100, 99], 2]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(calls.length).toBe(2);
  });

  it('are forgotten when the interval, or what feeds the server, changes', async () => {
    await open(({ interval: length }) => Promise.resolve(ok(answer(length === '1m' ? [row(0)] : [], { interval: length }))));
    interval.value = '5m';
    await flushPromises();
    expect([closes(), feed.state.value]).toEqual([[], 'empty']);
    interval.value = '1m';
    await flushPromises();
    const before = calls.length;
    useConnectionStore().setMode('simulated');
    await flushPromises();
    expect([feed.state.value, calls.length]).toEqual(['ready', before + 1]);
  });

  it('are read again while the server repairs a gap, and the hole says so', async () => {
    vi.useFakeTimers();
    const gap = { from: T0 + 2 * MINUTE, to: T0 + 4 * MINUTE, reason: 'the server was not running', state: 'open', note: '' } as const;
    let mended = false;
    await open(() => Promise.resolve(ok(mended ? answer([row(0), row(1), row(2), row(3), row(4)]) : answer([row(0), row(1), row(4)], { missing: [gap] }))));
    expect(feed.series.value.model().holes).toMatchObject([{ missing: 2, cause: { state: 'open' } }]);
    mended = true;
    await vi.advanceTimersByTimeAsync(10_500);
    expect([feed.series.value.model().holes, closes().length]).toEqual([[], 5]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls.length).toBe(2);
  });

  it('of seconds are asked for every second', async () => {
    vi.useFakeTimers();
    interval.value = '1s';
    await open(() => Promise.resolve(ok(answer([[T0, 1, 1, 1, 1, 1]], { interval: '1s' }))));
    await vi.advanceTimersByTimeAsync(3_050);
    expect(calls.length).toBe(4);
  });
});

describe('the chart panel', () => {
  beforeEach(() => {
    freshStores();
    fillMarket({ 'BTC/USDT': {}, 'ETH/USDT': {} }, [instrument('BTC/USDT')]);
  });
  const show = async (candles: Api['candles'], path = '/') => {
    const mounted = await mountPanel(ChartPanel, { props: { symbol: 'BTC/USDT' }, api: { candles }, path });
    await flushPromises();
    return mounted;
  };
  /** With what is fetched after the candles. */
  const showAll = async (candles: Api['candles'], path = '/') => {
    const mounted = await show(candles, path);
    await vi.waitFor(() => expect(mounted.wrapper.find('.bar').exists()).toBe(true));
    return mounted;
  };

  it.each([
    ['it loads', () => new Promise<never>(() => undefined), 'Loading candles'],
    ['there are none yet', () => Promise.resolve(ok(answer([]))), 'No candles yet'],
    ['they cannot be had', () => Promise.resolve(err({ code: 'unreachable', words: 'The server did not answer' })), 'The server did not answer. It is tried again every five seconds.'],
  ])('says in words that %s', async (_name, candles, words) => {
    const { wrapper } = await show(candles);
    expect(wrapper.find('.chart__state').text()).toContain(words);
    wrapper.unmount();
  });

  it('draws what there is, and tells it to people who do not see it', async () => {
    vi.useFakeTimers();
    const { wrapper } = await showAll(() => Promise.resolve(ok(answer([row(0), row(1), row(4)]))));
    await vi.advanceTimersByTimeAsync(1_100);
    expect(screen.drawn.at(-1)).toBe('all 5');
    expect(wrapper.find('.chart > .sr').text()).toMatch(/^BTC\/USDT, candles of one minute: 3 in sight, .* One hole\.$/);
    expect(wrapper.find('.legend').text()).toMatch(/O100\.00 H110\.00 L90\.00 C100\.00/);
    wrapper.unmount();
    vi.useRealTimers();
  });

  it('draws the label of the last price when its words change, not whenever the feed tells its time', async () => {
    fillMarket({ 'BTC/USDT': { quality: 'live' } }, [instrument('BTC/USDT')]);
    const { wrapper } = await showAll(() => Promise.resolve(ok(answer([row(0)]))));
    screen.titles.length = 0;
    for (const ms of [100, 200, 300, 400, 1_100]) {
      useConnectionStore().setFeedTime(T0 + ms, performance.now());
      await nextTick();
    }
    expect(screen.titles).toEqual(['1:00', '0:59']);
    wrapper.unmount();
  });

  it('takes the interval from the address, and digits choose it while the chart has the focus', async () => {
    const { wrapper, router } = await showAll(() => Promise.resolve(ok(answer([row(0)]))), '/market/BTC%2FUSDT?interval=1h');
    expect(useChartStore().interval).toBe('1h');
    await wrapper.find('.chart__canvas').trigger('keydown', { key: '3' });
    await flushPromises();
    expect([useChartStore().interval, router.currentRoute.value.query['interval']]).toEqual(['5m', '5m']);
    await wrapper.find('.chart__canvas').trigger('keydown', { key: '9' });
    expect(useChartStore().interval).toBe('5m');
    wrapper.unmount();
  });

  it('says so where a browser cannot draw it, and goes on telling', async () => {
    screen.canvas = false;
    const { wrapper } = await show(() => Promise.resolve(ok(answer([row(0)]))));
    screen.canvas = true;
    expect(wrapper.text()).toContain('The chart cannot be drawn here');
    wrapper.unmount();
  });

  it('carries the label of what is no market, and stands still in words', async () => {
    useConnectionStore().setMode('simulated');
    const { wrapper } = await show(() => Promise.resolve(ok(answer([row(0)], { source: 'simulated' }))));
    expect(wrapper.find('.chart__foot').text()).toContain('SIMULATED');
    expect(wrapper.find('a[href="https://www.tradingview.com/"]').exists()).toBe(true);
    wrapper.unmount();
  });
});
