import { readFileSync } from 'node:fs';
import type { Candle } from '@/core/market/outputs';
import { sharedPath } from '../../support/shared';

/** Folder of the reference set; null where the shared reference folder is absent. */
export const folder = sharedPath('reference');
export const REAL_SETS = ['btcusd-coinbase-1m', 'eurusd-oanda-1m', 'spy-usa-1d', 'btceur-bitvavo-1h'];
export const DRIFT_SET = 'btceur-bitvavo-1h-long';
export const EDGE_SET = 'edge-a';

export type Table = Record<string, string>[];

export function table(file: string): Table {
  const [head = '', ...rows] = readFileSync(`${folder ?? ''}/${file}`, 'utf8').trim().split('\n');
  const names = head.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(names.map((name, k) => [name, cells[k] ?? '']));
  });
}

export function candlesOf(set: string): Candle[] {
  return table(`${set}.candles.csv`).map((r) => ({ openTime: Number(r['t']), open: Number(r['o']), high: Number(r['h']), low: Number(r['l']), close: Number(r['c']), volume: Number(r['v']) }));
}

/** Compared by their absolute difference. */
export const ABSOLUTE = /^(stoch|willr|cci|adx)/;

/** What the reference set allows a value of a column to be off, `largest` being the largest of the column. */
export const tolerance = (column: string, expected: number, largest: number): number => (ABSOLUTE.test(column) ? 1e-7 : 1e-9 * Math.max(Math.abs(expected), 1e-6 * largest));

/** Largest absolute value; NaN is passed over. */
export const largestOf = (x: readonly number[]): number => x.reduce((m, v) => (Math.abs(v) > m ? Math.abs(v) : m), 0);

export interface Comparison {
  readonly wrong: string[];
  /** Column -> largest difference relative to the value, of values that are not next to nothing for their column. */
  readonly worst: Map<string, number>;
}

/** Values by column and candle beside a reference table. `warmUp`: a value where the reference has none is a fault too. */
export function compare(values: Readonly<Record<string, readonly number[]>>, rows: Table, warmUp: boolean): Comparison {
  const wrong: string[] = [];
  const worst = new Map<string, number>();
  for (const name of Object.keys(rows[0] ?? {}).filter((column) => column in values)) {
    const expected = rows.map((r) => (r[name] === '' ? NaN : Number(r[name])));
    const largest = largestOf(expected);
    for (const [k, v] of expected.entries()) {
      const i = Number(rows[k]?.['i']);
      const value = values[name]?.[i] ?? NaN;
      const finite = Number.isFinite(value) || Number.isNaN(value);
      const defined = Number.isNaN(v) ? !warmUp || Number.isNaN(value) : !Number.isNaN(value);
      const off = Math.abs(value - v);
      if (!finite || !defined || off > tolerance(name, v, largest)) wrong.push(`${name} ${i}: ${value}, expected ${v}`);
      if (off > 0 && Math.abs(v) > 1e-6 * largest) worst.set(name, Math.max(worst.get(name) ?? 0, off / Math.abs(v)));
    }
  }
  return { wrong, worst };
}
