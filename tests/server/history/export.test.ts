import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHistory } from '../../../server/history/history';
import type { History } from '../../../server/history/port';
import { announceServer } from '../../../server/history/presence';
import { systemClock } from '../../../server/observability/clock';
import { createMetrics } from '../../../server/observability/metrics';
import { repoRoot } from '../../support/shared';
import { HttpRig } from '../http/rig';
import { signalRecord } from './records';

// Each test starts programs of its own; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });
const MINUTE = 60_000;
const START = Math.floor(Date.now() / MINUTE) * MINUTE - 100 * MINUTE;
const TOKEN = 'a'.repeat(40);
let folder = '';
let history: History;
const rigs: HttpRig[] = [];

interface Ran { code: number; out: string; said: string }
function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TICKGLASS_') && name !== 'NODE_OPTIONS'));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(repoRoot, 'server/cli/export.ts'), ...args], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...clean, TSX_TSCONFIG_PATH: join(repoRoot, 'tsconfig.base.json'), TICKGLASS_DATA_DIR: join(folder, 'data'), ...env },
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString('utf8'); });
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, out, said })));
}
async function parquet(file: string, sql = 'SELECT *'): Promise<DuckDBValue[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  return (await connection.runAndReadAll(`${sql} FROM '${file}'`)).getRows();
}
const leftovers = () => readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.part'));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickglass-export-'));
  history = createHistory({ dataDir: join(folder, 'data'), clock: systemClock, log: pino({ level: 'silent' }), metrics: createMetrics() });
  for (let i = 0; i < 50; i++) {
    history.writeCandle({ symbol: 'BTC/USDT', interval: '1m', kind: 'live', venue: 'binance', candle: { openTime: START + i * MINUTE, open: 1 + i, high: 2 + i, low: 0.5 + i, close: 1.25 + i, volume: 0.001 } });
    history.writeTrade({ symbol: 'BTC/USDT', kind: 'live', venue: 'binance', id: i === 0 ? '=cmd|calc' : `t${i}`, time: START + i, price: '60123.45', size: '0.00012345', side: 'buy' });
  }
  for (const id of ['@a', '-1+1']) history.writeSignal(signalRecord({ id, ts: START, score: -0.5 }));
  await history.flush();
});
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
  await history.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('export of a file that no server uses', () => {
  beforeEach(() => history.close());

  it('writes candles of a range as CSV to standard output, and one line about it beside', async () => {
    const { code, out, said } = await run(['candles', '--symbol', 'BTC/USDT', '--from', new Date(START + MINUTE).toISOString(), '--to', String(START + 3 * MINUTE)]);
    expect({ code, said: said.replace(/\d{4}-\S+/g, 'T') }).toEqual({ code: 0, said: '2 live 1m candles of BTC/USDT, T to T\n' });
    const utc = new Date(START + MINUTE).toISOString().replace('.000Z', '.000000Z');
    expect(out.split('\n').slice(0, 2)).toEqual(['symbol,interval,kind,venue,open_time,utc,open,high,low,close,volume', `BTC/USDT,1m,live,binance,${START + MINUTE},${utc},2.0,3.0,1.5,2.25,0.001`]);
  });

  it('writes Parquet that another program reads, exact', async () => {
    const { code, said } = await run(['trades', '--format', 'parquet', '--out', 'trades.parquet']);
    expect(said).toMatch(/^50 live trades of all symbols, the beginning to now, written to trades\.parquet\n$/);
    expect(code).toBe(0);
    expect(await parquet(join(folder, 'trades.parquet'), 'SELECT count(*)::INTEGER, min(time)::DOUBLE, max(price), min(size), epoch_ms(max(utc))::DOUBLE, bool_and(id <> \'\'\'=cmd|calc\')'))
      .toEqual([[50, START, 60123.45, 0.00012345, START + 49, true]]);
    expect(leftovers()).toEqual([]);
  });

  it('gives text that begins like a formula an apostrophe in CSV; numbers stay numbers', async () => {
    const trades = await run(['trades', '--limit', '1']);
    expect(trades.out).toContain(",'=cmd|calc,");
    const signals = await run(['signals']);
    expect(signals.out).toContain("'@a");
    expect(signals.out).toContain("'-1+1");
    expect(signals.out).toContain(',-0.5,');
  });

  it('overwrites nothing unless told to, follows no link, and leaves nothing behind', async () => {
    writeFileSync(join(folder, 'there.csv'), 'mine');
    symlinkSync(join(folder, 'there.csv'), join(folder, 'link.csv'));
    for (const [out, words] of [['there.csv', 'is there already'], ['link.csv', 'is not a plain file'], ['data', 'is not a plain file'], ['no/where.csv', 'is not there']] as const) {
      const { code, said } = await run(['candles', '--out', out, ...(out === 'link.csv' ? ['--force'] : [])]);
      expect({ code, words: said.includes(words), lines: said.trimEnd().split('\n').length }).toEqual({ code: 1, words: true, lines: 1 });
    }
    expect(readFileSync(join(folder, 'there.csv'), 'utf8')).toBe('mine');
    expect((await run(['candles', '--out', 'there.csv', '--force'])).code).toBe(0);
    expect(readFileSync(join(folder, 'there.csv'), 'utf8')).toContain('BTC/USDT');
    expect(leftovers()).toEqual([]);
  });

  it('says in one line what is wrong', async () => {
    expect(await run(['candles', '--data-dir', 'nothing'])).toMatchObject({ code: 1, said: 'export: there is no history in nothing: name its folder with --data-dir\n' });
    expect(await run(['candles', '--kind', 'simulated'])).toMatchObject({ code: 0, said: expect.stringContaining('0 simulated 1m candles') });
    expect(await run(['candles', '--from', '2026-02-01', '--to', '2026-01-01'])).toMatchObject({ code: 2, said: 'export: --from must be before --to (--help tells more)\n' });
    expect(await run(['candels'])).toMatchObject({ code: 2, out: '', said: 'export: say what to export: candles, trades, signals (--help tells more)\n' });
  });
});

