import { sessionAt, type SessionState } from './calendar';
import type { AssetClass } from './instrument';

/** The session of a market at a feed time. */
export interface SessionNow {
  readonly state: SessionState;
  /** Feed time since which it is known to last, ms. */
  readonly from: number;
  /** Feed time at which it ends, ms; Infinity for a continuous market. */
  readonly until: number;
}

/** No session: it is looked up at the first use. */
export const NO_SESSION: SessionNow = { state: 'closed', from: Infinity, until: -Infinity };

/** Sessions of all asset classes, looked up in the calendar once each. */
export class Sessions {
  private readonly known = new Map<AssetClass, SessionNow>();

  at(assetClass: AssetClass, now: number): SessionNow {
    const known = this.known.get(assetClass);
    if (known && now >= known.from && now < known.until) return known;
    const { state, nextChange } = sessionAt(assetClass, now);
    const follows = known !== undefined && now >= known.until && known.until > -Infinity;
    const session = { state, from: follows ? Math.min(now, known.until) : now, until: nextChange ?? Infinity };
    this.known.set(assetClass, session);
    return session;
  }

  clear(): void {
    this.known.clear();
  }
}
