import type { FeedMode, FeedSummary, StatusMessage } from '@/core/contract';
import type { Clock, FeedClock } from '../observability/clock';
import type { Floods } from '../observability/floods';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { Encoder } from './encode';
import type { HubOptions } from './options';
import type { Replicas } from './replicas';
import type { Tallies } from './tally';
import type { Wants } from './wants';

/** What every connection of one hub shares. */
export interface HubContext {
  readonly replicas: Replicas;
  readonly encoder: Encoder;
  readonly clock: Clock;
  readonly feedClock: () => FeedClock;
  readonly metrics: Metrics;
  readonly tallies: Tallies;
  readonly log: Logger;
  readonly options: HubOptions;
  readonly mode: () => FeedMode;
  readonly feeds: () => Record<string, FeedSummary>;
  readonly knownSymbol: (symbol: string) => boolean;
  readonly knownVenue: (venue: string) => boolean;
  readonly wants: Wants;
  /** What a new client should know at once although it changed before it came. */
  readonly present: () => readonly StatusMessage[];
  /** Time over which as many clients as there are now can come back without being refused, ms; what they are advised to spread over. */
  readonly spreadMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Lines of the log about what clients do wrong. */
  readonly floods: Floods;
  /** A reader of this channel waits for room; try again at the next flush. */
  readonly waiting: (channel: string) => void;
}
