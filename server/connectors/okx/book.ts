import { crc32 } from 'node:zlib';
import { OrderBook } from '@/core/market/book';
import type { LevelChange } from '@/core/market/events';

/** One message of `books`, or the body of REST `/market/books`. */
export interface OkxBookData {
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
  /** Venue's time of the book, ms. */
  readonly ts: number;
  /** null in messages of 2022 and before. */
  readonly seqId: number | null;
  readonly prevSeqId: number | null;
  /** null when absent or 0: OKX stopped computing it on 2026-06-23. */
  readonly checksum: number | null;
}

/** What to do with the book after one message. */
export type OkxBookStep =
  /** Kept until a REST snapshot comes; `first` = nothing was waiting before, so one must be asked for. */
  | { readonly type: 'wait'; readonly first: boolean }
  | { readonly type: 'apply'; readonly update: OkxBookData }
  /** Seen before, or of a subscription that was given up. */
  | { readonly type: 'drop' }
  | { readonly type: 'replace'; readonly snapshot: OkxBookData; readonly updates: readonly OkxBookData[] }
  /** The book is wrong or cannot be proved: discard it, say why, unsubscribe and subscribe again. */
  | { readonly type: 'resync'; readonly reason: string }
  /** The REST snapshot is older than what we hold: ask again. */
  | { readonly type: 'refetch'; readonly reason: string };

/** Levels per side under the checksum. */
const CHECKSUM_LEVELS = 25;
/** Numbers remembered to tell a repeated message from a lost one. */
const RECENT = 64;

/** CRC32, signed, over the best 25 levels: `bid:size:ask:size:...` in the texts of the venue, the longer side going on alone. */
export function okxChecksum(bids: readonly LevelChange[], asks: readonly LevelChange[]): number {
  const parts: string[] = [];
  for (let i = 0; i < CHECKSUM_LEVELS; i += 1) {
    for (const level of [bids[i], asks[i]]) if (level) parts.push(level[0], level[1]);
  }
  return crc32(parts.join(':')) | 0;
}

/**
 * Local order book of OKX `books`, by the documentation with the announcements of 2026-02-12 and 2026-05-21:
 *  1. a snapshot replaces the book, its `seqId` is the book's; an older one than what was seen is not believed;
 *  2. an update continues the book exactly when its `prevSeqId` is the book's `seqId`, which becomes its `seqId` (equal = sign
 *     of life, smaller = the venue restarted its numbers); one seen before is dropped; anything else is a gap;
 *  3. a gap: unsubscribe and subscribe again; what the old subscription still sends is dropped until the ack or a snapshot;
 *  4. when updates come without a snapshot before them: buffer, get REST `/market/books`, drop events with
 *     `seqId <= snapshot.seqId`, the first kept one must satisfy `prevSeqId <= snapshot.seqId < seqId`, else get it again;
 *  5. a checksum that is present and not 0 must equal ours. Without `seqId` (recordings of 2022) it is the only proof, so there
 *     it is required and time must not run backwards.
 * A pure state machine: no socket, no clock.
 */
export class OkxBookSequencer {
  /** Checksums compared, all of them equal. */
  verified = 0;
  private mode: 'empty' | 'waiting' | 'ok' | 'resubscribing' = 'empty';
  private id: number | null = null;
  private time = 0;
  private mirror = new OrderBook();
  private waiting: OkxBookData[] = [];
  /** `seqId` -> `prevSeqId` of the newest updates. */
  private readonly recent = new Map<number, number | null>();
  /** The book is a REST snapshot: its number may fall inside the next update. */
  private bridging = false;
  private highest = -1;
  private refusedSnapshots = 0;

  constructor(private readonly maxWaiting = 3_000) {}

  /** Whether there is a book in sequence. */
  get synced(): boolean {
    return this.mode === 'ok';
  }

  /** Updates are kept until a snapshot comes. */
  get waits(): boolean {
    return this.mode === 'waiting';
  }

  get seqId(): number | null {
    return this.id;
  }

  update(event: OkxBookData): OkxBookStep {
    const highest = this.highest;
    this.highest = Math.max(highest, event.seqId ?? -1);
    switch (this.mode) {
      case 'resubscribing':
        return { type: 'drop' }; // 3
      case 'empty':
      case 'waiting':
        return this.keep(event); // 4
      case 'ok': {
        const fault = this.sequence(event) ?? this.apply(event);
        if (fault === 'repeated') return { type: 'drop' };
        return fault === null ? { type: 'apply', update: event } : this.lost(fault);
      }
    }
  }

  /** A snapshot of the stream. */
  snapshot(snapshot: OkxBookData): OkxBookStep {
    const { seqId } = snapshot;
    if (seqId !== null && seqId < this.highest && this.refusedSnapshots < 2 && this.mode !== 'waiting') {
      this.refusedSnapshots += 1;
      return this.lost(`a snapshot at ${seqId} came after ${this.highest}`); // 1
    }
    return this.replace(snapshot, false);
  }

