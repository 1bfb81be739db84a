import { backoffDelay, type BackoffOptions } from '@/core/util/backoff';
import type { FeedStateName } from '@/core/contract';
import type { Clock } from '../../observability/clock';
import type { Logger } from '../../observability/logger';
import type { BudgetStatus } from './budget';
import { Link, type LinkEnd, type LinkOptions } from './link';
import { waitWords } from './refusal';

/** Limits and timings of a venue session, ms where nothing else is said. */
export interface SessionLimits extends Omit<LinkOptions, 'venue' | 'secret'> {
  /** Silence on data after which the connection counts as stale. */
  readonly staleMs: number;
  /** Silence on data after which it is given up. */
  readonly silentMs: number;
  /** Full jitter between attempts. */
  readonly backoff: BackoffOptions;
  /** Time of health after which the back-off starts anew. */
  readonly healthyMs: number;
  /** Wait after 429 or 418 without a date. */
  readonly limitedMs: number;
  /** Age at which a connection is replaced before the venue cuts it. */
  readonly maxAgeMs: number;
  /** Time both connections run during a hand-over, so that what the old one still carries arrives. */
  readonly overlapMs: number;
  /** Messages of the new connection kept during a hand-over; when full it takes over at once. */
  readonly standbyMessages: number;
}

export const SESSION_DEFAULTS: SessionLimits = {
  connectTimeoutMs: 10_000,
  maxMessageBytes: 2 ** 20,
  messagesPerSecond: 4,
  maxQueued: 64,
  staleMs: 10_000,
  silentMs: 20_000,
  backoff: { firstMs: 1_000, baseMs: 1_000, capMs: 30_000 },
  healthyMs: 60_000,
  limitedMs: 120_000,
  maxAgeMs: 23.5 * 3_600_000,
  overlapMs: 1_000,
  standbyMessages: 20_000,
};

export interface SessionOptions {
  readonly venue: string;
  /** Base addresses, the preferred first; one that refuses us for good is not asked again until the next start. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly limits: SessionLimits;
  /** A key in the address; it is taken out of every word that comes from a socket. */
  readonly secret?: string | null;
  /** Full address of a new connection. */
  address(host: string): string;
  /** A connection is open: send what it should deliver. */
  onOpen(link: Link): void;
  /** One message of the connection in charge; true when it was usable market data. */
  onMessage(text: string, receivedAt: number): boolean;
  /** Whether a message looks like market data (judged on a connection not yet in charge). */
  isData(text: string): boolean;
  /** The connection in charge is gone; what follows comes from another one. `planned` = nothing was lost. */
  onSwitch(planned: boolean, reason: string): void;
  onState(state: FeedStateName, reason: string): void;
  /** Words why silence is normal now (every market of it is closed); null = silence is judged. */
  quiet?(): string | null;
}

interface Standby {
  readonly link: Link;
  readonly since: number;
  readonly held: { readonly text: string; readonly at: number }[];
  dataSince: number | null;
}

/**
 * One logical connection to a venue over a chain of sockets: connects, judges silence on data, backs off with full jitter,
 * obeys refusals, and replaces a socket before its end of life without a hole (the new one is held until it delivers, then
 * its messages follow those of the old one; the consumer drops duplicates by the venue's ids).
 * Every callback of a socket is checked against the present one, so late events of an old socket do nothing.
 */
export class VenueSession {
  state: FeedStateName = 'off';
  reason = 'not started';
  reconnects = 0;
  /** Monotonic ms of the newest data; null before the first. */
  lastDataAt: number | null = null;
  private active: Link | null = null;
  private standby: Standby | null = null;
  private generation = 0;
  private attempt = 0;
  private hosts: string[] = [];
  private openedAt = 0;
  /** Monotonic ms of the last moment when silence was normal. */
  private quietAt = 0;
  private dataOnLink = false;
  private retryAt: number | null = null;
  private handOverAt: number | null = null;
  private handOverFailures = 0;
  private ticker: NodeJS.Timeout | null = null;

  constructor(private readonly options: SessionOptions) {}

