import type { ChannelPayload, ErrorName, FeedMode, FeedSummary, PayloadFamily, ReceiptMessage, StatusMessage, StreamName } from '@/core/contract';

/** States of one stream (docs/protocol.md, section 6). */
export type StreamState = 'idle' | 'connecting' | 'hello' | 'syncing' | 'live' | 'stale' | 'backoff' | 'offline' | 'stopped';

/** All that can be said about one stream at one moment. Times are of the client's monotonic clock, ms. */
export interface StreamStatus {
  readonly name: StreamName;
  readonly state: StreamState;
  /** Plain words: what is wrong and what happens next; empty when live. */
  readonly reason: string;
  readonly since: number;
  readonly nextAttemptAt: number | null;
  readonly latencyMs: number | null;
  readonly updatesPerSecond: number;
  readonly lastMessageAt: number | null;
  readonly reconnects: number;
  readonly fallback: boolean;
  readonly refused: number;
  readonly lastReceipt: ReceiptMessage | null;
}

/** One line for the activity log. */
export interface ActivityNote {
  /** Wall time, ms. */
  readonly at: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly source: string;
  readonly text: string;
}

/** Change of one channel, validated. `replace`: the updates or items are the whole state. */
export interface ChangeOf<F extends PayloadFamily> {
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
export type ChannelChange = { [F in PayloadFamily]: ChangeOf<F> }[PayloadFamily];

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
  /** Calls back on each event; the result stops listening. `wake`: the page is shown again or was restored. */
  listen(on: (event: 'online' | 'offline' | 'wake') => void): () => void;
}

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
export type FetchLike = (url: string, init: { readonly signal: AbortSignal; readonly headers: Record<string, string> }) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>;
