import type { ParsedChannel } from '@/core/contract';
import { compareDecimals } from '@/core/util/decimal';
import { bookCrc, HEAD_KEY, isBookHead, priceOf, sideOf, type BookHead, type BookLevel, type BookSide } from '../bus/bookChannel';
import type { KeyedChannel, KeyedEntry } from './keyedChannel';
import { ageMs, finite, type SendTime } from './values';

/** What is told of a book of which nothing was published yet; its depth is the most the contract lets through. */
const NOTHING: BookHead = {
  venue: '', state: 'syncing', reason: 'waiting for the first order book', kind: 'unknown', depth: 5_000, levels: [0, 0], venueTime: null, receiveTime: null, crc: bookCrc([], []),
};

interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** The whole book as one `book_snapshot`, best levels first. */
export function bookSnapshotText(channel: ParsedChannel, at: Place, entries: readonly KeyedEntry[], time: SendTime): string {
  const head = headOf(entries.find((e) => e.key === HEAD_KEY));
  const bids = levelsOf(entries, 'b').sort((x, y) => compareDecimals(y[0], x[0]));
  const asks = levelsOf(entries, 'a').sort((x, y) => compareDecimals(x[0], y[0]));
  return bookText(`"type":"book_snapshot","depth":${head.depth}`, channel, at, head, bids, asks, time);
}

/**
 * Changes of levels as one `book_update` that covers (prev, present]; removals first, as a price may come back in another spelling.
 * The channel holds the best `depth` levels only, so what fell out of them is among the removals: a reader never holds more.
 */
export function bookUpdateText(channel: ParsedChannel, replica: KeyedChannel, changes: readonly KeyedEntry[], prev: number, time: SendTime): string {
  const ordered = [...changes.filter((e) => e.value === undefined), ...changes.filter((e) => e.value !== undefined)];
  return bookText(`"type":"book_update","prev":${prev}`, channel, replica, headOf(replica.get(HEAD_KEY)), levelsOf(ordered, 'b'), levelsOf(ordered, 'a'), time);
}

function headOf(entry: KeyedEntry | null | undefined): BookHead {
  return isBookHead(entry?.value) ? entry.value : NOTHING;
}

/** Levels of one side; size "0" = removed. */
function levelsOf(entries: readonly KeyedEntry[], side: BookSide): BookLevel[] {
  const levels: BookLevel[] = [];
  for (const { key, value } of entries) {
    if (sideOf(key) === side) levels.push([priceOf(key), typeof value === 'string' ? value : '0']);
  }
  return levels;
}

function bookText(start: string, channel: ParsedChannel, at: Place, head: BookHead, bids: BookLevel[], asks: BookLevel[], time: SendTime): string {
  const rest = JSON.stringify({
    symbol: channel.symbol, channel: channel.name, epoch: at.epoch, seq: at.seq, venue: head.venue, state: head.state, reason: head.reason, quality: head.kind,
    bids, asks, levels: head.levels, venue_time: finite(head.venueTime), age_ms: ageMs(head.receiveTime, time), crc: head.crc, timestamp: time.iso,
  });
  return `{${start},${rest.slice(1)}`;
}
