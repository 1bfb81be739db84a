import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { replayReport, type ReplayReport } from '../../../server/cli/replayReport';
import { replayFrames } from '../../../server/connectors/replay';
import { VENUES } from '../../../server/connectors/registry';
import { sharedPath } from '../../support/shared';

const excerpt = fileURLToPath(new URL('../../fixtures/binance/spot-btcusdt-20240808-excerpt.jsonl', import.meta.url));

async function report(path: string): Promise<ReplayReport> {
  const result = await replayReport(path, 20);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

interface Line { readonly t: string; readonly url?: string; readonly raw?: string }
const toUnits = (text: string): bigint => {
  const [whole = '0', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(8, '0'));
};
const fromUnits = (units: bigint): string => `${units / 100_000_000n}.${String(units % 100_000_000n).padStart(8, '0')}`;

/** The expected results, computed here from the raw lines with integers and nothing of the product. */
function oracle(path: string) {
  const bytes = readFileSync(path);
  const lines = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n').map((l) => JSON.parse(l) as Line);
  const trades: { p: string; q: string; T: number }[] = [];
  const depth: { U: number; u: number; b: [string, string][]; a: [string, string][] }[] = [];
  let snapshot: { lastUpdateId: number; bids: [string, string][]; asks: [string, string][] } = { lastUpdateId: 0, bids: [], asks: [] };
  let top = { u: 0, b: '', B: '', a: '', A: '' };
  for (const line of lines) {
    if (line.t === 'http') snapshot = JSON.parse(line.raw ?? '') as typeof snapshot;
    if (line.t !== 'recv') continue;
    const { stream, data } = JSON.parse(line.raw ?? '') as { stream: string; data: never };
    if (stream.endsWith('@trade')) trades.push(data);
    if (stream.includes('@depth')) depth.push(data);
    if (stream.endsWith('@bookTicker') && (data as typeof top).u > top.u) top = data;
  }
  const sides = [new Map(snapshot.bids), new Map(snapshot.asks)] as const;
  const kept = depth.filter((d) => d.u > snapshot.lastUpdateId);
  for (const d of kept) {
    for (const [side, changes] of [[sides[0], d.b], [sides[1], d.a]] as const) {
      for (const [p, q] of changes) {
        if (toUnits(q) === 0n) side.delete(p);
        else side.set(p, q);
      }
    }
  }
  const sorted = (side: Map<string, string>, sign: bigint) => [...side].sort(([x], [y]) => (sign * (toUnits(x) - toUnits(y)) > 0n ? 1 : -1));
  const bars = new Map<number, { o: string; h: bigint; l: bigint; c: string; v: bigint }>();
  for (const { p, q, T } of trades) {
    const open = Math.floor(T / 60_000) * 60_000;
    const bar = bars.get(open) ?? { o: p, h: toUnits(p), l: toUnits(p), c: p, v: 0n };
    const price = toUnits(p);
    bars.set(open, { o: bar.o, h: price > bar.h ? price : bar.h, l: price < bar.l ? price : bar.l, c: p, v: bar.v + toUnits(q) });
  }
  const volume = trades.reduce((sum, t) => sum + toUnits(t.q), 0n);
  const messages = lines.filter((l) => l.t === 'recv' || l.t === 'http').length;
  return { messages, trades, volume: fromUnits(volume), top, bids: sorted(sides[0], -1n), asks: sorted(sides[1], 1n), updateId: kept.at(-1)?.u, bars };
}

function expectEqual(got: ReplayReport, want: ReturnType<typeof oracle>): void {
  expect(got).toMatchObject({ frames: want.messages, errors: 0, refused: {} });
  expect(got.trades).toEqual({ binance: { 'BTC/USDT': { count: want.trades.length, volume: want.volume } } });
  const { u: _u, b, B, a, A } = want.top;
  const last = Number(want.trades.at(-1)?.p);
  expect(got.quotes['BTC/USDT']).toMatchObject({ last, bid: Number(b), bidSize: Number(B), ask: Number(a), askSize: Number(A), venue: 'binance', kind: 'replay', route: 'replay' });
  expect(got.books.binance?.['BTC/USDT']).toEqual({
    state: 'ok', updateId: want.updateId, levels: [want.bids.length, want.asks.length], bids: want.bids.slice(0, 20), asks: want.asks.slice(0, 20),
  });
  const rows = [...want.bars].map(([open, r]) => [open, Number(r.o), Number(fromUnits(r.h)), Number(fromUnits(r.l)), Number(r.c), Number(fromUnits(r.v))]);
  expect(got.candles['BTC/USDT']?.['1m']).toEqual(rows);
}

describe('replay of real market data', () => {
  it('the excerpt gives the prices, totals, candles and book that exact arithmetic on its raw lines gives', async () => {
    expectEqual(await report(excerpt), oracle(excerpt));
  });

  it('the same recording twice gives the same state, byte for byte', async () => {
    expect((await report(excerpt)).hash).toBe((await report(excerpt)).hash);
  });

  const recording = sharedPath('recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz');
  const expectedFile = sharedPath('recordings/binance/spot-btcusdt-20240808T2354.expected.json');
  describe.skipIf(!recording || !expectedFile)('whole BTCUSDT recording against its expected results (needs ../shared/recordings)', () => {
    interface Expected {
      readonly messages: Record<string, number>;
      readonly trades: { readonly count: number; readonly base_volume: string };
      readonly bars_1m_from_trades: readonly { open_time: number; o: string; h: string; l: string; c: string; v: string }[];
      readonly last_bookTicker: { b: string; B: string; a: string; A: string };
      readonly depth: {
        readonly final_levels: readonly number[]; readonly final_update_id: number; readonly final_top20: { bids: string[][]; asks: string[][] };
        readonly checkpoints: readonly { after_update_id: number; levels: readonly number[]; bids: string[][]; asks: string[][] }[];
      };
    }
    const expected = () => JSON.parse(readFileSync(expectedFile ?? '', 'utf8')) as Expected;

    it('last price, best bid and ask, trades, one-minute candles and final book are equal', async () => {
      const got = await report(recording ?? '');
      const want = expected();
      expect(got.frames).toBe(Object.values(want.messages).reduce((a, b) => a + b, 0));
      expect(got.errors).toBe(0);
      const { b, B, a, A } = want.last_bookTicker;
      expect(got.quotes['BTC/USDT']).toMatchObject({ last: Number(want.bars_1m_from_trades.at(-1)?.c), bid: Number(b), bidSize: Number(B), ask: Number(a), askSize: Number(A) });
      expect(got.trades.binance?.['BTC/USDT']).toEqual({ count: want.trades.count, volume: want.trades.base_volume });
      expect(got.candles['BTC/USDT']?.['1m']).toEqual(want.bars_1m_from_trades.map((r) => [r.open_time, ...[r.o, r.h, r.l, r.c, r.v].map(Number)]));
      const { final_levels: levels, final_update_id: updateId, final_top20 } = want.depth;
      expect(got.books.binance?.['BTC/USDT']).toEqual({ state: 'ok', updateId, levels, ...final_top20 });
    });

    it('the book equals every checkpoint on the way, and its top the newest best bid and ask not newer than it', async () => {
      const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: ['binance'] });
      const checkpoints = new Map(expected().depth.checkpoints.map((c) => [c.after_update_id, c]));
      const tops: { id: number; text: string }[] = [];
      engine.step({ type: 'mode', mode: 'replay', reason: 'test', receiveTime: 1723161253937 }, () => undefined);
      let reached = 0;
      let compared = 0;
      const wrong: number[] = [];
      await replayFrames(recording ?? '', {
        venues: VENUES,
        instruments: BUILT_IN_INSTRUMENTS,
        emit: (event) => {
          engine.step(event, () => undefined);
          if (event.type === 'quote') tops.push({ id: event.updateId ?? 0, text: [event.bid, event.bidSize, event.ask, event.askSize].join() });
          if (event.type !== 'book' || event.action !== 'delta') return;
          const checkpoint = checkpoints.get(event.updateId ?? -1);
          const book = engine.book('binance', 'BTC/USDT', checkpoint ? checkpoint.bids.length : 1);
          if (checkpoint) {
            reached += 1;
            expect(book).toMatchObject({ levels: checkpoint.levels, bids: checkpoint.bids, asks: checkpoint.asks });
          }
          const top = tops.findLast((t) => t.id <= (event.updateId ?? 0));
          if (!top) return;
          compared += 1;
          if ([...(book?.bids[0] ?? []), ...(book?.asks[0] ?? [])].join() !== top.text) wrong.push(event.updateId ?? 0);
        },
      });
      expect(reached).toBe(checkpoints.size);
      expect(wrong).toEqual([]);
      // Beside the recording: 3,448 of 3,448 depth events.
      expect(compared).toBeGreaterThanOrEqual(3_448);
    });

    it('equals exact arithmetic on the raw lines as well', async () => {
      expectEqual(await report(recording ?? ''), oracle(recording ?? ''));
    });
  });

  const thin = sharedPath('recordings/binance/spot-nknusdt-lrcbtc-20211012.jsonl.gz');
  it.skipIf(!thin)('symbols that are not in the registry are added from the recording, with steps really used (needs ../shared/recordings)', async () => {
    const got = await report(thin ?? '');
    expect(got).toMatchObject({ frames: 254, errors: 0 });
    expect(Object.keys(got.quotes)).toEqual(['NKN/USDT', 'LRC/BTC']);
    expect(got.books.binance?.['NKN/USDT']).toMatchObject({ state: 'ok' });
    expect(got.books.binance?.['LRC/BTC']).toMatchObject({ state: 'ok' });
  });

  const raw = sharedPath('recordings/binance/samples-2026.jsonl');
  it.skipIf(!raw)('raw-stream frames without a wrapper and without an address are read (needs ../shared/recordings)', async () => {
    const got = await report(raw ?? '');
    expect(got).toMatchObject({ frames: 6, errors: 0 });
    expect(got.quotes['BTC/USDT']).toMatchObject({ last: 64117.99, bid: 63704, askSize: 11.33198, open24h: 64330.6 });
  });
});
