import type { DataKind, QuoteStateName, Route } from '../contract';
import { decimalsOf } from '../util/decimal';
import type { SessionState } from './calendar';
import { challenger, standingNote } from './election';
import type { EventOrigin } from './events';
import type { AssetClass, Instrument } from './instrument';
import type { Quote, VenueQuote } from './outputs';
import type { SessionNow } from './sessions';
import { Source } from './source';

/** A quote that only got fresher, not different, is sent again after this, ms of feed time, so that its age stays true. */
const REFRESH_MS = 1_000;
/** Venues per symbol; more is a fault of configuration. */
const MAX_SOURCES = 16;

/** What the engine was told about sources. */
export interface SourceRules {
  /** Lower is preferred. */
  readonly priorityOf: (venue: string) => number;
  /** Staleness limit of a stream, ms. */
  readonly staleMsOf: (venue: string, route: Route, assetClass: AssetClass) => number;
  /** Name of a venue for people. */
  readonly nameOf: (venue: string) => string;
}

/** The consolidated quote of one symbol. All its values come from one venue, the leader (`challenger` has the rule). */
export class QuoteBoard {
  readonly sources: Source[] = [];
  leader: Source | null = null;
  current: Quote;

  constructor(public instrument: Instrument, private readonly rules: SourceRules, kind: DataKind) {
    this.current = emptyQuote(instrument.symbol, kind);
  }

  /** The state of one venue, made at its first input; null when there are too many venues. */
  source({ venue, kind, route }: EventOrigin): Source | null {
    const found = this.known(venue);
    if (found || this.sources.length >= MAX_SOURCES) return found;
    const { assetClass } = this.instrument;
    const made = new Source(venue, kind, route, this.rules.priorityOf(venue), (by) => this.rules.staleMsOf(venue, by, assetClass), assetClass !== 'test');
    this.sources.push(made);
    return made;
  }

  /** The state of one venue; null while it said nothing. */
  known(venue: string): Source | null {
    for (const source of this.sources) if (source.venue === venue) return source;
    return null;
  }

  /** Forgets every source: the kind of data changed. */
  reset(kind: DataKind): void {
    this.sources.length = 0;
    this.leader = null;
    this.current = emptyQuote(this.instrument.symbol, kind);
  }

  /** Chooses the leader; true when it changed. */
  elect(now: number, session: SessionState): boolean {
    const leader = this.leader;
    if (leader && this.sources.length === 1) return false;
    const best = challenger(leader, this.sources, now, this.instrument.assetClass, session);
    if (best === null) return false;
    if (leader && best.priority >= leader.priority) leader.noteLoss(now);
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
    const fresher = refresh && leader.receiveTime - (was.receiveTime ?? 0) >= REFRESH_MS;
    if (!fresher && state === was.state && same(last, was.last) && sameValues(leader, was)) return null;
    this.current = {
      symbol: this.instrument.symbol, last: known(last),
      bid: known(leader.bid), ask: known(leader.ask), bidSize: known(leader.bidSize), askSize: known(leader.askSize),
      open24h: known(leader.open24h), high24h: known(leader.high24h), low24h: known(leader.low24h), volume24h: known(leader.volume24h),
      venue: leader.venue, kind: leader.kind, route: leader.route, state,
      venueTime: known(leader.venueTime), receiveTime: known(leader.receiveTime),
    };
    return this.current;
  }

  /** What each venue says, the preferred first. `connectedSince`: feed time since which a venue is connected; null while it is not. */
  venueQuotes(now: number, session: SessionNow, connectedSince: (venue: string) => number | null): readonly VenueQuote[] {
    return [...this.sources].sort((a, b) => a.priority - b.priority).map((s) => ({
      symbol: this.instrument.symbol, venue: s.venue, kind: s.kind, route: s.route,
      last: known(this.lastOf(s)), bid: known(s.bid), ask: known(s.ask), bidSize: known(s.bidSize), askSize: known(s.askSize), volume24h: known(s.volume24h),
      state: Number.isNaN(s.receiveTime) ? 'none' : stateOf(s, now, session.state), activity: s.activity.state(now, session, connectedSince(s.venue)),
      perMinute: rounded(s.activity.perMinute(now)), usualPerMinute: rounded(s.activity.usual(now, session.state)),
      leads: s === this.leader, note: standingNote(s, this.leader, now, session.state, this.rules.nameOf),
      venueTime: known(s.venueTime), receiveTime: known(s.receiveTime),
    }));
  }

  /** Currencies and metals have no public tape: until a trade is seen their price is the mid, to half a tick. */
  private lastOf(source: Source): number {
    const quoted = this.instrument.assetClass === 'fx' || this.instrument.assetClass === 'metal';
    return source.traded || !quoted || Number.isNaN(source.bid + source.ask) ? source.last : roundedMid(source.bid, source.ask, this.instrument.tickSize);
  }
}

/** A rate to one decimal. */
function rounded(rate: number | null): number | null {
  return rate === null ? null : Math.round(rate * 10) / 10;
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

/** A number of a source as it is told. */
function known(x: number): number | null {
  return Number.isNaN(x) ? null : x;
}

/** Is it told already? */
function same(x: number, told: number | null): boolean {
  return x === told || (told === null && Number.isNaN(x));
}

function sameValues(source: Source, quote: Quote): boolean {
  return same(source.bid, quote.bid) && same(source.ask, quote.ask) && same(source.bidSize, quote.bidSize) && same(source.askSize, quote.askSize)
    && same(source.open24h, quote.open24h) && same(source.high24h, quote.high24h) && same(source.low24h, quote.low24h)
    && same(source.volume24h, quote.volume24h) && source.venue === quote.venue && source.kind === quote.kind && source.route === quote.route;
}
