import type { Clock } from '../observability/clock';
import type { Identity } from './identity';
import type { Pass } from './pass';
import type { Sessions } from './sessions';

/** Life of a right that came by ticket, ms; an `auth` message with a new one prolongs it. */
const TICKET_PASS_MS = 900_000;

export interface SocketPassOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly graceMs: number;
  /** Whose ticket it is; null = nobody's. */
  redeem(ticket: string): Identity | null;
  /** Counts one more socket of a user; false = too many. */
  enter(user: string): boolean;
  leave(user: string): void;
  /** It is gone, and was never let in. */
  refused(): void;
}

/** The right of one socket where a token is set: by header, cookie or ticket. It ends with the session it came from. */
export class SocketPass implements Pass {
  readonly mode = 'token';
  private identity: Identity | null = null;
  /** Monotonic ms; null = as long as the session, or for good. */
  private until: number | null = null;
  private tooMany = false;

  constructor(private readonly options: SocketPassOptions) {}

  get ok(): boolean {
    return this.identity !== null;
  }

  get graceMs(): number {
    return this.options.graceMs;
  }

  /** Lets somebody in: for as long as the session lasts where the secret itself was shown, for a quarter of an hour where it was a ticket. */
  admit(identity: Identity, byTicket: boolean): void {
    if (this.identity?.user !== identity.user) {
      if (!this.options.enter(identity.user)) {
        this.tooMany ||= this.identity === null;
        return;
      }
      if (this.identity) this.options.leave(this.identity.user);
      this.identity = identity;
    }
    this.until = byTicket ? this.options.clock.monotonic() + TICKET_PASS_MS : null;
  }

  redeem(ticket: string): boolean {
    const identity = this.options.redeem(ticket);
    if (identity) this.admit(identity, true);
    return identity !== null && this.identity?.user === identity.user;
  }

  expiresInMs(): number | null {
    const session = this.identity?.session;
    const limits = [...(session ? [this.options.sessions.leftMs(session)] : []), ...(this.until === null ? [] : [Math.max(0, this.until - this.options.clock.monotonic())])];
    return limits.length > 0 ? Math.round(Math.min(...limits)) : null;
  }

  verdict(): ReturnType<Pass['verdict']> {
    if (this.tooMany) return 'tooManyConnections';
    const session = this.identity?.session;
    if (session?.ended === true) return 'unauthenticated';
    if (this.expiresInMs() === 0) return 'credentialExpired';
    if (session) this.options.sessions.use(session);
    return null;
  }

  end(): void {
    if (this.identity) this.options.leave(this.identity.user);
    else if (!this.tooMany) this.options.refused();
    this.identity = null;
  }
}
