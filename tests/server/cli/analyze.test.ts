import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { strengthOf } from '@/core/analysis/votes';
import type { Candle } from '@/core/market/outputs';
import { indicators, indicatorTable } from '../../../server/cli/analyzeIndicators';
import { readCandles, readOptions, twelveDigits } from '../../../server/cli/analyzeInput';
import { ratings, ratingTable } from '../../../server/cli/analyzeRatings';
import { naiveColumns } from '../../core/analysis/naive';
import { compare, DRIFT_SET, EDGE_SET, folder, REAL_SETS, table } from '../../core/analysis/referenceSet';
import { walk } from '../../core/analysis/walk';
import { repoRoot } from '../../support/shared';

const scratch = mkdtempSync(join(tmpdir(), 'tickglass-analyze-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
};
const csv = (candles: readonly Candle[]): string => `t,o,h,l,c,v\n${candles.map((c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume].join(',')).join('\n')}\n`;
const rowsOf = (text: string): Record<string, string>[] => {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, k) => [head.split(',')[k] ?? '', cell])));
};
const columnsOf = (rows: readonly Record<string, string>[]): Record<string, number[]> =>
  Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, rows.map((row) => (row[name] === '' ? NaN : Number(row[name])))]));

const VOLUME_COLUMNS = ['obv', 'mfi_14', 'ad', 'vwma_20', 'vwap_utcday'];
const CANDLES = walk('analyze', 320);

describe('arguments and files of analyze', () => {
  it('takes values with and without the equals sign, and refuses what it does not know', () => {
    const read = readOptions(['--candles=a b.csv', '--no-volume', '--mids', 'x'], ['candles', 'mids'], ['no-volume']);
    expect(read).toMatchObject({ ok: true, value: { values: new Map([['candles', 'a b.csv'], ['mids', 'x']]), switches: new Set(['no-volume']) } });
    for (const args of [['--nonsense', '1'], ['stray'], ['--candles'], ['--candles='], ['--no-volume=1']]) expect(readOptions(args, ['candles'], ['no-volume']).ok).toBe(false);
  });

  it('reads columns in any order, packed or not, with or without volume', async () => {
    const expected = [{ openTime: 60_000, open: 2, high: 3, low: 1, close: 2.5, volume: 0 }];
    for (const [name, text, volume] of [['a.csv', '\uFEFFc,t,o,h,l,note\r\n2.5,60000,2,3,1,hello\r\n', 0], ['b.csv.gz', 't,o,h,l,c,v\n60000,2,3,1,2.5,7\n', 7]] as const) {
      const read = await readCandles(file(name, text));
      expect(read).toEqual({ ok: true, value: { candles: [{ ...expected[0], volume }], hasVolume: volume > 0 } });
    }
  });

  it.each([
    ['no such column', 't,o,h,l\n1,2,3,1', 'there is no c'],
    ['a cell left empty', 't,o,h,l,c,v\n1,2,3,1,2,0\n2,2,,1,2,0', 'line 3'],
    ['not a number', 't,o,h,l,c,v\n1,2,3,1,x,0', 'line 2'],
    ['a price of zero', 't,o,h,l,c,v\n1,0,3,0,2,0', 'line 2'],
    ['a high below the close', 't,o,h,l,c,v\n1,2,3,1,4,0', 'line 2'],
    ['a negative volume', 't,o,h,l,c,v\n1,2,3,1,2,-1', 'line 2'],
  ])('refuses %s with the place', async (_, text, words) => {
    const read = await readCandles(file('bad.csv', text));
    expect(read).toEqual({ ok: false, error: expect.stringContaining(words) as unknown });
  });

  it('writes numbers as C does with %.12g', () => {
    // Second column: printf "%.12g".
    for (const [x, text] of [[0, '0'], [-0, '0'], [1 / 3, '0.333333333333'], [-2 / 3, '-0.666666666667'], [1e-4, '0.0001'], [1.23456789012345e-5, '1.23456789012e-05'], [123456789012.6, '123456789013'],
      [1.5e12, '1.5e+12'], [80178276, '80178276'], [1.387, '1.387'], [99.99999999999999, '100'], [NaN, '']] as const) expect(twelveDigits(x)).toBe(text);
  });
});

