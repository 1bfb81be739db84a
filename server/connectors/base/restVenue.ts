import type { FeedStateName } from '@/core/contract';
import type { Instrument } from '@/core/market/instrument';
import type { TickerEvent } from '@/core/market/events';
import { err, ok, type Result } from '@/core/util/result';
import { BREAKER_DEFAULTS, CircuitBreaker, type BreakerOptions } from './breaker';
import type { Budget, BudgetRule } from './budget';
import type { Connector, ConnectorContext, ConnectorDescriptor, VenueStatus } from './connector';
import type { FrameMapper, VenueEntry } from './frames';
import { HTTP_DEFAULTS, VenueHttp, type HttpAnswer, type HttpFailure, type HttpOptions } from './http';
import { RateMeter } from './measure';
import { Poller, type PollPlan, type PollTaken } from './poller';
import { PLAIN_STATUS } from './status';

/** What an answer of a REST source holds for us. A symbol asked for that is neither in `events` nor in `missing` stays due. */
export interface Polled {
  /** Present values, `kind: 'delayed'`, route `rest`. */
  readonly events: readonly TickerEvent[];
  /** Time for which the source has nothing newer, ms. */
  readonly freshForMs: (symbol: string) => number;
  /** Symbols asked for that it does not have, and why. They are asked again after a day. */
  readonly missing?: ReadonlyMap<string, string>;
  /** Fields or forms that the connector does not know. */
  readonly unknown?: number;
}

/** What is a source's own; everything else is `RestVenue`. */
export interface RestSource {
  readonly id: string;
  readonly name: string;
  readonly rules: readonly BudgetRule[];
  /** Most symbols in one call. */
  readonly batch: number;
  /** Least time between the starts of two calls, ms. */
  readonly spacingMs: number;
  /** Age beyond which its values are stale, ms; as in its descriptor. */
  readonly staleMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What its users should know beside the state; empty when there is nothing. */
  readonly note?: string;
  /** null = it can serve it; else why not; undefined = none of its business. */
  impossible(instrument: Instrument): string | null | undefined;
  ask(access: RestAccess, instruments: readonly Instrument[]): Promise<Result<Polled, HttpFailure>>;
}

/** What a source needs for its calls. */
export interface RestAccess {
  /** Gets JSON below the base address; one unit of the budgets. */
  get(path: string): Promise<Result<HttpAnswer, HttpFailure>>;
  readonly key: string | null;
  readonly budget: Budget;
  /** Wall ms, for the receive time of events. */
  now(): number;
}

export interface RestVenueOptions {
  readonly http: HttpOptions;
  readonly breaker: BreakerOptions;
  /** Other spacing than the source's own; for tests. */
  readonly spacingMs?: number;
  /** Time between two looks at what is needed, ms. */
  readonly lookMs: number;
}
export const REST_DEFAULTS: RestVenueOptions = { http: HTTP_DEFAULTS, breaker: BREAKER_DEFAULTS, lookMs: 1_000 };

const MISSING_AGAIN_MS = 86_400_000;

/**
 * A source that is asked instead of listened to: last resort for symbols that no preferred source has. It counts as live while
 * its newest value is younger than its staleness limit, stands by while nothing is needed of it, and waits, with the time of
 * the next call, when budgets or failures forbid one.
 */
export class RestVenue implements Connector {
  readonly id: string;
  /** Gets JSON below the base address, within budgets and manners. */
  readonly get: (path: string, signal: AbortSignal) => Promise<Result<HttpAnswer, HttpFailure>>;
  readonly budget: Budget;
  private readonly served: ReadonlyMap<string, Instrument>;
  private readonly impossible: readonly { readonly symbol: string; readonly reason: string }[];
  private readonly missing = new Map<string, string>();
  /** The newest value of each symbol; given again after the engine dropped its state. */
  private readonly held = new Map<string, { readonly event: TickerEvent; readonly at: number }>();
  private readonly meter = new RateMeter();
  private readonly breaker: CircuitBreaker;
  private readonly poller: Poller;
  private running = false;
  private unknown = 0;
  private newestAt: number | null = null;
  private told = '';

  constructor(private readonly source: RestSource, private readonly context: ConnectorContext, options: RestVenueOptions = REST_DEFAULTS) {
    this.id = source.id;
    const judged = context.instruments.map((instrument) => ({ instrument, reason: source.impossible(instrument) }));
    this.served = new Map(judged.filter((j) => j.reason === null).map(({ instrument }) => [instrument.symbol, instrument]));
    this.impossible = judged.flatMap(({ instrument, reason }) => (typeof reason === 'string' ? [{ symbol: instrument.symbol, reason }] : []));
    const { clock, hosts, key } = context;
    const spacingMs = options.spacingMs ?? source.spacingMs;
    this.budget = hosts.budget(source.id, source.rules);
    this.breaker = new CircuitBreaker(options.breaker);
    const http = new VenueHttp(source.name, clock, this.budget, options.http, { hosts, spacingMs, headers: source.headers ?? {}, secrets: key === null ? [] : [key] });
    const base = context.urls.rest.replace(/\/+$/, '');
    this.get = async (path, signal) => {
      const answer = await http.getJson(base + path, 1, signal);
      if (answer.ok) context.watchRaw?.(answer.value.text);
      return answer;
    };
    this.poller = new Poller({
      clock, random: context.random, symbols: [...this.served.keys()], batch: source.batch, weight: () => 1, spacingMs, budget: this.budget, breaker: this.breaker, lookMs: options.lookMs,
      needed: context.needed,
      ask: (symbols, signal) => this.ask({ get: (path) => this.get(path, signal), key, budget: this.budget, now: () => clock.now() }, symbols, signal),
      changed: () => this.tell(),
    });
  }