  get nextAttemptInMs(): number | null {
    return this.retryAt === null ? null : Math.max(0, this.retryAt - this.now());
  }

  /** Client messages of this second against what the venue allows. */
  get messageBudget(): BudgetStatus {
    const used = this.active?.sentInSecond ?? 0;
    return { name: 'client messages', per: 'second', limit: this.options.limits.messagesPerSecond, used, resetsInMs: used > 0 ? 1_000 : 0 };
  }

  /** Number of the connection in charge; it grows with every socket. */
  get linkGeneration(): number {
    return this.active?.generation ?? 0;
  }

  start(): void {
    if (this.ticker) return;
    this.hosts = [...this.options.hosts];
    this.attempt = 0;
    const { staleMs, overlapMs } = this.options.limits;
    this.ticker = setInterval(() => this.tick(), Math.max(5, Math.min(250, staleMs / 4, overlapMs / 2)));
    this.connect();
  }

  stop(reason = 'stopped'): void {
    if (this.ticker) clearInterval(this.ticker);
    this.ticker = null;
    this.retryAt = null;
    this.handOverAt = null;
    this.dropStandby();
    this.active?.close();
    this.active = null;
    this.setState('off', reason);
  }

  /** Sends on the connection in charge, and on the one about to take over. */
  send(text: string): boolean {
    this.standby?.link.send(text);
    return this.active?.send(text) ?? false;
  }

  /** Gives up the connection in charge for a reason of the venue's own rules (a missing heartbeat); a new attempt follows. */
  abandon(reason: string): void {
    if (this.active?.open) this.active.abort(reason);
  }

  /** The venue refused us for good by a message: nothing is tried until the next start. */
  refuse(reason: string): void {
    this.dropStandby();
    this.active?.close();
    this.active = null;
    this.retryAt = null;
    this.handOverAt = null;
    this.setState('refused', `${reason}; not tried again until it is started anew`);
  }

  /** Replaces the connection without a hole: at the end of its life, or when the venue announces a shutdown. */
  handOver(reason: string): void {
    if (!this.ticker || this.standby || !this.active?.open) return;
    this.handOverAt = null;
    this.options.log.info({ reason }, 'opening a second connection to take over');
    this.standby = { link: this.createLink(), since: this.now(), held: [], dataSince: null };
  }

  private now(): number {
    return this.options.clock.monotonic();
  }

  private setState(state: FeedStateName, reason: string): void {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.options.onState(state, reason);
  }

  private connect(): void {
    this.retryAt = null;
    this.openedAt = this.now();
    this.dataOnLink = false;
    this.setState('connecting', `connecting to ${this.options.venue}`);
    this.active = this.createLink();
  }

  private createLink(): Link {
    const { options } = this;
    this.generation += 1;
    const generation = this.generation;
    // After repeated failures the next host gets its turn; with one host this is always that one.
    const host = this.hosts[Math.floor(this.attempt / 3) % this.hosts.length] ?? '';
    const link: Link = new Link(generation, options.address(host), { venue: options.venue, secret: options.secret ?? null, ...options.limits }, {
      opened: () => this.isOurs(link) && this.opened(link),
      message: (text) => this.message(link, text),
      ended: (end) => this.ended(link, host, end),
    });
    return link;
  }

  private isOurs(link: Link): boolean {
    return link === this.active || link === this.standby?.link;
  }

  private opened(link: Link): void {
    if (link === this.active) {
      this.openedAt = this.now();
      this.setState('connecting', `connected to ${this.options.venue}, waiting for data`);
    }
    this.options.onOpen(link);
  }

  private message(link: Link, text: string): void {
    const at = this.options.clock.now();
    if (link === this.active) return this.take(text, at);
    if (link !== this.standby?.link) return;
    this.standby.held.push({ text, at });
    if (this.options.isData(text)) this.standby.dataSince ??= this.now();
    if (this.standby.held.length >= this.options.limits.standbyMessages) this.promote();
  }

  private take(text: string, at: number): void {
    if (!this.options.onMessage(text, at)) return;
    this.lastDataAt = this.now();
    this.dataOnLink = true;
    if (this.state !== 'live' || this.quietAt > 0) this.setState('live', `${this.options.venue} delivers`);
  }

