import { describe, expect, it } from 'vitest';
import { Indicators } from '@/core/analysis/indicators';
import { newTally, rationale, strengthOf, tally } from '@/core/analysis/votes';
import type { Candle } from '@/core/market/outputs';
import { FRAME_COLUMNS } from './columns';
import { candlesOf, compare, DRIFT_SET, EDGE_SET, folder, REAL_SETS, table } from './referenceSet';

/** Our value of every column at every candle, taken in one by one. */
function own(candles: readonly Candle[]): Record<string, number[]> {
  const indicators = new Indicators();
  const columns: Record<string, number[]> = Object.fromEntries(Object.keys(FRAME_COLUMNS).map((name) => [name, []]));
  for (const candle of candles) {
    const frame = indicators.next(candle);
    for (const [name, read] of Object.entries(FRAME_COLUMNS)) columns[name]?.push(read(frame));
  }
  return columns;
}

describe.skipIf(!folder)('ratings against the reference set (left out without the shared reference folder)', () => {
  for (const set of REAL_SETS) {
    it(`${set}: every column the rating uses, warm-up included`, () => {
      expect(compare(own(candlesOf(set)), table(`${set}.ref.csv`), true).wrong.slice(0, 5)).toEqual([]);
    });

    it(`${set}: every vote, both means and the label`, () => {
      const rows = new Map(table(`${set}.ratings.csv`).map((r) => [Number(r['i']), r]));
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
    expect(compare(own(candlesOf(DRIFT_SET)), table(`${DRIFT_SET}.ref.csv`), true).wrong.slice(0, 5)).toEqual([]);
  });

  it('flat, gapping and tiny prices: equal where the reference gives a value', () => {
    expect(compare(own(candlesOf(EDGE_SET)), table(`${EDGE_SET}.ref.csv`), false).wrong.slice(0, 5)).toEqual([]);
  });
});
