import type { StreamName } from './channels';
import type { ReceiptMessage } from './messages/status';

/** States of one stream at the client (docs/protocol.md, section 6). */
export type StreamState = 'idle' | 'connecting' | 'hello' | 'syncing' | 'live' | 'stale' | 'backoff' | 'offline' | 'stopped';

/** All that can be said about one stream at one moment. Times are of the client's monotonic clock, ms. */
export interface StreamStatus {
  readonly name: StreamName;
  readonly state: StreamState;
  /** Plain words: what is wrong and what happens next; empty when live. */
  readonly reason: string;
  /** Time at which the state was entered. */
  readonly since: number;
  /** Time of the next attempt; null when none is planned. */
  readonly nextAttemptAt: number | null;
  /** Round trip of the last ping, ms. */
  readonly latencyMs: number | null;
  /** Changes (keys, levels and items) per second over the last seconds. */
  readonly updatesPerSecond: number;
  /** Time of the last frame. */
  readonly lastMessageAt: number | null;
  readonly reconnects: number;
  /** true while the REST snapshot stands in for a socket that is down. */
  readonly fallback: boolean;
  /** Messages of this stream that could not be understood. */
  readonly refused: number;
  readonly lastReceipt: ReceiptMessage | null;
  /** true while the frames come over the connection of another tab. */
  readonly shared?: boolean;
}
