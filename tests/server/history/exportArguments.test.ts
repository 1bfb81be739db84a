import { describe, expect, it } from 'vitest';
import { readExportArguments } from '../../../server/cli/exportArguments';

describe('arguments of export', () => {
  it.each([
    [['candles', '--symbol'], '--symbol needs a value'], [['candles', '--symbol', '=1+1()'], '--symbol'], [['candles', '--from', 'yesterday'], '--from and --to'], [['candles', '--interval', '2m'], '--interval'],
    [['trades', '--format', 'parquet'], 'give a file'], [['trades', '--limit', '0'], '--limit'], [['trades', '--kind', 'real'], '--kind'], [['trades', '--bogus'], 'unknown option "--bogus"'], [[], 'say what'],
  ])('%j is refused', (argv, words) => {
    const read = readExportArguments(argv, {});
    expect(read.ok ? '' : read.error).toContain(words);
  });

  it('take times without a zone as UTC', () => {
    const read = readExportArguments(['candles', '--from=2026-11-01', '--to', '2026-11-02T03:04'], {});
    expect(read.ok && [read.value.request.from, read.value.request.to]).toEqual([Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 2, 3, 4)]);
  });
});
