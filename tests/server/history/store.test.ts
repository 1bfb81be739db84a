import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHistory } from '../../../server/history/history';
import type { History, StoredTrade } from '../../../server/history/port';
import { recordFromBus } from '../../../server/history/recorder';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { makeFolder } from '../../../server/observability/folder';
import { createMetrics } from '../../../server/observability/metrics';
import { waitFor } from '../../support/waitFor';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A whole day, so that longer candles begin with it. */
const START = Date.parse('2026-11-18T00:00:00Z');
const log = pino({ level: 'silent' });
let folder = '';
let now = START + DAY;
const open: History[] = [];

function history(options: Partial<Parameters<typeof createHistory>[0]> = {}): History {
  const made = createHistory({ dataDir: folder, clock: { now: () => now, monotonic: () => now }, log, metrics: createMetrics(), ...options });
  open.push(made);
  return made;
}
const minute = (i: number) => ({ openTime: START + i * MINUTE, open: 100 + i, high: 101 + i, low: 99 + i, close: 100.5 + i, volume: 1 });
const trade = (i: number, over: Partial<StoredTrade> = {}): StoredTrade => ({ symbol: 'BTC/USDT', kind: 'live', venue: 'binance', id: `t${i}`, time: START + i, price: '60123.45', size: '0.001', side: 'buy', ...over });
function writeMinutes(h: History, from: number, to: number): void {
  for (let i = from; i < to; i++) h.writeCandle({ symbol: 'BTC/USDT', interval: '1m', kind: 'live', venue: 'binance', candle: minute(i) });
}
const candles = (h: History, interval: '1m' | '5m' | '1h' | '1d', over: Partial<Parameters<History['candles']>[0]> = {}) =>
  h.candles({ symbol: 'BTC/USDT', interval, kind: 'live', start: null, end: null, limit: 5_000, ...over });
const rows = async (h: History, table: string) => (await h.stats()).tables.find((t) => t.table === table)?.rows;
/** Looks at the closed file as anybody could. */
async function independently(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(join(folder, 'history.duckdb'), { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const found = (await connection.runAndReadAll(sql)).getRows();
  connection.closeSync();
  instance.closeSync();
  return found;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickglass-store-'));
  now = START + DAY;
});
afterEach(async () => {
  for (const h of open.splice(0)) await h.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('longer candles', () => {
  it('are made of stored minutes where they are not stored themselves, and only whole ones', async () => {
    const h = history();
    writeMinutes(h, 30, 200);
    h.writeCandle({ symbol: 'BTC/USDT', interval: '1h', kind: 'live', venue: 'okx', candle: { ...minute(120), close: 777, volume: 9 } });
    await h.flush();
    const made = await candles(h, '1h');
    expect(made).toEqual([
      { openTime: START + HOUR, open: 160, high: 220, low: 159, close: 219.5, volume: 60 },
      { openTime: START + 2 * HOUR, open: 220, high: 221, low: 219, close: 777, volume: 9 },
    ]);
    expect(await candles(h, '1h', { start: START + HOUR, end: START + HOUR })).toEqual(made.slice(0, 1));
    expect(await candles(h, '1d')).toEqual([]);
  });

  it('are what the minutes say, whatever page is asked for', async () => {
    const h = history();
    writeMinutes(h, 0, 600);
    await h.flush();
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 119 }), fc.integer({ min: 1, max: 30 }), async (last, limit) => {
      const page = await candles(h, '5m', { end: START + last * 5 * MINUTE, limit });
      const first = Math.max(0, last - limit + 1);
      expect(page.map((c) => [c.openTime, c.open, c.close, c.volume])).toEqual(Array.from({ length: last - first + 1 }, (_, i) => [START + (first + i) * 5 * MINUTE, 100 + (first + i) * 5, 104.5 + (first + i) * 5, 5]));
    }), { numRuns: 30 });
  });

  it('finds a page in a market with long pauses', async () => {
    const h = history();
    now = START + 60 * DAY;
    for (let i = 0; i < 40; i++) writeMinutes(h, i * 1440, i * 1440 + 5);
    await h.flush();
    const page = await candles(h, '1m', { limit: 50 });
    expect(page).toHaveLength(50);
    expect(page[0]?.openTime).toBe(START + 30 * DAY);
  });
});

