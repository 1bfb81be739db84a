import { describe, expect, it } from 'vitest';
import { judgeSignals, readOutcomeSignals } from '@/core/analysis/outcomes';
import type { Candle } from '@/core/market/outputs';

/** Prices that rise by 1 a candle, 2 from low to high: the ATR is 2. */
const CANDLES: readonly Candle[] = Array.from({ length: 40 }, (_, k) => ({ openTime: k * 60_000, open: 100 + k, high: 101.5 + k, low: 99.5 + k, close: 101 + k, volume: 1 }));
const params = { stopAtr: 1, targetAtr: 2, expiryBars: 10 };
const text = (signals: unknown): string => JSON.stringify({ params, signals });
const read = (signals: unknown) => {
  const result = readOutcomeSignals(text(signals), CANDLES.length);
  if (!result.ok) throw new Error(result.error);
  return result.value;
};

describe('outcomes of a list of signals', () => {
  it('are those worked out by hand, alone and together', () => {
    const { signals, aggregate } = judgeSignals(read([{ i: 20, side: 'BUY', atr: 2 }, { i: 20, side: 'SELL', atr: 2 }, { i: 38, side: 'BUY', atr: 5 }]), CANDLES);
    expect(signals[0]).toEqual({ i: 20, side: 'BUY', atr: 2, entry: 121, stop: 119, target: 125, outcome: 'target', bars: 4, ret: 4 / 121, r: 2, mae: -0.25, mfe: 2.25 });
    expect(signals[1]).toMatchObject({ stop: 123, target: 117, outcome: 'stop', bars: 2, r: -1, mfe: 0.25 });
    expect(signals[2]).toMatchObject({ outcome: null, r: null });
    expect(aggregate).toMatchObject({ n: 2, wins: 1, winRate: 0.5, avgR: 0.5, profitFactor: 2, targets: 1, stops: 1, expiries: 0, open: 1 });
  });

  it('take the average range of the candle where the signal has none', () => {
    expect(judgeSignals(read([{ i: 20, side: 'BUY' }]), CANDLES).signals[0]).toMatchObject({ atr: expect.closeTo(2, 9) as number, outcome: 'target' });
    expect(judgeSignals(read([{ i: 2, side: 'BUY' }]), CANDLES).signals[0]).toMatchObject({ atr: null, outcome: null });
  });

  it('are refused in words when the list is none', () => {
    for (const [input, words] of [['{', /no JSON/], ['{}', /params/], [text([{ i: 40, side: 'BUY' }]), /candle 40 of 40/], [text([{ i: 1, side: 'UP' }]), /signals\.0\.side/], [text([{ i: 1, side: 'BUY', atr: 0 }]), /atr/]] as const) {
      const result = readOutcomeSignals(input, CANDLES.length);
      expect(result.ok ? '' : result.error).toMatch(words);
    }
  });
});
