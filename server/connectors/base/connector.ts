import type { AssetClass, Instrument } from '@/core/market/instrument';
import type { InputEvent } from '@/core/market/events';
import type { FeedStateName } from '@/core/contract';
import type { Clock, FeedClock } from '../../observability/clock';
import type { Logger } from '../../observability/logger';
import type { Metrics } from '../../observability/metrics';

export type Capability = 'quotes' | 'trades' | 'tickers' | 'candles' | 'books' | 'backfill';

/** What a connector is told when it is made. */
export interface ConnectorContext {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Uniform in [0, 1); injected so that jitter can be tested. */
  readonly random: () => number;
  /** The instruments wanted; a connector serves those it can and ignores the others. */
  readonly instruments: readonly Instrument[];
  /** Takes one normalised event. Must be called in order; never throws. */
  readonly emit: (event: InputEvent) => void;
  /** Base URLs, already overridden by configuration. Empty for connectors without a network. */
  readonly urls: { readonly ws: string; readonly rest: string };
  /** Sees each message as the venue sent it, before the events made of it; for `watch-feed`. */
  readonly watchRaw?: (text: string) => void;
}

export interface VenueStatus {
  readonly id: string;
  readonly name: string;
  readonly state: FeedStateName;
  readonly reason: string;
  /** Feed-clock-independent age of the newest data message, real ms; null before the first. */
  readonly lastMessageAgeMs: number | null;
  readonly messagesPerSecond: number;
  readonly reconnects: number;
  /** Estimated venue clock minus ours, ms; null while unknown. */
  readonly clockOffsetMs: number | null;
  /** Time until the next attempt, ms; null when none is planned. */
  readonly nextAttemptInMs: number | null;
  readonly symbols: readonly string[];
}

/** A running source. Start and stop may be called again; stop resolves when nothing of it is left. */
export interface Connector {
  readonly id: string;
  start(): void;
  stop(): Promise<void>;
  status(): VenueStatus;
  /** The engine's state of this kind was dropped (mode change) or is new: load recent history afresh. */
  refill?(): void;
  /** Sources with a clock of their own (simulator, replay). */
  readonly feedClock?: FeedClock;
}

export interface ConnectorDescriptor {
  readonly id: string;
  readonly name: string;
  readonly capabilities: readonly Capability[];
  readonly assetClasses: readonly AssetClass[];
  /** Environment variable of the key, or null for keyless sources. */
  readonly keyVariable: string | null;
  /** Lower leads when several venues are healthy. */
  readonly priority: number;
  readonly urls: { readonly ws: string; readonly rest: string };
  create(context: ConnectorContext): Connector;
}
