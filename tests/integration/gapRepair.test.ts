import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryAnswer } from '@/core/contract';
import { FakeVenue } from '../support/fakeVenue';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';

const MINUTE = 60_000;
/** Longer than what a connector loads by itself at a start (1,000 minutes), so that the repair has work of its own. */
const AWAY = 2_500;
/** Minutes back to which the venue has candles of the other symbol. */
const HELD = 1_600;

interface CandlesAnswer {
  readonly candles: readonly (readonly number[])[];
  readonly gaps: readonly (readonly [number, number])[];
  readonly missing: readonly { readonly from: number; readonly to: number; readonly reason: string; readonly state: string; readonly note: string }[];
}

/** A venue whose candles of a symbol may begin late. */
class ForgetfulVenue extends FakeVenue {
  readonly begins = new Map<string, number>();

  protected override klines(query: URLSearchParams, symbol: string): readonly unknown[] {
    const first = this.begins.get(symbol);
    const asked = new URLSearchParams(query);
    if (first !== undefined && Number(asked.get('startTime') ?? Infinity) < first) asked.set('startTime', String(first));
    return super.klines(asked, symbol).filter((row) => first === undefined || Number((row as readonly unknown[])[0]) >= first);
  }
}

let folder = '';
let venue: ForgetfulVenue;
let server: ServerProcess | null = null;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickglass-repair-'));
  venue = await ForgetfulVenue.start();
});
afterEach(async () => {
  await server?.stop('SIGKILL');
  server = null;
  await venue.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function json<T>(path: string): Promise<T> {
  return (await (await fetch(`${server?.url ?? ''}${path}`)).json()) as T;
}
const candles = (symbol: string) => json<CandlesAnswer>(`/api/v1/candles?symbol=${symbol}&interval=1m&limit=5000`);
const history = () => json<HistoryAnswer>('/api/v1/history');
const wait = (message: string, timeoutMs = 20_000) => ({ timeoutMs, message: () => `${message}; the server wrote ${server?.output().slice(-800) ?? ''}` });

async function start(): Promise<void> {
  const env = { TICKGLASS_FEED: 'binance', TICKGLASS_SYMBOLS: 'BTC/USDT,ETH/USDT', TICKGLASS_DATA_DIR: folder, TICKGLASS_BINANCE_WS_URL: venue.wsUrl, TICKGLASS_BINANCE_REST_URL: venue.restUrl };
  const connections = venue.connections.length;
  server = await startServer({ fromSources: true, env });
  await waitFor(() => venue.connections.length > connections && venue.open.some((c) => c.streams.has('ethusdt@bookTicker')), wait('the streams'));
  // A best price, no trade: the newest candle is that of before the absence.
  await waitFor(async () => {
    venue.quote('BTCUSDT', '99.00', '101.00');
    return (await json<{ feed: string }>('/health')).feed === 'live';
  }, wait('a live price'));
}

describe('a server that was killed and comes back a day and a half later', () => {
  it('shows the missing minutes as a gap, loads them with progress told, and keeps as a gap what the venue cannot give', async () => {
    venue.clockOffsetMs = -AWAY * MINUTE;
    await start();
    const committed = async () => (await history()).tables.find(({ table }) => table === 'candles')?.rows ?? 0;
    await waitFor(async () => (await committed()) >= 2_000, wait('the first candles on disk'));
    await server?.stop('SIGKILL');

    // Time passes on the venue's side; when the server is back the venue does not give candles yet.
    venue.clockOffsetMs = 0;
    const now = Math.floor(Date.now() / MINUTE) * MINUTE;
    venue.begins.set('ETHUSDT', now - HELD * MINUTE);
    venue.restFault = { status: 503, body: 'busy', path: 'klines' };
    await start();
    const open = await waitFor(async () => {
      const answer = await candles('BTC/USDT');
      return answer.missing.length > 0 && answer;
    }, wait('the gap'));
    // Nothing is drawn over the absence: the newest candle is that of before, and what follows is named.
    const newest = open.candles.at(-1)?.[0] ?? 0;
    expect(Math.abs(now - newest - AWAY * MINUTE)).toBeLessThanOrEqual(2 * MINUTE);
    expect(open.missing).toMatchObject([{ from: newest + MINUTE, reason: 'the server was not running', state: 'open' }]);
    expect(open.missing[0]?.to).toBeGreaterThanOrEqual(now);
    const waiting = await history();
    expect(waiting.gaps.map((gap) => [gap.symbol, gap.state]).sort()).toEqual([['BTC/USDT', 'open'], ['ETH/USDT', 'open']]);
    expect(waiting.backfills.map((fill) => fill.symbol).sort()).toEqual(['BTC/USDT', 'ETH/USDT']);

    venue.restFault = null;
    const progress: { readonly done: number; readonly of: number; readonly note: string }[] = [];
    await waitFor(async () => {
      const { backfills, gaps } = await history();
      progress.push(...backfills.filter((fill) => fill.symbol === 'BTC/USDT'));
      return backfills.length === 0 && gaps.every((gap) => gap.state !== 'open');
    }, wait('the repair', 60_000));
    const of = Math.max(...progress.map((fill) => fill.of));
    expect(of).toBeGreaterThanOrEqual(AWAY - 2);
    expect(progress.some((fill) => fill.done > 0 && fill.done < fill.of && fill.note.includes('loaded back to'))).toBe(true);
    expect(progress.map((fill) => fill.done)).toEqual([...progress.map((fill) => fill.done)].sort((a, b) => a - b));

    const whole = await candles('BTC/USDT');
    expect(whole.gaps).toEqual([]);
    expect(whole.missing).toEqual([]);
    expect(whole.candles.filter(([time = 0]) => time > newest && time < now).length).toBe(Math.round((now - newest) / MINUTE) - 1);
    // Of the other symbol the venue has candles from a later time only.
    const other = await candles('ETH/USDT');
    expect(other.gaps).toEqual([[newest + MINUTE, now - HELD * MINUTE]]);
    expect(other.missing).toMatchObject([{ from: newest + MINUTE, state: 'kept', reason: 'the server was not running', note: expect.stringMatching(/^binance has nothing from before .*; \d+ of \d+ minutes were loaded$/) as string }]);
  }, 120_000);
});
