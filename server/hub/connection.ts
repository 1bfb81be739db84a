import {
  CLOSE, ERRORS, LIMITS, PROTOCOL_VERSION, STREAMS, decodeClient, encode,
  type ClientMessage, type ClientMessageOf, type CloseName, type ErrorName, type HeartbeatMessage, type ServerMessage,
} from '@/core/contract';
import { OPEN_PASS, type Pass } from '../auth/pass';
import type { HubContext } from './context';
import { Credit } from './credit';
import { pump, type Subscription } from './delivery';
import { ACK_BYTES, greeting } from './greeting';
import { TokenBucket, WindowCounter } from './limits';
import { Frame, type Push } from './push';
import type { Dialect, EndpointName, Reader, Receipt } from './reader';
import type { Session } from './session';
import { Subscriptions } from './subscriptions';
import type { Tally } from './tally';

/** Shortest time between two pings that ask a client without `ack` how far it is, and the longest while something is not answered for, ms. */
const ASK_MS = 100;
const ASK_LATE_MS = 1_000;
const ACK_PREFIX = '{"type":"ack","bytes":';
/** Replies are left out when this much already waits: nothing a client sends may make the server queue without bound. */
const REPLY_CAP_BYTES = 65_536;

/** The protocol of one connection (docs/protocol.md): messages in, replies and data out. It never touches a socket. */
export class Connection implements Reader {
  readonly subscriptions: Subscriptions;
  tableSid = 0;
  tableLength = 0;
  readonly credit: Credit;
  sv = 0;
  /** The hello named this feature: rows carry changed columns only. */
  sparse = false;
  /** The client answers by `ack` messages; without them pings ask. */
  private acks = false;
  private abandoned = false;
  private askedAt = 0;
  private askedFor = 0;
  /** Set once: the code we closed with. */
  closedWith: CloseName | null = null;
  private greeted: boolean;
  private readonly openedAt: number;
  private heardAt: number;
  private pingedAt = 0;
  private pingsMissed = 0;
  private heartbeatAt: number;
  private pongBusy = false;
  private nextPong: { id?: number; t?: number } | null = null;
  private readonly messages: TokenBucket;
  private readonly subscribes: TokenBucket;
  private readonly malformed: WindowCounter;
  private readonly overruns: WindowCounter;
  private errorToldAt = -Infinity;
  private readonly tally: Tally;

  constructor(
    private readonly hub: HubContext,
    readonly session: Session,
    readonly endpoint: EndpointName,
    readonly dialect: Dialect,
    readonly pass: Pass = OPEN_PASS,
  ) {
    const { options } = hub;
    const now = hub.clock.monotonic();
    this.openedAt = this.heardAt = this.heartbeatAt = now;
    this.credit = new Credit(session, options.windowBytes, hub.clock);
    this.messages = new TokenBucket(options.messagesPer10s / 10, options.messageBurst, now);
    this.subscribes = new TokenBucket(options.subscribesPer10s / 10, options.subscribesPer10s, now);
    this.malformed = new WindowCounter(options.malformedPer10s, 10_000);
    this.overruns = new WindowCounter(options.messageBurst, 10_000);
    this.tally = hub.tallies[endpoint];
    this.subscriptions = new Subscriptions(hub, this);
    this.greeted = dialect === 'plain';
  }

  /** Admitted: a plain client gets its stream at once, the others after their hello. */
  start(): void {
    if (!this.admitted()) return;
    if (!this.greeted) return;
    this.subscriptions.openDefault();
    this.flushAll();
    this.tellPresent();
  }

  /** May it stay? Closes a connection whose time is over, and one that has brought nothing where it could not any more. */
  private admitted(final = this.greeted): boolean {
    const verdict = this.pass.verdict() ?? (final && !this.pass.ok ? 'unauthenticated' : null);
    if (verdict) this.close(verdict, verdict === 'tooManyConnections' ? 60_000 : undefined);
    return verdict === null;
  }

  /** The time to bring a ticket is over. */
  endGrace(): void {
    if (!this.pass.ok) this.admitted(true);
  }

  // ---- outgoing -------------------------------------------------------------------------------

