import type { DataKind, QuoteStateName } from '../contract';
import { decimalsOf } from '../util/decimal';
import type { SessionState } from './calendar';
import type { EventOrigin } from './events';
import type { Instrument } from './instrument';
import type { Quote, VenueQuote } from './outputs';
import { Source } from './source';

/** A preferred venue takes the lead back only after it delivered without a pause for this long, ms: no flapping. */
export const TAKEOVER_MS = 3_000;
/** A quote that only got fresher, not different, is sent again after this, ms of feed time, so that its age stays true. */
const REFRESH_MS = 1_000;
/** Venues per symbol; more is a fault of configuration. */
const MAX_SOURCES = 16;

/**
 * The consolidated quote of one symbol. All its values come from one venue, the leader: the freshest healthy source by
 * priority. A healthy leader keeps the lead until a preferred venue was healthy for `TAKEOVER_MS`; a leader that is silent
 * beyond the staleness limit, or whose connection is down, loses it at once to the best healthy source. When none is healthy
 * the last leader's values stay, flagged.
 */
export class QuoteBoard {
  readonly sources: Source[] = [];
  leader: Source | null = null;
  current: Quote;

  constructor(public instrument: Instrument, private readonly staleMs: number, kind: DataKind) {
    this.current = emptyQuote(instrument.symbol, kind);
  }

  /** The state of one venue, made at its first input; null when there are too many venues. */
  source(origin: EventOrigin, priorityOf: (venue: string) => number): Source | null {
    for (const source of this.sources) {
      if (source.venue !== origin.venue) continue;
      source.kind = origin.kind;
      source.route = origin.route;
      return source;
    }
    if (this.sources.length >= MAX_SOURCES) return null;
    const judged = this.instrument.assetClass !== 'test';
    const made = new Source(origin.venue, origin.kind, origin.route, priorityOf(origin.venue), this.staleMs, judged);
    this.sources.push(made);
    return made;
  }

  /** Forgets every source: the kind of data changed. */
  reset(kind: DataKind): void {
    this.sources.length = 0;
    this.leader = null;
    this.current = emptyQuote(this.instrument.symbol, kind);
  }

  /** Chooses the leader; true when it changed. */
  elect(now: number): boolean {
    const leader = this.leader;
    if (this.sources.length === 1 && leader) return false;
    const keeps = leader?.healthy(now) === true;
    let best: Source | null = null;
    for (const source of this.sources) {
      if (!source.healthy(now) || source === leader) continue;
      if (keeps && (source.priority >= leader.priority || now - source.healthySince < TAKEOVER_MS)) continue;
      if (best === null || source.priority < best.priority) best = source;
    }
    if (best === null) return false;
    this.leader = best;
    return true;
  }

  /** The present quote if it differs from the one given last (or, with `refresh`, is a second fresher), else null. */
  update(now: number, session: SessionState, refresh: boolean): Quote | null {
    const leader = this.leader;
    if (leader === null) return null;
    const state = stateOf(leader, now, session);
    const last = this.lastOf(leader);
    const was = this.current;
    const fresher = refresh && (leader.receiveTime ?? 0) - (was.receiveTime ?? 0) >= REFRESH_MS;
    if (!fresher && state === was.state && last === was.last && sameValues(leader, was)) return null;
    this.current = {
      symbol: this.instrument.symbol, last,
      bid: leader.bid, ask: leader.ask, bidSize: leader.bidSize, askSize: leader.askSize,
      open24h: leader.open24h, high24h: leader.high24h, low24h: leader.low24h, volume24h: leader.volume24h,
      venue: leader.venue, kind: leader.kind, route: leader.route, state,
      venueTime: leader.venueTime, receiveTime: leader.receiveTime,
    };
    return this.current;
  }

  /** What each venue says, the preferred first. */
  venueQuotes(now: number): readonly VenueQuote[] {
    return [...this.sources].sort((a, b) => a.priority - b.priority).map((s) => ({
      symbol: this.instrument.symbol, venue: s.venue, kind: s.kind, route: s.route, last: s.last, bid: s.bid, ask: s.ask, bidSize: s.bidSize, askSize: s.askSize,
      volume24h: s.volume24h, state: stateOf(s, now, 'open'), activity: 'unknown', perMinute: null, usualPerMinute: null, leads: s === this.leader, note: '',
      venueTime: s.venueTime, receiveTime: s.receiveTime,
    }));
  }

  /** Currencies and metals have no public tape: until a trade is seen their price is the mid, to half a tick. */
  private lastOf(leader: Source): number | null {
    const quoted = this.instrument.assetClass === 'fx' || this.instrument.assetClass === 'metal';
    if (leader.traded || !quoted || leader.bid === null || leader.ask === null) return leader.last;
    return roundedMid(leader.bid, leader.ask, this.instrument.tickSize);
  }
}

/** (bid + ask) / 2 to the nearest half tick. */
export function roundedMid(bid: number, ask: number, tickSize: number): number {
  const half = tickSize / 2;
  const mid = (bid + ask) / 2;
  const rounded = Number((Math.round(mid / half) * half).toFixed(Math.min(20, decimalsOf(tickSize) + 1)));
  // A step far too coarse for the price must not make it 0.
  return rounded > 0 ? rounded : mid;
}

/** The row of a symbol that no source has. */
export function emptyQuote(symbol: string, kind: DataKind): Quote {
  return {
    symbol, last: null, bid: null, ask: null, bidSize: null, askSize: null,
    open24h: null, high24h: null, low24h: null, volume24h: null,
    venue: '', kind, route: 'socket', state: 'none', venueTime: null, receiveTime: null,
  };
}

/**
 * State of the shown value. A closed market is `closed`, never `stale`; outside the regular session silence is normal too,
 * while fresh values there are `ok`.
 */
function stateOf(leader: Source, now: number, session: SessionState): QuoteStateName {
  if (session === 'closed') return 'closed';
  if (!leader.healthy(now)) return session === 'open' ? 'stale' : 'closed';
  return leader.suspect ? 'suspect' : 'ok';
}

function sameValues(source: Source, quote: Quote): boolean {
  return source.bid === quote.bid && source.ask === quote.ask && source.bidSize === quote.bidSize && source.askSize === quote.askSize
    && source.open24h === quote.open24h && source.high24h === quote.high24h && source.low24h === quote.low24h
    && source.volume24h === quote.volume24h && source.venue === quote.venue && source.kind === quote.kind && source.route === quote.route;
}