describe('trades', () => {
  it('come from the bus, once each, decimals exact, and not from replays', async () => {
    const h = history();
    const bus = createMemoryBus(log);
    recordFromBus(bus, h);
    const item = (id: string, quality: string) => ({ id, price: '60123.45', size: '0.00012345', side: 'sell', t: START + 0.25, venue: 'okx', quality });
    const items = [item('a', 'live'), item('b', 'simulated'), item('c', 'replay'), { id: 'broken' }, null];
    bus.publish({ type: 'log', channel: 'trades:BTC/USDT', epoch: 'e', prev: 0, seq: 5, items });
    bus.publish({ type: 'log', channel: 'trades:BTC/USDT@okx', epoch: 'e', prev: 0, seq: 5, items });
    bus.publish({ type: 'log', channel: 'signals', epoch: 'e', prev: 0, seq: 5, items });
    await h.flush();
    bus.publish({ type: 'log', channel: 'trades:BTC/USDT', epoch: 'f', prev: 0, seq: 1, items: [item('a', 'live')] });
    await h.close();
    expect(await independently('SELECT kind, symbol, venue, id, time, price::VARCHAR, size::VARCHAR, side FROM trades ORDER BY id'))
      .toEqual([['live', 'BTC/USDT', 'okx', 'a', START + 0.25, '60123.45', '0.00012345', 'sell'], ['simulated', 'BTC/USDT', 'okx', 'b', START + 0.25, '60123.45', '0.00012345', 'sell']]);
  });

  it('can be switched off', async () => {
    const h = history();
    const bus = createMemoryBus(log);
    recordFromBus(bus, h, { trades: false });
    bus.publish({ type: 'log', channel: 'trades:BTC/USDT', epoch: 'e', prev: 0, seq: 1, items: [{ id: 'a', price: '1', size: '1', side: 'sell', t: START, venue: 'okx', quality: 'live' }] });
    await h.flush();
    expect(await rows(h, 'trades')).toBe(0);
  });
});

describe('limits', () => {
  it('forgets trades after their hours', async () => {
    const h = history({ limits: { tradeHours: 2 } });
    h.writeTrade(trade(1));
    await h.flush();
    now += 3 * HOUR;
    h.writeTrade(trade(2));
    await h.flush();
    expect(await rows(h, 'trades')).toBe(1);
  });

  it('keeps the newest trades of a symbol, and of all', async () => {
    const h = history({ limits: { tradesPerSymbol: 1_000, tradesTotal: 2_500 } });
    for (let i = 0; i < 1_500; i++) for (const symbol of ['A', 'B', 'C', 'D']) h.writeTrade(trade(i, { symbol }));
    for (let i = 0; i < 100; i++) h.writeTrade(trade(i, { symbol: 'small' }));
    await h.flush();
    now += HOUR;
    await h.flush();
    await h.close();
    const counts = await independently('SELECT symbol, count(*)::INTEGER, max(id) FROM trades GROUP BY symbol ORDER BY symbol');
    expect(counts.filter(([symbol]) => symbol !== 'small').every(([, count, newest]) => Number(count) <= 1_000 && newest === 't999')).toBe(true);
    const total = counts.reduce((sum, [, count]) => sum + Number(count), 0);
    expect(total).toBeLessThanOrEqual(2_500);
    expect(total).toBeGreaterThan(1_500);
  });

  it('looks sooner when many trades have come', async () => {
    const h = history({ limits: { tradesPerSymbol: 1_000, tradesTotal: 1_000 } });
    await h.flush();
    for (const [after, count, kept] of [[10_000, 1_200, 1_200], [25_000, 1, 900], [31_000, 50, 950], [31_000, 60, 900], [31_000, 40, 940]] as const) {
      now += after;
      for (let i = 0; i < count; i++) h.writeTrade(trade(now - START + i / 1_000, { id: `${now}-${i}` }));
      await h.flush();
      expect(await rows(h, 'trades')).toBeGreaterThan(kept - 20);
      expect(await rows(h, 'trades')).toBeLessThan(kept + 20);
    }
  });

  it('holds while trades come without end: a turn writes what waited at its beginning, then looks at the limits', async () => {
    // In a busy market rows came during each write, so a turn never ended: limits were never looked at, and each few rows were a commit of their own.
    const h = history({ limits: { tradesPerSymbol: 1_000, tradesTotal: 1_000 } });
    let written = 0;
    const pouring = setInterval(() => {
      for (let i = 0; i < 10; i++) h.writeTrade(trade(written++, { id: `p${written}` }));
    }, 1);
    try {
      await waitFor(async () => {
        await h.flush();
        return written > 3_000;
      }, { message: 'some thousand trades' });
      now += HOUR;
      await h.flush();
      const [kept, before] = [await rows(h, 'trades'), written];
      expect(kept).toBeLessThan(before);
    } finally {
      clearInterval(pouring);
    }
    await h.flush();
    now += HOUR;
    await h.flush();
    expect(await rows(h, 'trades')).toBeLessThanOrEqual(1_000);
  });

  it('gives the oldest trades up, then minutes, when the file is larger than it may be; hours stay', async () => {
    const h = history({ limits: { maxMb: 3 } });
    h.writeCandle({ symbol: 'BTC/USDT', interval: '1h', kind: 'live', venue: 'binance', candle: minute(0) });
    for (let batch = 0; batch < 12; batch++) {
      for (let i = 0; i < 10_000; i++) h.writeTrade(trade(batch * 10_000 + i, { id: `${batch}-${i}-${(i * 7919) % 10_007}`, price: String(60_000 + ((i * 7919) % 10_007) / 7), size: String(((i * 104_729) % 1_009) / 13) }));
      await h.flush();
    }
    const before = await rows(h, 'trades');
    now += HOUR;
    await h.flush();
    expect(await rows(h, 'trades')).toBeLessThan(before ?? 0);
    expect((await h.stats()).bytes).toBeLessThanOrEqual(3_000_000);
    expect(await candles(h, '1h')).toHaveLength(1);
  }, 30_000);
});

