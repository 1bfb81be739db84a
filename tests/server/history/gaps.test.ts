import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { err, ok, type Result } from '@/core/util/result';
import type { Candle } from '@/core/market/outputs';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { createFiller } from '../../../server/history/filler';
import { GapLedger } from '../../../server/history/gapLedger';
import { createHistory } from '../../../server/history/history';
import type { Gap, History } from '../../../server/history/port';
import { createMetrics } from '../../../server/observability/metrics';

const MINUTE = 60_000;
/** A Wednesday, 15:00 UTC: every market is open. */
const NOW = Date.parse('2026-11-18T15:00:00Z');
const log = pino({ level: 'silent' });
const bar = (openTime: number): Candle => ({ openTime, open: 1, high: 2, low: 0.5, close: 1.5, volume: 3 });

let folder = '';
let time = NOW;
let history: History;
let served: Map<string, string[]>;
const bus = createMemoryBus(log);
const clock = { now: () => time, monotonic: () => time };
const ledgers: GapLedger[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickglass-gaps-'));
  time = NOW;
  served = new Map([['binance', ['BTC/USDT']], ['okx', ['BTC/USDT']]]);
  history = createHistory({ dataDir: folder, clock, log, metrics: createMetrics() });
});
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) ledger.stop();
  await history.close();
  rmSync(folder, { recursive: true, force: true });
});

function makeLedger(): GapLedger {
  const ledger = new GapLedger({ bus, history, instruments: BUILT_IN_INSTRUMENTS, served: () => served, clock, candleDays: 90 });
  ledgers.push(ledger);
  return ledger;
}
const keep = (symbol: string, ...times: number[]) => times.forEach((openTime) => history.writeCandle({ symbol, interval: '1m', kind: 'live', venue: 'binance', candle: bar(openTime) }));
const status = (venue: string, state: 'live' | 'waiting') => bus.publish({ type: 'output', output: { type: 'feedStatus', venue, state, reason: 'connection closed', since: time } });
async function stored(): Promise<readonly Gap[]> {
  await history.flush();
  return history.gaps({ kind: 'live', symbol: null, from: null, to: null, limit: 100 });
}

describe('ledger of gaps', () => {
  it('notes the time between the newest stored minute and the start, and keeps it over a restart', async () => {
    keep('BTC/USDT', NOW - 30 * MINUTE, NOW - 20 * MINUTE);
    await history.flush();
    await makeLedger().begin();
    expect(await stored()).toMatchObject([{ symbol: 'BTC/USDT', start: NOW - 19 * MINUTE, stop: NOW, reason: 'the server was not running', state: 'open', ended: null }]);
    const later = makeLedger();
    await later.begin();
    expect(later.open()).toHaveLength(1);
  });

  it('misses nothing of a market that was closed, and nothing before the first start', async () => {
    time = Date.parse('2026-11-22T12:00:00Z');
    keep('AAPL', Date.parse('2026-11-20T20:59:00Z'));
    await history.flush();
    const ledger = makeLedger();
    await ledger.begin();
    expect(ledger.open()).toEqual([]);
  });

  it('notes a loss only when no venue that serves the symbol is live, from before it was noticed', async () => {
    const ledger = makeLedger();
    for (const venue of ['binance', 'okx']) status(venue, 'live');
    status('binance', 'waiting');
    time += 5 * MINUTE;
    status('binance', 'live');
    expect(ledger.open()).toEqual([]);
    status('okx', 'waiting');
    status('binance', 'waiting');
    const lostAt = time;
    time += 3 * MINUTE + 1;
    status('okx', 'live');
    const [gap] = await stored();
    expect(gap).toMatchObject({ start: lostAt - MINUTE, stop: lostAt + 4 * MINUTE, state: 'open' });
    expect(gap?.reason).toContain('the last was binance: connection closed');
  });
});