describe('export without a kind', () => {
  it('gives live rows where there are any, else those of the next kind, never two kinds, and says so', async () => {
    history.writeTrade({ symbol: 'ETH/USDT', kind: 'simulated', venue: 'simulator', id: 's1', time: START, price: '2500', size: '1', side: 'buy' });
    history.writeTrade({ symbol: 'BTC/USDT', kind: 'simulated', venue: 'simulator', id: 's2', time: START, price: '60000', size: '1', side: 'buy' });
    await history.close();
    const simulated = await run(['trades', '--symbol', 'ETH/USDT']);
    expect(simulated.said).toBe('1 simulated trades of ETH/USDT, the beginning to now; no live ones are stored\n');
    expect(simulated.out).toContain('ETH/USDT,simulated,simulator,s1');
    const live = await run(['trades', '--symbol', 'BTC/USDT']);
    expect(live.said).toContain('50 live trades');
    expect(live.out).not.toContain('simulated');
    expect(await run(['candles', '--symbol', 'ETH/USDT'])).toMatchObject({ code: 0, said: '0 1m candles of ETH/USDT, the beginning to now\n', out: 'symbol,interval,kind,venue,open_time,utc,open,high,low,close,volume\n' });
  });
});

describe('export while a server uses the file', () => {
  async function serve(): Promise<string> {
    const rig = new HttpRig();
    rigs.push(rig);
    const app = await rig.start({ token: TOKEN }, { history, archive: { stats: () => history.stats(), gaps: (q) => history.gaps(q), exportTo: (r, f) => history.exportTo(r, f), folder: join(folder, 'data'), maxBytes: 1, fills: () => [] } });
    return app.listen({ port: 0, host: '127.0.0.1' });
  }

  it('asks that server, which it finds by itself, with the token', async () => {
    // DuckDB locks between processes: the one that exports must be another.
    const end = announceServer(join(folder, 'data'), await serve());
    const refused = await run(['trades', '--out', 'a.csv']);
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('wants a token: set TICKGLASS_TOKEN') });
    const { code, said } = await run(['trades', '--format', 'parquet', '--out', 'a.parquet'], { TICKGLASS_TOKEN: TOKEN });
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('50 live trades') });
    expect(await parquet(join(folder, 'a.parquet'), 'SELECT count(*)::INTEGER')).toEqual([[50]]);
    expect((await run(['candles', '--symbol', 'NOPE'], { TICKGLASS_TOKEN: TOKEN })).said).toMatch(/^export: the server at \S+ refused \(400\): [^{}]*symbol is not known\n$/);
    // Four kinds are asked for, one after the other.
    expect((await run(['candles', '--symbol', 'ETH/USDT'], { TICKGLASS_TOKEN: TOKEN })).said).toBe('0 1m candles of ETH/USDT, the beginning to now\n');
    expect(leftovers()).toEqual([]);
    end();
    expect(existsSync(join(folder, 'data/server.json'))).toBe(false);
  });

  it('says what to do when nobody answers', async () => {
    const { code, said } = await run(['candles'], { TICKGLASS_PORT: '1' });
    expect({ code, said }).toEqual({ code: 1, said: 'export: the history file is in use by another process, and no server answers at http://127.0.0.1:1: name it with --server, or stop it\n' });
  });

  it('refuses what is wrong, one export at a time, and tells what is stored', async () => {
    const url = await serve();
    const get = (path: string) => fetch(`${url}/api/v1/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    for (const bad of ['table=alerts', 'table=candles&format=xls', 'table=candles&symbol=NOPE', 'table=candles&interval=2m', 'table=trades&from=x', 'table=trades&limit=99999999', "table=candles&kind=live'"]) {
      expect((await get(`export?${bad}`)).status, bad).toBe(400);
    }
    expect((await fetch(`${url}/api/v1/export?table=candles`)).status).toBe(401);
    const answers = await Promise.all([get('export?table=candles&kind=live'), get('export?table=candles&kind=live')]);
    expect(answers.map((a) => a.status).sort()).toEqual([200, 503]);
    const good = answers.find((a) => a.ok);
    expect(good?.headers.get('content-disposition')).toBe('attachment; filename="all-candles.csv"');
    expect((await good?.text())?.trimEnd().split('\n')).toHaveLength(51);
    const told = await (await get('history')).json() as { tables: { table: string; rows: number }[]; gaps: unknown[] };
    expect(told.tables.map((t) => [t.table, t.rows])).toEqual([['candles', 50], ['trades', 50], ['signals', 2], ['gaps', 0]]);
  });
});
