import type { AssetClass, Instrument } from '@/core/market/instrument';
import type { InputEvent } from '@/core/market/events';
import type { Candle } from '@/core/market/outputs';
import type { Result } from '@/core/util/result';
import type { FeedStateName, Interval } from '@/core/contract';
import type { BudgetLedger, BudgetStatus } from './budget';
import type { Hosts } from './hosts';
import type { SubscriptionState } from './subscriptions';
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
  /** The venue's key from the configuration; null without one. Never logged, never sent anywhere but to the venue. */
  readonly key: string | null;
  /** Does this symbol lack a healthy source that is preferred to this venue? Sources with small budgets ask before they spend. */
  readonly needed: (symbol: string) => boolean;
  readonly ledger: BudgetLedger;
  /** Manners towards hosts and budgets of sources, shared by the whole process. */
  readonly hosts: Hosts;
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
  /** Streams asked for, by state of their subscription. */
  readonly subscriptions: Readonly<Record<SubscriptionState, number>>;
  /** Symbols it does not serve although they were wanted, and why, in words. */
  readonly unserved: readonly { readonly symbol: string; readonly reason: string }[];
  readonly budgets: readonly BudgetStatus[];
  /** Messages of a kind or with fields that the connector does not know; tolerated, counted. */
  readonly unknownMessages: number;
  /** Receipt minus venue time of recent messages, corrected by the clock offset, ms, median; null while unknown. */
  readonly lagMs: number | null;
  /** REST calls: `open` = not called after repeated failures, `half_open` = one trial call is under way or due. null without REST. */
  readonly circuit: 'closed' | 'open' | 'half_open' | null;
  /** true while prices come by REST because the socket does not deliver. */
  readonly fallback: boolean;
}

/** Figures of the crypto market as a whole, by a source that is no exchange. null = not given. Times on the wall clock, ms. */
export interface MarketOverview {
  readonly source: string;
  readonly global: {
    readonly coins: number | null;
    readonly markets: number | null;
    readonly marketCapUsd: number | null;
    readonly volumeUsd: number | null;
    /** Change of the market capitalisation in 24 h, percent. */
    readonly changePercent: number | null;
    /** Share of single coins in the market capitalisation, percent, by upper-case symbol. */
    readonly dominance: Readonly<Record<string, number>>;
    readonly venueTime: number | null;
    readonly receiveTime: number;
  } | null;
  readonly trending: {
    readonly coins: readonly { readonly id: string; readonly name: string; readonly symbol: string; readonly rank: number | null; readonly priceUsd: number | null; readonly changePercent: number | null }[];
    readonly receiveTime: number;
  } | null;
  /** Why something is missing or old, and when it is asked for; empty when there is nothing to say. */
  readonly reason: string;
}

/** One call's worth of closed candles that opened before `before`, ms. */
export interface OlderQuery {
  readonly symbol: string;
  readonly interval: Interval;
  readonly before: number;
  readonly rows: number;
}
/** Oldest first; none = the venue has nothing older. */
export type OlderCandles = readonly Candle[];

/** A running source. Start and stop may be called again; stop resolves when nothing of it is left. */
export interface Connector {
  readonly id: string;
  start(): void;
  stop(): Promise<void>;
  status(): VenueStatus;
  /** The engine's state of this kind was dropped (mode change) or is new: load recent history afresh. */
  refill?(): void;
  /**
   * Changes of its order books come whose beginning the engine never had or has dropped: load the books anew. With a symbol: the book of that one is
   * wrong although its numbers follow one another, as a crossed one is.
   */
  reloadBooks?(symbol?: string): void;
  /** Candles from before what we have, for charts that are scrolled back. One REST call within its budget; the error says in words why there are none. */
  older?(query: OlderQuery): Promise<Result<OlderCandles, string>>;
  /** What it last read of the market as a whole. Asking tells it that somebody wants to know; the first answer may be empty. */
  overview?(): MarketOverview;
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
  /** Age beyond which its values are stale, ms, by route; absent = the engine's own limit. */
  readonly staleMs?: { readonly socket?: number; readonly rest?: number };
  /** Notice the venue wants beside its data. */
  readonly attribution?: { readonly text: string; readonly url: string };
  create(context: ConnectorContext): Connector;
}
