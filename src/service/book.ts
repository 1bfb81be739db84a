import type { BookSnapshotMessage, BookStateName, BookUpdateMessage } from '@/core/contract';
import { isCrossed, LevelList, type LevelText } from '@/core/market/levelList';
import { crc32 } from '@/core/util/crc32';
import type { BookChange } from './types';

type BookMessage = BookSnapshotMessage | BookUpdateMessage;
type Head = Omit<BookChange, 'family' | 'channel' | 'symbol' | 'replace' | 'bids' | 'asks'>;

/** Levels of each side that the checksum covers (docs/protocol.md, section 4). */
const CHECKED_LEVELS = 25;

/** CRC-32 of the top 25 levels: bid and ask in turn, each `price:size`, joined with `:`; a side that ends is skipped. */
export function bookChecksum(bids: readonly LevelText[], asks: readonly LevelText[]): number {
  const parts: string[] = [];
  for (let i = 0; i < CHECKED_LEVELS; i++) {
    for (const level of [bids[i], asks[i]]) if (level) parts.push(level[0], level[1]);
  }
  return crc32(parts.join(':'));
}

/**
 * What the client doubts of a book, whatever the server said last. `missing`: updates may be missing, and going on from the held
 * position makes it good again. `wrong`: the levels themselves contradict the server; only a snapshot makes it good.
 */
interface Doubt {
  readonly kind: 'missing' | 'wrong';
  readonly state: BookStateName;
  readonly reason: string;
}

const NOTHING: Head = { depth: 0, state: 'syncing', reason: 'Waiting for the book', venue: '', quality: 'unknown', levels: null, venueTime: null, ageAtSend: null, receivedAt: 0 };

/** One order book as the server sent it, checked: checksum of the top, and never crossed when good. No clock, no socket. */
export class HeldBook {
  private readonly bids = new LevelList(1);
  private readonly asks = new LevelList(-1);
  private head = NOTHING;
  private doubt: Doubt | null = null;

  constructor(
    private readonly channel: string,
    private readonly symbol: string,
  ) {}

  /** The levels are known to be wrong: a snapshot is needed. */
  get wrong(): boolean {
    return this.doubt?.kind === 'wrong';
  }

  /** Doubts the book. false = it is doubted as much already, so there is nothing to tell. */
  suspect(kind: Doubt['kind'], state: BookStateName, reason: string): boolean {
    const known = this.doubt;
    if (known && (known.kind === 'wrong' || (known.state === state && known.reason === reason))) return false;
    this.doubt = { kind, state, reason };
    return true;
  }

  /** The position is confirmed: nothing is missing. true = that ended a doubt. */
  confirmed(): boolean {
    if (this.doubt?.kind !== 'missing') return false;
    this.doubt = null;
    return true;
  }

  /** Takes a message that follows what is held, and gives what listeners should know of it. */
  take(message: BookMessage, receivedAt: number): BookChange {
    const whole = message.type === 'book_snapshot';
    if (whole) this.doubt = null;
    this.head = {
      depth: whole ? message.depth : this.head.depth, state: message.state, reason: message.reason, venue: message.venue, quality: message.quality, receivedAt,
      levels: message.levels ?? null, venueTime: message.venue_time ?? null, ageAtSend: message.age_ms ?? null,
    };
    if (!this.wrong) this.apply(message, whole);
    // Levels that contradict the server are kept from listeners: they go on showing the last good ones, marked.
    return this.wrong ? this.change() : this.change(message.bids, message.asks, whole);
  }

  private apply(message: BookMessage, whole: boolean): void {
    const { bids, asks } = this;
    for (const [side, levels] of [[bids, message.bids], [asks, message.asks]] as const) {
      if (whole) side.clear();
      for (const level of levels) side.set(level);
      side.truncate(this.head.depth);
    }
    if (message.crc !== undefined && message.crc !== bookChecksum(bids.texts, asks.texts)) {
      this.doubt = { kind: 'wrong', state: 'gap', reason: 'The checksum of the book was wrong; loading it anew' };
    } else if (message.state === 'ok' && isCrossed(bids, asks)) {
      this.doubt = { kind: 'wrong', state: 'crossed', reason: 'The best bid was not below the best ask; loading the book anew' };
    }
  }

  /** The state as it is to be shown now, with the given changed levels. */
  change(bids: readonly LevelText[] = [], asks: readonly LevelText[] = [], replace = false): BookChange {
    const { state, reason } = this.doubt ?? this.head;
    return { family: 'book', channel: this.channel, symbol: this.symbol, replace, bids, asks, ...this.head, state, reason };
  }
}