  /** Answer of REST `/market/books`; of use only while updates are waiting for it. */
  restSnapshot(snapshot: OkxBookData): OkxBookStep {
    const first = this.waiting[0];
    if (this.mode !== 'waiting' || snapshot.seqId === null) return { type: 'drop' };
    if (first && (first.prevSeqId ?? 0) > snapshot.seqId) {
      return { type: 'refetch', reason: `the snapshot is at ${snapshot.seqId}, the stream starts after ${first.prevSeqId}` }; // 4
    }
    return this.replace(snapshot, true);
  }

  /** A message of this book could not be read: whatever it changed is missing. */
  unreadable(): OkxBookStep {
    return this.mode === 'ok' ? this.lost('an update could not be read') : { type: 'drop' };
  }

  /** The venue confirmed the subscription: from here on updates belong to the new one. */
  confirmed(): void {
    if (this.mode === 'resubscribing') this.mode = 'empty';
  }

  /** The stream was cut: nothing held can be continued. */
  reset(): void {
    this.clear('empty');
    this.highest = -1;
    this.refusedSnapshots = 0;
  }

  private clear(mode: 'empty' | 'resubscribing'): void {
    this.mode = mode;
    this.id = null;
    this.time = 0;
    this.waiting = [];
    this.recent.clear();
  }

  private lost(reason: string): OkxBookStep {
    this.clear('resubscribing'); // 3
    return { type: 'resync', reason };
  }

  private keep(event: OkxBookData): OkxBookStep {
    if (event.seqId === null || event.prevSeqId === null) return this.lost('an update came before any snapshot');
    const first = this.waiting.length === 0;
    this.mode = 'waiting';
    this.waiting.push(event);
    // The oldest go first: a later snapshot then covers them, or step 4 asks for another one.
    if (this.waiting.length > this.maxWaiting) this.waiting.shift();
    return { type: 'wait', first };
  }

  private replace(snapshot: OkxBookData, bridging: boolean): OkxBookStep {
    const { waiting } = this;
    this.clear('empty');
    this.mirror.apply({ action: 'snapshot', bids: snapshot.bids, asks: snapshot.asks, updateId: snapshot.seqId, venueTime: snapshot.ts }, snapshot.ts);
    if (snapshot.seqId === null && snapshot.checksum === null) return this.lost('the snapshot has neither number nor checksum');
    const wrong = this.verify(snapshot);
    if (wrong !== null) return this.lost(wrong);
    this.mode = 'ok';
    this.id = snapshot.seqId; // 1
    this.highest = Math.max(this.highest, snapshot.seqId ?? -1);
    this.refusedSnapshots = 0;
    this.time = snapshot.ts;
    this.bridging = bridging;
    const updates: OkxBookData[] = [];
    for (const event of waiting) {
      if (snapshot.seqId !== null && (event.seqId ?? 0) <= snapshot.seqId) continue; // 4
      const fault = this.sequence(event) ?? this.apply(event);
      if (fault === 'repeated') continue;
      if (fault !== null) return this.lost(fault);
      updates.push(event);
    }
    return { type: 'replace', snapshot, updates };
  }

  /** null = the event follows; otherwise why it does not. */
  private sequence(event: OkxBookData): string | null {
    const { id } = this;
    const { seqId, prevSeqId } = event;
    if (id === null) {
      if (event.checksum === null) return 'nothing proves the update: neither number nor checksum'; // 5
      return event.ts < this.time ? `an update of ${event.ts} came after ${this.time}` : null;
    }
    if (seqId === null || prevSeqId === null) return 'an update without number';
    if (prevSeqId === id) return null; // 2
    if (this.bridging && seqId <= id) return 'repeated';
    if (this.bridging && prevSeqId < id) return null; // 4
    if (this.recent.get(seqId) === prevSeqId) return 'repeated';
    return `an update follows ${prevSeqId}, the book is at ${id}`;
  }

  private apply(event: OkxBookData): string | null {
    this.mirror.apply({ action: 'delta', bids: event.bids, asks: event.asks, updateId: event.seqId, venueTime: event.ts }, event.ts);
    const wrong = this.verify(event);
    if (wrong !== null) return wrong;
    this.bridging = false;
    this.id = event.seqId;
    this.time = event.ts;
    if (event.seqId !== null) {
      this.recent.set(event.seqId, event.prevSeqId);
      for (const oldest of this.recent.keys()) if (this.recent.size > RECENT) this.recent.delete(oldest);
    }
    return null;
  }

  private verify({ checksum }: OkxBookData): string | null {
    if (checksum === null) return null; // 5
    const { bids, asks } = this.mirror.top(CHECKSUM_LEVELS);
    const ours = okxChecksum(bids, asks);
    if (ours !== checksum) return `checksum ${ours} of the book is not the venue's ${checksum}`;
    this.verified += 1;
    return null;
  }
}
