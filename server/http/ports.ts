import type { FeedMode, FeedStateName, InitialData } from '@/core/contract';
import type { Engine } from '@/core/engine';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HistoryReader, HistoryWriter } from '../history/port';

/** State of one venue, as the supervisor tells it. */
export interface VenueInfo {
  readonly id: string;
  readonly name: string;
  readonly state: FeedStateName;
  readonly reason: string;
  readonly lastMessageAgeMs: number | null;
  readonly messagesPerSecond: number;
  readonly reconnects: number;
  readonly clockOffsetMs: number | null;
  readonly nextAttemptInMs: number | null;
  readonly symbols: readonly string[];
}

export interface StreamStats {
  readonly clients: number;
  readonly seq: number;
  readonly epoch: string;
}

/** What the HTTP side needs of the other rooms; main.ts connects them. */
export interface HttpPorts {
  /** Instruments, candles and trades held in memory. */
  readonly market: Pick<Engine, 'instruments' | 'instrument' | 'candles' | 'trades'>;
  readonly history: HistoryReader & Pick<HistoryWriter, 'health'>;
  mode(): FeedMode;
  venues(): readonly VenueInfo[];
  streams(): Readonly<Record<string, StreamStats>>;
  /** Whole state of a channel as the sockets send it; null when there is no such channel. */
  snapshot(channel: string): InitialData | null;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** Host header against the allow-list. */
  hostAllowed(host: string | undefined): boolean;
  /** Origin of a request that changes something, or of one that reads from another origin. */
  originAllowed(origin: string, host: string | undefined): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface HttpOptions {
  readonly version: string;
  /** Folder of the built page. */
  readonly bundleDir: string;
  readonly token: string | null;
  readonly viewerToken: string | null;
}
