import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERVAL_MS, INTERVALS } from '@/core/contract';
import type { Analysis } from '@/core/analysis/types';
import { scaled } from '@/core/util/decimal';
import { Feed, T0 } from './feed';

const MINUTE = 60_000;

describe('candles from trades', () => {
  it('close two seconds after their end, take late trades until then, and count later ones', () => {
    const feed = new Feed();
    feed.trade(0, '100', '0.1');
    feed.trade(59_990, '101', '0.2');
    feed.trade(60_500, '103', '1');
    feed.trade(61_000, '99', '0.3', { venueTime: T0 + 59_995 });
    expect(feed.of('candle', feed.clock(61_000)).filter((o) => o.closed)).toEqual([]);
    const [closed] = feed.of('candle', feed.clock(62_000)).filter((o) => o.closed && o.interval === '1m');
    expect(closed).toMatchObject({ revised: false, venue: 'binance', candle: { openTime: T0, open: 100, high: 101, low: 99, close: 99, volume: 0.6 } });
    expect(feed.codes(feed.trade(62_500, '50', '9', { venueTime: T0 + 59_999 }))).toEqual(['late_trade']);
    expect(feed.engine.candles('BTC/USDT', '1m', 2).map((c) => c.volume)).toEqual([0.6, 1]);
    expect(feed.engine.trades('BTC/USDT', 1)[0]?.size).toBe('9');
    expect(feed.engine.tradeTotals()[0]?.volume).toBe('10.6');
  });

  it('close by the venue clock when ours differs', () => {
    for (const skew of [-5000, 5000, 3_600_000]) {
      const feed = new Feed();
      for (const t of [0, 20_000, 59_900, 60_100]) feed.trade(t + skew, '100', '1', { venueTime: T0 + t });
      const closedAt = (t: number): boolean => feed.of('candle', feed.clock(t + skew)).some((o) => o.closed);
      expect([closedAt(61_999), closedAt(62_000)], `skew ${skew}`).toEqual([false, true]);
    }
  });

  it('one wild venue time neither closes candles nor makes one of the future', () => {
    const feed = new Feed();
    for (const t of [0, 1000, 2000]) feed.trade(t, '100');
    feed.trade(3000, '100', '1', { venueTime: T0 + 80_000_000 });
    expect(feed.of('candle', feed.clock(4000)).filter((o) => o.closed)).toEqual([]);
    expect(feed.engine.candles('BTC/USDT', '1m', 9)).toEqual([expect.objectContaining({ openTime: T0, volume: 4 })]);
  });

  it('forming candles travel with the clock, not with each trade, and a minute without trades has no candle', () => {
    const feed = new Feed();
    expect(feed.of('candle', [...feed.trade(0, '100'), ...feed.trade(1, '101')])).toEqual([]);
    expect(feed.of('candle', feed.clock(1000)).filter((o) => o.interval === '1m').map((o) => [o.closed, o.candle.close])).toEqual([[false, 101]]);
    expect(feed.of('candle', feed.clock(2000))).toEqual([]);
    feed.trade(3 * MINUTE, '102');
    feed.clock(5 * MINUTE);
    expect(feed.engine.candles('BTC/USDT', '1m', 9).map((c) => (c.openTime - T0) / MINUTE)).toEqual([0, 3]);
  });

  it('are made of mids with volume 0 where there is no tape, and of trades alone once there is one', () => {
    const feed = new Feed();
    const fx = { symbol: 'EUR/USD' };
    feed.quote(0, '1.1', '1.2', fx);
    expect(feed.engine.candles('EUR/USD', '1m', 1)).toEqual([{ openTime: T0, open: 1.15, high: 1.15, low: 1.15, close: 1.15, volume: 0 }]);
    feed.trade(5, '1.11', '1000', fx);
    expect(feed.engine.candles('EUR/USD', '1m', 1)[0]).toMatchObject({ open: 1.11, high: 1.11, volume: 1000 });
  });

  const trades = fc.array(
    fc.record({ gap: fc.integer({ min: 0, max: 90_000 }), lag: fc.integer({ min: 0, max: 1500 }), price: fc.integer({ min: 9000, max: 11_000 }), size: fc.integer({ min: 1, max: 10 ** 9 }) }),
    { minLength: 1, maxLength: 120 },
  );

  it('every timeframe: ordered, inside its extremes, and its volumes add up to the trades exactly', () => {
    fc.assert(fc.property(trades, (list) => {
      const feed = new Feed();
      let now = 0;
      let second = 0;
      for (const { gap, lag, price, size } of list) {
        now += gap;
        for (; second <= now; second += 1000) feed.clock(second);
        feed.trade(now, (price / 100).toFixed(2), (size / 1e8).toFixed(8), { venueTime: T0 + Math.max(0, now - lag) });
      }
      const total = scaled(feed.engine.tradeTotals()[0]?.volume ?? '0', 8);
      const refused = feed.of('refused').length;
      for (const interval of INTERVALS) {
        const candles = feed.engine.candles('BTC/USDT', interval, 1e6);
        for (const [i, c] of candles.entries()) {
          expect(c.openTime % INTERVAL_MS[interval]).toBe(0);
          expect(c.openTime).toBeGreaterThan(candles[i - 1]?.openTime ?? 0);
          expect(c.low).toBeLessThanOrEqual(Math.min(c.open, c.close));
          expect(c.high).toBeGreaterThanOrEqual(Math.max(c.open, c.close));
        }
        const sum = candles.reduce((units, c) => units + BigInt(Math.round(c.volume * 1e8)), 0n);
        if (interval !== '1s') expect([interval, refused, sum]).toEqual([interval, 0, total]);
      }
    }), { numRuns: 60 });
  });
});

