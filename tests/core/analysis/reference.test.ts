import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ratingInputs, type RatingInputs } from '@/core/analysis/ratingInputs';
import { rate } from '@/core/analysis/votes';
import type { Candle } from '@/core/market/outputs';
import { sharedPath } from '../../support/shared';

const SETS = ['btcusd-coinbase-1m', 'eurusd-oanda-1m', 'spy-usa-1d', 'btceur-bitvavo-1h'];
const folder = sharedPath('reference');

function table(file: string): Record<string, string>[] {
  const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const names = head.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(names.map((name, k) => [name, cells[k] ?? '']));
  });
}

function candlesOf(file: string): Candle[] {
  return table(file).map((r) => ({ openTime: Number(r['t']), open: Number(r['o']), high: Number(r['h']), low: Number(r['l']), close: Number(r['c']), volume: Number(r['v']) }));
}

/** Reference column -> our series. */
function columns(x: RatingInputs): Record<string, Float64Array | undefined> {
  return {
    sma_10: x.sma[0], sma_20: x.sma[1], sma_30: x.sma[2], sma_50: x.sma[3], sma_100: x.sma[4], sma_200: x.sma[5],
    ema_10: x.ema[0], ema_20: x.ema[1], ema_30: x.ema[2], ema_50: x.ema[3], ema_100: x.ema[4], ema_200: x.ema[5],
    hma_9: x.hma, vwma_20: x.vwma, ichi_tenkan: x.tenkan, ichi_kijun: x.kijun, ichi_senkou_a: x.senkouA, ichi_senkou_b: x.senkouB,
    rsi_14: x.rsi, stoch_k: x.stochK, stoch_d: x.stochD, cci_20_close: x.cci, adx_14: x.adx, plus_di_14: x.plusDi, minus_di_14: x.minusDi,
    ao: x.ao, mom_10: x.momentum, macdc: x.macd, macdc_signal: x.macdSignal, stochrsi_k: x.stochRsiK, stochrsi_d: x.stochRsiD,
    willr_14: x.williams, bull_power_13: x.bull, bear_power_13: x.bear, ultosc: x.ultimate, atr_14: x.atr,
  };
}
/** Differences of two numbers the size of a price: near zero their own rounding (a few ulp of the price) exceeds the tolerance. */
const DIFFERENCE = /^(macdc|bull|bear|ao$)/;
const ABSOLUTE = /^(stoch|willr|cci|adx)/;

describe.skipIf(!folder)('ratings against the reference set (left out without the shared reference folder)', () => {
  for (const set of SETS) {
    it(`${set}: every column the rating uses, warm-up included`, () => {
      const x = ratingInputs(candlesOf(`${folder}/${set}.candles.csv`), 0);
      const rows = table(`${folder}/${set}.ref.csv`);
      for (const [name, series] of Object.entries(columns(x))) {
        if (rows[0]?.[name] === undefined) continue;
        const expected = rows.map((r) => (r[name] === '' ? NaN : Number(r[name])));
        const scale = 1e-6 * expected.reduce((m, v) => (Math.abs(v) > m ? Math.abs(v) : m), 0);
        const wrong = expected.flatMap((v, i) => {
          const own = series?.[i] ?? NaN;
          if (Number.isNaN(v) || Number.isNaN(own)) return Number.isNaN(v) === Number.isNaN(own) ? [] : [`row ${i}: ${own}, expected ${v}`];
          const rounding = DIFFERENCE.test(name) ? 8 * Number.EPSILON * (x.close[i] ?? 0) : 0;
          const tolerance = ABSOLUTE.test(name) ? 1e-7 : 1e-9 * Math.max(Math.abs(v), scale) + rounding;
          return Math.abs(own - v) <= tolerance ? [] : [`row ${i}: ${own}, expected ${v}`];
        });
        expect(wrong.slice(0, 3), name).toEqual([]);
      }
    });

    it(`${set}: every vote, both means and the label`, () => {
      const x = ratingInputs(candlesOf(`${folder}/${set}.candles.csv`), 0);
      const wrong: string[] = [];
      for (const row of table(`${folder}/${set}.ratings.csv`)) {
        const rating = rate(x, Number(row['i']));
        if (!rating) {
          wrong.push(`row ${row['i']}: no rating`);
          continue;
        }
        for (const v of rating.votes) if (Number(row[v.k]) !== v.vote) wrong.push(`row ${row['i']} ${v.k}: ${v.vote}, expected ${row[v.k]}`);
        if (rating.strength !== row['label']) wrong.push(`row ${row['i']}: ${rating.strength}, expected ${row['label']}`);
        const means = Math.abs(rating.ma - Number(row['ma'])) < 1e-10 && Math.abs(rating.osc - Number(row['osc'])) < 1e-10;
        if (!means || rating.votes.length !== Number(row['nMa']) + Number(row['nOsc'])) wrong.push(`row ${row['i']}: means or number of votes`);
      }
      expect(wrong.slice(0, 10)).toEqual([]);
    });
  }
});
