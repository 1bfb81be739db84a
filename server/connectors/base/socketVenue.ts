import type { Result } from '@/core/util/result';
import type { Connector, ConnectorContext, OlderCandles, OlderQuery, VenueStatus } from './connector';
import { BOOK_CROSSED, BOOKS_ANEW, type VenueFeed } from './venueFeed';
import type { VenueSession } from './session';

/** The part of a translator that begins one book again; the venue is asked for it anew. */
interface Books {
  reload(symbol: string, reason: string, at: number): void;
}

/** What every venue with sockets and order books answers alike; how it subscribes and what its messages mean is its own. */
export abstract class SocketVenue implements Connector {
  abstract readonly id: string;
  protected abstract readonly feed: VenueFeed;
  protected abstract readonly translator: Books;

  constructor(protected readonly context: ConnectorContext) {}

  abstract start(): void;
  abstract stop(): Promise<void>;
  /** Begins every book again, for this reason. */
  protected abstract reloadAll(reason: string): void;

  refill(): void {
    this.feed.refill();
  }

  older(query: OlderQuery): Promise<Result<OlderCandles, string>> {
    return this.feed.older(query);
  }

  reloadBooks(symbol?: string): void {
    if (symbol === undefined) this.reloadAll(BOOKS_ANEW);
    else this.translator.reload(symbol, BOOK_CROSSED, this.context.clock.now());
  }

  status(): VenueStatus {
    return this.feed.status();
  }

  /** Makes ready for a start; false when it runs already or nothing of what is wanted can be served. A refusal is forgotten: it was started by hand. */
  protected begin(session: VenueSession, stop = () => session.stop()): boolean {
    const { state } = session;
    if ((state !== 'off' && state !== 'refused') || !this.feed.begin()) return false;
    if (state === 'refused') stop();
    return true;
  }
}
