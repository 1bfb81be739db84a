import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { advance, Scorecard, type Outcome, type Plan } from '@/core/analysis/scorecard';
import type { Candle } from '@/core/market/outputs';
import { sharedPath } from '../../support/shared';

const folder = sharedPath('reference');
const Reference = v.object({
  params: v.object({ stopAtr: v.number(), targetAtr: v.number(), expiryBars: v.number() }),
  aggregate: v.object({ winRate: v.number(), avgR: v.number(), profitFactor: v.number() }),
  signals: v.array(v.object({ i: v.number(), side: v.picklist(['BUY', 'SELL']), atr: v.number(), outcome: v.string(), bars: v.number(), ret: v.number(), r: v.number() })),
});

const candle = (open: number, high: number, low: number, close: number): Candle => ({ openTime: 0, open, high, low, close, volume: 1 });
const PLAN: Plan = { stopAtr: 1, targetAtr: 2, expiryBars: 3 };

function run(side: 1 | -1, candles: readonly Candle[], atr = 10, plan = PLAN): Outcome | null {
  const position = { side, atr, plan, entry: null, bars: 0 };
  for (const c of candles) {
    const outcome = advance(position, c);
    if (outcome) return outcome;
  }
  return null;
}

describe('outcomes of signals', () => {
  for (const set of ['spy-usa-1d', 'btceur-bitvavo-1h']) {
    it.skipIf(!folder)(`${set}: 120 signals as in the reference (left out without the shared reference folder)`, () => {
      const rows = readFileSync(`${folder}/${set}.candles.csv`, 'utf8').trim().split('\n').slice(1).map((line) => line.split(',').map(Number));
      const candles = rows.map(([, o = 0, h = 0, l = 0, c = 0]) => candle(o, h, l, c));
      const { params, aggregate, signals } = v.parse(Reference, JSON.parse(readFileSync(`${folder}/scorecard/${set}.json`, 'utf8')));
      const outcomes = signals.map((s) => ({ s, o: run(s.side === 'BUY' ? 1 : -1, candles.slice(s.i + 1), s.atr, params) }));
      for (const { s, o } of outcomes) {
        expect(o).toMatchObject({ reason: s.outcome, bars: s.bars });
        expect(Math.abs((o?.ret ?? NaN) - s.ret)).toBeLessThan(1e-9);
        expect(Math.abs((o?.r ?? NaN) - s.r)).toBeLessThan(1e-9);
      }
      const returns = outcomes.map(({ o }) => o?.ret ?? 0);
      const gain = returns.reduce((a, r) => a + Math.max(0, r), 0);
      const loss = returns.reduce((a, r) => a + Math.max(0, -r), 0);
      expect(returns.filter((r) => r > 0).length / returns.length).toBeCloseTo(aggregate.winRate, 9);
      expect(gain / loss).toBeCloseTo(aggregate.profitFactor, 9);
    });
  }

  it('enters at the next open; the stop is checked first; no improvement at the target', () => {
    expect(run(1, [candle(100, 125, 89, 110)])).toMatchObject({ reason: 'stop', exit: 90, r: -1 });
    expect(run(1, [candle(100, 135, 95, 130)])).toMatchObject({ reason: 'target', exit: 120, r: 2 });
    expect(run(-1, [candle(100, 105, 70, 80)])).toMatchObject({ reason: 'target', exit: 80, r: 2 });
  });

  it('fills a stop that the market jumped over at the open, and ends at expiry', () => {
    expect(run(1, [candle(100, 105, 95, 100), candle(80, 85, 75, 82)])).toMatchObject({ reason: 'stop', exit: 80, r: -2, bars: 2 });
    expect(run(-1, [candle(100, 105, 95, 100), candle(100, 104, 96, 99), candle(99, 100, 95, 96)])).toMatchObject({ reason: 'expiry', exit: 96, r: 0.4, bars: 3 });
    expect(run(1, [candle(100, 105, 95, 100)])).toBeNull();
  });

  it('counts wins, R and profit factor; has no figures before the first outcome', () => {
    const card = new Scorecard(PLAN);
    expect(card.track()).toMatchObject({ n: 0, hit: null, lo: null, avgR: null, pf: null, since: null });
    card.add(1, 10, 1_000);
    card.add(-1, 10, 2_000);
    expect(card.track()).toMatchObject({ n: 0, since: 1_000 });
    card.candle(candle(100, 135, 95, 130));
    expect(card.track()).toMatchObject({ n: 2, hit: 0.5, avgR: 0.5, pf: 2 });
  });
});
