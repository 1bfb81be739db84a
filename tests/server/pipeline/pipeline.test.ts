import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { SignalRecord } from '@/core/contract';
import type { CandleEvent, InputEvent, TradeEvent } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { BusMessage } from '../../../server/bus/bus';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import type { StoredCandle } from '../../../server/history/port';
import { createMetrics } from '../../../server/observability/metrics';
import { createPipeline, type Pipeline } from '../../../server/pipeline/pipeline';
import { createWarmUp } from '../../../server/pipeline/warmUp';
import { waitFor } from '../../support/waitFor';
import { signalRecord } from '../history/records';

const MINUTE = 60_000;
const T0 = 29_666_667 * MINUTE;
const log = pino({ level: 'silent' });
const instruments = BUILT_IN_INSTRUMENTS.filter((i) => i.symbol === 'BTC/USDT' || i.symbol === 'ETH/USDT');

let seen: BusMessage[] = [];
let metrics = createMetrics();
let epochs = 0;
let feed = { now: () => T0, speed: 1 };
beforeEach(() => { seen = []; metrics = createMetrics(); epochs = 0; feed = { now: () => T0, speed: 1 }; });

function pipeline(stored: { candles?: StoredCandle[]; signals?: SignalRecord[] } = {}): { pipe: Pipeline; engine: ReturnType<typeof createEngine> } {
  const bus = createMemoryBus(log);
  bus.subscribe((message) => seen.push(message));
  const engine = createEngine({ instruments, venuePriority: ['binance', 'simulator'] });
  const reader = { newestCandles: () => Promise.resolve(stored.candles ?? []), signals: () => Promise.resolve(stored.signals ?? []) };
  const warmUp = createWarmUp({ reader, symbols: instruments.map((i) => i.symbol), candleHistory: 500 });
  const pipe = createPipeline({ engine, bus, feedClock: () => feed, metrics, log, newEpoch: () => `e${++epochs}`, warmUp });
  return { pipe, engine };
}
const mode = (to: 'live' | 'simulated' | 'replay' | 'mixed', at = T0): InputEvent => ({ type: 'mode', mode: to, reason: 'test', receiveTime: at });
const trade = (at: number, price: string, kind: 'live' | 'simulated' = 'live', id = String(at)): TradeEvent => ({
  type: 'trade', venue: kind === 'live' ? 'binance' : 'simulator', kind, route: 'socket', symbol: 'BTC/USDT', venueTime: at, receiveTime: at, id, price, size: '0.5', side: 'buy',
});
const of = (channel: string) => seen.filter((m) => m.type !== 'output' && m.channel === channel);
const outputs = (type: string) => seen.flatMap((m) => (m.type === 'output' && m.output.type === type ? [m.output] : []));

/** Every channel's changes follow one another: same epoch and prev = position, or a reset in between. */
function expectContiguous(): void {
  const position = new Map<string, { epoch: string; seq: number }>();
  for (const message of seen) {
    if (message.type === 'output') continue;
    const at = position.get(message.channel);
    if (message.type === 'reset') {
      expect(message.epoch).not.toBe(at?.epoch);
      position.set(message.channel, { epoch: message.epoch, seq: 0 });
      continue;
    }
    expect(at, message.channel).toEqual({ epoch: message.epoch, seq: message.prev });
    const count = message.type === 'keyed' ? message.changes.length : message.items.length;
    expect(message.seq - message.prev).toBe(count);
    position.set(message.channel, { epoch: message.epoch, seq: message.seq });
  }
}

