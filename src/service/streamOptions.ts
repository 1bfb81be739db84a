import { STREAMS, type FeedMode, type FeedSummary, type ReceiptMessage, type StatusMessage, type StreamName } from '@/core/contract';
import type { ActivityNote, ChannelChange, Clock, Environment, StreamStatus, Timers, WebSocketConstructor } from './types';

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

/** WebSocket address of a stream on a server. */
export function streamUrl(server: string, name: StreamName): string {
  const url = new URL(STREAMS[name].path.slice(1), server.endsWith('/') ? server : `${server}/`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
