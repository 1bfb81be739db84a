import { crc32 } from 'node:zlib';
import type { LevelChange } from '@/core/market/events';
import { compareDecimals } from '@/core/util/decimal';

/** Depths the venue serves. */
export const KRAKEN_DEPTHS = [10, 25, 100, 500, 1_000] as const;
const CHECKED_LEVELS = 10;
/** Times of a book that ran backwards before they are taken for no proof at all. */
const MAX_LATE = 3;

/** One book message, sequenced by nothing but its checksum. */
export interface KrakenBookMessage {
  readonly snapshot: boolean;
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
  /** CRC32 of the best ten levels of both sides; null when the message has none (seen on first snapshots). */
  readonly checksum: number | null;
  /** Venue time, ms since the epoch. */
  readonly time: number | null;
}

/** What to do with the book after one message. */
export type KrakenBookStep =
  /** Nothing is held to which the change could be applied. */
  | { readonly type: 'drop' }
  | { readonly type: 'replace'; readonly bids: readonly LevelChange[]; readonly asks: readonly LevelChange[] }
  /** Set these sizes; levels that fell out of the depth are among them with size "0". */
  | { readonly type: 'apply'; readonly bids: readonly LevelChange[]; readonly asks: readonly LevelChange[] }
  /** The book is wrong and discarded: say why, unsubscribe and subscribe anew. */
  | { readonly type: 'resync'; readonly reason: string };

/** One side, best level first, at most `depth` levels. */
class Side {
  readonly levels: LevelChange[] = [];

  /** @param sign 1 = bids (the best is the highest), -1 = asks. */
  constructor(private readonly sign: 1 | -1) {}

  set(change: LevelChange): void {
    const index = this.find(change[0]);
    const same = compareDecimals(this.levels[index]?.[0] ?? '-1', change[0]) === 0;
    if (Number(change[1]) > 0) this.levels.splice(index, same ? 1 : 0, change);
    else if (same) this.levels.splice(index, 1);
  }

  private find(price: string): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareDecimals(this.levels[middle]?.[0] ?? '0', price) * this.sign > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Local order book of Kraken. There are no sequence numbers; the proof is a checksum in every message:
 *  1. subscribe with a depth; every snapshot replaces what is held, also a second one;
 *  2. an update before the snapshot is dropped;
 *  3. set the sizes of the update in its order, 0 removes;
 *  4. cut both sides to the depth: the venue never removes levels that were pushed out of it;
 *  5. the CRC32 of the best 10 asks and then bids, each price and size without point and leading zeros but with every
 *     trailing zero, must equal the checksum; else discard and subscribe anew;
 *  6. a message older than the book is out of its order: the checksum would not show that below the tenth level. The venue does
 *     not promise this (it holds in all recordings), so after a few such cases the times of this book are not asked any more.
 * A pure state machine: no socket, no clock. Levels below the tenth are proved when they rise into the best ten, not before.
 */
export class KrakenBookSequencer {
  /** Checksums that were right. */
  verified = 0;
  private bids: Side | null = null;
  private asks = new Side(-1);
  private time = 0;
  private late = 0;
  private depth: number | null;

  /** @param depth levels subscribed to; null = not known (a recording that starts later), then read off the snapshot. */
  constructor(private readonly subscribed: number | null) {
    this.depth = subscribed;
  }

  get ready(): boolean {
    return this.bids !== null;
  }

  /** The best levels held, best first; empty while there is no book. */
  top(count: number): { readonly bids: readonly LevelChange[]; readonly asks: readonly LevelChange[] } {
    return this.bids ? { bids: this.bids.levels.slice(0, count), asks: this.asks.levels.slice(0, count) } : { bids: [], asks: [] };
  }

  message(message: KrakenBookMessage): KrakenBookStep {
    return message.snapshot ? this.replace(message) : this.update(message);
  }

  /** The connection was cut: nothing held can be continued. */
  reset(): void {
    this.bids = null;
    this.asks = new Side(-1);
  }

  private replace(message: KrakenBookMessage): KrakenBookStep {
    const bids = new Side(1);
    this.asks = new Side(-1); // 1
    for (const level of message.bids) bids.set(level);
    for (const level of message.asks) this.asks.set(level);
    this.bids = bids;
    this.depth = this.subscribed ?? depthOf(Math.max(bids.levels.length, this.asks.levels.length));
    cut(bids, this.depth); // 4
    cut(this.asks, this.depth);
    this.time = message.time ?? 0;
    return this.verify(message, bids) ?? { type: 'replace', bids: [...bids.levels], asks: [...this.asks.levels] };
  }

  private update(message: KrakenBookMessage): KrakenBookStep {
    const { bids, asks, depth } = this;
    if (!bids || depth === null) return { type: 'drop' }; // 2
    if (message.time !== null && message.time < this.time && this.late < MAX_LATE) {
      this.late += 1; // 6
      this.reset();
      return { type: 'resync', reason: 'an update came out of its order' };
    }
    this.time = Math.max(this.time, message.time ?? 0);
    for (const level of message.bids) bids.set(level); // 3
    for (const level of message.asks) asks.set(level);
    const [lostBids, lostAsks] = [cut(bids, depth), cut(asks, depth)]; // 4
    return this.verify(message, bids) ?? { type: 'apply', bids: net(message.bids, lostBids), asks: net(message.asks, lostAsks) };
  }

  private verify(message: KrakenBookMessage, bids: Side): KrakenBookStep | null {
    if (message.checksum === null) return null;
    const found = krakenChecksum(bids.levels, this.asks.levels); // 5
    if (found === message.checksum) {
      this.verified += 1;
      return null;
    }
    this.reset();
    return { type: 'resync', reason: `the checksum is ${found}, the venue says ${message.checksum}` };
  }
}

/** CRC32 of the best ten levels, best first on both sides, from the texts of the venue. */
export function krakenChecksum(bids: readonly LevelChange[], asks: readonly LevelChange[]): number {
  let text = '';
  for (const side of [asks, bids]) for (const [price, size] of side.slice(0, CHECKED_LEVELS)) text += digits(price) + digits(size);
  return crc32(text);
}

function digits(text: string): string {
  return text.replace('.', '').replace(/^0+/, '');
}

/** A snapshot as long as one of the depths was cut to it; a shorter one shows the whole book, whatever the depth. */
function depthOf(levels: number): number {
  return KRAKEN_DEPTHS.find((d) => d === levels) ?? 1_000;
}

/** Removes what lies beyond the depth and returns the prices. */
function cut(side: Side, depth: number): readonly string[] {
  return side.levels.length > depth ? side.levels.splice(depth).map(([price]) => price) : [];
}

function net(changes: readonly LevelChange[], lost: readonly string[]): readonly LevelChange[] {
  if (lost.length === 0) return changes;
  const gone = new Set(lost);
  return [...changes.filter(([price]) => !gone.has(price)), ...lost.map((price): LevelChange => [price, '0'])];
}
