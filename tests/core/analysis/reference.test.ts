import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Indicators } from '@/core/analysis/indicators';
import { newTally, rationale, strengthOf, tally } from '@/core/analysis/votes';
import type { Candle } from '@/core/market/outputs';
import { sharedPath } from '../../support/shared';
import { ABSOLUTE, COLUMNS, DIFFERENCE } from './columns';

const SETS = ['btcusd-coinbase-1m', 'eurusd-oanda-1m', 'spy-usa-1d', 'btceur-bitvavo-1h'];
const folder = sharedPath('reference');
type Table = Record<string, string>[];

function table(file: string): Table {
  const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const names = head.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(names.map((name, k) => [name, cells[k] ?? '']));
  });
}

function candlesOf(set: string): Candle[] {
  return table(`${folder}/${set}.candles.csv`).map((r) => ({ openTime: Number(r['t']), open: Number(r['o']), high: Number(r['h']), low: Number(r['l']), close: Number(r['c']), volume: Number(r['v']) }));
}

/** Our value of every column at every candle, taken in one by one. */
function own(candles: readonly Candle[]): Map<string, number[]> {
  const indicators = new Indicators();
  const columns = new Map(Object.keys(COLUMNS).map((name) => [name, [] as number[]]));
  for (const candle of candles) {
    const frame = indicators.next(candle);
    for (const [name, read] of Object.entries(COLUMNS)) columns.get(name)?.push(read(frame));
  }
  return columns;
}

/** What differs by more than the tolerances of the reference set. `warmUp`: a value where the reference has none is a fault too. */
function differences(candles: readonly Candle[], rows: Table, warmUp: boolean): string[] {
  return [...own(candles)].flatMap(([name, values]) => {
    if (rows[0]?.[name] === undefined) return [];
    const expected = rows.map((r) => (r[name] === '' ? NaN : Number(r[name])));
    const scale = 1e-6 * expected.reduce((m, v) => (Math.abs(v) > m ? Math.abs(v) : m), 0);
    return expected.flatMap((v, k) => {
      const i = Number(rows[k]?.['i']);
      const value = values[i] ?? NaN;
      if (Number.isNaN(v) && !warmUp) return [];
      if (Number.isNaN(v) || Number.isNaN(value)) return Number.isNaN(v) === Number.isNaN(value) ? [] : [`${name} ${i}: ${value}, expected ${v}`];
      const rounding = DIFFERENCE.test(name) ? 8 * Number.EPSILON * (candles[i]?.close ?? 0) : 0;
      const tolerance = ABSOLUTE.test(name) ? 1e-7 : 1e-9 * Math.max(Math.abs(v), scale) + rounding;
      return Math.abs(value - v) <= tolerance ? [] : [`${name} ${i}: ${value}, expected ${v}`];
    });
  });
}

describe.skipIf(!folder)('ratings against the reference set (left out without the shared reference folder)', () => {
  for (const set of SETS) {
    it(`${set}: every column the rating uses, warm-up included`, () => {
      expect(differences(candlesOf(set), table(`${folder}/${set}.ref.csv`), true).slice(0, 5)).toEqual([]);
    });

    it(`${set}: every vote, both means and the label`, () => {
      const rows = new Map(table(`${folder}/${set}.ratings.csv`).map((r) => [Number(r['i']), r]));
      const indicators = new Indicators();
      const t = newTally();
      const wrong: string[] = [];
      candlesOf(set).forEach((candle, i) => {
        const frame = indicators.next(candle);
        const row = rows.get(i);
        if (!row) return;
        const rated = tally(frame, t);
        const votes = rationale(frame);
        for (const v of votes) if (Number(row[v.k]) !== v.vote) wrong.push(`row ${i} ${v.k}: ${v.vote}, expected ${row[v.k]}`);
        if (!rated || strengthOf(t.score) !== row['label']) wrong.push(`row ${i}: ${strengthOf(t.score)}, expected ${row['label']}`);
        const means = Math.abs(t.ma - Number(row['ma'])) < 1e-10 && Math.abs(t.osc - Number(row['osc'])) < 1e-10;
        if (!means || votes.length !== Number(row['nMa']) + Number(row['nOsc'])) wrong.push(`row ${i}: means or number of votes`);
      });
      expect(rows.size).toBeGreaterThan(500);
      expect(wrong.slice(0, 10)).toEqual([]);
    });
  }

  it('12,000 candles: no drift in the last hundred', () => {
    expect(differences(candlesOf('btceur-bitvavo-1h-long'), table(`${folder}/btceur-bitvavo-1h-long.ref.csv`), true).slice(0, 5)).toEqual([]);
  });

  it('flat, gapping and tiny prices: equal where the reference gives a value', () => {
    expect(differences(candlesOf('edge-a'), table(`${folder}/edge-a.ref.csv`), false).slice(0, 5)).toEqual([]);
  });
});
