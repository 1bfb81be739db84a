import type { Clock } from '../observability/clock';
import type { Identity } from './identity';
import { digest, newSecret } from './secret';

/** Life of a ticket, ms, and tickets that wait to be used. */
export const TICKET_LIMITS = { lifeMs: 30_000, most: 10_000 } as const;

interface Issued {
  readonly identity: Identity;
  readonly address: string;
  readonly stream: string;
  readonly until: number;
}

/** One-time tickets for sockets that can carry neither cookie nor header. Kept as digests, bound to address and stream, good once. */
export class Tickets {
  private readonly waiting = new Map<string, Issued>();

  constructor(private readonly clock: Clock) {}

  issue(identity: Identity, address: string, stream: string): string {
    const now = this.clock.monotonic();
    for (const [key, ticket] of this.waiting) {
      // In the order of their issue: the first that is good ends the search, unless there are too many.
      if (ticket.until > now && this.waiting.size < TICKET_LIMITS.most) break;
      this.waiting.delete(key);
    }
    const ticket = newSecret();
    this.waiting.set(digest(ticket).toString('base64'), { identity, address, stream, until: now + TICKET_LIMITS.lifeMs });
    return ticket;
  }

  /** Whose ticket it is; null when it is unknown, used, too old, or of another address or stream. Used up either way. */
  redeem(ticket: string, address: string, stream: string): Identity | null {
    const key = digest(ticket).toString('base64');
    const found = this.waiting.get(key);
    this.waiting.delete(key);
    if (!found || found.until <= this.clock.monotonic()) return null;
    return found.address === address && found.stream === stream ? found.identity : null;
  }
}
