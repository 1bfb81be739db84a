import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { Candle } from '@/core/market/outputs';
import type { BusMessage } from '../../../server/bus/bus';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { createMetrics } from '../../../server/observability/metrics';
import { createPipeline } from '../../../server/pipeline/pipeline';

const T0 = 1_700_000_000_000;
const SYMBOL = 'BTC/USDT';
const log = pino({ level: 'silent' });

let seen: BusMessage[] = [];
beforeEach(() => (seen = []));
const of = (channel: string) => seen.filter((m) => m.type !== 'output' && m.channel === channel);
const items = (channel: string) => of(channel).flatMap((m) => (m.type === 'log' ? m.items : []));
const changes = (channel: string) => of(channel).flatMap((m) => (m.type === 'keyed' ? m.changes : []));

function rig(change: (engine: Engine) => Engine = (e) => e) {
  const bus = createMemoryBus(log);
  bus.subscribe((message) => seen.push(message));
  const real = createEngine({ instruments: BUILT_IN_INSTRUMENTS.filter((i) => i.symbol === SYMBOL), venuePriority: ['binance', 'kraken'] });
  const engine = change(real);
  let epochs = 0;
  let now = T0;
  const pipe = createPipeline({ engine, bus, feedClock: () => ({ now: () => now, speed: 1 }), metrics: createMetrics(), log, newEpoch: () => `e${++epochs}` });
  pipe.accept({ type: 'mode', mode: 'live', reason: 'test', receiveTime: T0 });
  const origin = (venue: string) => ({ venue, kind: 'live', route: 'socket', symbol: SYMBOL, venueTime: T0, receiveTime: T0 }) as const;
  return {
    bus, pipe, engine, at: (time: number) => void (now = time),
    trade: (venue: string, id: string, price = '100') => pipe.accept({ type: 'trade', id, price, size: '1', side: 'buy', ...origin(venue) }),
    book: (venue: string, size: string) => pipe.accept({ type: 'book', action: 'snapshot', bids: [['100', size]], asks: [['101', '1']], updateId: null, ...origin(venue) } satisfies InputEvent),
  };
}