  ready(): boolean {
    return this.closedWith === null && this.credit.ready();
  }

  send(data: Frame | Push | string, done?: () => void): void {
    if (this.closedWith !== null) return;
    const frames = typeof data === 'string' ? new Frame(data) : data;
    if (frames.count === 0) return;
    this.tally.frames += frames.count;
    this.tally.bytes += frames.bytes;
    this.credit.send(frames.bytes);
    this.session.send(frames, done);
    if (this.session.buffered() > this.hub.options.hardCapBytes) this.close('slowConsumer');
  }

  /** Sends an answer, unless so much waits already that the client does not read. */
  reply(message: ServerMessage, done?: () => void): boolean {
    if (this.session.buffered() > REPLY_CAP_BYTES) return false;
    this.send(encode(message), done);
    return true;
  }

  refused(code: ErrorName): void {
    const { metrics, floods, log } = this.hub;
    metrics.clientErrors.inc({ code });
    floods.note(`${this.session.id} ${code}`, (times) => log.info({ connection: this.session.id, code, times }, 'a message of a client was refused'));
  }

  error(code: ErrorName, detail: string, id?: number, retryAfterMs?: number): void {
    this.refused(code);
    const { words, retryable } = ERRORS[code];
    const message = detail ? `${words}: ${detail}`.slice(0, 512) : words;
    const extra = { ...(id === undefined ? {} : { id }), ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }) };
    this.reply({ type: 'error', code, message, retryable, timestamp: this.iso(), ...extra });
  }

  receipt(receipt: Receipt): void {
    if (this.dialect !== 'plain') this.send(encode({ type: 'receipt', ...receipt, timestamp: this.iso() }));
  }

  /** Sends what is missing in one channel. */
  flush(sub: Subscription): void {
    this.session.hold();
    try {
      this.pump(sub);
    } finally {
      this.session.release();
    }
  }

  /** Sends what is missing in these channels, or in all. */
  flushAll(channels?: ReadonlySet<string>): void {
    const { only } = this.subscriptions;
    this.session.hold();
    try {
      if (only) this.pumpOf(only, channels);
      else for (const sub of this.subscriptions.all) this.pumpOf(sub, channels);
    } finally {
      this.session.release();
    }
    if (!this.acks) this.ask(this.hub.clock.monotonic());
  }

  private pumpOf(sub: Subscription, channels: ReadonlySet<string> | undefined): void {
    if (!channels || channels.has(sub.channel.name)) this.pump(sub);
  }

  private pump(sub: Subscription): void {
    if (!this.greeted || this.closedWith !== null) return;
    // Without room the next word of the client goes on; anything else is tried again at the next push.
    if (pump(this.hub.encoder, sub, this) && this.ready()) this.hub.waiting(sub.channel.name);
  }

  /** Asks a client that sends no `ack` how far it is, by a ping whose pong brings the number back. */
  private ask(now: number): void {
    const { sent, unacked } = this.credit;
    const waitMs = this.credit.ready() && sent - this.askedFor < ACK_BYTES ? ASK_LATE_MS : ASK_MS;
    if (sent === this.askedFor || unacked === 0 || now - this.askedAt < waitMs || this.closedWith !== null) return;
    this.askedAt = now;
    this.askedFor = sent;
    this.session.ping(String(sent));
  }

  /** The client answered for this many bytes; what waited for room goes on. */
  private credited(bytes: number): number {
    const waited = !this.credit.ready();
    const moved = this.credit.ack(bytes);
    if (waited && this.ready()) this.flushAll();
    return moved;
  }

  /** A frame for everybody (status, goaway, refresh of values). Clients before their hello do not get it. */
  broadcast(data: Frame | string): void {
    if (this.greeted && this.session.buffered() <= REPLY_CAP_BYTES) this.send(data);
  }

  close(name: CloseName, retryAfterMs?: number): void {
    if (this.closedWith !== null) return;
    this.closedWith = name;
    const reason = { code: name, ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }) };
    this.session.close(CLOSE[name].code, JSON.stringify(reason).slice(0, LIMITS.closeReasonBytes));
  }

  /** The socket is gone: nothing is read for it any more. */
  gone(): void {
    this.subscriptions.end();
    this.pass.end();
  }

  private iso(): string {
    return new Date(this.hub.clock.now()).toISOString();
  }

  // ---- incoming -------------------------------------------------------------------------------

  /** Any sign of life: a message, a ping or a pong. */
  heard(): void {
    this.heardAt = this.hub.clock.monotonic();
    this.pingsMissed = 0;
  }

  /** A pong: a sign of life, and of how far the client is. */
  ponged(text: string): void {
    this.heard();
    if (this.closedWith === null && /^\d{1,15}$/.test(text)) this.credited(Number(text));
  }

  receive(text: string): void {
    if (this.closedWith !== null) return;
    this.heard();
    if (this.acked(text) || !this.admit()) return;
    const decoded = decodeClient(text);
    if (!decoded.ok) {
      if (!this.pass.ok) return void this.admitted(true);
      const { code, message, id } = decoded.error;
      this.error(code, code === 'bad_json' || code === 'unknown_type' ? '' : message, id);
      // An unknown type may come from a newer client; it is answered, but not held against it.
      if (code !== 'unknown_type') this.countMalformed();
      return;
    }
    this.hub.metrics.clientMessages.inc({ type: decoded.value.type });
    if (!this.pass.ok && !this.redeem(decoded.value)) return void this.admitted(true);
    this.dispatch(decoded.value);
  }

  /**
   * An `ack` that moves on by what may be asked of it costs nothing: the server itself decides how many there can be. Any other is a
   * message like all.
   */
  private acked(text: string): boolean {
    if (!this.acks || !text.startsWith(ACK_PREFIX)) return false;
    const bytes = Number(text.slice(ACK_PREFIX.length, -1));
    if (!Number.isSafeInteger(bytes) || this.credited(bytes) < ACK_BYTES / 2) return false;
    this.tally.acks++;
    return true;
  }

  /** A binary frame, which the protocol has none of. */
  receiveBinary(): void {
    if (this.closedWith !== null) return;
    this.heard();
    if (!this.admit()) return;
    if (!this.pass.ok) return void this.admitted(true);
    this.error('bad_message', 'binary frames are not spoken here');
    this.countMalformed();
  }

  private countMalformed(): void {
    if (this.malformed.hit(this.hub.clock.monotonic())) this.close('badRequest');
  }

  /** Message rate: over it, one error a second and the message is dropped; far over it, 4029. */
  private admit(): boolean {
    const now = this.hub.clock.monotonic();
    if (this.messages.take(now)) return true;
    if (this.overruns.hit(now)) {
      this.refused('rate_limited');
      this.close('rateLimited', 10_000);
    } else if (now - this.errorToldAt >= 1_000) {
      this.errorToldAt = now;
      this.error('rate_limited', '', undefined, this.messages.waitMs());
    } else this.refused('rate_limited');
    return false;
  }

  /** The first message of somebody who is not let in yet must bring a ticket. */
  private redeem(message: ClientMessage): boolean {
    const ticket = message.type === 'hello' ? message.auth?.ticket : message.type === 'auth' ? message.ticket : undefined;
    return ticket !== undefined && this.pass.redeem(ticket) && this.admitted();
  }

  private dispatch(message: ClientMessage): void {
    if (message.type === 'ping') return this.pong(message);
    if (message.type === 'hello') return this.hello(message);
    if (!this.greeted) return this.error('bad_message', 'the first message is hello', 'id' in message ? message.id : undefined);
    // Whoever does not read is not answered; whoever reads again asks again (the client does after 5 s).
    if (message.type !== 'ack' && this.session.buffered() > REPLY_CAP_BYTES) return this.refused('overloaded');
    switch (message.type) {
      case 'subscribe':
      case 'unsubscribe':
        if (!this.subscribes.take(this.hub.clock.monotonic())) return this.error('rate_limited', 'too many subscriptions', message.id, this.subscribes.waitMs());
        return message.type === 'subscribe' ? this.subscriptions.subscribe(message) : this.subscriptions.unsubscribe(message);
      case 'resync':
        return this.subscriptions.resync(message);
      case 'ack':
        return void this.credited(message.bytes);
      case 'auth':
        if (!this.pass.redeem(message.ticket)) return this.error('unauthorized', 'the ticket is not valid; the connection lasts as long as before');
        return void this.reply({ type: 'auth_ok', expires_in_ms: this.pass.expiresInMs() });
    }
  }

  /** At most one pong waits; a flood of pings is answered by the last one. */
  private pong(ping: ClientMessageOf<'ping'>): void {
    const { id, t } = ping;
    const answer = { ...(id === undefined ? {} : { id }), ...(t === undefined ? {} : { t }) };
    if (this.pongBusy) {
      this.nextPong = answer;
      return;
    }
    this.pongBusy = true;
    const sent = this.reply({ type: 'pong', ...answer, timestamp: this.iso() }, () => {
      this.pongBusy = false;
      const next = this.nextPong;
      this.nextPong = null;
      if (next) this.pong({ type: 'ping', ...next });
    });
    if (!sent) this.pongBusy = false;
  }

  private hello(message: ClientMessageOf<'hello'>): void {
    if (this.dialect === 'plain') return this.error('unsupported_version', 'hello needs the subprotocol');
    if (this.greeted) return this.error('bad_message', 'hello was already said');
    if (message.v < PROTOCOL_VERSION) {
      this.error('unsupported_version', `version ${PROTOCOL_VERSION} is spoken here`);
      return this.close('clientTooOld');
    }
    this.greeted = true;
    this.acks = message.features?.includes('ack') ?? false;
    this.sparse = message.features?.includes('sparse') ?? false;
    const resume = this.subscriptions.resumeAll(message.resume ?? {});
    this.subscriptions.openDefault();
    this.send(encode(greeting(this.hub, this, resume)));
    for (const receipt of resume.receipts) this.receipt(receipt);
    this.flushAll();
    // At once, so that a new client knows the sources without waiting for the first interval.
    this.heartbeat();
    this.tellPresent();
  }

  private tellPresent(): void {
    for (const status of this.hub.present()) this.reply(status);
  }

  // ---- time -----------------------------------------------------------------------------------

  /** Looks at every deadline of this connection. */
  tick(now: number): void {
    if (this.abandoned) this.session.terminate();
    if (this.closedWith !== null || !this.admitted(false)) return;
    const { options } = this.hub;
    if (!this.greeted && now - this.openedAt >= options.helloMs) return this.close('noHello');
    if (this.credit.stalledMs() >= options.stallMs) return this.close('slowConsumer');
    if (now - Math.max(this.heardAt, this.pingedAt) >= options.pingMs) {
      if (this.pingsMissed >= 2) return this.abandon();
      this.pingsMissed++;
      this.pingedAt = now;
      this.session.ping(String(this.credit.sent));
    } else if (!this.acks) this.ask(now);
    if (this.dialect !== 'plain' && this.greeted && now - this.heartbeatAt >= options.heartbeatMs) {
      this.heartbeatAt = now;
      this.heartbeat();
    }
  }

  /**
   * Two pings without an answer. With a full window it is a reader that stopped, as far as can be told from here. Nobody may be there to
   * answer the close: at the next tick what the connection holds is freed without waiting for that.
   */
  private abandon(): void {
    this.abandoned = true;
    this.close(this.credit.ready() ? 'noPong' : 'slowConsumer');
  }

  private heartbeat(): void {
    const pos: HeartbeatMessage['pos'] = {};
    for (const sub of this.subscriptions.all) if (!sub.plan) pos[sub.channel.name] = { epoch: sub.epoch, seq: sub.sent, sv: this.sv };
    const { mode, feeds, feedClock } = this.hub;
    const rounded = Object.entries(feeds()).map(([id, f]) => [id, { ...f, age_ms: f.age_ms === null ? null : Math.round(f.age_ms) }] as const);
    this.reply({ type: 'heartbeat', timestamp: this.iso(), pos, feeds: Object.fromEntries(rounded), mode: mode(), feed_time: Math.round(feedClock().now()) });
  }

  /** The default channel of this endpoint, if it has one. */
  get defaultChannel() {
    return this.endpoint === 'any' ? null : this.hub.replicas.channelOf(STREAMS[this.endpoint].channel);
  }
}
