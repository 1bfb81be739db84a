import type { BinanceDepthSnapshot, BinanceDepthUpdate } from './raw';

/** What to do with the book after one message. */
export type BookStep =
  /** Kept until the snapshot comes; `first` = nothing was waiting before, so a snapshot must be asked for. */
  | { readonly type: 'wait'; readonly first: boolean }
  /** Set the sizes of this update. */
  | { readonly type: 'apply'; readonly update: BinanceDepthUpdate }
  /** Older than the book. */
  | { readonly type: 'drop' }
  /** Replace the book by the snapshot, then set the sizes of `updates` in order. */
  | { readonly type: 'replace'; readonly snapshot: BinanceDepthSnapshot; readonly updates: readonly BinanceDepthUpdate[] }
  /** The book is wrong: discard it, say why, ask for a new snapshot. */
  | { readonly type: 'resync'; readonly reason: string }
  /** The snapshot is older than what we hold: ask again. */
  | { readonly type: 'refetch'; readonly reason: string };

/**
 * Local order book of Binance spot, the procedure of the documentation as corrected on 2025-11-12:
 *  1. open the diff stream, buffer its events;
 *  2. get the REST snapshot;
 *  3. if its `lastUpdateId` is before the first buffered event, get it again;
 *  4. drop buffered events with `u <= lastUpdateId`;
 *  5. the book is the snapshot, its id `lastUpdateId`;
 *  6. each event: `u` at or before the id: ignore; `U > id + 1`: a gap, start again; else apply, id = `u`.
 * In real data the first kept event may start exactly at `lastUpdateId + 1`, so steps 3 and 6 test `U <= id + 1`.
 * A pure state machine: no socket, no clock.
 */
export class BinanceBookSequencer {
  private id: number | null = null;
  private waiting: BinanceDepthUpdate[] = [];

  constructor(private readonly maxWaiting = 3_000) {}

  /** Update id of the book; null while there is none. */
  get updateId(): number | null {
    return this.id;
  }

  /** Events kept for the coming snapshot. */
  get buffered(): number {
    return this.waiting.length;
  }

  update(event: BinanceDepthUpdate): BookStep {
    if (this.id === null) return this.keep(event); // 1
    const verdict = this.sequence(this.id, event);
    if (verdict === 'gap') {
      const reason = `updates ${this.id + 1} to ${event.U - 1} are missing`;
      this.reset();
      this.waiting = [event];
      return { type: 'resync', reason };
    }
    return verdict === 'old' ? { type: 'drop' } : this.advance(event);
  }

  snapshot(snapshot: BinanceDepthSnapshot): BookStep {
    if (this.id !== null && snapshot.lastUpdateId <= this.id) return { type: 'drop' };
    const first = this.waiting[0];
    if (this.id === null && first && first.U > snapshot.lastUpdateId + 1) {
      return { type: 'refetch', reason: `the snapshot ends at ${snapshot.lastUpdateId}, the stream starts at ${first.U}` }; // 3
    }
    const updates: BinanceDepthUpdate[] = [];
    let id = snapshot.lastUpdateId; // 5
    for (const event of this.waiting) {
      const verdict = this.sequence(id, event);
      if (verdict === 'old') continue; // 4
      if (verdict === 'gap') {
        const reason = `updates ${id + 1} to ${event.U - 1} are missing`;
        this.waiting = this.waiting.slice(this.waiting.indexOf(event));
        return { type: 'resync', reason };
      }
      updates.push(event);
      id = event.u;
    }
    this.id = id;
    this.waiting = [];
    return { type: 'replace', snapshot, updates };
  }

  /** The stream was cut: nothing held can be continued. */
  reset(): void {
    this.id = null;
    this.waiting = [];
  }

  private keep(event: BinanceDepthUpdate): BookStep {
    const first = this.waiting.length === 0;
    this.waiting.push(event);
    // The oldest go first: a later snapshot then covers them, or step 3 asks for another one.
    if (this.waiting.length > this.maxWaiting) this.waiting.shift();
    return { type: 'wait', first };
  }

  private sequence(id: number, event: BinanceDepthUpdate): 'old' | 'next' | 'gap' {
    if (event.u <= id) return 'old';
    return event.U > id + 1 ? 'gap' : 'next'; // 6
  }

  private advance(event: BinanceDepthUpdate): BookStep {
    this.id = event.u;
    return { type: 'apply', update: event };
  }
}
