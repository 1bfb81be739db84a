import { STREAMS, type ClientMessage, type FeedMode, type FeedSummary, type ReceiptMessage, type ResumePoint, type StatusMessage, type StreamName } from '@/core/contract';
import type { ActivityNote, ChannelChange, Clock, Environment, StreamState, StreamStatus, Timers, WebSocketConstructor } from './types';

/** Where a stream's results go. */
export interface StreamPort {
  status(status: StreamStatus): void;
  change(change: ChannelChange): void;
  receipt(receipt: ReceiptMessage): void;
  mode(mode: FeedMode): void;
  feeds(feeds: Readonly<Record<string, FeedSummary>>): void;
  feedTime(time: number, heardAt: number): void;
  server(version: string): void;
  notice(message: StatusMessage): void;
  rejected(channel: string, code: string): void;
  note(note: Omit<ActivityNote, 'at' | 'source'>): void;
}

export interface StreamOptions {
  readonly name: StreamName;
  /** Address of the server, `http:` or `https:`, with the path of the app's API. */
  readonly server: string;
  readonly client: { readonly name: string; readonly version: string };
  readonly protocols?: readonly string[];
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly environment: Environment;
  readonly port: StreamPort;
}

/** States of a stream that has greeted its server. */
export const OPEN_STATES: ReadonlySet<StreamState> = new Set(['syncing', 'live', 'stale']);
/** Words of a stream whose page the browser put aside. */
export const ASIDE = 'The browser put this page aside';

/** The connection of another tab, as one stream sees it. */
export interface Relay {
  /** What the stream would send to the server. */
  send(message: ClientMessage): void;
  /** The user does not want to wait for the next attempt. */
  retry(): void;
  /** Round trip from the other tab to the server, ms; null when not known. */
  latencyMs(): number | null;
  /** The stream has a connection of its own again. */
  ended(): void;
}

/** What the sharing of connections among tabs (./tabs) may do with a stream. */
export interface SharedStream {
  readonly status: StreamStatus;
  /** Hears every frame of an own connection, after the stream did. */
  tap: ((text: string) => void) | null;
  /** Hears every frame, over whosever connection it came, before it is read; with the monotonic ms of its receipt. */
  ear: ((text: string, at: number) => void) | null;
  /** Live, and every wanted channel is whole or refused. */
  readonly whole: boolean;
  /** Position of each channel held. */
  positions(): Record<string, ResumePoint>;
  /** Frames without which later ones cannot be read: the table layouts of the present connection. */
  greeting(): readonly string[];
  /** Lives from the frames of another tab from now on; the own connection is closed. */
  share(relay: Relay): void;
  /** A frame of the other tab. */
  hear(text: string): void;
  /** The other tab's stream is down, connects, or was stopped: so is this one. `delayMs`: time to its next attempt. */
  mirror(state: StreamState, reason: string, delayMs: number | null): void;
  /** Makes an own connection, with the positions held, while what is shown goes on. `keep`: the other tab's frames are heard until it greets. */
  own(keep: boolean): void;
}

/** WebSocket address of a stream on a server. */
export function streamUrl(server: string, name: StreamName): string {
  const url = new URL(STREAMS[name].path.slice(1), server.endsWith('/') ? server : `${server}/`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
