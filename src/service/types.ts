import type { BookStateName, ChannelPayload, DataKind, ErrorName, FeedMode, FeedSummary, PayloadFamily, ReceiptMessage, StatusMessage, StreamName, StreamStatus } from '@/core/contract';
import type { LevelText } from '@/core/market/levelList';

export type { StreamState, StreamStatus } from '@/core/contract';

/** One line for the activity log. */
export interface ActivityNote {
  /** Wall time, ms. */
  readonly at: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly source: string;
  readonly text: string;
}

/** Change of one keyed or log channel, validated. `replace`: the updates or items are the whole state. */
export interface ValuesChange<F extends PayloadFamily> {
  readonly family: F;
  readonly channel: string;
  /** Symbol of per-symbol channels. */
  readonly symbol: string | null;
  /** Keyed channels; value null = removed. */
  readonly updates: readonly { readonly key: string; readonly value: ChannelPayload<F> | null }[];
  /** Log channels, oldest first, without repeats. */
  readonly items: readonly ChannelPayload<F>[];
  /** Log items that cannot be had any more. */
  readonly lost: number;
  readonly replace: boolean;
  /** Monotonic ms of receipt. */
  readonly receivedAt: number;
}

/**
 * Change of one order book. A book whose `state` is not `ok` must not be drawn or traded on as good: its levels are the last good ones.
 * A listener that applies the levels in order and keeps the best `depth` of each side holds the server's book.
 */
export interface BookChange {
  readonly family: 'book';
  readonly channel: string;
  readonly symbol: string;
  /** The levels are the whole book. */
  readonly replace: boolean;
  /** Changed levels as the venue wrote them; size "0" = gone. */
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
  /** Levels a side may have. */
  readonly depth: number;
  readonly state: BookStateName;
  /** Why the state is what it is; empty when `ok`. */
  readonly reason: string;
  /** Venue id; empty before the first snapshot. */
  readonly venue: string;
  readonly quality: DataKind | 'unknown';
  /** Levels the server holds: bids, asks; null when it did not say. */
  readonly levels: readonly [bids: number, asks: number] | null;
  /** The venue's own time of the newest change, ms since epoch. */
  readonly venueTime: number | null;
  /** Age of the newest change or confirmation when it was sent, ms; null when unknown. */
  readonly ageAtSend: number | null;
  /** Monotonic ms of receipt. */
  readonly receivedAt: number;
}
export type ChangeFamily = PayloadFamily | 'book';
/** The change of one family of channels. */
export type ChangeOf<F extends ChangeFamily> = F extends PayloadFamily ? ValuesChange<F> : BookChange;
export type ChannelChange = { [F in ChangeFamily]: ChangeOf<F> }[ChangeFamily];
/** Keys, levels or items that changed: what rates count. */
export const sizeOf = (change: ChannelChange): number => (change.family === 'book' ? change.bids.length + change.asks.length : change.updates.length + change.items.length);

/** Everything a listener of the client can be told. */
export interface ClientEvents {
  connected: { readonly stream: StreamName };
  disconnected: { readonly stream: StreamName; readonly reason: string };
  /** A stream's status, at each transition and once a second. */
  stream: StreamStatus;
  change: ChannelChange;
  receipt: { readonly stream: StreamName; readonly receipt: ReceiptMessage };
  status: StatusMessage;
  mode: FeedMode;
  feeds: Readonly<Record<string, FeedSummary>>;
  /** Clock of the server's feed, ms since the epoch, and when it was heard (monotonic ms). Apart from today's in a replay or a fast simulator. */
  feedTime: { readonly time: number; readonly heardAt: number };
  server: { readonly version: string };
  /** A channel the server refused to give. */
  rejected: { readonly stream: StreamName; readonly channel: string; readonly code: ErrorName | string };
  activity: ActivityNote;
}

/** Clocks; `mono` never jumps and is what every decision uses. */
export interface Clock {
  mono(): number;
  wall(): number;
}
export type TimerId = ReturnType<typeof setTimeout>;
export interface Timers {
  set(fn: () => void, ms: number): TimerId;
  clear(id: TimerId | null): void;
}

/** What the platform tells about the device and the page. A server process has none of it. */
export interface Environment {
  online(): boolean;
  /** Calls back on each event; the result stops listening. */
  listen(on: (event: EnvironmentEvent) => void): () => void;
}
/**
 * `wake`: the page is shown again or was restored; `sleep`: it is frozen or goes into the back-forward cache; `network`: the device may use another
 * network now.
 */
export type EnvironmentEvent = 'online' | 'offline' | 'wake' | 'sleep' | 'network';

/** The part of a WebSocket the service needs; the browser's, Node's and that of `ws` all have it. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly protocol: string;
  binaryType: string;
  addEventListener(type: string, listener: (event: never) => void): void;
  removeEventListener(type: string, listener: (event: never) => void): void;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export interface WebSocketConstructor {
  new (url: string, protocols?: string[]): WebSocketLike;
  readonly CLOSING: number;
}
export type FetchLike = (url: string, init: { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly body?: string; readonly signal: AbortSignal; readonly headers: Record<string, string> }) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>;