  start(): void {
    const refused = this.state(this.poller.plan()) === 'refused';
    if (this.running && !refused) return;
    this.running = true;
    if (this.served.size > 0) this.poller.start();
    this.tell();
    // A stop has marked its values as old; those that still hold are given again.
    this.refill();
  }

  stop(): Promise<void> {
    this.running = false;
    this.poller.stop();
    this.tell();
    return Promise.resolve();
  }

  /** Gives again what is still fresh, and asks for the rest. */
  refill(): void {
    if (!this.running) return;
    const now = this.context.clock.monotonic();
    const fresh = [...this.held.values()].filter(({ at }) => now - at < this.source.staleMs);
    if (fresh.length < this.held.size) this.poller.again();
    fresh.forEach(({ event }) => this.context.emit(event));
  }

  status(): VenueStatus {
    const now = this.context.clock.monotonic();
    const plan = this.poller.plan();
    return {
      ...PLAIN_STATUS, id: this.id, name: this.source.name, state: this.state(plan), reason: this.words(plan),
      lastMessageAgeMs: this.newestAt === null ? null : now - this.newestAt, messagesPerSecond: this.meter.perSecond(now), reconnects: 0, clockOffsetMs: null,
      nextAttemptInMs: this.running ? plan.nextInMs : null,
      symbols: [...this.served.keys()].filter((symbol) => !this.missing.has(symbol)),
      unserved: [...this.impossible, ...Array.from(this.missing, ([symbol, reason]) => ({ symbol, reason }))],
      budgets: this.budget.status(), unknownMessages: this.unknown, circuit: this.breaker.state(now),
    };
  }

  private async ask(access: RestAccess, symbols: readonly string[], signal: AbortSignal): Promise<Result<PollTaken, HttpFailure>> {
    const { context, source } = this;
    const answer = await source.ask(access, symbols.flatMap((symbol) => this.served.get(symbol) ?? []));
    if (!answer.ok) return answer;
    if (signal.aborted) return err({ kind: 'lost', words: 'stopped', status: null, retryAfterMs: null, venueCode: null });
    const now = context.clock.monotonic();
    const { events, freshForMs, missing, unknown = 0 } = answer.value;
    this.meter.add(now);
    context.metrics.venueMessages.inc({ venue: this.id });
    this.unknown += unknown;
    if (unknown > 0) context.metrics.venueUnknown.inc({ venue: this.id }, unknown);
    for (const [symbol, reason] of missing ?? []) this.missing.set(symbol, reason);
    if (events.length > 0) this.newestAt = now;
    this.tell();
    for (const event of events) {
      this.missing.delete(event.symbol);
      this.held.set(event.symbol, { event, at: now });
      context.emit(event);
    }
    const came = new Set(events.map((event) => event.symbol));
    return ok({ freshForMs: (symbol: string) => (missing?.has(symbol) === true ? MISSING_AGAIN_MS : came.has(symbol) ? freshForMs(symbol) : 0) });
  }

  private state(plan: PollPlan): FeedStateName {
    if (!this.running || this.served.size === 0) return 'off';
    if (plan.state === 'refused') return 'refused';
    if (this.newestAt !== null && this.context.clock.monotonic() - this.newestAt < this.source.staleMs) return 'live';
    if (plan.state === 'idle' || this.missing.size === this.served.size) return 'standby';
    return plan.state === 'asking' && this.newestAt === null ? 'connecting' : 'waiting';
  }

  private words(plan: PollPlan): string {
    if (this.served.size === 0) return 'it has none of the wanted symbols';
    const note = this.source.note ?? '';
    const none = this.missing.size === this.served.size ? 'it has none of the wanted symbols; ' : '';
    return this.running ? `${none}${plan.words}${note === '' ? '' : `; ${note}`}` : 'stopped';
  }

  private tell(): void {
    const plan = this.poller.plan();
    const [state, reason] = [this.state(plan), this.words(plan)];
    // Every poll moves the time of the next call: that is for the status, not for the log of events.
    const said = state === 'live' || state === 'connecting' ? state : `${state}: ${reason}`;
    if (said === this.told) return;
    this.told = said;
    const { context } = this;
    context.emit({ type: 'feedStatus', venue: this.id, state, reason, receiveTime: context.clock.now() });
  }
}

/** Recordings hold no calls of REST sources: nothing to replay. */
export const NOT_RECORDED: FrameMapper = { connected: () => undefined, sent: () => undefined, received: () => undefined, answered: () => undefined };

/** The registry's entry of a REST source. */
export function restEntry(descriptor: ConnectorDescriptor, host: RegExp): VenueEntry {
  return { descriptor, ownsHost: (name) => host.test(name), recognises: () => false, frames: () => NOT_RECORDED };
}

/** A present value of a source that is not live. */
export function delayedTicker(venue: string, symbol: string, last: string, venueTime: number | null, receiveTime: number, more: Partial<TickerEvent> = {}): TickerEvent {
  return { type: 'ticker', venue, kind: 'delayed', route: 'rest', symbol, venueTime, receiveTime, last, open24h: null, high24h: null, low24h: null, volume24h: null, ...more };
}

/** An answer that has not the form we know. */
export function unreadable(name: string): HttpFailure {
  return { kind: 'bad', words: `the answer of ${name} has not the expected form`, status: 200, retryAfterMs: null, venueCode: null };
}
