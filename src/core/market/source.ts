import type { DataKind, Route } from '../contract';
import { parseOptional, parsePositive, parseZeroable } from '../util/decimal';
import { Activity } from './activity';
import type { SessionState } from './calendar';
import type { EventOrigin, QuoteEvent, TickerEvent } from './events';
import { VenueMinutes } from './venueMinutes';
import { numberProblem, positiveOrNaN, type Problem } from './validate';

/** A price is absurd when it is this many times above or below the last good one ... */
const JUMP_FACTOR = 10;
/** ... of the last minute (ms), unless this many inputs in a row say the same for this long (ms): then it is the new level. */
const JUMP_MEMORY_MS = 60_000;
const JUMP_STRIKES = 3;
const JUMP_PERSIST_MS = 2_000;
/** An older update id within this time (ms) is a late message; after it, the venue restarted its numbering. */
const UPDATE_ORDER_MS = 10_000;

/** A source that lost the lead waits longer to have it back at each further loss within this time, ms ... */
const FLAP_MEMORY_MS = 300_000;
/** ... twice as long each time, up to 2 to the power of this. */
const MOST_DOUBLINGS = 5;
/** A preferred venue takes the lead back only after it delivered without a pause for this long, ms: no flapping. */
export const TAKEOVER_MS = 3_000;

/** How good a source is at the moment, the best first: live and pushed, live and asked for, delayed, or none of it. */
export const PUSHED = 0;
export const POLLED = 1;
export const DELAYED = 2;
export const UNHEALTHY = 3;
export type Standing = typeof PUSHED | typeof POLLED | typeof DELAYED | typeof UNHEALTHY;

/**
 * Everything one venue says about one symbol. Refused values change nothing but the `suspect` flag. NaN = not known: a field that was null
 * once would be a new object with each number it takes.
 */
export class Source {
  last = NaN;
  bid = NaN;
  ask = NaN;
  bidSize = NaN;
  askSize = NaN;
  open24h = NaN;
  high24h = NaN;
  low24h = NaN;
  volume24h = NaN;
  /** Newest believed venue time of any value, ms. */
  venueTime = NaN;
  /** Feed time of the newest accepted input, ms; NaN before the first. */
  receiveTime = NaN;
  /** A trade of this venue in this symbol was seen. */
  traded = false;
  /** The newest input was refused. */
  suspect = false;
  /** The venue's connection is not live and nothing came since. Only fresh data takes this away. */
  down = false;
  /** The venue sends quotes of its own: its book is not asked for them. */
  quoted = false;
  /** Feed time since which it delivers as well as now, without a pause longer than the staleness limit. */
  healthySince = 0;
  /** Its limit on the route of its newest value, ms. */
  staleMs: number;
  readonly activity = new Activity();
  readonly minutes: VenueMinutes;
  private pushedUntil = -Infinity;
  private losses = 0;
  private lostAt = -Infinity;
  private lastTime = -Infinity;
  private updateId = NaN;
  private quoteTime = -Infinity;
  private reference = 0;
  private referenceTime = -Infinity;
  private strikes = 0;
  private strikeLevel = 0;
  private strikeSince = 0;

  constructor(
    readonly venue: string,
    public kind: DataKind,
    public route: Route,
    /** Lower is preferred. */
    readonly priority: number,
    /** Staleness limit on a route, ms. */
    private readonly limitOf: (route: Route) => number,
    /** false for test instruments, whose price wraps around. */
    private readonly judged: boolean,
  ) {
    this.staleMs = limitOf(route);
    this.minutes = new VenueMinutes(venue);
  }

  healthy(now: number): boolean {
    return !this.down && now - this.receiveTime <= this.staleMs;
  }

  standing(now: number): Standing {
    if (!this.healthy(now)) return UNHEALTHY;
    if (this.kind === 'delayed') return DELAYED;
    return now <= this.pushedUntil ? PUSHED : POLLED;
  }

  /** Time for which it must be healthy before it takes the lead from a healthy source, ms. */
  takeoverMs(now: number): number {
    return this.losses === 0 || now - this.lostAt > FLAP_MEMORY_MS ? TAKEOVER_MS : TAKEOVER_MS * 2 ** (this.losses - 1);
  }

  /** It lost the lead to a less preferred source. */
  noteLoss(now: number): void {
    this.losses = now - this.lostAt > FLAP_MEMORY_MS ? 1 : Math.min(this.losses + 1, MOST_DOUBLINGS + 1);
    this.lostAt = now;
  }

  /** Nothing is pushed any more, and what does not come teaches nothing. */
  unplug(): void {
    this.pushedUntil = -Infinity;
    this.activity.pause();
  }