describe('pipeline', () => {
  it('announces every channel at the start, each with an epoch of its own', () => {
    pipeline();
    const names = seen.map((m) => (m.type === 'reset' ? m.channel : m.type)).sort();
    expect(names).toEqual(['binary', 'candles:BTC/USDT', 'candles:ETH/USDT', 'market', 'ratings', 'signals', 'sparkline', 'trades:BTC/USDT', 'trades:ETH/USDT']);
    expect(new Set(seen.map((m) => (m.type === 'reset' ? m.epoch : '')))).toHaveProperty('size', names.length);
  });

  it('numbers changes without a hole, and starts anew with the market shown', () => {
    const { pipe } = pipeline();
    pipe.accept(mode('live'));
    for (let i = 0; i < 200; i++) pipe.accept(trade(T0 + i * 1_000, String(100 + (i % 7))));
    pipe.accept(mode('simulated', T0 + 200_000));
    for (let i = 0; i < 200; i++) pipe.accept(trade(T0 + 200_000 + i * 700, String(50 + (i % 5)), 'simulated'));
    expectContiguous();
    expect(of('market').filter((m) => m.type === 'reset')).toHaveLength(3);
    expect(of('trades:BTC/USDT').filter((m) => m.type === 'log')).toHaveLength(400);
  });

  it('resets before anything of the new market, and not at all between live and mixed', () => {
    const { pipe } = pipeline();
    pipe.accept(mode('live'));
    seen = [];
    pipe.accept(mode('mixed'));
    expect(seen.filter((m) => m.type === 'reset')).toEqual([]);
    pipe.accept(mode('simulated'));
    const firstReset = seen.findIndex((m) => m.type === 'reset');
    const modeAt = seen.findIndex((m) => m.type === 'output' && m.output.type === 'mode' && m.output.mode === 'simulated');
    const firstValue = seen.findIndex((m, i) => i > firstReset && m.type === 'keyed');
    expect(firstReset).toBeGreaterThanOrEqual(0);
    expect(modeAt).toBeGreaterThan(firstReset);
    expect(firstValue).toBeGreaterThan(firstReset);
  });

  it('lets no input go back in time, and no status of another clock move it', () => {
    const { pipe, engine } = pipeline();
    pipe.accept(mode('replay', T0 - 500_000));
    const early = { ...trade(T0 - 500_000, '100'), kind: 'replay', route: 'replay' } as const;
    pipe.accept(early);
    pipe.accept({ type: 'feedStatus', venue: 'binance', state: 'waiting', reason: 'elsewhere', receiveTime: T0 + 9_000_000 });
    pipe.accept({ ...early, id: 'b', receiveTime: T0 - 499_000, venueTime: T0 - 499_000, price: '101' });
    pipe.accept({ ...early, id: 'c', receiveTime: T0 - 700_000, venueTime: T0 - 498_500, price: '102' });
    expect(engine.quote('BTC/USDT')).toMatchObject({ last: 102, receiveTime: T0 - 499_000, kind: 'replay' });
  });

  it('tells the engine every whole second of feed time, once, whether inputs or the timer bring it', async () => {
    const { pipe } = pipeline();
    const clocks = async () => ((await metrics.engineInputs.get()).values.find((v) => v.labels.type === 'clock')?.value ?? 0);
    pipe.accept(mode('live'));
    pipe.accept(trade(T0 + 100, '100'));
    pipe.accept(trade(T0 + 2_900, '101'));
    pipe.accept(trade(T0 + 2_950, '101'));
    feed = { now: () => T0 + 5_000, speed: 1 };
    pipe.tick();
    pipe.tick();
    expect(await clocks()).toBe(5);
    pipe.accept(trade(T0 + 86_400_000, '101'));
    pipe.stop();
    expect(await clocks()).toBeLessThan(5 + 400);
  });

  it('gives the same messages for the same inputs of a source with its own clock, whatever the timer does', () => {
    const run = (ticks: boolean): string => {
      seen = [];
      epochs = 0;
      const { pipe } = pipeline();
      pipe.accept(mode('simulated'));
      for (let i = 0; i < 300; i++) {
        feed = { now: () => T0 + i * 400 + 390, speed: 1 };
        if (ticks) pipe.tick();
        pipe.accept(trade(T0 + i * 400, String(100 + (i % 9)), 'simulated'));
      }
      return JSON.stringify(seen);
    };
    expect(run(true)).toBe(run(false));
  });

  it('keeps the newest two candles of an interval in the channel, and records each closed one once', () => {
    const { pipe } = pipeline();
    pipe.accept(mode('live'));
    for (let i = 0; i < 600; i++) pipe.accept(trade(T0 + i * 1_000, '100'));
    const keys = new Set<string>();
    for (const message of of('candles:BTC/USDT')) {
      if (message.type !== 'keyed') continue;
      for (const change of message.changes) {
        if (change.value === undefined) keys.delete(change.key);
        else keys.add(change.key);
      }
      expect([...keys].filter((key) => key.startsWith('1m|')).length).toBeLessThanOrEqual(2);
    }
    const closed = outputs('candle').flatMap((o) => (o.type === 'candle' && o.interval === '1m' ? [o.candle.openTime] : []));
    expect(closed.length).toBeGreaterThanOrEqual(9);
    expect(new Set(closed).size).toBe(closed.length);
  });

  it('tells only the newest of a past that comes in at once, and records all of it', () => {
    const { pipe } = pipeline();
    pipe.accept(mode('live'));
    for (let i = 100; i > 0; i--) {
      pipe.accept({
        type: 'candle', venue: 'binance', kind: 'live', route: 'rest', symbol: 'BTC/USDT', venueTime: null, receiveTime: T0, interval: '1m',
        openTime: T0 - i * MINUTE, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: true,
      });
    }
    const minutes = of('candles:BTC/USDT').flatMap((m) => (m.type === 'keyed' ? m.changes.filter(({ key, value }) => key.startsWith('1m|') && value !== undefined) : []));
    expect(minutes.map(({ key }) => key)).toEqual([3, 2, 1].map((i) => `1m|${String(T0 - i * MINUTE)}`));
    expect(outputs('candle').filter((o) => o.type === 'candle' && o.interval === '1m').length).toBe(100);
  });

  it('tells others than the readers of a book of its changes of state, and of those only: what repairs crossed books lives on them', () => {
    const { pipe } = pipeline();
    pipe.accept(mode('live'));
    const book = (at: number, action: 'snapshot' | 'delta', bid: string, ask: string): InputEvent => ({
      type: 'book', action, venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: at, receiveTime: at, bids: [[bid, '1']], asks: [[ask, '1']], updateId: null,
    });
    pipe.accept(book(T0, 'snapshot', '99', '101'));
    for (let i = 1; i < 5; i++) pipe.accept(book(T0 + i, 'delta', `99.${i}`, '101'));
    pipe.accept(book(T0 + 5, 'delta', '102', '103'));
    pipe.accept(book(T0 + 6, 'delta', '102', '103'));
    pipe.accept(book(T0 + 7, 'snapshot', '99', '101'));
    expect(outputs('book').map((output) => output.type === 'book' && output.state)).toEqual(['ok', 'crossed', 'ok']);
  });

  it('counts refused inputs by venue and code, and goes on', async () => {
    const { pipe, engine } = pipeline();
    pipe.accept(mode('live'));
    pipe.accept(trade(T0, '100'));
    for (const price of ['NaN', '-1', '0', '1e999', 'Infinity', '']) pipe.accept(trade(T0 + 1, price, 'live', price));
    pipe.accept({ ...trade(T0 + 2, '100'), symbol: '__proto__' });
    pipe.accept({ type: 'badInput', venue: 'binance', symbol: null, code: 'bad_json', detail: 'x', receiveTime: T0 });
    const counted = (await metrics.refusedInputs.get()).values;
    expect(counted.reduce((sum, v) => sum + v.value, 0)).toBe(8);
    expect(counted.map((v) => v.labels.code)).toEqual(expect.arrayContaining(['unknown_symbol', 'bad_json']));
    pipe.accept(trade(T0 + 3, '101'));
    expect(engine.quote('BTC/USDT')?.last).toBe(101);
    expect(outputs('refused')).toHaveLength(8);
  });
});

