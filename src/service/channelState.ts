import { decodePayload, hasPayload, LIMITS, type ParsedChannel, type PayloadFamily, type ResumePoint } from '@/core/contract';
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
  /** Heartbeats in a row that did not name the channel. */
  unnamed = 0;
  private seen = new Set<string>();

  constructor(readonly channel: ParsedChannel & { readonly family: PayloadFamily }) {}

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
    this.unnamed = 0;
  }

  /** The position is void; the next state comes whole. */
  forget(): void {
    this.epoch = null;
    this.seq = 0;
    this.damaged = false;
    this.seen.clear();
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

/** Makes a state for a channel this client can read; null for books, which come in messages of their own. */
export function channelState(channel: ParsedChannel): ChannelState | null {
  const { family } = channel;
  return hasPayload(family) && channel.name.length <= LIMITS.channelLength ? new ChannelState({ ...channel, family }) : null;
}

/** `family` is one at run time; the union of all families' changes is what callers get, so that a switch over `family` narrows. */
function validate(state: ChannelState, content: RawContent, replace: boolean, receivedAt: number): Validated {
  const { family, name, symbol } = state.channel;
  let invalid = 0;
  const read = (value: unknown) => {
    const payload = decodePayload(family, value);
    if (payload === null) invalid++;
    return payload;
  };
  const updates = content.updates.map(([key, value]) => ({ key, value: read(value) })).filter((u) => u.value !== null);
  const removed = (content.removed ?? []).map((key) => ({ key, value: null }));
  const items = (content.items ?? []).map(read).filter((item) => item !== null);
  const change = { family, channel: name, symbol, updates: [...updates, ...removed], items: state.newItems(items, replace), lost: content.lost ?? 0, replace, receivedAt };
  return { change: change as ChannelChange, invalid };
}