  takeTrade(origin: EventOrigin, price: number, time: number, venueTime: number | null, now: number, session: SessionState): Problem | null {
    const problem = this.judge(price, now);
    if (problem) return problem;
    this.traded = true;
    if (time >= this.lastTime) {
      this.last = price;
      this.lastTime = time;
    }
    this.touch(origin, venueTime, now, session);
    return null;
  }

  takeQuote(event: QuoteEvent, venueTime: number | null, now: number, session: SessionState): Problem | null {
    const bid = positiveOrNaN(event.bid);
    const ask = positiveOrNaN(event.ask);
    const bidSize = positiveOrNaN(event.bidSize);
    const askSize = positiveOrNaN(event.askSize);
    if (bid === undefined) return this.spoil(numberProblem('bid', event.bid));
    if (ask === undefined) return this.spoil(numberProblem('ask', event.ask));
    if (bidSize === undefined) return this.spoil(numberProblem('bid size', event.bidSize));
    if (askSize === undefined) return this.spoil(numberProblem('ask size', event.askSize));
    const id = typeof event.updateId === 'number' && Number.isFinite(event.updateId) ? event.updateId : NaN;
    if (id < this.updateId && now - this.quoteTime < UPDATE_ORDER_MS) return { code: 'duplicate', detail: `quote ${id} after ${this.updateId}` };
    if (bid > ask) return this.spoil({ code: 'crossed', detail: `bid ${bid} above ask ${ask}` });
    const level = Number.isNaN(bid) ? ask : Number.isNaN(ask) ? bid : (bid + ask) / 2;
    const problem = Number.isNaN(level) ? null : this.judge(level, now);
    if (problem) return problem;
    this.bid = bid;
    this.ask = ask;
    this.bidSize = Number.isNaN(bid) ? NaN : bidSize;
    this.askSize = Number.isNaN(ask) ? NaN : askSize;
    this.updateId = id;
    this.quoteTime = now;
    this.touch(event, venueTime, now, session);
    return null;
  }

  takeTicker(event: TickerEvent, time: number, venueTime: number | null, now: number, session: SessionState): Problem | null {
    const last = event.last === null || event.last === undefined ? null : parsePositive(event.last);
    const open = parseOptional(event.open24h);
    const high = parseOptional(event.high24h);
    const low = parseOptional(event.low24h);
    const volume = parseZeroable(event.volume24h);
    if (last === undefined) return this.spoil(numberProblem('last', event.last));
    if (open === undefined) return this.spoil(numberProblem('open', event.open24h));
    if (high === undefined) return this.spoil(numberProblem('high', event.high24h));
    if (low === undefined) return this.spoil(numberProblem('low', event.low24h));
    if (volume === undefined) return this.spoil(numberProblem('volume', event.volume24h));
    const problem = last === null ? null : this.judge(last, now);
    if (problem) return problem;
    if (last !== null && time >= this.lastTime) {
      this.last = last;
      this.lastTime = time;
    }
    this.open24h = open ?? this.open24h;
    this.high24h = high ?? this.high24h;
    this.low24h = low ?? this.low24h;
    this.volume24h = volume ?? this.volume24h;
    this.touch(event, venueTime, now, session);
    return null;
  }

  /** Marks the source as having sent something unusable. */
  spoil(problem: Problem): Problem {
    this.suspect = true;
    return problem;
  }

  /** Is the price within reach of the last good one? A level that persists is believed. */
  private judge(price: number, now: number): Problem | null {
    const near = within(price, this.reference);
    if (this.judged && !near && now - this.referenceTime <= JUMP_MEMORY_MS && !this.persists(price, now)) {
      return this.spoil({ code: 'absurd_price', detail: `${price} after ${this.reference}` });
    }
    this.reference = price;
    this.referenceTime = now;
    this.strikes = 0;
    return null;
  }

  private persists(price: number, now: number): boolean {
    if (this.strikes === 0 || !within(price, this.strikeLevel)) {
      this.strikes = 0;
      this.strikeLevel = price;
      this.strikeSince = now;
    }
    this.strikes += 1;
    return this.strikes >= JUMP_STRIKES && now - this.strikeSince >= JUMP_PERSIST_MS;
  }

  private touch({ kind, route }: EventOrigin, venueTime: number | null, now: number, session: SessionState): void {
    const before = this.standing(now);
    if (route !== this.route) this.staleMs = this.limitOf(route);
    this.kind = kind;
    this.route = route;
    if (route !== 'rest') this.pushedUntil = now + this.staleMs;
    this.receiveTime = now;
    this.down = false;
    this.suspect = false;
    if (before !== PUSHED && this.standing(now) < before) this.healthySince = now;
    if (venueTime !== null && !(venueTime <= this.venueTime)) this.venueTime = venueTime;
    this.activity.take(now, session);
  }
}

function within(price: number, level: number): boolean {
  return price <= level * JUMP_FACTOR && price * JUMP_FACTOR >= level;
}
