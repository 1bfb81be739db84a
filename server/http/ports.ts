import type { ClientMetricsReport, FeedMode, InitialData, MoodPoint, OverviewAnswer, Interval, StatusMessage, VenueInfo } from '@/core/contract';
import type { Engine } from '@/core/engine';
import type { FeeOverrides } from '@/core/market/fees';
import type { Candle } from '@/core/market/outputs';
import type { Result } from '@/core/util/result';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Auth } from '../auth/auth';
import type { Fill, HistoryArchive, HistoryReader, HistoryWriter } from '../history/port';
import type { Clock, FeedClock } from '../observability/clock';
import type { Phase } from '../observability/lifecycle';
import type { ScoreLog } from '../scorelog/scoreLog';

type Frozen<T> = T extends readonly (infer U)[] ? readonly Frozen<U>[] : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** What the supervisor tells of one source. */
export type VenueState = Frozen<Pick<VenueInfo,
  | 'id' | 'name' | 'state' | 'reason' | 'lastMessageAgeMs' | 'messagesPerSecond' | 'reconnects' | 'clockOffsetMs' | 'lagMs' | 'nextAttemptInMs' | 'symbols'
  | 'subscriptions' | 'unserved' | 'budgets' | 'unknownMessages' | 'circuit' | 'fallback'>>;

/** What is known of a source before it runs. */
export type SourceFacts = Frozen<Pick<VenueInfo, 'id' | 'priority' | 'assetClasses' | 'capabilities' | 'keyVariable' | 'keySet' | 'attribution'>>;

/** What a source that counts the whole market last told. Times on the wall clock, ms; null = not given. */
export interface MarketOverview {
  readonly source: string;
  readonly global: (Frozen<Omit<NonNullable<OverviewAnswer['global']>, 'venue_time' | 'age_ms'>> & { readonly venueTime: number | null; readonly receiveTime: number }) | null;
  readonly trending: (Frozen<Omit<NonNullable<OverviewAnswer['trending']>, 'age_ms'>> & { readonly receiveTime: number }) | null;
  readonly reason: string;
}

/** Writes down what somebody did or was refused, for the audit log: who and from where is read off the request. */
export type Note = (request: FastifyRequest, action: string, outcome: string, target?: string) => void;

export interface StreamStats {
  readonly clients: number;
  readonly seq: number;
  readonly epoch: string;
}

/** What the HTTP side needs of the other rooms; main.ts connects them. */
export interface HttpPorts {
  /** Instruments, quotes, books, candles and trades held in memory. */
  readonly market: Pick<Engine, 'instruments' | 'instrument' | 'candles' | 'trades' | 'venueQuotes' | 'venueFacts' | 'book' | 'books' | 'bookVenue'>;
  /** Asks the venues for live candles that opened before `before` (ms) and keeps them; none = there are none. The error says why it cannot be known. */
  backfillOlder(query: { readonly symbol: string; readonly interval: Interval; readonly before: number; readonly rows: number }): Promise<Result<{ readonly candles: readonly Candle[]; readonly venue: string }, string>>;
  readonly history: HistoryReader & Pick<HistoryWriter, 'health'>;
  /** History as a whole; without it /api/v1/history and /api/v1/export are not there. */
  readonly archive?: Pick<HistoryArchive, 'stats' | 'gaps' | 'exportTo'> & {
    /** Folder for files under way. */
    readonly folder: string;
    readonly maxBytes: number;
    /** Repairs of gaps that wait or are under way. */
    fills(): readonly Fill[];
  };
  /** The tamper-evident log; without it /api/v1/scorecard is not there. */
  readonly score?: Pick<ScoreLog, 'heads' | 'report'>;
  readonly clock: Clock;
  /** Clock of whatever feeds the server now. */
  feedClock(): FeedClock;
  mode(): FeedMode;
  venues(): readonly VenueState[];
  readonly sources: readonly SourceFacts[];
  /** Starts or stops one source; the error says in words why that cannot be. null = a replay, which has none to start or stop. */
  readonly control: {
    start(id: string): Promise<Result<null, string>>;
    stop(id: string): Promise<Result<null, string>>;
  } | null;
  /** Tells every connected client. */
  announce(message: StatusMessage): void;
  /** What was told of the whole watch list, oldest first. */
  moodHistory?(): readonly MoodPoint[];
  /** The market as a whole, by a source that counts it; null without one. */
  overview(): MarketOverview | null;
  /** Taker fees set by the operator. */
  readonly fees: FeeOverrides;
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
  /** Where the server is in its life; `running` where nobody says. */
  phase?(): Phase;
  /** Takes what a browser measured; false when there is too much of it. */
  browserReport?(report: ClientMetricsReport): boolean;
  /** Routes of a part of its own, added to the others. */
  routes?(app: FastifyInstance, note: Note): void;
  /** Rooms below a path of their own, each a whole server: takes the request and is true when it belongs to one. */
  readonly rooms?: {
    request(request: IncomingMessage, response: ServerResponse): boolean;
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  };
}

export interface HttpOptions {
  readonly version: string;
  /** Folder of the built page. */
  readonly bundleDir: string;
  /** Who may do what. */
  readonly auth: Auth;
  /** Path below which the page lives, with a slash at both ends; `/` by default. */
  readonly base?: string;
}