describe('repair of gaps', () => {
  type Answer = Result<{ candles: readonly Candle[]; venue: string }, string>;
  function rig(ledger: GapLedger, answer: (before: number, rows: number) => Answer, canLoad = () => true) {
    const asked: [before: number, rows: number][] = [];
    const older = ({ symbol, before, rows }: { symbol: string; before: number; rows: number }) => {
      asked.push([before, rows]);
      const given = answer(before, rows);
      if (given.ok) for (const candle of given.value.candles) keep(symbol, candle.openTime);
      return Promise.resolve(given);
    };
    return { asked, filler: createFiller({ ledger, history, older, canLoad, clock, log }) };
  }
  async function missing(minutes: number): Promise<GapLedger> {
    keep('BTC/USDT', NOW - (minutes + 1) * MINUTE);
    await history.flush();
    const ledger = makeLedger();
    await ledger.begin();
    return ledger;
  }
  const page = (before: number, rows: number) => ok({ venue: 'binance', candles: Array.from({ length: rows }, (_, i) => bar(before - (rows - i) * MINUTE)) });

  it('asks from the newest missing minute back, page by page, and says what was loaded', async () => {
    const ledger = await missing(2_500);
    const { asked, filler } = rig(ledger, page);
    await filler.step();
    expect(filler.fills()).toMatchObject([{ symbol: 'BTC/USDT', venue: 'binance', done: 1_000, of: 2_500 }]);
    for (let i = 0; i < 3; i++) await filler.step();
    expect(asked).toEqual([[NOW, 1_000], [NOW - 1_000 * MINUTE, 1_000], [NOW - 2_000 * MINUTE, 500]]);
    expect(await stored()).toMatchObject([{ state: 'repaired', ended: NOW, note: '2500 of 2500 minutes were loaded from binance; the others were there or had no trade' }]);
    expect(filler.fills()).toEqual([]);
    expect(await history.candles({ symbol: 'BTC/USDT', interval: '1m', kind: 'live', start: null, end: null, limit: 5_000 })).toHaveLength(2_501);
  });

  it('asks nobody for what the connectors have loaded meanwhile', async () => {
    const ledger = await missing(5);
    keep('BTC/USDT', ...[5, 4, 3, 2, 1].map((back) => NOW - back * MINUTE));
    const { asked, filler } = rig(ledger, page);
    await filler.step();
    expect(asked).toEqual([]);
    expect((await stored())[0]?.state).toBe('repaired');
  });

  it('keeps a gap as a gap when the venue has nothing from before, and when it cannot be asked', async () => {
    const short = rig(await missing(50), (before) => (before === NOW ? page(before, 10) : ok({ venue: 'kraken', candles: [] })));
    await short.filler.step();
    await short.filler.step();
    expect(await stored()).toMatchObject([{ state: 'kept', note: expect.stringContaining('kraken has nothing from before 2026-11-18T14:50Z; 10 of 50') }]);
  });

  it('tries again with growing waits, then keeps the gap with the reason', async () => {
    const { asked, filler } = rig(await missing(5), () => err('budget used'));
    await filler.step();
    await filler.step();
    expect(asked).toHaveLength(1);
    expect(filler.fills()[0]?.note).toBe('budget used; next try in 15 s');
    for (let i = 0; i < 10; i++) {
      time += 10 * MINUTE;
      await filler.step();
    }
    expect(asked).toHaveLength(6);
    expect((await stored())[0]).toMatchObject({ state: 'kept', note: 'not loaded: budget used' });
  });

  it('waits, without counting it, while there is no venue to ask', async () => {
    const { asked, filler } = rig(await missing(5), page, () => false);
    for (let i = 0; i < 20; i++) {
      time += MINUTE;
      await filler.step();
    }
    expect(asked).toEqual([]);
    expect((await stored())[0]?.state).toBe('open');
    expect(filler.fills()[0]?.note).toBe('waits for a live source that keeps candles of it');
  });
});
