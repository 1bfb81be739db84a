import { crc32 } from 'node:zlib';
import type { BookStateName, DataKind } from '@/core/contract';

/**
 * A `book:` channel on the bus is keyed: `b:PRICE` and `a:PRICE` hold the size of a level as the venue wrote it, `HEAD_KEY` holds
 * what is true of the book as a whole. Levels and the head that goes with them always travel in one delta.
 */
export const HEAD_KEY = 's';
export type BookSide = 'b' | 'a';

export const levelKey = (side: BookSide, price: string): string => `${side}:${price}`;
export const priceOf = (key: string): string => key.slice(2);
export const sideOf = (key: string): BookSide | null => (key.startsWith('b:') ? 'b' : key.startsWith('a:') ? 'a' : null);

export interface BookHead {
  /** Venue whose book it is; empty while no venue has one. */
  readonly venue: string;
  /** Anything but `ok`: the levels of the channel are the last good ones, or none. */
  readonly state: BookStateName;
  readonly reason: string;
  readonly kind: DataKind | 'unknown';
  /** Most levels a side of this channel. */
  readonly depth: number;
  /** Levels the server holds beyond these: bids, asks. */
  readonly levels: readonly [number, number];
  /** Of the levels published, on the venue's and on the feed clock, ms. */
  readonly venueTime: number | null;
  readonly receiveTime: number | null;
  /** `bookCrc` of the levels published. */
  readonly crc: number;
}

export type BookLevel = readonly [price: string, size: string];

export function isBookHead(value: unknown): value is BookHead {
  return typeof value === 'object' && value !== null && 'state' in value && 'crc' in value && 'depth' in value;
}

/** Levels of each side that the checksum covers. */
const CRC_LEVELS = 25;

/** CRC-32 of the best 25 levels: bid `price:size`, then ask `price:size`, for each rank, joined by `:`; a missing side is left out. */
export function bookCrc(bids: readonly BookLevel[], asks: readonly BookLevel[]): number {
  const parts: string[] = [];
  for (let i = 0; i < CRC_LEVELS; i++) {
    for (const level of [bids[i], asks[i]]) if (level) parts.push(level[0], level[1]);
  }
  return crc32(parts.join(':'));
}