  /** The new connection takes charge; what it delivered meanwhile follows what the old one delivered. */
  private promote(): void {
    const { standby, active } = this;
    if (!standby) return;
    this.standby = null;
    this.handOverFailures = 0;
    active?.close();
    this.active = standby.link;
    this.openedAt = this.now();
    this.dataOnLink = false;
    this.options.onSwitch(true, 'planned change of connection');
    for (const { text, at } of standby.held) this.take(text, at);
  }

  private dropStandby(): void {
    this.standby?.link.close();
    this.standby = null;
  }

  private ended(link: Link, host: string, end: LinkEnd): void {
    if (link === this.standby?.link) {
      this.standby = null;
      this.handOverFailures += 1;
      this.handOverAt = this.now() + (end.retryAfterMs ?? this.delay(this.handOverFailures));
      this.options.log.warn({ reason: end.words }, 'the second connection failed; the first stays in charge');
      return;
    }
    if (link !== this.active) return;
    this.active = null;
    this.options.onSwitch(false, end.words);
    if (this.standby?.link.open) return this.promote();
    this.dropStandby();
    this.handOverAt = null;
    if (end.kind === 'refused') return this.refused(host, end);
    this.attempt += 1;
    const limited = end.kind === 'limited' ? this.options.limits.limitedMs : this.delay(this.attempt);
    this.retryIn(end.retryAfterMs ?? limited, end.words);
  }

  /** A refusing host is left out; the next one is asked at once. When none is left there is nothing to retry. */
  private refused(host: string, end: LinkEnd): void {
    this.hosts = this.hosts.filter((h) => h !== host);
    this.attempt = 0;
    if (this.hosts.length === 0) return this.setState('refused', `${end.words}; not tried again until it is started anew`);
    this.retryIn(0, `${end.words}; trying its other address`);
  }

  private delay(attempt: number): number {
    return backoffDelay(attempt, this.options.random(), this.options.limits.backoff);
  }

  private retryIn(ms: number, words: string): void {
    this.reconnects += 1;
    this.retryAt = this.now() + ms;
    const until = ms >= 60_000 ? ` (at ${new Date(this.options.clock.now() + ms).toISOString().slice(11, 19)} UTC)` : '';
    this.setState('waiting', `${words}; trying again in ${waitWords(ms)}${until}`);
  }

  private tick(): void {
    const now = this.now();
    if (this.retryAt !== null && now >= this.retryAt) return this.connect();
    if (this.handOverAt !== null && now >= this.handOverAt) this.handOver('another try to change the connection');
    this.tickStandby(now);
    if (this.active?.open) this.tickActive(this.active, now);
  }

  private tickStandby(now: number): void {
    const { standby } = this;
    if (!standby) return;
    if (standby.dataSince !== null && now - standby.dataSince >= this.options.limits.overlapMs) this.promote();
    else if (standby.dataSince === null && now - standby.since >= this.options.limits.silentMs) standby.link.abort('it delivered no data');
  }

  private tickActive(link: Link, now: number): void {
    const { limits } = this.options;
    const heardAt = Math.max(this.openedAt, this.dataOnLink ? (this.lastDataAt ?? 0) : 0);
    const quiet = this.options.quiet?.() ?? null;
    if (quiet !== null) this.quietAt = now;
    // An open connection to a closed market is as good as it can be.
    if (quiet !== null && (!this.dataOnLink || now - heardAt >= limits.staleMs)) this.setState('live', quiet);
    const silence = now - Math.max(heardAt, this.quietAt);
    if (silence >= limits.silentMs) return link.abort(`no data for ${waitWords(silence)}`);
    if (silence >= limits.staleMs && this.state === 'live') this.setState('stale', `no data for ${waitWords(silence)} although connected`);
    const age = now - this.openedAt;
    if (this.dataOnLink && age >= limits.healthyMs) this.attempt = 0;
    if (age >= limits.maxAgeMs && this.handOverAt === null) this.handOver('the connection is near its end of life');
  }
}