describe('analyze', () => {
  it('indicators: every column at every candle, empty where not defined', () => {
    const rows = rowsOf(indicatorTable({ candles: CANDLES, hasVolume: true }, true));
    const naive = Object.entries(naiveColumns(CANDLES)).map(([name, values]) => [name, values.map((v) => (Number.isNaN(v) ? '' : twelveDigits(v)))] as const);
    const wanted = CANDLES.map((candle, i) => Object.fromEntries([['i', String(i)], ['t', String(candle.openTime)], ...naive.map(([name, cells]) => [name, cells[i] ?? ''] as const)]));
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(Object.keys(wanted[0] ?? {}).sort());
    // Rounding apart: the sums of the naive columns are not compensated, and 12 digits show it.
    expect(compare(columnsOf(rows), wanted, true).wrong.filter((line) => !/^(stddev|mom|roc|macd|ao|ad|bull|bear)/.test(line))).toEqual([]);
  });

  it('leaves out what is made of volume for quotes, or when told', async () => {
    const quotes = csv(CANDLES.slice(0, 5).map((c) => ({ ...c, volume: 0 })));
    for (const args of [['--candles', file('quotes.csv', quotes)], [`--candles=${file('trades.csv.gz', csv(CANDLES.slice(0, 5)))}`, '--no-volume']]) {
      const result = await indicators(args);
      const [row = {}] = rowsOf(result.ok ? result.value : '');
      // i, t and 56 of the 61 columns.
      expect(Object.keys(row)).toHaveLength(58);
      expect(Object.keys(row).filter((name) => VOLUME_COLUMNS.includes(name))).toEqual([]);
    }
    expect(await indicators([])).toEqual({ ok: false, error: '--candles FILE.csv is missing' });
  });

  it.each([[true, 26], [false, 25]])('ratings: means and label are those of the votes shown (volume: %s)', async (withVolume, votes) => {
    const result = await ratings(['--candles', file('rated.csv', csv(CANDLES)), ...(withVolume ? [] : ['--no-volume'])]);
    const text = result.ok ? result.value : '';
    expect(text).toBe(ratingTable({ candles: CANDLES, hasVolume: true }, withVolume));
    const rows = rowsOf(text);
    expect(rows.length).toBeGreaterThan(60);
    expect(Number(rows[0]?.['i'])).toBeGreaterThanOrEqual(199);
    for (const row of rows) {
      const cast = Object.entries(row).slice(8).map(([, vote]) => Number(vote));
      const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
      const [ma, osc] = [mean(cast.slice(0, -11)), mean(cast.slice(-11))];
      expect([cast.length, Number(row['nMa']), Number(row['nOsc'])]).toEqual([votes, votes - 11, 11]);
      expect([Number(row['ma']), Number(row['osc']), Number(row['all'])]).toEqual([ma, osc, (ma + osc) / 2].map((v) => expect.closeTo(v, 11) as unknown));
      expect(row['label']).toBe(strengthOf((ma + osc) / 2));
    }
  });

  it('as a command: the table and nothing else, or one line and exit code 2', async () => {
    const path = file('command.csv', csv(CANDLES));
    const run = (args: readonly string[]): Promise<readonly [code: number, out: string, err: string]> => new Promise((resolve) => {
      execFile(process.execPath, ['--import', import.meta.resolve('tsx'), join(repoRoot, 'server/cli/analyze.ts'), ...args], { cwd: repoRoot }, (error, out, err) => resolve([error ? Number(error.code) : 0, out, err]));
    });
    const [good, missing, unknown] = await Promise.all([run(['indicators', '--candles', path]), run(['ratings', '--candles', `${path}x`]), run(['constructor'])]);
    expect(good).toEqual([0, indicatorTable({ candles: CANDLES, hasVolume: true }, true), '']);
    expect([missing[0], missing[1], missing[2].split('\n').length]).toEqual([2, '', 2]);
    expect(unknown).toEqual([2, '', expect.stringMatching(/^there is no analysis called constructor; usage: .*indicators \| ratings.*\n$/)]);
  }, 30_000);
});

describe.skipIf(!folder)('analyze against the reference set (left out without the shared reference folder)', () => {
  it.each([...REAL_SETS, DRIFT_SET, EDGE_SET])('%s: indicators within the tolerances, in the same columns', async (set) => {
    const result = await indicators(['--candles', `${folder}/${set}.candles.csv`]);
    const text = result.ok ? result.value : '';
    const rows = table(`${set}.ref.csv`);
    expect(text.split('\n', 1)[0]).toBe(Object.keys(rows[0] ?? {}).join(','));
    expect(compare(columnsOf(rowsOf(text)), rows, set !== EDGE_SET).wrong.slice(0, 5)).toEqual([]);
  });

  it.each(REAL_SETS)('%s: ratings equal to the last byte', async (set) => {
    expect(await ratings(['--candles', `${folder}/${set}.candles.csv`])).toEqual({ ok: true, value: readFileSync(`${folder}/${set}.ratings.csv`, 'utf8') });
  });
});
