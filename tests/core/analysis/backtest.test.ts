import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAnalysis } from '@/core/analysis';
import { ScoreChain } from '@/core/analysis/chainScore';
import { backtest, type Backtest, type BacktestRequest } from '@/core/analysis/outcomesBacktest';
import { createEngine } from '@/core/engine';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { Candle, EngineOutput } from '@/core/market/outputs';
import { RandomStream } from '@/core/util/random';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const MINUTE = 60_000;
const T0 = Date.parse('2026-03-10T00:00:00Z');
const SYMBOL = 'BTC/USDT';

/** Seeded minutes of prices with two decimals, the open of each being the close before. */
const CANDLES: readonly Candle[] = (() => {
  const random = new RandomStream('backtest');
  let price = 40_000;
  return Array.from({ length: 900 }, (_, k) => {
    const open = price;
    const close = Math.round(100 * open * (1 + 0.001 * random.normal())) / 100;
    price = close;
    const high = Math.round(100 * Math.max(open, close) * (1 + 0.0005 * random.uniform())) / 100;
    const low = Math.round(100 * Math.min(open, close) * (1 - 0.0005 * random.uniform())) / 100;
    return { openTime: T0 + k * MINUTE, open, high, low, close, volume: 1 + Math.round(100 * random.uniform()) };
  });
})();

function finish(request: Partial<BacktestRequest> = {}): { report: Backtest; progress: number[] } {
  const progress: number[] = [];
  const steps = backtest({ symbol: SYMBOL, tf: '1m', venue: 'binance', source: 'live', candles: CANDLES, warm: 0, sha256, ...request });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { report: step.value, progress };
    progress.push(step.value);
  }
}

/** The whole engine, live: each minute comes as the venue's closed candle at its end. */
function live(step: (at: number) => readonly number[] = (at) => [at]): { chain: ScoreChain; lines: string[] } {
  const lines: string[] = [];
  const chain = new ScoreChain({ family: 'signals', sha256, write: (line) => void lines.push(line) });
  const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS.filter((i) => i.symbol === SYMBOL), venuePriority: ['binance'], signalIntervals: ['1m'], candleHistory: 2_000 });
  const out = (output: EngineOutput): void => void chain.take(output);
  engine.step({ type: 'mode', mode: 'live', reason: '', receiveTime: T0 }, out);
  engine.step({ type: 'feedStatus', venue: 'binance', state: 'live', reason: '', receiveTime: T0 }, out);
  for (const candle of CANDLES) {
    const end = candle.openTime + MINUTE;
    engine.step({ type: 'candle', venue: 'binance', kind: 'live', route: 'socket', symbol: SYMBOL, venueTime: end, receiveTime: end, interval: '1m', ...candle, closed: true }, out);
    for (const at of step(end)) engine.step({ type: 'clock', receiveTime: at }, out);
  }
  return { chain, lines };
}

describe('backtest', () => {
  it('reports what the live engine logs over the same candles, byte for byte', () => {
    const { report } = finish();
    const { chain } = live();
    expect(report.counts.forecasts).toBeGreaterThan(30);
    expect(report.counts).toEqual(chain.counts);
    expect([report.records, report.head]).toEqual([chain.position.seq, chain.position.hash]);
  });

  it('does not depend on how often time passes between two candles: two speeds, one log', () => {
    const slow = live((at) => Array.from({ length: 20 }, (_, k) => at + k * 3_000));
    expect(slow.lines).toEqual(live((at) => [at]).lines);
    expect(slow.lines).toEqual(live((at) => [at + 100, at + 20_000]).lines);
  });

  it('records what it computed and on what, and gives the same report twice', () => {
    const { report, progress } = finish({ warm: 300 });
    expect(report).toEqual(finish({ warm: 300 }).report);
    expect(report.parameters).toMatchObject({ warm: 300, candles: 900, from: T0, to: T0 + 899 * MINUTE, plan: { stopAtr: 1.5, targetAtr: 3, expiryBars: 20 } });
    expect(progress.length).toBeGreaterThan(0);
    expect(progress.every((p, k) => p > 0 && p < 1 && p >= (progress[k - 1] ?? 0))).toBe(true);
    const other = CANDLES.with(450, { ...(CANDLES[450] as Candle), volume: 12_345 });
    expect(finish({ candles: other }).report.parameters.input).not.toBe(report.parameters.input);
  });

  it('does not look ahead', () => {
    expect(finish().report.lookAhead).toEqual({ cuts: 3, differences: 0, ok: true });
  });

  it('has a report for no candles at all', () => {
    expect(finish({ candles: [] }).report).toMatchObject({ counts: { forecasts: 0, open: 0 }, figures: null, parameters: { candles: 0, from: null, to: null } });
  });
});

describe('outcomes of a live analysis', () => {
  it('come for every scored signal, or it is open or void, whatever breaks off', () => {
    const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 1e12 });
    const chain = new ScoreChain({ family: 'signals', sha256, write: () => undefined });
    const out = (output: EngineOutput): void => void chain.take(output);
    const taken: Candle[] = [];
    for (const [k, candle] of CANDLES.entries()) {
      // Once another market is shown, once five days are missing, once a candle is none.
      const shift = k >= 500 ? 5 * 86_400_000 : 0;
      taken.push(k === 700 ? { ...candle, low: -1, openTime: candle.openTime + shift } : { ...candle, openTime: candle.openTime + shift });
      analysis.candleClosed({ symbol: SYMBOL, interval: '1m', candles: taken, kind: 'live', venue: 'binance', now: candle.openTime + shift + MINUTE, mid: null, warm: false }, out);
      if (k === 400) analysis.reset(candle.openTime + MINUTE, out);
      const { forecasts, outcomes, void: voids, open } = chain.counts;
      expect(forecasts).toBe(outcomes + voids + open);
      expect(open).toBeLessThanOrEqual(1);
    }
    expect(chain.counts.outcomes).toBeGreaterThan(10);
  });
});