describe('channels made on demand', () => {
  it('cost nothing and say nothing until somebody wants them, and stop when nobody does', () => {
    const { bus, pipe, book, trade } = rig();
    const names = [`book:${SYMBOL}@kraken`, `quote:${SYMBOL}`, `trades:${SYMBOL}@kraken`];
    const all = () => names.map((name) => of(name).length);
    book('kraken', '1');
    trade('kraken', 'a');
    pipe.flush();
    expect(all()).toEqual([0, 0, 0]);
    const ends = names.map((name) => bus.want(name));
    expect(all().every((n) => n >= 2)).toBe(true); // numbering and state, at once
    ends.forEach((end) => end());
    seen = [];
    book('kraken', '2');
    trade('kraken', 'b');
    pipe.flush();
    expect(all()).toEqual([0, 0, 0]);
  });

  it('have a numbering of their own each time they are wanted', () => {
    const { bus, book } = rig();
    book('kraken', '1');
    const epochs = [1, 2].map(() => {
      seen = [];
      bus.want(`book:${SYMBOL}@kraken`)();
      return of(`book:${SYMBOL}@kraken`).flatMap((m) => (m.type === 'reset' ? [m.epoch] : []));
    });
    expect(epochs.map((e) => e.length)).toEqual([1, 1]);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('a book is published as the difference, and not at all when nothing changed', () => {
    const { bus, pipe, book } = rig();
    bus.want(`book:${SYMBOL}@kraken`);
    book('kraken', '1');
    pipe.flush();
    seen = [];
    for (let i = 0; i < 40; i++) pipe.flush();
    expect(of(`book:${SYMBOL}@kraken`)).toEqual([]);
    book('kraken', '2');
    pipe.flush();
    expect(changes(`book:${SYMBOL}@kraken`).map((c) => c.key)).toEqual(['b:100', 's']);
  });

  it('says of a venue without a book of the symbol what it is waiting for', () => {
    const { bus } = rig();
    bus.want(`book:${SYMBOL}@binance`);
    bus.want(`book:${SYMBOL}@nasdaq`);
    expect(changes(`book:${SYMBOL}@binance`)).toMatchObject([{ key: 's', value: { venue: 'binance', state: 'syncing', reason: `waiting for the first order book of ${SYMBOL} from binance`, kind: 'unknown' } }]);
    expect(changes(`book:${SYMBOL}@nasdaq`)).toMatchObject([{ value: { state: 'syncing', reason: `nasdaq has sent no order book of ${SYMBOL} and is not known to list it` } }]);
  });

  it('trades of one venue begin with those the engine still holds, in order, and have no others among them', () => {
    const { bus, trade } = rig();
    trade('kraken', 'a');
    trade('binance', 'b');
    trade('kraken', 'c');
    bus.want(`trades:${SYMBOL}@kraken`);
    trade('binance', 'd');
    trade('kraken', 'e');
    expect(items(`trades:${SYMBOL}@kraken`)).toMatchObject([{ id: 'a' }, { id: 'c' }, { id: 'e' }]);
    expect(items(`trades:${SYMBOL}`)).toHaveLength(5);
  });

  it('quotes carry what changed, venue by venue', () => {
    const { bus, pipe, trade } = rig();
    trade('kraken', 'a');
    trade('binance', 'b');
    bus.want(`quote:${SYMBOL}`);
    expect(changes(`quote:${SYMBOL}`).map((c) => c.key).sort()).toEqual(['binance', 'kraken']);
    seen = [];
    trade('kraken', 'c', '105');
    pipe.flush();
    expect(changes(`quote:${SYMBOL}`)).toMatchObject([{ key: 'kraken', value: { last: 105 } }]);
    seen = [];
    pipe.flush();
    expect(of(`quote:${SYMBOL}`)).toEqual([]);
  });

  it('candles of one venue: the closed and the forming minute, looked at once a second', () => {
    let candles: Candle[] = [];
    const made = (openTime: number, close: number): Candle => ({ openTime, open: 1, high: 9, low: 1, close, volume: 1 });
    const { bus, pipe, at } = rig((engine) => Object.assign(engine, { venueCandles: () => candles }));
    candles = [made(T0, 5)];
    const name = `candles:${SYMBOL}@kraken`;
    bus.want(name);
    expect(changes(name)).toMatchObject([{ key: `1m|${T0}`, value: { interval: '1m', close: 5, closed: false } }]);
    seen = [];
    candles = [made(T0, 6), made(T0 + 60_000, 7)];
    for (let i = 0; i < 9; i++) pipe.flush();
    expect(of(name)).toEqual([]);
    pipe.flush();
    expect(changes(name)).toMatchObject([{ key: `1m|${T0}`, value: { close: 6, closed: true } }, { key: `1m|${T0 + 60_000}`, value: { closed: false } }]);
    seen = [];
    candles = [made(T0 + 60_000, 7), made(T0 + 120_000, 8)];
    for (let i = 0; i < 10; i++) pipe.flush();
    expect(changes(name).map((c) => [c.key, c.value === undefined])).toEqual([[`1m|${T0}`, true], [`1m|${T0 + 60_000}`, false], [`1m|${T0 + 120_000}`, false]]);
    seen = [];
    at(T0 + 186_000);
    for (let i = 0; i < 10; i++) pipe.flush();
    expect(changes(name)).toMatchObject([{ key: `1m|${T0 + 120_000}`, value: { closed: true } }]);
  });

  it('the forecast for the next 10 s: one value a second, only while it is new', () => {
    const { bus, pipe, book } = rig();
    const name = `binary10:${SYMBOL}`;
    bus.want(name);
    expect(changes(name)).toEqual([]);
    for (let second = 1; second <= 3; second++) {
      book('kraken', String(second));
      pipe.accept({ type: 'clock', receiveTime: T0 + second * 1_000 });
      for (let i = 0; i < 10; i++) pipe.flush();
    }
    const horizons = [{ h: 10, call: 'NONE' }];
    expect(changes(name)).toMatchObject([1, 2, 3].map((second) => ({ key: SYMBOL, value: { method: 'mix@1', ts: T0 + second * 1_000, horizons, breadth: null } })));
    for (let i = 0; i < 10; i++) pipe.flush();
    expect(changes(name)).toHaveLength(3);
  });

  it('a fault in one channel stops no other', () => {
    const { bus, pipe, trade } = rig((engine) => Object.assign(engine, { venueCandles: () => { throw new Error('broken'); } }));
    bus.want(`candles:${SYMBOL}@kraken`);
    bus.want(`quote:${SYMBOL}`);
    trade('kraken', 'a');
    for (let i = 0; i < 20; i++) pipe.flush();
    expect(changes(`quote:${SYMBOL}`).length).toBeGreaterThan(0);
  });

  it('starts anew, empty, when the market shown changes', () => {
    const { bus, pipe, book } = rig();
    bus.want(`book:${SYMBOL}@kraken`);
    book('kraken', '1');
    pipe.flush();
    seen = [];
    pipe.accept({ type: 'mode', mode: 'simulated', reason: 'test', receiveTime: T0 });
    const [reset, first, ...more] = of(`book:${SYMBOL}@kraken`);
    expect(reset).toMatchObject({ type: 'reset' });
    expect(first).toMatchObject({ type: 'keyed', prev: 0, changes: [{ key: 's', value: { state: 'syncing' } }] });
    expect(more).toEqual([]);
  });
});