describe('candles of venue and history', () => {
  it('a closed one replaces ours, is revised when ours was closed, and repairs the longer ones', () => {
    const feed = new Feed();
    feed.trade(0, '100', '1');
    feed.clock(63_000);
    const out = feed.of('candle', feed.candle(64_000, 0, [98, 105, 97, 100, 7]));
    expect(out.map((o) => [o.interval, o.closed, o.revised])).toEqual([['1m', true, true]]);
    expect(feed.engine.candles('BTC/USDT', '1h', 1)[0]).toMatchObject({ open: 98, high: 105, low: 97, volume: 7 });
    expect(feed.of('candle', feed.candle(65_000, 0, [98, 105, 97, 100, 7]))).toEqual([]);
  });

  it('trades of a minute the venue closed are in it already', () => {
    const feed = new Feed();
    feed.trade(59_000, '100', '1');
    expect(feed.of('candle', feed.candle(60_050, 0, [100, 101, 99, 100, 5])).map((o) => o.revised)).toEqual([false]);
    expect(feed.codes(feed.trade(60_100, '101', '1', { venueTime: T0 + 59_990 }))).toEqual([]);
    expect(feed.engine.candles('BTC/USDT', '1m', 1)[0]?.volume).toBe(5);
  });

  it('a closed hour is corrected when one of its minutes is', () => {
    const feed = new Feed();
    for (let m = -60; m < 1; m += 1) feed.candle(0, m * MINUTE, [10, 11, 9, 10, 1]);
    feed.clock(MINUTE);
    expect(feed.engine.candles('BTC/USDT', '1h', 2).map((c) => [c.openTime - T0, c.volume])).toEqual([[-60 * MINUTE, 60], [0, 1]]);
    const out = feed.of('candle', feed.candle(2 * MINUTE, -30 * MINUTE, [10, 15, 9, 10, 3]));
    expect(out.filter((o) => o.interval === '1h').map((o) => [o.revised, o.candle.high, o.candle.volume])).toEqual([[true, 15, 62]]);
  });

  it('a given longer timeframe is not built from minutes', () => {
    const feed = new Feed();
    feed.candle(0, -60 * MINUTE, [50, 60, 40, 55, 999], { interval: '1h' });
    feed.candle(0, -30 * MINUTE, [10, 11, 9, 10, 1]);
    expect(feed.engine.candles('BTC/USDT', '1h', 5).map((c) => c.volume)).toEqual([999]);
  });

  it('minutes in any order give the same longer candles', () => {
    const minutes = fc.uniqueArray(fc.record({ m: fc.integer({ min: -180, max: -1 }), close: fc.integer({ min: 10, max: 20 }), volume: fc.nat(9) }), { selector: (c) => c.m, minLength: 1, maxLength: 40 });
    const longer = (list: readonly { m: number; close: number; volume: number }[]): unknown => {
      const feed = new Feed();
      for (const { m, close, volume } of list) feed.candle(0, m * MINUTE, [15, 20, 10, close, volume]);
      feed.clock(MINUTE);
      return (['5m', '15m', '1h', '4h', '1d'] as const).map((interval) => feed.engine.candles('BTC/USDT', interval, 99));
    };
    fc.assert(fc.property(minutes, (list) => {
      const sorted = [...list].sort((a, b) => a.m - b.m);
      expect(longer(list)).toEqual(longer(sorted));
      expect(longer([...sorted].reverse())).toEqual(longer(sorted));
    }), { numRuns: 60 });
  });

  it('history fills holes only and is not sent on', () => {
    const feed = new Feed();
    feed.candle(0, -2 * MINUTE, [10, 11, 9, 10, 1]);
    const out = [-3, -2].flatMap((m) => feed.candle(1, m * MINUTE, [20, 21, 19, 20, 2], { route: 'history' }));
    expect(feed.of('candle', out)).toEqual([]);
    expect(feed.engine.candles('BTC/USDT', '1m', 5).map((c) => c.close)).toEqual([20, 10]);
  });

  it('a forming one of the venue completes a minute that we saw only in part', () => {
    const feed = new Feed();
    feed.trade(30_000, '100', '1');
    feed.candle(31_000, 0, [95, 102, 94, 100, 8], { closed: false });
    feed.trade(32_000, '103', '1');
    expect(feed.engine.candles('BTC/USDT', '1m', 1)).toEqual([{ openTime: T0, open: 95, high: 103, low: 94, close: 103, volume: 8 }]);
  });

  it.each([
    ['high below close', [10, 9, 8, 10, 1], {}], ['negative volume', [10, 11, 9, 10, -1], {}], ['NaN', [NaN, 11, 9, 10, 1], {}],
    ['off its grid', [10, 11, 9, 10, 1], { openTime: T0 + 1 }], ['unknown timeframe', [10, 11, 9, 10, 1], { interval: '7m' }], ['the far future', [10, 11, 9, 10, 1], { openTime: T0 + 9e9 }],
  ] as const)('%s is refused', (_name, ohlcv, extra) => {
    const feed = new Feed();
    expect(feed.codes(feed.candle(0, 0, ohlcv, extra))).toEqual(['bad_payload']);
  });
});

