import type { LogAppend } from '../bus/bus';
import { UNSET_EPOCH } from './keyedChannel';

export interface LogItem {
  readonly seq: number;
  readonly value: unknown;
  /** Monotonic time of arrival, ms. */
  readonly at: number;
  /** JSON text, made at its first use. */
  text: string | null;
}

export interface LogBounds {
  /** Most items kept; asked at every append, as it may depend on the number of channels. */
  readonly items: () => number;
  /** Items older than this go, ms. */
  readonly ageMs: number;
  /** This many stay whatever their age, for a client that comes new. */
  readonly keep: number;
}

/** Replica of a log channel: the newest items, bounded by number and age. What fell out is told as a count, never hidden. */
export class LogChannel {
  readonly kind = 'log';
  epoch = UNSET_EPOCH;
  seq = 0;
  /** Where the numbering before this one ended; null before the first. A reader of it can be told what it missed. */
  previous: { readonly epoch: string; readonly seq: number } | null = null;
  private items: LogItem[] = [];
  private start = 0;

  constructor(private readonly bounds: LogBounds) {}

  reset(epoch: string): void {
    if (this.epoch !== UNSET_EPOCH && epoch !== this.epoch) this.previous = { epoch: this.epoch, seq: this.seq };
    this.epoch = epoch;
    this.seq = 0;
    this.items = [];
    this.start = 0;
  }

  /** Takes appended items. false = some before them never arrived here; readers are told of them as lost. */
  append(delta: LogAppend, at: number): boolean {
    if (delta.epoch !== this.epoch) this.reset(delta.epoch);
    else if (delta.seq <= this.seq) return true;
    const whole = delta.prev === this.seq;
    if (!whole) this.start = this.items.length; // kept items must be contiguous
    delta.items.forEach((value, i) => this.items.push({ seq: delta.prev + 1 + i, value, at, text: null }));
    this.seq = delta.seq;
    this.trim(at);
    return whole;
  }

  private trim(now: number): void {
    const length = this.items.length;
    const most = this.bounds.items();
    while (length - this.start > most) this.start++;
    while (length - this.start > this.bounds.keep && (this.items[this.start]?.at ?? now) < now - this.bounds.ageMs) this.start++;
    // Cut in blocks, so that an append costs O(1) on average.
    if (this.start > 1_024 || this.start === length) {
      this.items = this.items.slice(this.start);
      this.start = 0;
    }
  }

  get size(): number {
    return this.items.length - this.start;
  }

  /** Items after `cursor`, oldest first, and how many after it are gone. */
  since(cursor: number): { items: LogItem[]; lost: number } {
    const first = this.items[this.start]?.seq ?? this.seq + 1;
    const from = this.start + Math.max(0, cursor + 1 - first);
    return { items: this.items.slice(from), lost: Math.max(0, first - 1 - cursor) };
  }

  /** The newest `count` items, oldest first. */
  newest(count: number): LogItem[] {
    return this.items.slice(Math.max(this.start, this.items.length - count));
  }
}
