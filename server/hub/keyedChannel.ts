import type { KeyedDelta } from '../bus/bus';

/** Epoch of a channel of which nothing has been published yet; the first real epoch replaces it. */
export const UNSET_EPOCH = 'unset';

/** A compact row as text, and what it was made of and for. */
export interface RowText {
  readonly text: string;
  /** Sameness of this object = made at the same instant. */
  readonly instant: object;
  readonly version: number;
  readonly cursor: number;
  readonly sparse: boolean;
  readonly sid: number;
}

/** Last value of one key. `value` undefined = removed, remembered so that a client behind it can be told. */
export interface KeyedEntry {
  readonly key: string;
  value: unknown;
  /** Sequence number of the last change. */
  version: number;
  /** Monotonic time of the last change, ms. */
  at: number;
  /** JSON text of the value, made at its first use; null = not yet made. */
  text: string | null;
  /** Number of the last change of each column of the value, for channels that keep it. */
  columns: number[] | null;
  /** The row of it that was made last, for the encoder. */
  row: RowText | null;
  older: KeyedEntry | null;
  newer: KeyedEntry | null;
}

/** Entries ordered by their last change, linked through the entries themselves: a change moves its entry in O(1). */
class RecencyList {
  newest: KeyedEntry | null = null;
  oldest: KeyedEntry | null = null;
  size = 0;

  push(entry: KeyedEntry): void {
    entry.older = this.newest;
    entry.newer = null;
    if (this.newest) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
    this.size++;
  }

  clear(): void {
    this.newest = this.oldest = null;
    this.size = 0;
  }

  remove(entry: KeyedEntry): void {
    if (entry.older) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.newest = entry.older;
    entry.older = entry.newer = null;
    this.size--;
  }
}

/** Which keys a reader wants; null = all. */
export type Accept = ((key: string) => boolean) | null;

/**
 * Replica of a keyed channel: the last value per key with the version of its last change, and the removals of the last
 * `tombstones` removed keys. "What changed since position n" costs O(changes), whatever the number of keys.
 */
export class KeyedChannel {
  readonly kind = 'keyed';
  epoch = UNSET_EPOCH;
  seq = 0;
  /** Positions below this cannot be resumed: removals after them are forgotten. */
  floor = 0;
  private readonly entries = new Map<string, KeyedEntry>();
  private readonly live = new RecencyList();
  private readonly removed = new RecencyList();

  /** `mark` notes in `entry.columns` which parts of the value differ from `before`; not called for removals. `order` gives keys in the order in which the state is told. */
  constructor(
    private readonly tombstones: number,
    private readonly mark: ((entry: KeyedEntry, before: unknown) => void) | null = null,
    private readonly order: () => readonly string[] = () => [],
  ) {}

  /** The numbering starts anew; the state is empty. */
  reset(epoch: string): void {
    this.epoch = epoch;
    this.seq = this.floor = 0;
    this.entries.clear();
    this.live.clear();
    this.removed.clear();
  }

  /** Takes the owner's changes. false = some were missed before these; older positions then get a snapshot. */
  apply(delta: KeyedDelta, at: number): boolean {
    if (delta.epoch !== this.epoch) this.reset(delta.epoch);
    else if (delta.seq <= this.seq) return true; // a duplicate
    const whole = delta.prev === this.seq;
    if (!whole) this.floor = delta.prev;
    // The owner counts one per change; a bundle with a single number gives that number to all of them.
    const counted = delta.seq - delta.prev === delta.changes.length;
    for (let i = 0; i < delta.changes.length; i++) {
      const change = delta.changes[i];
      if (change) this.set(change.key, change.value, counted ? delta.prev + 1 + i : delta.seq, at);
    }
    this.seq = delta.seq;
    return whole;
  }

  private set(key: string, value: unknown, version: number, at: number): void {
    let entry = this.entries.get(key);
    if (entry) this.listOf(entry).remove(entry);
    else {
      if (value === undefined) return;
      entry = { key, value: undefined, version, at, text: null, columns: null, row: null, older: null, newer: null };
      this.entries.set(key, entry);
    }
    const before = entry.value;
    entry.value = value;
    entry.version = version;
    entry.at = at;
    entry.text = null;
    if (value !== undefined) this.mark?.(entry, before);
    this.listOf(entry).push(entry);
    const forgotten = this.removed.size > this.tombstones ? this.removed.oldest : null;
    if (forgotten) {
      this.removed.remove(forgotten);
      this.entries.delete(forgotten.key);
      this.floor = Math.max(this.floor, forgotten.version);
    }
  }

  private listOf(entry: KeyedEntry): RecencyList {
    return entry.value === undefined ? this.removed : this.live;
  }

  get(key: string): KeyedEntry | null {
    const entry = this.entries.get(key);
    return entry && entry.value !== undefined ? entry : null;
  }

  /** Number of present keys. */
  get size(): number {
    return this.live.size;
  }

  /** Entries (removed ones too) changed after `cursor`, in the order of their change; null = the position is too old. */
  changedSince(cursor: number, accept: Accept): KeyedEntry[] | null {
    if (cursor < this.floor) return null;
    const found: KeyedEntry[] = [];
    let a = this.live.newest;
    let b = this.removed.newest;
    for (;;) {
      const next: KeyedEntry | null = !b || (a && a.version > b.version) ? a : b;
      if (!next || next.version <= cursor) break;
      if (!accept || accept(next.key)) found.push(next);
      if (next === a) a = a.older;
      else b = next.older;
    }
    return found.reverse();
  }

  /** The same of the named keys only, in as many steps as there are names and in their order. */
  changedAmong(keys: ReadonlySet<string>, cursor: number): KeyedEntry[] | null {
    if (cursor < this.floor) return null;
    const found: KeyedEntry[] = [];
    for (const key of keys) {
      const entry = this.entries.get(key);
      if (entry && entry.version > cursor) found.push(entry);
    }
    return found;
  }

  /** Present entries: those whose order is given first, the others in the order of their last change. */
  state(accept: Accept): KeyedEntry[] {
    const found: KeyedEntry[] = [];
    for (let entry = this.live.oldest; entry; entry = entry.newer) if (!accept || accept(entry.key)) found.push(entry);
    const places = new Map(this.order().map((key, place) => [key, place]));
    const place = ({ key }: KeyedEntry): number => places.get(key) ?? places.size;
    return places.size > 0 ? found.sort((a, b) => place(a) - place(b)) : found;
  }

  /** Present entries without a change since the monotonic time `at`. */
  unchangedSince(at: number, accept: Accept): KeyedEntry[] {
    const found: KeyedEntry[] = [];
    for (let entry = this.live.oldest; entry && entry.at <= at; entry = entry.newer) if (!accept || accept(entry.key)) found.push(entry);
    return found;
  }
}