describe('old and damaged files', () => {
  it('takes over a file of the first version, which had an index', async () => {
    const instance = await DuckDBInstance.create(join(folder, 'history.duckdb'));
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE candles (kind VARCHAR NOT NULL, symbol VARCHAR NOT NULL, interval VARCHAR NOT NULL, open_time BIGINT NOT NULL, open DOUBLE NOT NULL, high DOUBLE NOT NULL,
      low DOUBLE NOT NULL, close DOUBLE NOT NULL, volume DOUBLE NOT NULL, venue VARCHAR NOT NULL, written BIGINT NOT NULL, PRIMARY KEY (kind, symbol, interval, open_time))`);
    await connection.run(`INSERT INTO candles VALUES ('live', 'BTC/USDT', '1m', ${START}, 100, 101, 99, 100.5, 1, 'binance', ${START})`);
    connection.closeSync();
    instance.closeSync();
    const h = history();
    writeMinutes(h, 0, 2);
    await h.flush();
    expect(await candles(h, '1m')).toEqual([minute(0), minute(1)]);
    await h.close();
    expect(await independently("SELECT count(*)::INTEGER FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY' AND table_name = 'candles'")).toEqual([[0]]);
  });

  it('survives bytes that were turned anywhere in the file, and goes on writing', async () => {
    const source = history();
    writeMinutes(source, 0, 1_000);
    await source.close();
    const good = readFileSync(join(folder, 'history.duckdb'));
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 1, max: 400 }), async (at, length) => {
      const target = mkdtempSync(join(folder, 'bad-'));
      const bad = Buffer.from(good);
      bad.fill(0xa5, at, Math.min(bad.length, at + length));
      writeFileSync(join(target, 'history.duckdb'), bad);
      const h = history({ dataDir: target });
      // Damage may show at the first reading only; then the next opening puts the file aside.
      for (let round = 0; round < 4; round++) {
        writeMinutes(h, 2_000, 2_001);
        await h.flush();
        await candles(h, '1m').catch(() => []);
        now += 10_000;
      }
      writeMinutes(h, 2_000, 2_001);
      await h.flush();
      expect(h.health().state).toBe('ok');
      expect((await candles(h, '1m')).at(-1)).toEqual(minute(2_000));
      await h.close();
    }), { numRuns: 12 });
  }, 60_000);

  it('puts a file aside whose opening ended the process twice, and says so', async () => {
    const first = history();
    writeMinutes(first, 0, 1);
    await first.close();
    writeFileSync(join(folder, 'history.opening'), '2');
    const h = history();
    writeMinutes(h, 5, 6);
    await h.flush();
    expect(await candles(h, '1m')).toEqual([minute(5)]);
    expect(h.health()).toMatchObject({ state: 'ok', reason: expect.stringContaining('it is kept as') });
    expect(readdirSync(folder).some((name) => name.startsWith('history.duckdb.damaged-'))).toBe(true);
    expect(existsSync(join(folder, 'history.opening'))).toBe(false);
  });
});

describe('a data folder', () => {
  it('that cannot be made is refused in words, without end or hang', () => {
    expect(() => makeFolder('/proc/tickglass/data')).toThrow('the folder /proc/tickglass/data cannot be written: it cannot be made there');
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file'))).toThrow('it is a file');
    expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow('a part of the path is a file');
    makeFolder(join(folder, 'a/b/c'));
    mkdirSync(join(folder, 'a/b/c/d'));
  });
});
