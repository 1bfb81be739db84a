import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderBook } from '@/core/market/book';
import type { MarketInput } from '@/core/market/events';
import { replayReport } from '../../../server/cli/replayReport';
import { okxChecksum } from '../../../server/connectors/okx/book';
import { OkxTranslator } from '../../../server/connectors/okx/translate';
import { sharedPath } from '../../support/shared';
import { booksAfter, candlesOf, checksumText, crc32Signed, readRecording, type Levels } from './reference';

const excerpt = fileURLToPath(new URL('../../fixtures/okx/btc-usdt-20220513-excerpt.jsonl', import.meta.url));
const whole = sharedPath('recordings/okx/btc-usdt-20220513.jsonl.gz');
const expectedFile = sharedPath('recordings/okx/btc-usdt-20220513.expected.json');
const samples = sharedPath('recordings/okx/samples-2026.jsonl');

async function report(path: string) {
  const result = await replayReport(path, 20);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const STREAM = 'books:BTC-USDT';
const ARG = { channel: 'books', instId: 'BTC-USDT' };

/** A translator whose book events build a book as the engine does. */
function bench(onRenew: () => void = () => undefined) {
  const book = new OrderBook();
  const translator = new OkxTranslator({
    kind: 'replay', route: 'replay', symbolOf: () => 'BTC/USDT', needSnapshot: () => undefined,
    needStream: (stream) => stream === STREAM && onRenew(),
    emit: (event: MarketInput | { readonly type: 'badInput' }) => {
      if (event.type === 'book') book.apply(event, event.receiveTime);
      else if (event.type === 'bookState') book.setState(event.state, event.reason);
    },
  });
  return { book, translator };
}

const levelsOf = (book: OrderBook): Levels => book.top(1_000);
const top = ({ bids, asks }: Levels): Levels => ({ bids: bids.slice(0, 25), asks: asks.slice(0, 25) });

describe('OKX recordings', () => {
  it('the excerpt gives the totals, candles, quote and book that exact arithmetic on its raw lines gives', async () => {
    const raw = readRecording(excerpt);
    const got = await report(excerpt);
    expect(got).toMatchObject({ frames: raw.received.length, errors: 0, refused: {} });
    expect(got.trades).toEqual({ okx: { 'BTC/USDT': { count: raw.trades.length, volume: raw.volume } } });
    expect(got.candles['BTC/USDT']?.['1m']).toEqual(candlesOf(raw.trades));
    expect(got.quotes['BTC/USDT']).toMatchObject({ bid: Number(raw.ticker.bidPx), ask: Number(raw.ticker.askPx), bidSize: Number(raw.ticker.bidSz), venue: 'okx', kind: 'replay' });
    const final = booksAfter(raw.books).at(-1)!;
    expect(got.books.okx?.['BTC/USDT']).toEqual({
      state: 'ok', updateId: null, levels: [final.bids.length, final.asks.length], bids: final.bids.slice(0, 20), asks: final.asks.slice(0, 20),
    });
  });

  it.each([['excerpt', excerpt] as const, ...(whole ? [['whole recording', whole] as const] : [])])('every checksum of the %s is verified, by us and by the definition of CRC-32', (_name, path) => {
    const { books } = readRecording(path);
    const references = booksAfter(books);
    const { book, translator } = bench();
    books.forEach(({ action, data }, i) => {
      translator.frame(JSON.stringify({ arg: ARG, action, data: [data] }), i);
      const reference = references[i]!;
      expect(levelsOf(book)).toEqual(reference);
      expect(crc32Signed(checksumText(reference))).toBe(data.checksum);
      expect(okxChecksum(reference.bids, reference.asks)).toBe(data.checksum);
    });
    expect(translator.checksumsVerified).toBe(books.length);
    expect(book.state).toBe('ok');
  });

  describe.skipIf(!whole || !expectedFile)('whole recording against its expected results (needs ../shared/recordings)', () => {
    interface Expected {
      readonly messages: Record<string, number>;
      readonly checksums_verified: number;
      readonly final_books: Record<string, { levels: readonly number[] } & Levels>;
      readonly trades: Record<string, { rows: number; size_sum: string }>;
    }

    it('messages, trades and final book are equal', async () => {
      const want = JSON.parse(readFileSync(expectedFile ?? '', 'utf8')) as Expected;
      const got = await report(whole ?? '');
      expect(got).toMatchObject({ frames: Object.values(want.messages).reduce((a, b) => a + b, 0), errors: 0, refused: {} });
      expect(got.books).toEqual({ okx: { 'BTC/USDT': { state: 'ok', updateId: null, ...want.final_books['BTC-USDT'] } } });
      expect(got.trades).toEqual({ okx: { 'BTC/USDT': { count: want.trades['BTC-USDT']?.rows, volume: want.trades['BTC-USDT']?.size_sum } } });
      expect(readRecording(whole ?? '').books.length).toBe(want.checksums_verified);
      expect(got.candles['BTC/USDT']?.['1m']).toEqual(candlesOf(readRecording(whole ?? '').trades));
    });
  });

  it.skipIf(!samples)('messages of 2026 are read: five levels, merged trades, candles before their ack, derivatives left out (needs ../shared/recordings)', async () => {
    const got = await report(samples ?? '');
    expect(got).toMatchObject({ frames: 15, errors: 0, refused: {}, books: {} });
    expect(Object.keys(got.quotes)).toEqual(['BTC/USDT']);
    expect(got.trades).toEqual({ okx: { 'BTC/USDT': { count: 2, volume: '0.06922753' } } });
    expect(got.quotes['BTC/USDT']).toMatchObject({ last: 64028.6, bid: 64028.6, ask: 64028.7, open24h: 64324 });
    expect(got.candles['BTC/USDT']?.['1m'][0]?.slice(0, 4)).toEqual([1786538760000, 64040.2, 64040.2, 64025.7]);
  });
});

type Fault = 'ok' | 'lose' | 'repeat' | 'repeat later' | 'swap';
const faults = (length: number, calm: number) => fc.array(
  fc.oneof({ weight: calm, arbitrary: fc.constant<Fault>('ok') }, { weight: 1, arbitrary: fc.constantFrom<Fault>('lose', 'repeat', 'repeat later', 'swap') }),
  { minLength: length, maxLength: length },
);

/** The order in which frames arrive, by their number. */
function schedule(length: number, fault: readonly Fault[]): readonly number[] {
  const order: number[] = [];
  const later = new Map<number, number>();
  for (let i = 0; i < length; i += 1) {
    const what = i === 0 ? 'ok' : fault[i];
    if (what !== 'lose') order.push(i);
    if (what === 'repeat') order.push(i);
    if (what === 'repeat later') later.set(i + 5, i);
    if (what === 'swap' && order.length > 2) order.splice(-2, 2, order.at(-1)!, order.at(-2)!);
    const back = later.get(i);
    if (back !== undefined) order.push(back);
  }
  return order;
}

/**
 * Plays the recorded books with faults. When the stream is asked for again, the venue answers a few frames later with the ack
 * and a snapshot of its present book. `numbered`: the frames get the `seqId` chain of the present protocol and the checksum 0.
 */
function playFaults({ books, references, texts }: Course, fault: readonly Fault[], answerAfter: number, numbered: boolean): Seen {
  const seen: Seen = { judged: 0, renewed: 0 };
  const id = (i: number) => 1_000 + i * 7;
  const wire = (i: number) => {
    const { action, data } = books[i]!;
    const numbers = numbered ? { checksum: 0, prevSeqId: action === 'snapshot' ? -1 : id(i - 1), seqId: id(i) } : {};
    return JSON.stringify({ arg: ARG, action, data: [{ ...data, ...numbers }] });
  };
  const snapshot = (i: number) => {
    const { bids, asks } = references[i]!;
    const { ts, checksum } = books[i]!.data;
    const numbers = numbered ? { checksum: 0, prevSeqId: -1, seqId: id(i) } : { checksum };
    return JSON.stringify({ arg: ARG, action: 'snapshot', data: [{ bids, asks, ts, ...numbers }] });
  };
  /** Frames until the venue answers; none when nothing was asked. */
  const asked: number[] = [];
  let position = 0;
  const { book, translator } = bench(() => {
    asked[0] = answerAfter;
    seen.renewed += 1;
  });
  const judge = (i: number) => {
    if (book.state !== 'ok') return;
    seen.judged += 1;
    const held = JSON.stringify(numbered ? levelsOf(book) : book.top(25));
    const wanted = numbered ? texts[((book.updateId ?? 0) - 1_000) / 7]?.whole : texts[i]?.top;
    if (held !== wanted) expect(held).toBe(wanted);
  };
  const answer = () => {
    asked.length = 0;
    translator.frame(JSON.stringify({ event: 'subscribe', arg: ARG, connId: 'a' }), 0);
    translator.frame(snapshot(position), 0);
    judge(position);
  };
  for (const i of schedule(books.length, fault)) {
    position = Math.max(position, i);
    translator.frame(wire(i), 0);
    judge(i);
    if (asked[0] !== undefined && (asked[0] -= 1) < 0) answer();
  }
  if (asked.length > 0) answer();
  // A last loss is noticed with the next message; the venue then still has the same book.
  if (book.state !== 'ok') answer();
  judge(position);
  expect(book.state).toBe('ok');
  return seen;
}

interface Seen { judged: number; renewed: number }

/** A recording's book frames with the book after each, as objects and as texts. */
type Course = ReturnType<typeof course>;
function course(path: string) {
  const { books } = readRecording(path);
  const references = booksAfter(books);
  const texts = references.map((levels) => ({ whole: JSON.stringify(levels), top: JSON.stringify(top(levels)) }));
  return { books, references, texts };
}

/** Runs schedules of faults; they must have done harm, and the book must have been good for most of the time all the same. */
function playMany(path: string, numRuns: number, numbered: boolean): void {
  const given = course(path);
  const total: Seen = { judged: 0, renewed: 0 };
  fc.assert(fc.property(faults(given.books.length, 6), fc.nat(4), (fault, answerAfter) => {
    const { judged, renewed } = playFaults(given, fault, answerAfter, numbered);
    total.judged += judged;
    total.renewed += renewed;
  }), { numRuns, seed: 20220513 });
  expect(total.renewed).toBeGreaterThan(numRuns / 2);
  expect(total.judged).toBeGreaterThan((numRuns * given.books.length) / 4);
}

describe('OKX books under lost, repeated and reordered frames', () => {
  const cases = [['excerpt', excerpt, 60], ...(whole ? [['whole recording', whole, 10] as const] : [])] as const;

  it.each(cases)('%s with the numbers of the present protocol: the whole book, when ok, is the venue\'s of that number', (_name, path, numRuns) => {
    playMany(path, numRuns, true);
  });

  it.each(cases)('%s as recorded, with checksums only: the 25 best levels a side, when ok, are the venue\'s of that moment', (_name, path, numRuns) => {
    playMany(path, numRuns, false);
  });
});
