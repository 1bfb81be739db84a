import type { Clock } from '../observability/clock';
import type { Role, Session } from './identity';
import { digest, newSecret } from './secret';

/** Limits of reliability section 4.2: ends without use, ends in any case, ms; sessions kept. */
export const SESSION_LIMITS = { idleMs: 12 * 3_600_000, wholeMs: 7 * 86_400_000, most: 1_000 } as const;

/**
 * The sessions of this process, by the SHA-256 of their secrets. All times are monotonic: a wall clock that jumps ends none and prolongs none.
 * They end with the process, which is the price for keeping no secret on disk.
 */
export class Sessions {
  private readonly byDigest = new Map<string, Session>();

  constructor(private readonly clock: Clock) {}

  open(role: Role): { readonly secret: string; readonly session: Session } {
    this.forget();
    const secret = newSecret();
    const now = this.clock.monotonic();
    const session: Session = { name: `session-${newSecret().slice(0, 8)}`, role, openedAt: now, usedAt: now, ended: false };
    this.byDigest.set(keyOf(secret), session);
    return { secret, session };
  }

  /** The session of a secret that is still good; finding it counts as use. */
  find(secret: string): Session | null {
    const session = this.byDigest.get(keyOf(secret));
    if (!session || this.leftMs(session) <= 0) return null;
    session.usedAt = this.clock.monotonic();
    return session;
  }

  /** Time until it ends if nobody uses it, ms; 0 = it has ended. */
  leftMs(session: Session): number {
    if (session.ended) return 0;
    const now = this.clock.monotonic();
    return Math.max(0, Math.min(session.usedAt + SESSION_LIMITS.idleMs, session.openedAt + SESSION_LIMITS.wholeMs) - now);
  }

  /** An open stream is use: a terminal on a second screen is looked at, not clicked. */
  use(session: Session): void {
    session.usedAt = this.clock.monotonic();
  }

  /** Ends one, or all; connections of it notice within a quarter of a second. */
  end(which: Session | 'all'): number {
    const ended = [...this.byDigest].filter(([, session]) => which === 'all' || session === which);
    for (const [key, session] of ended) {
      session.ended = true;
      this.byDigest.delete(key);
    }
    return ended.length;
  }

  get size(): number {
    return this.byDigest.size;
  }

  /** Those that have ended go; when too many are left, those unused for longest. */
  private forget(): void {
    for (const [key, session] of this.byDigest) if (this.leftMs(session) <= 0) this.byDigest.delete(key);
    const surplus = this.byDigest.size - SESSION_LIMITS.most + 1;
    if (surplus <= 0) return;
    for (const session of [...this.byDigest.values()].sort((a, b) => a.usedAt - b.usedAt).slice(0, surplus)) this.end(session);
  }
}

const keyOf = (secret: string): string => digest(secret).toString('base64');
