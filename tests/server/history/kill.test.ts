import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repoRoot } from '../../support/shared';
import { waitFor } from '../../support/waitFor';

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tickglass-kill-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the writer from a row on and kills it some time after it has committed; gives the last row that it said was committed. */
async function writeAndKill(from: number, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(repoRoot, 'tests/server/history/writer.ts'), folder, String(from)], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TSX_TSCONFIG_PATH: join(repoRoot, 'tsconfig.base.json') },
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString('utf8'); });
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString('utf8'); });
  const gone = new Promise((resolve) => child.once('close', resolve));
  try {
    const started = performance.now();
    await waitFor(() => child.exitCode !== null || (output.includes('\n') && performance.now() - started > afterMs), { timeoutMs: 30_000, message: () => `the writer commits; it wrote ${output}${errors}` });
    expect(child.exitCode, errors).toBeNull();
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
  return Number(output.trimEnd().split('\n').at(-1));
}

/** Rows by another program's eyes. */
async function committed(): Promise<{ rows: number; last: number; trades: number; odd: number }> {
  const instance = await DuckDBInstance.create(join(folder, 'history.duckdb'), { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const count = async (sql: string): Promise<number> => Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0] ?? NaN);
  const seen = {
    rows: await count('SELECT count(*)::DOUBLE FROM candles'), last: await count('SELECT max(close) FROM candles'), trades: await count('SELECT count(*)::DOUBLE FROM trades'),
    odd: await count('SELECT count(*)::DOUBLE FROM candles FULL JOIN trades ON trades.price = candles.close WHERE candles.close IS NULL OR trades.price IS NULL OR candles.open <> trades.price'),
  };
  connection.closeSync();
  instance.closeSync();
  return seen;
}

describe('a writer that is killed while it writes', () => {
  it('loses no row that was committed, tears no transaction, and goes on with the same file', async () => {
    let from = 0;
    for (const afterMs of [0, 150, 700, 1_300, 2_100]) {
      const told = await writeAndKill(from, afterMs);
      const { rows, last, trades, odd } = await committed();
      expect(told).toBeGreaterThan(from);
      // Everything up to the row it told of is there, without a hole; what was committed and not told of may be too.
      expect(last + 1).toBeGreaterThanOrEqual(told);
      expect({ rows, trades, odd }).toEqual({ rows: last + 1, trades: last + 1, odd: 0 });
      from = last + 1;
    }
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  }, 90_000);
});
