import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHistory } from '../../../server/history/history';
import type { History } from '../../../server/history/port';
import { recordFromBus } from '../../../server/history/recorder';
import { systemClock } from '../../../server/observability/clock';
import { createMetrics } from '../../../server/observability/metrics';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { waitFor } from '../../support/waitFor';
import { signalRecord } from './records';

const MINUTE = 60_000;
/** An hour ago: old candles would fall to retention. */
const START = Math.floor(Date.now() / MINUTE) * MINUTE - 60 * MINUTE;
const log = pino({ level: 'silent' });
let folder = '';
const open: History[] = [];

function history(dataDir = folder, options: Partial<Parameters<typeof createHistory>[0]> = {}): History {
  const made = createHistory({ dataDir, clock: systemClock, log, metrics: createMetrics(), ...options });
  open.push(made);
  return made;
}
const bar = (i: number, close = 100 + i) => ({ openTime: START + i * MINUTE, open: close, high: close + 1, low: close - 1, close, volume: 0.1 * i });
function writeMinutes(h: History, from: number, to: number, kind: 'live' | 'simulated' = 'live', symbol = 'BTC/USDT'): void {
  for (let i = from; i < to; i++) h.writeCandle({ symbol, interval: '1m', kind, venue: 'binance', candle: bar(i) });
}
const all = (kind: 'live' | 'simulated' | 'replay' = 'live', symbol = 'BTC/USDT') => ({ symbol, interval: '1m' as const, kind, start: null, end: null, limit: 10_000 });

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tickglass-history-')); });
afterEach(async () => {
  for (const h of open.splice(0)) await h.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('history', () => {
  it('keeps candles and signals over a close and an open, values exact', async () => {
    const first = history();
    writeMinutes(first, 0, 3);
    first.writeSignal(signalRecord({ id: 'a', ts: START }));
    await first.close();
    const second = history();
    expect(await second.candles(all())).toEqual([bar(0), bar(1), bar(2)]);
    expect(await second.signals({ kind: 'live', symbol: null, limit: 10, before: null })).toEqual([signalRecord({ id: 'a', ts: START })]);
  });

  it('replaces a candle written again, and writes it by itself within a second', async () => {
    const h = history();
    writeMinutes(h, 0, 2);
    h.writeCandle({ symbol: 'BTC/USDT', interval: '1m', kind: 'live', venue: 'okx', candle: bar(1, 777) });
    await h.flush();
    h.writeCandle({ symbol: 'BTC/USDT', interval: '1m', kind: 'live', venue: 'okx', candle: bar(0, 555) });
    await waitFor(async () => (await h.candles(all()))[0]?.close === 555, { message: 'the rewritten candle' });
    expect((await h.candles(all())).map((c) => c.close)).toEqual([555, 777]);
  });

  it('gives memory back between reads and writes, and when it is not open', async () => {
    const h = history();
    writeMinutes(h, 0, 3);
    await Promise.all([h.flush(), h.trim(), h.candles(all()), h.trim()]);
    expect(await h.candles(all())).toEqual([bar(0), bar(1), bar(2)]);
    await h.close();
    await h.trim();
  });

  it('gives the newest of a range, oldest first', async () => {
    const h = history();
    writeMinutes(h, 0, 10);
    await h.flush();
    const query = { ...all(), start: bar(2).openTime, end: bar(7).openTime, limit: 3 };
    expect((await h.candles(query)).map((c) => c.close)).toEqual([105, 106, 107]);
  });

  it('keeps kinds apart, of candles and of signals with the same id', async () => {
    const h = history();
    writeMinutes(h, 0, 2, 'live');
    writeMinutes(h, 1, 4, 'simulated');
    h.writeSignal(signalRecord({ id: 'same', source: 'live', score: 0.5 }));
    h.writeSignal(signalRecord({ id: 'same', source: 'simulated', score: -0.5 }));
    await h.flush();
    expect(await h.candles(all('live'))).toHaveLength(2);
    expect(await h.candles(all('simulated'))).toHaveLength(3);
    expect(await h.candles(all('replay'))).toHaveLength(0);
    expect((await h.signals({ kind: 'simulated', symbol: null, limit: 9, before: null })).map((r) => r.score)).toEqual([-0.5]);
  });

  it('finds signals by symbol and page, the newest of the page last', async () => {
    const h = history();
    for (let i = 0; i < 6; i++) h.writeSignal(signalRecord({ id: `s${i}`, symbol: i % 2 === 0 ? 'BTC/USDT' : 'AAPL', ts: START + i }));
    await h.flush();
    const ids = async (query: { symbol: string | null; limit: number; before: number | null }) =>
      (await h.signals({ kind: 'live', ...query })).map((r) => r.id);
    expect(await ids({ symbol: null, limit: 2, before: null })).toEqual(['s4', 's5']);
    expect(await ids({ symbol: null, limit: 2, before: START + 4 })).toEqual(['s2', 's3']);
    expect(await ids({ symbol: 'AAPL', limit: 9, before: null })).toEqual(['s1', 's3', 's5']);
  });

  it('reads the newest candles of every series, with the start of what is stored', async () => {
    const h = history();
    writeMinutes(h, 0, 20);
    writeMinutes(h, 5, 8, 'live', 'AAPL');
    await h.flush();
    const rows = await h.newestCandles({ kind: 'live', perSeries: 5, before: bar(18).openTime });
    expect(rows.filter((r) => r.symbol === 'BTC/USDT').map((r) => r.candle.close)).toEqual([113, 114, 115, 116, 117]);
    expect(rows.find((r) => r.symbol === 'BTC/USDT')?.firstOpenTime).toBe(START);
  });

  it('records what comes over the bus: closed candles and signals, nothing else', async () => {
    const h = history();
    const bus = createMemoryBus(log);
    recordFromBus(bus, h);
    const candle = { type: 'candle', symbol: 'BTC/USDT', interval: '1m', candle: bar(0), kind: 'live', venue: 'binance', revised: false } as const;
    bus.publish({ type: 'output', output: { ...candle, closed: true } });
    bus.publish({ type: 'output', output: { ...candle, candle: bar(1), closed: false } });
    bus.publish({ type: 'output', output: { type: 'signal', record: signalRecord({ id: 'x' }) } });
    await h.flush();
    expect(await h.candles(all())).toEqual([bar(0)]);
    expect(await h.signals({ kind: 'live', symbol: null, limit: 9, before: null })).toHaveLength(1);
  });
});

describe('history under faults', () => {
  it('moves a file that is no database aside, says so, and goes on', async () => {
    writeFileSync(join(folder, 'history.duckdb'), 'not a database'.repeat(1000));
    const h = history();
    writeMinutes(h, 0, 1);
    await h.flush();
    expect(await h.candles(all())).toHaveLength(1);
    expect(h.health().state).toBe('ok');
    expect(readdirSync(folder).some((name) => name.startsWith('history.duckdb.damaged-'))).toBe(true);
  });

  it('recovers the longest prefix of a torn write-ahead log, wherever it is cut', async () => {
    const source = history();
    for (let i = 0; i < 4; i++) {
      writeMinutes(source, i, i + 1);
      await source.flush();
    }
    const copy = (cut: number): string => {
      const target = mkdtempSync(join(folder, 'cut-'));
      for (const name of ['history.duckdb', 'history.duckdb.wal']) copyFileSync(join(folder, name), join(target, name));
      truncateSync(join(target, 'history.duckdb.wal'), cut);
      return target;
    };
    const size = readFileSync(join(folder, 'history.duckdb.wal')).length;
    const counts: number[] = [];
    for (let part = 0; part <= 12; part++) {
      const h = history(copy(Math.floor((size * part) / 12)));
      writeMinutes(h, 100, 101);
      await h.flush();
      const rows = await h.candles(all());
      const kept = rows.filter((c) => c.openTime < bar(100).openTime);
      expect(kept).toEqual([0, 1, 2, 3].slice(0, kept.length).map((i) => bar(i)));
      expect(rows).toHaveLength(kept.length + 1);
      counts.push(kept.length);
    }
    // The first look at limits has put the first commit into the file itself; the others are in the log only.
    expect(counts[0]).toBe(1);
    expect(counts.at(-1)).toBe(4);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it('is degraded while another server holds the file, leaves that file alone, and loses nothing', async () => {
    const holder = join(folder, 'hold.mjs');
    writeFileSync(holder, `import { DuckDBInstance } from ${JSON.stringify(import.meta.resolve('@duckdb/node-api'))};
      const i = await DuckDBInstance.create(${JSON.stringify(join(folder, 'history.duckdb'))}); process.stdout.write('open'); setInterval(() => i, 1000);`);
    const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    let now = 0;
    const seen: string[] = [];
    const h = history(folder, { clock: { now: () => Date.now(), monotonic: () => now }, onHealth: (health) => seen.push(health.state) });
    writeMinutes(h, 0, 5);
    await h.flush();
    expect(h.health()).toEqual({ state: 'degraded', reason: 'history cannot be written: the file is in use by another process' });
    await expect(h.candles(all())).rejects.toThrow('in use by another process');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    now += 60_000;
    await h.flush();
    expect(await h.candles(all())).toHaveLength(5);
    expect(seen).toEqual(['degraded', 'ok']);
    expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(false);
  });

  it('is degraded, not dead, when its folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const h = history(join(folder, 'file', 'data'));
    writeMinutes(h, 0, 1);
    await h.flush();
    expect(h.health().state).toBe('degraded');
    expect(h.health().reason).toContain('history cannot be written');
  });

  it('writes no file when it is switched off', async () => {
    const h = history(':memory:');
    writeMinutes(h, 0, 1);
    await h.flush();
    expect(h.health().state).toBe('off');
    expect(await h.candles(all())).toEqual([]);
    expect(existsSync(':memory:')).toBe(false);
  });

  it('forgets simulated data after 30 days and live minutes after 90, and keeps the rest', async () => {
    const day = 86_400_000;
    const written = history(folder, { clock: { now: () => START, monotonic: () => 0 } });
    writeMinutes(written, 0, 1, 'simulated');
    writeMinutes(written, 0, 1, 'live');
    written.writeCandle({ symbol: 'BTC/USDT', interval: '1d', kind: 'live', venue: 'binance', candle: bar(0) });
    await written.close();
    const count = async (days: number) => {
      const h = history(folder, { clock: { now: () => START + days * day, monotonic: () => 1 } });
      await h.flush();
      const found = [await h.candles(all('simulated')), await h.candles(all('live')), await h.candles({ ...all(), interval: '1d' })];
      await h.close();
      return found.map((rows) => rows.length);
    };
    expect(await count(29)).toEqual([1, 1, 1]);
    expect(await count(31)).toEqual([0, 1, 1]);
    expect(await count(91)).toEqual([0, 0, 1]);
  });
});
