import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { InputEvent } from '@/core/market/events';
import { replayReport, type ReplayReport } from '../../../server/cli/replayReport';
import { krakenVenue } from '../../../server/connectors/kraken';
import { fromOldName } from '../../../server/connectors/kraken/symbols';
import { KrakenTranslator } from '../../../server/connectors/kraken/translate';
import { sharedPath } from '../../support/shared';
import { applyFrame, bookFrames, oracleChecksum, type OracleBook } from './oracle';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/kraken/${name}`, import.meta.url));

async function report(path: string, levels = 20): Promise<ReplayReport> {
  const result = await replayReport(path, levels);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

interface Line { readonly t: string; readonly ts: number; readonly raw: string; readonly url?: string }
function linesOf(path: string): readonly Line[] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n').map((l) => JSON.parse(l) as Line);
}

/** Final books of a v2 recording by the independent reference. */
function finalBooks(path: string, depth: (symbol: string) => number): Record<string, OracleBook> {
  const books: Record<string, OracleBook> = {};
  for (const { t, raw } of linesOf(path)) {
    for (const frame of t === 'recv' ? bookFrames(raw) : []) {
      const after = applyFrame(books[frame.symbol] ?? { bids: [], asks: [] }, frame, depth(frame.symbol));
      books[frame.symbol] = after;
      if (frame.checksum !== null) expect(oracleChecksum(after)).toBe(frame.checksum);
    }
  }
  return books;
}

/** Checksums that the product found right in a recording, v1 or v2. */
function verified(path: string): { readonly right: number; readonly gaps: number } {
  let gaps = 0;
  const translator = new KrakenTranslator({ kind: 'replay', route: 'replay', symbolOf: (s) => s, depth: null, emit: (e) => (gaps += e.type === 'bookState' && e.state === 'gap' ? 1 : 0), resubscribe: () => undefined });
  for (const { t, raw, ts } of linesOf(path)) if (t === 'recv') translator.frame(raw, ts);
  return { right: translator.verified, gaps };
}

describe('replay of recorded Kraken messages', () => {
  it('BTC/USD of 2026: the final book is the reference\'s, every checksum is right, facts come from the instrument channel', async () => {
    const path = fixture('v2-btcusd-depth25-20260826.jsonl');
    const got = await report(path, 25);
    const want = finalBooks(path, () => 25)['BTC/USD'];
    expect(got).toMatchObject({ frames: 50, errors: 0, refused: {} });
    expect(got.books).toEqual({ kraken: { 'BTC/USD': { state: 'ok', updateId: null, levels: [25, 25], bids: want?.bids, asks: want?.asks } } });
    expect(verified(path)).toEqual({ right: 43, gaps: 0 });
    expect((await report(path, 25)).hash).toBe(got.hash);
  });

  it('samples of 2026: last price, statistics, candles, and books that begin without a checksum', async () => {
    const path = fixture('v2-samples-2026.jsonl');
    const got = await report(path, 10);
    const want = finalBooks(path, () => 10);
    expect(got).toMatchObject({ frames: 20, errors: 0, refused: {} });
    for (const symbol of ['BTC/USD', 'DOGE/USDT']) expect(got.books.kraken?.[symbol]).toEqual({ state: 'ok', updateId: null, levels: [10, 10], ...want[symbol] });
    expect(verified(path)).toEqual({ right: 8, gaps: 0 });
    expect(got.quotes['BTC/USD']).toMatchObject({ last: 63297.8, bid: 63297.7, ask: 63297.8, open24h: 63297.1, high24h: 64409.2, low24h: 63250, venue: 'kraken', kind: 'replay' });
    const candles = got.candles['BTC/USD']?.['1m'] ?? [];
    expect(candles.at(0)).toEqual([Date.parse('2026-08-12T19:19:00Z'), 63376, 63376, 63364.8, 63364.8, 0.14059436]);
    expect(candles.length).toBe(10);
  });

  it('a message lost from a recording, which cannot be asked again, leaves the book marked, or its best ten levels as they should be', () => {
    const path = fixture('v2-btcusd-depth25-20260826.jsonl');
    const lines = linesOf(path);
    const want = finalBooks(path, () => 25)['BTC/USD'];
    const updates = lines.flatMap((line, i) => (line.t === 'recv' && bookFrames(line.raw).some((f) => !f.snapshot) ? [i] : []));
    let marked = 0;
    // The last message is kept: it is the one that proves the end.
    for (const lost of updates.slice(0, -1)) {
      const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: ['kraken'] });
      engine.step({ type: 'mode', mode: 'replay', reason: 'test', receiveTime: lines[0]?.ts ?? 0 }, () => undefined);
      const frames = krakenVenue.frames({ instruments: BUILT_IN_INSTRUMENTS, emit: (event) => engine.step(event, () => undefined) });
      lines.forEach((line, i) => {
        if (line.t === 'send') frames.sent(line.raw, line.ts);
        else if (line.t === 'connect') frames.connected(line.url ?? '', line.ts);
        else if (i !== lost) frames.received(line.raw, line.ts);
      });
      const book = engine.book('kraken', 'BTC/USD', 10);
      if (book?.state === 'gap') marked += 1;
      else expect(book).toMatchObject({ state: 'ok', bids: want?.bids.slice(0, 10), asks: want?.asks.slice(0, 10) });
    }
    expect(updates.length).toBe(42);
    expect(marked).toBeGreaterThan(5);
  });

  it('REST answers in a recording: facts of pairs that occur, candles under REST\'s own names, refusals inside HTTP 200', () => {
    const events: InputEvent[] = [];
    const frames = krakenVenue.frames({ instruments: [], emit: (event) => events.push(event) });
    const url = 'https://api.kraken.com/0/public/';
    const pair = { altname: 'XBTUSD', wsname: 'XBT/USD', pair_decimals: 1, lot_decimals: 8, tick_size: '0.5', status: 'online' };
    frames.answered(`${url}AssetPairs`, 200, JSON.stringify({ error: [], result: { XXBTZUSD: pair, ETHEUR: { ...pair, wsname: 'ETH/EUR' } } }), 70_000);
    frames.answered(`${url}OHLC?pair=XBTUSD&interval=1`, 200, '{"error":[],"result":{"XXBTZUSD":[[60,"1","3","1","2","1.5","4",9]],"last":60}}', 130_000);
    frames.answered(`${url}OHLC?pair=XBTUSD`, 200, '{"error":["EAPI:Rate limit exceeded"]}', 131_000);
    expect(events).toMatchObject([
      { type: 'instrument', instrument: { symbol: 'BTC/USD', tickSize: 0.5, lotSize: 1e-8 } },
      { type: 'candle', symbol: 'BTC/USD', openTime: 60_000, close: 2, closed: true, route: 'replay' },
      { type: 'badInput', detail: 'REST answer 200 of /0/public/OHLC' },
    ]);
  });

  const v1 = sharedPath('recordings/kraken/v1-5pairs-20210417a.jsonl.gz');
  const expectedFile = sharedPath('recordings/kraken/v1-5pairs-20210417a.expected.json');
  describe.skipIf(!v1 || !expectedFile)('whole recording of 2021, five pairs of a thousand levels (needs ../shared/recordings)', () => {
    interface Expected {
      readonly messages: Record<string, number>;
      readonly checksums_verified: number;
      readonly final_books: Record<string, { levels: number[]; bids: string[][]; asks: string[][] }>;
      readonly trades: Record<string, { rows: number; volume: string }>;
    }
    const expected = () => JSON.parse(readFileSync(expectedFile ?? '', 'utf8')) as Expected;
    const books = () => Object.fromEntries(Object.entries(expected().final_books).map(([old, book]) => [fromOldName(old), { state: 'ok', updateId: null, ...book }]));

    it('messages, trades and final books equal the expected results', async () => {
      const got = await report(v1 ?? '', 10);
      const want = expected();
      const { 'book snapshot': _part, ...messages } = want.messages;
      expect(got).toMatchObject({ frames: Object.values(messages).reduce((a, b) => a + b, 0), errors: 0, refused: {} });
      expect(got.books).toEqual({ kraken: books() });
      expect(got.trades.kraken).toEqual(Object.fromEntries(Object.entries(want.trades).map(([old, { rows, volume }]) => [fromOldName(old), { count: rows, volume }])));
    });

    it('every checksum is right', () => {
      expect(verified(v1 ?? '')).toEqual({ right: expected().checksums_verified, gaps: 0 });
    });

    const derived = sharedPath('recordings/kraken/v2-derived-5pairs-20210417a.jsonl.gz');
    it.skipIf(!derived)('the same books in the envelope of v2', async () => {
      const got = await report(derived ?? '', 10);
      expect(got).toMatchObject({ frames: 2_423, errors: 0, refused: {} });
      expect(got.books).toEqual({ kraken: books() });
      expect(verified(derived ?? '')).toEqual({ right: 2_423, gaps: 0 });
    });
  });
});
