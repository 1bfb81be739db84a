import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { LevelChange } from '@/core/market/events';

/** Order books, totals and checksums computed from the raw lines of a recording with nothing of the product. */

export interface RawBook {
  readonly asks: readonly (readonly string[])[];
  readonly bids: readonly (readonly string[])[];
  readonly ts: string;
  readonly checksum: number;
}
export interface BookFrame {
  readonly action: 'snapshot' | 'update';
  readonly data: RawBook;
}
export interface Levels {
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}
interface Frame {
  readonly arg: { readonly channel: string };
  readonly action?: BookFrame['action'];
  readonly data?: readonly unknown[];
}
interface RawTrade { readonly tradeId: string; readonly px: string; readonly sz: string; readonly ts: string }

const units = (text: string): bigint => {
  const [whole = '0', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(10, '0'));
};
const text = (value: bigint): string => `${value / 10n ** 10n}.${String(value % 10n ** 10n).padStart(10, '0')}`.replace(/\.?0+$/, '');

export function readRecording(path: string) {
  const bytes = readFileSync(path);
  const lines = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n').map((l) => JSON.parse(l) as { t: string; raw?: string });
  const received = lines.filter((l) => l.t === 'recv').map((l) => l.raw ?? '');
  const frames = received.map((raw) => JSON.parse(raw) as Frame);
  const of = (channel: string) => frames.filter((f) => f.arg.channel === channel && f.data);
  const books = of('books').map((f): BookFrame => ({ action: f.action ?? 'update', data: f.data?.[0] as RawBook }));
  const trades = of('trades').flatMap((f) => f.data as readonly RawTrade[]);
  const ticker = of('tickers').at(-1)?.data?.[0] as Record<string, string>;
  return { received, books, trades, ticker, volume: text(trades.reduce((sum, t) => sum + units(t.sz), 0n)) };
}

/** The book after each frame; the first frame must be a snapshot. */
export function booksAfter(frames: readonly BookFrame[]): readonly Levels[] {
  const sides = { bids: new Map<string, string>(), asks: new Map<string, string>() };
  return frames.map(({ action, data }) => {
    for (const side of ['bids', 'asks'] as const) {
      if (action === 'snapshot') sides[side].clear();
      for (const [price = '', size = ''] of data[side]) {
        if (units(size) === 0n) sides[side].delete(price);
        else sides[side].set(price, size);
      }
    }
    const sorted = (side: 'bids' | 'asks') => [...sides[side]].sort(([x], [y]) => ((units(x) < units(y)) === (side === 'bids') ? 1 : -1));
    return { bids: sorted('bids'), asks: sorted('asks') };
  });
}

/** One-minute candles of the trades: `[open time, open, high, low, close, volume]`. */
export function candlesOf(trades: readonly RawTrade[]): readonly (readonly number[])[] {
  const rows = new Map<number, { prices: number[]; volume: bigint }>();
  for (const { px, sz, ts } of trades) {
    const open = Math.floor(Number(ts) / 60_000) * 60_000;
    const row = rows.get(open) ?? { prices: [], volume: 0n };
    rows.set(open, { prices: [...row.prices, Number(px)], volume: row.volume + units(sz) });
  }
  return [...rows].map(([open, { prices, volume }]) => [open, prices[0] ?? 0, Math.max(...prices), Math.min(...prices), prices.at(-1) ?? 0, Number(text(volume))]);
}

/** CRC-32 by its definition (polynomial 0xEDB88320), bit by bit, signed. */
export function crc32Signed(message: string): number {
  let crc = ~0;
  for (const byte of Buffer.from(message)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

export function checksumText({ bids, asks }: Levels): string {
  const parts: string[] = [];
  for (let i = 0; i < 25; i += 1) parts.push(...(bids[i] ?? []), ...(asks[i] ?? []));
  return parts.join(':');
}
