import type { LevelChange } from '@/core/market/events';
import type { BookPart } from './mapped';

/** What to do with the book after one part. `id` is the number of the frame; null where the protocol has none. */
export type BookStep =
  /** Nothing to apply it to yet, or it touches only levels that are not kept. */
  | { readonly type: 'drop' }
  /** Kept until the snapshot that is being read is complete. */
  | { readonly type: 'wait' }
  | { readonly type: 'apply'; readonly update: NumberedPart }
  /** Replace the book by the snapshot, then set the sizes of `updates` in order. */
  | { readonly type: 'replace'; readonly snapshot: NumberedPart; readonly updates: readonly NumberedPart[] }
  /** The book is wrong: discard it, say why, ask for a new snapshot. */
  | { readonly type: 'resync'; readonly reason: string };

export interface NumberedPart extends BookPart {
  readonly id: number | null;
}

/** Prices between which a large book is kept. */
export interface PriceWindow {
  readonly low: number;
  readonly high: number;
}

/** Changes kept while a large snapshot is being read; more means that reading got stuck. */
const MAX_WAITING = 10_000;

/** So many old numbers in a row are no repetitions: the venue counts anew, and the frame that said so was lost. */
const MAX_REPEATS = 20;

/**
 * Numbers of the frames of one connection (Advanced Trade): `sequence_num` counts every frame of every channel from 0.
 * A frame that is not the next one tells of a hole, and a hole may have held a change of any book.
 */
export class FrameSequence {
  private last: number | null = null;
  private repeats = 0;

  /** The words say what is missing. A number that starts again at 0 is a hole too: nobody knows what lies between. */
  take(number: number): { readonly verdict: 'next' | 'repeat' } | { readonly verdict: 'gap'; readonly reason: string } {
    const { last } = this;
    this.repeats = last !== null && number <= last ? this.repeats + 1 : 0;
    const restarted = number === 0 || this.repeats > MAX_REPEATS;
    if (this.repeats > 0 && !restarted) return { verdict: 'repeat' };
    this.last = number;
    this.repeats = 0;
    if (last === null || number === last + 1) return { verdict: 'next' };
    return { verdict: 'gap', reason: restarted ? 'the venue began to count anew' : `frames ${last + 1} to ${number - 1} are missing` };
  }

  /** A new connection counts anew. */
  reset(): void {
    this.last = null;
    this.repeats = 0;
  }
}

/**
 * Local order book of one product:
 *  1. subscribe; the whole book comes as a snapshot, changes before it are dropped;
 *  2. while a large snapshot is read in slices, changes are kept and applied after it;
 *  3. a change sets absolute sizes, "0" removes the level;
 *  4. a hole in the frames of the connection (FrameSequence), an unreadable change, or changes whose time goes back (the only
 *     order there is on the Exchange feed): discard the book and ask for a new snapshot;
 *  5. of a large book a window of prices is kept; changes outside are dropped, and when the price leaves the inner half of the
 *     window the book is loaded anew around it.
 * A pure state machine: no socket, no clock.
 */
export class CoinbaseBook {
  private state: 'none' | 'reading' | 'ok' = 'none';
  private waiting: NumberedPart[] = [];
  private window: PriceWindow | null = null;
  private time = -Infinity;

  /** A snapshot is needed and none is being read. */
  get empty(): boolean {
    return this.state === 'none';
  }
  get good(): boolean {
    return this.state === 'ok';
  }

  take(part: NumberedPart): BookStep {
    if (part.action === 'broken') return this.fail(part.detail); // 4
    if (part.action === 'snapshot') return this.replace(part, null);
    if (this.state === 'none') return { type: 'drop' }; // 1
    if (this.state === 'reading') return this.keep(part);
    if (part.id === null && part.venueTime !== null && part.venueTime < this.time) return this.fail('changes came out of order'); // 4
    this.time = part.venueTime ?? this.time;
    return this.change(part);
  }

  /** 2. A large snapshot has begun to be read. */
  begin(): void {
    this.reset();
    this.state = 'reading';
  }

  /** 2. It is complete; `window` = the part of it that was kept. */
  complete(snapshot: NumberedPart, window: PriceWindow | null): BookStep {
    return this.state === 'reading' ? this.replace(snapshot, window) : { type: 'drop' };
  }

  /** 5. The price of now; true when the window must be moved. */
  outgrown(price: number): boolean {
    if (!this.window || this.state !== 'ok' || !Number.isFinite(price)) return false;
    const { low, high } = this.window;
    const quarter = (high - low) / 4;
    return price < low + quarter || price > high - quarter;
  }

  reset(): void {
    this.state = 'none';
    this.waiting = [];
    this.window = null;
    this.time = -Infinity;
  }

  private fail(reason: string): BookStep {
    const had = this.state !== 'none';
    this.reset();
    return had ? { type: 'resync', reason } : { type: 'drop' };
  }

  private keep(part: NumberedPart): BookStep {
    if (this.waiting.length >= MAX_WAITING) return this.fail('the snapshot was not complete in time');
    this.waiting.push(part);
    return { type: 'wait' };
  }

  private replace(snapshot: NumberedPart, window: PriceWindow | null): BookStep {
    const { waiting } = this;
    this.reset();
    this.state = 'ok';
    this.window = window;
    this.time = snapshot.venueTime ?? -Infinity;
    const updates = waiting.flatMap((part) => {
      const step = this.change(part);
      return step.type === 'apply' ? [step.update] : [];
    });
    return { type: 'replace', snapshot, updates };
  }

  /** 3 and 5 */
  private change(part: NumberedPart): BookStep {
    const { window } = this;
    if (!window) return { type: 'apply', update: part };
    const bids = part.bids.filter((level) => within(window, level));
    const asks = part.asks.filter((level) => within(window, level));
    return bids.length + asks.length > 0 ? { type: 'apply', update: { ...part, bids, asks } } : { type: 'drop' };
  }
}

/** Whether a level lies in the kept part of the book. */
export function within({ low, high }: PriceWindow, [price]: LevelChange): boolean {
  const value = Number(price);
  return value >= low && value <= high;
}
