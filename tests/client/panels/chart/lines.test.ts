import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INDICATORS } from '@/core/analysis/indicators/registry';
import { ChartSeries } from '@/core/market/chartBars';
import { ZoneClock } from '@/core/market/chartTime';
import type { Candle } from '@/core/market/outputs';
import { IndicatorTrack, titleOf, trackOf } from '@/panels/Chart/indicatorLines';
import { shadesOf } from '@/panels/Chart/lines';
import { countdown, figuresOf, holeWords, summaryOf } from '@/panels/Chart/words';

const T0 = Date.parse('2024-03-08T10:00:00Z');
/** A walk of its own, the same every time. */
function walk(count: number): Candle[] {
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = price;
    price = Math.max(1, price + ((i * 7919) % 13) - 6);
    return { openTime: T0 + i * 60_000, open, high: Math.max(open, price) + 1, low: Math.min(open, price) - 0.5, close: price, volume: 1 + ((i * 31) % 7) };
  });
}
const CANDLES = walk(140);

describe('indicators along a chart', () => {
  it.each(INDICATORS.map((spec) => [spec.name, spec] as const))('%s is the same whether candles came one by one, forming, or all at once', (_name, spec) => {
    const whole = new ChartSeries('1m', 'crypto');
    whole.page(CANDLES);
    const expected = new IndicatorTrack(spec, {});
    expected.follow(whole.model(), 'all');
    const series = new ChartSeries('1m', 'crypto');
    series.page(CANDLES.slice(0, 60));
    const track = new IndicatorTrack(spec, {});
    track.follow(series.model(), 'all');
    for (const candle of CANDLES.slice(60)) {
      for (const close of [candle.open, candle.close]) track.follow((series.live([{ ...candle, close, closed: false }]), series.model()), 'tail');
    }
    expect(track.values).toEqual(expected.values);
    expect(track.values.every((column) => column.length === CANDLES.length)).toBe(true);
  });

  it('leave holes empty and follow pages that come before', () => {
    fc.assert(fc.property(fc.integer({ min: 30, max: 90 }), (cut) => {
      const spec = INDICATORS.find((s) => s.name === 'rsi')!;
      const series = new ChartSeries('1m', 'crypto');
      const parts = [CANDLES.slice(cut + 8), CANDLES.slice(0, cut)];
      const track = new IndicatorTrack(spec, {});
      for (const part of parts) track.follow((series.page(part), series.model()), 'all');
      const { points } = series.model();
      expect(track.values[0]?.map((value) => Number.isNaN(value)).slice(20)).toEqual(points.map((p) => p.candle === null).slice(20));
    }));
  });

  it('that are not known here, or whose parameters are not, are not drawn', () => {
    expect([trackOf({ name: 'crystal_ball', params: {} }), trackOf({ name: 'rsi', params: { period: -1 } })]).toEqual([null, null]);
    const rsi = trackOf({ name: 'rsi', params: {} })!;
    expect([rsi.title, titleOf(rsi.spec, { [Object.keys(rsi.spec.params)[0]!]: 9 })]).toEqual(['RSI 14', 'RSI 9']);
    expect(shadesOf([rsi, rsi, rsi], 2)).toEqual([[0], [1], [0]]);
  });
});

describe('words of the chart', () => {
  const berlin = new ZoneClock('Europe/Berlin');

  it('give a candle in figures, with its change from the close before', () => {
    expect(figuresOf({ openTime: 0, open: 101, high: 103, low: 100, close: 102, volume: 12_345 }, { openTime: 0, open: 1, high: 1, low: 1, close: 100, volume: 0 }, 2))
      .toEqual({ open: '101.00', high: '103.00', low: '100.00', close: '102.00', volume: '12.3K', change: '+2.00 (+2.00%)', side: 'up' });
    expect(figuresOf({ openTime: 0, open: 101, high: 103, low: 100, close: 100.5, volume: 0 }, null, 1)).toMatchObject({ change: '\u22120.5 (\u22120.50%)', side: 'down', volume: '0' });
  });

  it('name holes for what they are', () => {
    const hole = { from: T0, to: T0 + 180_000, missing: 3, kind: 'gap', start: 0, end: 3 } as const;
    expect(holeWords(hole, berlin)).toBe('No candle: 2024-03-08 11:00 UTC+1 to 2024-03-08 11:03 UTC+1, 3 min, 3 candles. No trade is known');
    const cause = { from: T0, to: T0 + 60_000, reason: 'the server was not running', state: 'kept', note: 'binance has nothing older' } as const;
    expect(holeWords({ ...hole, cause }, berlin)).toBe('Not received: 2024-03-08 11:00 UTC+1 to 2024-03-08 11:03 UTC+1, 3 min, 3 candles. The server was not running. Binance has nothing older. It cannot be had');
    expect(holeWords({ ...hole, cause: { ...cause, state: 'open', note: '' } }, berlin)).toMatch(/The server was not running\. It is being loaded$/);
    expect(holeWords({ ...hole, kind: 'closed' }, berlin)).toBe('Market closed: 2024-03-08 11:00 UTC+1 to 2024-03-08 11:03 UTC+1');
  });

  it('tell what is in sight', () => {
    const series = new ChartSeries('1m', 'crypto');
    series.page([...CANDLES.slice(0, 10), ...CANDLES.slice(13, 20)]);
    const seen = (from: number, to: number): string => summaryOf(series.model(), from, to, { symbol: 'BTC/USDT', decimals: 1, clock: new ZoneClock('UTC') });
    expect(seen(-5, 40)).toMatch(/^BTC\/USDT, candles of one minute: 17 in sight, 2024-03-08 10:00 UTC to 2024-03-08 10:19 UTC\. From 100\.0 to .*One hole\.$/);
    expect(seen(0.5, 4.5)).toContain('4 in sight, 2024-03-08 10:01 UTC to 2024-03-08 10:04 UTC');
    expect([seen(0, 4).endsWith('No holes.'), seen(100, 200)]).toEqual([true, 'BTC/USDT: no candles in sight.']);
  });

  it('count down to the close, and say nothing when it is over', () => {
    const left = (ms: number, length = 60_000): string => countdown(0, length, length - ms);
    expect([left(60_000), left(42_100), left(1), left(0), left(-5_000), left(11_220_000, 14_400_000), left(50_400_000, 86_400_000)]).toEqual(['1:00', '0:43', '0:01', '', '', '3:07:00', '14 h']);
  });
});
