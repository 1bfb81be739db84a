import type { FeedStateName } from '@/core/contract';
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
  onMessage(text: string, at: number): boolean;
  onSwitch(planned: boolean, reason: string): void;
  onState(state: FeedStateName, reason: string): void;
}

/** 64 KB a message; an argument takes about 50 bytes. */
const STREAMS_PER_MESSAGE = 200;
/** Of the 480 operations a connection may ask for in an hour; then another connection takes over. */
const MAX_OPERATIONS = 400;

/**
 * One of the two sockets of OKX: subscriptions by `channel:instId`, the text heartbeat (the venue closes a connection that was
 * silent for 30 s), and the limit of operations.
 */
export class OkxSocket {
  readonly session: VenueSession;
  readonly subscriptions: Subscriptions;
  private heardAt = 0;
  private pingedAt: number | null = null;
  private operations = 0;
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

  /** Takes streams back for good; `running` = the venue knows them and must be told. */
  leave(streams: readonly string[], running: boolean): void {
    this.subscriptions.drop(streams);
    if (running) this.ask('unsubscribe', streams);
  }

  /** Asks for a stream anew: its first message is a snapshot. */
  renew(stream: string): void {
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
      this.operations += 1;
    }
  }

  private fresh(): void {
    this.heardAt = this.now();
    this.pingedAt = null;
    this.operations = 0;
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
      this.session.send(message);
      this.operations += 1;
    }
    if (this.operations >= MAX_OPERATIONS) this.session.handOver('the connection has used up its operations');
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