describe('warm-up', () => {
  const stored = (i: number, close: number): StoredCandle => ({
    symbol: 'BTC/USDT', interval: '1m', venue: 'simulator', firstOpenTime: T0 - 100 * MINUTE,
    candle: { openTime: T0 - (100 - i) * MINUTE, open: close, high: close, low: close, close, volume: 1 },
  });
  const past = Array.from({ length: 90 }, (_, i) => stored(i, 200 + i));

  it('makes charts and signals whole at once, and does not record them again', async () => {
    const { pipe, engine } = pipeline({ candles: past, signals: [signalRecord({ id: 'a', source: 'simulated' }), signalRecord({ id: 'b', source: 'simulated' })] });
    pipe.accept(mode('simulated'));
    await waitFor(() => engine.candles('BTC/USDT', '1m', 500).length >= 90, { message: 'stored candles in the engine' });
    expect(engine.candles('BTC/USDT', '1m', 500)[0]?.close).toBe(200);
    await waitFor(() => of('signals').some((m) => m.type === 'log'), { message: 'stored signals in the channel' });
    expect(of('signals').flatMap((m) => (m.type === 'log' ? m.items : []))).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect(outputs('candle').filter((o) => o.type === 'candle' && o.interval === '1m')).toEqual([]);
    expect(outputs('signal')).toEqual([]);
    expectContiguous();
  });

  it('lets the stored simulated past stand against a newly made-up one', async () => {
    const { pipe, engine } = pipeline({ candles: past });
    pipe.accept(mode('simulated'));
    await waitFor(() => engine.candles('BTC/USDT', '1m', 500).length >= 90, { message: 'stored candles in the engine' });
    const made = (i: number): CandleEvent => ({
      type: 'candle', venue: 'simulator', kind: 'simulated', route: 'simulator', symbol: 'BTC/USDT', venueTime: null, receiveTime: T0, interval: '1m',
      openTime: T0 - (100 - i) * MINUTE, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: true,
    });
    pipe.accept(made(50));
    pipe.accept(made(95));
    const closes = new Map(engine.candles('BTC/USDT', '1m', 500).map((c) => [c.openTime, c.close]));
    expect(closes.get(made(50).openTime)).toBe(250);
    expect(closes.get(made(95).openTime)).toBe(1);
  });

  it('does not look into the future a fast simulator left, and not into a replay', async () => {
    const ahead = stored(200, 9);
    const { pipe, engine } = pipeline({ candles: [...past, ahead] });
    pipe.accept(mode('simulated'));
    await waitFor(() => engine.candles('BTC/USDT', '1m', 500).length >= 90, { message: 'stored candles in the engine' });
    expect(engine.candles('BTC/USDT', '1m', 500).some((c) => c.openTime === ahead.candle.openTime)).toBe(false);
    pipe.accept(mode('replay', T0 + 1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.candles('BTC/USDT', '1m', 500)).toEqual([]);
  });

  it('goes on without stored data when it cannot be read', async () => {
    const { engine } = pipeline();
    const bus = createMemoryBus(log);
    const broken = { newestCandles: () => Promise.reject(new Error('disk')), signals: () => Promise.reject(new Error('disk')) };
    const warmUp = createWarmUp({ reader: broken, symbols: [], candleHistory: 10 });
    const pipe = createPipeline({ engine, bus, feedClock: () => feed, metrics, log, newEpoch: () => `x${++epochs}`, warmUp });
    pipe.accept(mode('live'));
    await new Promise((resolve) => setImmediate(resolve));
    pipe.accept(trade(T0, '100'));
    expect(engine.quote('BTC/USDT')?.last).toBe(100);
  });
});

it('a feed at twenty times real time sends its forming minute as often for the reader as one at real time', () => {
  const sent = (speed: number): number => {
    seen = [];
    feed = { now: () => T0, speed };
    const { pipe } = pipeline();
    pipe.accept(mode('simulated'));
    for (let s = 0; s <= 41; s++) pipe.accept(trade(T0 + s * 1000, '100', 'simulated'));
    return of('candles:BTC/USDT').filter((m) => m.type === 'keyed' && JSON.stringify(m.changes).includes('"interval":"1m"')).length;
  };
  const usual = sent(1);
  expect(usual).toBeGreaterThan(35);
  expect(sent(20)).toBe(Math.ceil(usual / 20));
});

it('after a hold-up of the process, the inputs of a simulated market come before its clock: none of its trades is late', () => {
  let at = T0;
  feed = { now: () => at, speed: 20 };
  const { pipe, engine } = pipeline();
  pipe.accept(mode('simulated'));
  for (let s = 0; s < 200; s += 1) {
    // Twenty times real time, the process held up for six seconds once: two feed minutes.
    at = T0 + 1000 * (s < 100 ? s : s + 120);
    if (s % 4 === 0) pipe.tick();
    for (let t = s === 100 ? 100 : at / 1000 - T0 / 1000; t <= (at - T0) / 1000; t += 1) pipe.accept(trade(T0 + t * 1000, '100', 'simulated'));
  }
  expect(outputs('refused')).toEqual([]);
  expect(engine.candles('BTC/USDT', '1m', 10).map((c) => c.volume).slice(0, 4)).toEqual([30, 30, 30, 30]);
  for (let k = 0; k < 3; k += 1) {
    at += 4_000;
    pipe.tick();
  }
  expect(engine.candles('BTC/USDT', '1m', 10).length).toBeGreaterThan(4);
});
