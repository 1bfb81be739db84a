import { decodePayload, hasPayload, LIMITS, type InitialData, type ParsedChannel, type ResumePoint } from '@/core/contract';
import { HeldBook } from './book';
import type { RowSchema } from './rowDecoder';
import type { ChannelChange } from './types';

/** Ids of log items remembered, so that none is shown twice. */
const SEEN_IDS = 1_000;

/** Half-received snapshot. */
export interface Parts {
  readonly epoch: string;
  readonly seq: number;
  readonly parts: number;
  received: number;
  readonly data: [string, unknown][];
  readonly items: unknown[];
}

/** Raw content of a frame, before validation. */
export interface RawContent {
  readonly updates: readonly (readonly [key: string, value: unknown])[];
  readonly removed?: readonly string[];
  readonly items?: readonly unknown[];
  readonly lost?: number;
}

/** A decoded change and how many of its values were refused. */
export interface Validated {
  readonly change: ChannelChange;
  readonly invalid: number;
}

/** What the client holds of one channel. Positions outlive a connection, everything else does not. */
export class ChannelState {
  epoch: string | null = null;
  seq = 0;
  /** This connection has confirmed that the channel is whole. */
  fresh = false;
  /** Counts for the stream's state: since the greeting for those wanted then, else from its first state on, so that a new view does not take the stream out of `live`. */
  counted = false;
  /** Code with which the server refused the channel; null = not refused. */
  rejected: string | null = null;
  /** Open subscribe. `again` = it is not the first try. */
  request: { readonly id: number; readonly at: number; readonly again: boolean } | null = null;
  /** Open resync. */
  resync: { readonly id: number; readonly at: number } | null = null;
  /** Monotonic ms before which no resync may be sent; and whether one is wanted. */
  resyncNotBefore = -Infinity;
  resyncWanted = false;
  /** The held values are not whole: ask for a snapshot, not for what is missing. */
  damaged = false;
  /** Monotonic ms before which refused values are no reason for a resync. */
  repairNotBefore = -Infinity;
  parts: Parts | null = null;
  schema: RowSchema | null = null;
  /** Log items that the receipt of the coming snapshot called lost for good. */
  lostBefore = 0;
  /** Heartbeats in a row that did not name the channel. */
  unnamed = 0;
  /** Values of a quote channel under its position: sparse rows tell what changed of them. */
  readonly values = new Map<string, unknown>();
  /** Book channels only. */
  readonly book: HeldBook | null;
  private seen = new Set<string>();

  constructor(readonly channel: ParsedChannel) {
    const { family, name, symbol } = channel;
    this.book = family === 'book' && symbol !== null ? new HeldBook(name, symbol) : null;
  }

  get held(): boolean {
    return this.epoch !== null;
  }

  get position(): Pick<ResumePoint, 'epoch' | 'seq'> | null {
    return this.epoch === null ? null : { epoch: this.epoch, seq: this.seq };
  }

  /** The connection is over: what was asked on it will never be answered. */
  disconnected(): void {
    this.fresh = this.counted = false;
    this.request = this.resync = this.parts = this.schema = null;
    this.resyncWanted = false;
    this.unnamed = this.lostBefore = 0;
  }

  /** The position is void; the next state comes whole. */
  forget(): void {
    this.epoch = null;
    this.seq = 0;
    this.damaged = false;
    this.seen.clear();
  }

  /** Takes one part of a snapshot. `repeated`: known already; `broken`: one before it is missing; else the whole once it is in. */
  collect(message: InitialData): 'repeated' | 'broken' | 'more' | RawContent {
    const { epoch, seq, part, parts } = message;
    let open = this.parts;
    if (!open || open.epoch !== epoch || open.seq !== seq || open.parts !== parts) open = this.parts = { epoch, seq, parts, received: 0, data: [], items: [] };
    if (part === open.received) return 'repeated';
    if (part !== open.received + 1) {
      this.parts = null;
      return 'broken';
    }
    open.received = part;
    for (const entry of Object.entries(message.data)) open.data.push(entry);
    if (message.items) open.items.push(...message.items);
    if (part < parts) return 'more';
    this.parts = null;
    return { updates: open.data, items: open.items };
  }

  /** Remembers the values that rows to come may build on. */
  keep(updates: readonly { readonly key: string; readonly value: unknown }[], replace = false): void {
    if (this.channel.family !== 'market') return;
    if (replace) this.values.clear();
    for (const { key, value } of updates) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
  }

  /** Validates content and leaves out log items seen before. */
  validate(content: RawContent, replace: boolean, receivedAt: number): Validated {
    return validate(this, content, replace, receivedAt);
  }

  /** Takes the items not yet seen and remembers them. `replace`: the items are the whole list, so all of them are taken. */
  newItems<T>(items: readonly T[], replace: boolean): T[] {
    if (replace) this.seen.clear();
    const fresh = items.filter((item) => {
      const id = this.idOf(item);
      if (this.seen.has(id)) return false;
      this.seen.add(id);
      return true;
    });
    for (const id of this.seen) {
      if (this.seen.size <= SEEN_IDS) break;
      this.seen.delete(id);
    }
    return fresh;
  }

  /** Trades are numbered by the log itself, as two venues may use the same id; signals carry an id of their own. */
  private idOf(item: unknown): string {
    if (typeof item !== 'object' || item === null) return '';
    if (this.channel.family === 'trades' && 'seq' in item) return `${this.epoch ?? ''} ${String(item.seq)}`;
    return 'id' in item ? String(item.id) : '';
  }
}

/** Makes a state for a channel this client can read; null for a name that is too long. */
export function channelState(channel: ParsedChannel): ChannelState | null {
  return channel.name.length <= LIMITS.channelLength ? new ChannelState(channel) : null;
}

/** `family` is one at run time; the union of all families' changes is what callers get, so that a switch over `family` narrows. */
function validate(state: ChannelState, content: RawContent, replace: boolean, receivedAt: number): Validated {
  const { family, name, symbol } = state.channel;
  let invalid = 0;
  const read = (value: unknown) => {
    // Books have no values by key: what a server sends as such cannot be read.
    const payload = hasPayload(family) ? decodePayload(family, value) : null;
    if (payload === null) invalid++;
    return payload;
  };
  const values = content.updates.map(([key, value]) => ({ key, value: read(value) })).filter((u) => u.value !== null);
  const updates = [...values, ...(content.removed ?? []).map((key) => ({ key, value: null }))];
  state.keep(updates, replace);
  const items = (content.items ?? []).map(read).filter((item) => item !== null);
  const change = { family, channel: name, symbol, updates, items: state.newItems(items, replace), lost: content.lost ?? 0, replace, receivedAt };
  return { change: change as ChannelChange, invalid };
}
