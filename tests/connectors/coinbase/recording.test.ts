import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replayReport, type ReplayReport } from '../../../server/cli/replayReport';
import { sharedPath } from '../../support/shared';
import { applyFrame, readLines, shape, sumSizes, tradesOf, type OracleBook } from './oracle';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/coinbase/${name}`, import.meta.url));
const excerpts = [fixture('advanced-btc-eth-20260809-excerpt.jsonl'), fixture('exchange-5pairs-20210417-excerpt.jsonl')];

async function report(path: string): Promise<ReplayReport> {
  const result = await replayReport(path, 20);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const canonical = (product: string) => product.replace('-', '/');

/** Books and trades equal what plain maps and integers make of the raw lines. */
async function expectEqual(path: string): Promise<void> {
  const got = await report(path);
  const lines = readLines(path);
  const frames = lines.filter((l) => l.t === 'recv');
  expect(got).toMatchObject({ frames: frames.length, errors: 0 });
  const books = new Map<string, OracleBook>();
  for (const { raw } of frames) applyFrame(books, raw ?? '');
  expect(Object.keys(got.books.coinbase ?? {}).sort()).toEqual([...books.keys()].map(canonical).sort());
  for (const [product, book] of books) {
    const { bids, asks } = shape(book);
    expect(got.books.coinbase?.[canonical(product)]).toMatchObject({ state: 'ok', levels: [bids.length, asks.length], bids: bids.slice(0, 20), asks: asks.slice(0, 20) });
  }
  const trades = tradesOf(lines);
  for (const [product, list] of trades) {
    const total = got.trades.coinbase?.[canonical(product)];
    expect(total?.count).toBe(list.size);
    expect(sumSizes([total?.volume ?? ''])).toBe(sumSizes([...list.values()]));
  }
}

describe('replay of real Coinbase frames', () => {
  it.each(excerpts)('the excerpt gives the books and trades that plain arithmetic on its raw lines gives: %s', (path) => expectEqual(path));

  it('the same recording twice gives the same state, byte for byte', async () => {
    for (const path of excerpts) expect((await report(path)).hash).toBe((await report(path)).hash);
  });

  it('reads quotes, 24 h values and the taker side of the present feed', async () => {
    const got = await report(excerpts[0] ?? '');
    expect(got.quotes['BTC/USD']).toMatchObject({ high24h: 65252.99, low24h: 64675.22, open24h: 65023.75, venue: 'coinbase', kind: 'replay', state: 'ok' });
    expect(got.candles['BTC/USD']?.['1m'].length).toBeGreaterThan(0);
  });

  const names = ['advanced-btc-eth-20260809-part1', 'exchange-5pairs-20210417a'];
  const whole = names.map((name) => [sharedPath(`recordings/coinbase/${name}.jsonl.gz`), sharedPath(`recordings/coinbase/${name}.expected.json`)] as const);
  describe.skipIf(whole.flat().includes(null))('whole recordings against their expected results (needs ../shared/recordings)', () => {
    interface Expected {
      readonly messages?: Record<string, number>;
      readonly events?: Record<string, number>;
      readonly last_sequence_num?: number;
      readonly final_books: Record<string, { readonly levels: readonly number[]; readonly bids: string[][]; readonly asks: string[][] }>;
      readonly unique_trades?: Record<string, { readonly count: number; readonly size_sum: string }>;
      readonly matches?: Record<string, { readonly count: number; readonly size_sum: string }>;
    }

    it.each(whole)('%s', async (recording, expectedFile) => {
      const got = await report(recording ?? '');
      const want = JSON.parse(readFileSync(expectedFile ?? '', 'utf8')) as Expected;
      expect(got.errors).toBe(0);
      expect(got.frames).toBe(want.last_sequence_num === undefined ? Object.values(want.messages ?? {}).reduce((a, b) => a + b, 0) : want.last_sequence_num + 1);
      expect(Object.keys(got.books.coinbase ?? {}).length).toBe(Object.keys(want.final_books).length);
      for (const [product, book] of Object.entries(want.final_books)) {
        const mine = got.books.coinbase?.[canonical(product)] as { bids: string[][]; asks: string[][] };
        expect(mine).toMatchObject({ state: 'ok', levels: book.levels });
        expect(mine.bids.slice(0, book.bids.length)).toEqual(book.bids);
        expect(mine.asks.slice(0, book.asks.length)).toEqual(book.asks);
      }
      for (const [product, { count, size_sum: volume }] of Object.entries(want.unique_trades ?? want.matches ?? {})) {
        expect(got.trades.coinbase?.[canonical(product)]).toEqual({ count, volume });
      }
    });

    it.each(whole)('equals plain arithmetic on the raw lines as well: %s', (recording) => expectEqual(recording ?? ''));
  });
});
