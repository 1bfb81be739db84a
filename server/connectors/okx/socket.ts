import { setTimeout as delay } from 'node:timers/promises';
import type { FeedStateName } from '@/core/contract';
import type { BudgetStatus } from '../base/budget';
import type { ConnectorContext } from '../base/connector';
import type { Link } from '../base/link';
import { VenueSession, type SessionLimits } from '../base/session';
import { Subscriptions } from '../base/subscriptions';

export interface OkxSocketOptions {
  readonly context: ConnectorContext;
  readonly hosts: readonly string[];
  /** `public` or `business` (candles). */
  readonly part: 'public' | 'business';
  readonly limits: SessionLimits;
  readonly silentStreamMs: number;
  /** Silence of every kind after which a text `ping` is sent, ms. */
  readonly pingAfterMs: number;
  /** Time the text `pong` may take, ms. */
  readonly pongMs: number;
  /** Shortest time between two renewals of the same stream, ms; random up to twice that. */
  readonly renewMs: number;
  onMessage(text: string, at: number): boolean;
  onSwitch(planned: boolean, reason: string): void;
  onState(state: FeedStateName, reason: string): void;
}

/** 64 KB a message; an argument takes about 50 bytes. */
const STREAMS_PER_MESSAGE = 200;
/** Operations a connection may ask for in an hour. */
const OPERATIONS_PER_HOUR = 480;
/** When so many of them are used another connection takes over. */
const MAX_OPERATIONS = 400;
const HOUR_MS = 3_600_000;

/**
 * One of the two sockets of OKX: subscriptions by `channel:instId`, the text heartbeat (the venue closes a connection that was
 * silent for 30 s), and the limit of operations.
 */
export class OkxSocket {
  readonly session: VenueSession;
  readonly subscriptions: Subscriptions;
  private heardAt = 0;
  private pingedAt: number | null = null;
  /** Monotonic ms of the operations of the connection in charge. */
  private operations: number[] = [];
  private readonly renewedAt = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: OkxSocketOptions) {
    const { context } = options;
    this.subscriptions = new Subscriptions(options.silentStreamMs);
    this.session = new VenueSession({
      venue: 'OKX',
      hosts: options.hosts,
      clock: context.clock,
      random: context.random,
      log: context.log,
      limits: options.limits,
      address: (host) => `${host}/ws/v5/${options.part}`,
      onOpen: (link) => this.opened(link),
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => text.startsWith('{"arg":'),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => options.onState(state, reason),
    });
  }

  start(streams: readonly string[]): void {
    const { pingAfterMs, pongMs, context } = this.options;
    this.subscriptions.drop(this.subscriptions.wanted);
    this.subscriptions.want(streams, context.clock.monotonic());
    this.stopTimer();
    this.timer = setInterval(() => this.beat(), Math.max(5, Math.min(1_000, pingAfterMs / 4, pongMs / 4)));
    this.session.start();
  }

  stop(): void {
    this.stopTimer();
    this.session.stop();
  }

  /** Asks for streams that were not asked for yet. */
  join(streams: readonly string[]): void {
    const fresh = streams.filter((stream) => this.subscriptions.state(stream) === null);
    this.subscriptions.want(fresh, this.now());
    this.ask('subscribe', fresh);
  }

  /** Takes streams back for good; those that the venue refused it does not know. */
  leave(streams: readonly string[]): void {
    const known = streams.filter((stream) => !['rejected', null].includes(this.subscriptions.state(stream)));
    this.subscriptions.drop(streams);
    this.ask('unsubscribe', known);
  }

  /** Asks for a stream anew, for its snapshot: at once the first time, paced when it goes wrong again and again. */
  async renew(stream: string, signal: AbortSignal): Promise<void> {
    const { renewMs, context } = this.options;
    const generation = this.session.linkGeneration;
    const now = this.now();
    const wait = renewMs * (1 + context.random()) - (now - (this.renewedAt.get(stream) ?? -Infinity));
    this.renewedAt.set(stream, now + Math.max(0, wait));
    if (wait > 0) await delay(wait, undefined, { signal, ref: false }).catch(() => signal.aborted);
    if (!signal.aborted && generation === this.session.linkGeneration) this.resubscribe(stream);
  }

  /** Operations of this connection in the last hour. */
  get operationBudget(): BudgetStatus {
    const used = this.used();
    return { name: `operations (${this.options.part})`, per: 'hour', limit: OPERATIONS_PER_HOUR, used: used.length, resetsInMs: used.length > 0 ? Math.max(0, (used.at(-1) ?? 0) + HOUR_MS - this.now()) : 0 };
  }

  private used(): readonly number[] {
    const since = this.now() - HOUR_MS;
    if ((this.operations[0] ?? Infinity) <= since) this.operations = this.operations.filter((at) => at > since);
    return this.operations;
  }

  private resubscribe(stream: string): void {
    if (this.subscriptions.state(stream) === null) return;
    this.subscriptions.drop([stream]);
    this.subscriptions.want([stream], this.now());
    this.ask('unsubscribe', [stream]);
    this.ask('subscribe', [stream]);
  }

  private now(): number {
    return this.options.context.clock.monotonic();
  }

  private stopTimer(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  /** A link that is only standing by leaves the states of the link in charge alone. */
  private opened(link: Link): void {
    if (link.generation === this.session.linkGeneration) {
      this.subscriptions.reset(this.now());
      this.fresh();
    }
    for (const message of messages('subscribe', this.subscriptions.wanted)) {
      link.send(message);
      this.operations.push(this.now());
    }
  }

  private fresh(): void {
    this.heardAt = this.now();
    this.pingedAt = null;
    this.operations = [];
  }

  private message(text: string, at: number): boolean {
    this.heardAt = this.now();
    this.pingedAt = null;
    return this.options.onMessage(text, at);
  }

  private switched(planned: boolean, reason: string): void {
    this.fresh();
    this.options.onSwitch(planned, reason);
  }

  private ask(op: 'subscribe' | 'unsubscribe', streams: readonly string[]): void {
    for (const message of messages(op, streams)) {
      if (this.session.send(message)) this.operations.push(this.now());
    }
    if (this.used().length >= MAX_OPERATIONS) this.session.handOver('the connection has used up its operations');
  }

  /** The heartbeat rule. That pongs come says nothing about data, which the session judges. */
  private beat(): void {
    const { state } = this.session;
    if (state !== 'live' && state !== 'stale' && state !== 'connecting') return;
    const now = this.now();
    const { pingAfterMs, pongMs } = this.options;
    if (this.pingedAt !== null && now - this.pingedAt >= pongMs) {
      this.pingedAt = null;
      return this.session.abandon('OKX does not answer our ping');
    }
    if (this.pingedAt === null && now - this.heardAt >= pingAfterMs && this.session.send('ping')) this.pingedAt = now;
  }
}

function messages(op: 'subscribe' | 'unsubscribe', streams: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < streams.length; i += STREAMS_PER_MESSAGE) {
    const args = streams.slice(i, i + STREAMS_PER_MESSAGE).map((stream) => {
      const [channel = '', instId = ''] = stream.split(':');
      return { channel, instId };
    });
    out.push(JSON.stringify({ op, args }));
  }
  return out;
}