it('sparkline: sixty closes, gaps stay gaps, once per closed minute', () => {
  const feed = new Feed();
  for (const m of [-70, -3, -2]) feed.candle(0, m * MINUTE, [10, 11, 9, 10 + m / 100, 1]);
  const [spark] = feed.of('sparkline', feed.clock(0));
  expect(spark?.data).toMatchObject({ end_time: T0 - 2 * MINUTE, step_ms: MINUTE, quality: 'live' });
  expect(spark?.data.closes).toHaveLength(60);
  expect(spark?.data.closes.slice(-3)).toEqual([null, 9.97, 9.98]);
  expect(feed.of('sparkline', feed.clock(1000))).toEqual([]);
});

/** An analysis that only notes what it is asked. */
function noted(calls: string[]): Analysis {
  const note = (name: string) => (i: { interval: string; warm: boolean; candles: { readonly length: number } }): void => {
    calls.push(`${name} ${i.interval} ${i.candles.length}${i.warm ? ' warm' : ''}`);
  };
  return { candleClosed: note('closed'), preview: note('preview'), revised: note('revised'), quote: () => undefined, clock: () => undefined, setPace: () => undefined, reset: () => undefined };
}

it('analysis: history is rated once and warm, a live close at once, the forming candle every ten seconds', () => {
  const calls: string[] = [];
  const feed = new Feed({ signalIntervals: ['1m'] }, 'live', noted(calls));
  for (let m = -20; m < -1; m += 1) feed.candle(0, m * MINUTE, [10, 11, 9, 10, 1], { route: 'rest' });
  expect(calls).toEqual([]);
  feed.clock(0);
  expect(calls.splice(0)).toEqual(['closed 1m 19 warm']);
  feed.trade(0, '10');
  for (let s = 1; s <= 62; s += 1) {
    feed.clock(s * 1000);
    feed.trade(s * 1000, '10');
  }
  expect(calls.filter((call) => call.startsWith('closed'))).toEqual(['closed 1m 20']);
  expect(calls.filter((call) => call.startsWith('preview')).length).toBe(6);
});

it('analysis: the last minute of a simulated past is history, however young; corrections and late minutes are told apart', () => {
  const calls: string[] = [];
  const feed = new Feed({ signalIntervals: ['1m'] }, 'simulated', noted(calls));
  for (const m of [-3, -1, -2]) feed.candle(0, m * MINUTE, [10, 11, 9, 10, 1], { route: 'simulator' });
  expect(calls.splice(0)).toEqual(['revised 1m 3 warm']);
  feed.clock(0);
  expect(calls.splice(0)).toEqual(['closed 1m 3 warm']);
  feed.candle(1000, -MINUTE, [10, 12, 9, 10, 1], { route: 'rest' });
  expect(calls).toEqual(['revised 1m 3 warm']);
});

it('at a speed, what is sent by time comes as often for the reader as at speed 1', () => {
  const sent = (speed: number): number[] => {
    const calls: string[] = [];
    const feed = new Feed({ signalIntervals: ['1m'] }, 'simulated', noted(calls));
    feed.send({ type: 'mode', mode: 'simulated', reason: 'fast', receiveTime: T0, speed });
    const minutes: unknown[] = [];
    for (let s = 0; s < 55; s += 1) {
      feed.trade(s * 1000, '10');
      minutes.push(...feed.of('candle', feed.clock(s * 1000)).filter((c) => c.interval === '1m' && !c.closed));
    }
    return [minutes.length, calls.filter((call) => call.startsWith('preview')).length];
  };
  expect(sent(1)).toEqual([55, 6]);
  expect(sent(20)).toEqual([3, 1]);
  expect(sent(NaN)).toEqual([55, 6]);
});
