import {
  CLOSE, closeCode, decodeServer, PROTOCOL_VERSION, SUBPROTOCOLS, TIMINGS,
  type ClientMessage, type InitialData, type ReceiptMessage, type ResumePoint, type RowsMessage, type ServerMessage, type ServerMessageOf,
} from '@/core/contract';
import { backoffDelay } from '@/core/util/backoff';
import { isLoopback } from './environment';
import { Pinger } from './pinger';
import { RateMeter } from './rateMeter';
import { Reducer } from './reducer';
import { createResilientSocket, type Fault, type ResilientSocket, type Verdict } from './resilientSocket';
import { streamUrl, type StreamOptions } from './streamOptions';
import { sizeOf, type ActivityNote, type StreamState, type StreamStatus, type TimerId } from './types';
import { nextStep, type NextStep } from './verdict';

/** Time a connection may take to open, ms. */
const CONNECT_MS = 8_000;
const TICK_MS = 1_000;
/** A tick that comes this much late means that the page slept: waiting frames are heard first, then judged, ms. */
const SLEPT_MS = 3_000;

const ALIVE: ReadonlySet<StreamState> = new Set(['hello', 'syncing', 'live', 'stale']);
const OPEN_STATES: ReadonlySet<StreamState> = new Set(['syncing', 'live', 'stale']);

/**
 * One stream: connection, greeting, watchdog, back-off and words (docs/protocol.md, sections 2, 5 and 6). All state changes go
 * through `enter`. Every decision is made on the monotonic clock.
 */
export class Stream {
  readonly reducer: Reducer;
  private readonly socket: ResilientSocket;
  private readonly local: boolean;
  private state: StreamState = 'idle';
  private reason = 'Not connected yet';
  private since: number;
  private nextAttemptAt: number | null = null;
  private wanted = false;
  private attempts = 0;
  private reconnects = 0;
  private refused = 0;
  private fallback = false;
  private lastMessageAt: number | null = null;
  private lastReceipt: ReceiptMessage | null = null;
  private lastOnceAt: number | null = null;
  private everLive = false;
  private healthyAt: number | null = null;
  private goawayMs: number | null = null;
  private resume: Record<string, ResumePoint> = {};
  /** The server chose no subprotocol: perhaps a plain one that greets nobody. */
  private plain = false;
  /** This connection is not the first. */
  private reopened = false;
  /** Last words for the activity log, so that each retry does not repeat them. */
  private told = '';
  private step: NextStep = { kind: 'retry', delayMs: 0, words: '', fresh: false };
  private timing = { heartbeatMs: TIMINGS.heartbeatMs as number, deadMs: TIMINGS.deadMs as number, firstMs: TIMINGS.backoffFirstMs as number, baseMs: TIMINGS.backoffBaseMs as number, capMs: TIMINGS.backoffCapMs as number };
  private readonly pinger = new Pinger((message) => this.send(message));
  private readonly meter = new RateMeter();
  private watchdog: TimerId | null = null;
  private ticker: TimerId | null = null;
  private tickedAt = 0;

  constructor(private readonly options: StreamOptions) {
    const { name, port, clock } = options;
    this.since = clock.mono();
    this.local = isLoopback(options.server);
    this.reducer = new Reducer(name, {
      change: (change) => {
        this.meter.add(clock.mono(), sizeOf(change));
        port.change(change);
      },
      send: (message) => this.send(message),
      receipt: (receipt) => this.onReceipt(receipt),
      rejected: (channel, code) => port.rejected(channel, code),
      refused: (what) => this.onRefused(what),
      broken: (what) => {
        this.onRefused(what);
        this.cut('A message could not be understood; connecting anew');
      },
    });
    this.socket = createResilientSocket({
      url: streamUrl(options.server, name),
      protocols: options.protocols ?? SUBPROTOCOLS,
      WebSocket: options.WebSocket,
      timers: options.timers,
      connectTimeoutMs: CONNECT_MS,
      handlers: {
        connecting: () => this.enter('connecting', this.attempts > 0 ? this.reason : 'Connecting'),
        open: (protocol) => this.onOpen(protocol),
        message: (text) => this.onText(text),
        binary: () => this.onRefused('a binary frame'),
        judge: (fault) => this.judge(fault),
        closed: (fault, verdict) => this.onClosed(fault, verdict),
      },
    });
  }

  // ---- commands ---------------------------------------------------------------------------------

  connect(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.tickedAt = this.options.clock.mono();
    this.ticker ??= this.options.timers.set(() => this.tick(), TICK_MS);
    if (this.options.environment.online() || this.local) this.socket.connect(0);
    else this.onOffline();
  }

  disconnect(): void {
    this.wanted = false;
    this.options.timers.clear(this.ticker);
    this.ticker = null;
    this.leave(CLOSE.normal.code);
    this.enter('idle', 'Disconnected');
  }

  /** At once, whatever is waited for: the user asked, or the network or the page came back. */
  retry(): void {
    if (!this.wanted || this.state === 'connecting' || ALIVE.has(this.state)) return;
    this.lastOnceAt = null;
    this.socket.connect(0);
  }

  onOnline(): void {
    this.retry();
  }

  onOffline(): void {
    if (!this.wanted) return;
    this.leave(CLOSE.normal.code);
    // A server on this machine is reachable without a network; it is worth trying.
    const delayMs = this.local ? this.soon() : null;
    this.enter('offline', this.local ? 'This device is offline; trying the server on this machine' : 'This device is offline; connecting as soon as it is back', delayMs);
    if (delayMs !== null) this.socket.connect(delayMs);
  }

  /** The page is shown again: do not wait for a throttled timer. */
  onWake(): void {
    if (!this.wanted) return;
    if (this.state === 'backoff') this.retry();
    else if (ALIVE.has(this.state)) this.armWatchdog(TICK_MS);
  }

  /** A snapshot over REST while the socket is down. */
  adopt(message: InitialData): void {
    if (!OPEN_STATES.has(this.state)) this.reducer.adopt(message, this.options.clock.mono());
  }

  setFallback(on: boolean): void {
    if (this.fallback === on) return;
    this.fallback = on;
    this.publish();
  }

  want(channel: string): boolean {
    const known = this.reducer.want(channel, this.options.clock.mono());
    this.settle();
    return known;
  }

  unwant(channel: string): void {
    this.reducer.unwant(channel);
    this.settle();
  }

  get status(): StreamStatus {
    const { name, clock } = this.options;
    const { state, reason, since, nextAttemptAt, lastMessageAt, reconnects, fallback, refused, lastReceipt } = this;
    return { name, state, reason, since, nextAttemptAt, latencyMs: this.pinger.latencyMs, updatesPerSecond: this.meter.perSecond(clock.mono()), lastMessageAt, reconnects, fallback, refused, lastReceipt };
  }

  // ---- states -----------------------------------------------------------------------------------

  /** The one transition function. Words are for users; `delayMs` = time to the next attempt. */
  private enter(state: StreamState, reason: string, delayMs: number | null = null): void {
    const now = this.options.clock.mono();
    const before = this.state;
    if (state !== before) this.since = now;
    this.state = state;
    this.reason = reason;
    this.nextAttemptAt = delayMs === null ? null : now + delayMs;
    this.healthyAt = state === 'live' ? now + TIMINGS.healthyMs : null;
    if (state === 'live') this.onLive(before);
    else if (state === 'stale') this.tell('warn', reason);
    else if (state === 'stopped') this.tell('error', reason);
    else if ((state === 'backoff' || state === 'offline') && reason !== this.told) this.tell('warn', reason);
    this.publish();
  }

  private onLive(before: StreamState): void {
    if (!this.everLive) this.tell('info', 'Live');
    // What was missed meanwhile is said by the receipts, one per channel.
    else if (this.reopened) this.tell('info', 'Live again');
    else if (before === 'stale') this.tell('info', 'Data arrives again');
    if (this.reopened) this.reconnects++;
    this.everLive = true;
    this.reopened = false;
    this.told = '';
  }

  private tell(level: ActivityNote['level'], text: string): void {
    this.told = text;
    this.options.port.note({ level, text });
  }

  private publish(): void {
    this.options.port.status(this.status);
  }

  /** Live when every wanted channel is whole, syncing while one is not. Only a frame ends staleness. */
  private settle(byFrame = false): void {
    if (!OPEN_STATES.has(this.state) || (this.state === 'stale' && !byFrame)) return;
    if (this.reducer.synced) {
      if (this.state !== 'live') this.enter('live', '');
    } else if (this.state !== 'syncing') this.enter('syncing', 'Loading what is missing');
  }

  // ---- connection -------------------------------------------------------------------------------

  private onOpen(protocol: string): void {
    this.goawayMs = null;
    this.pinger.reset();
    this.lastMessageAt = this.options.clock.mono();
    this.plain = protocol === '';
    this.enter('hello', 'Greeting the server');
    this.resume = this.reducer.resumePoints();
    if (!this.plain) {
      this.send({ type: 'hello', v: PROTOCOL_VERSION, client: this.options.client, features: ['rows'], ...(Object.keys(this.resume).length > 0 ? { resume: this.resume } : {}) });
    }
    this.armWatchdog(this.plain ? TIMINGS.legacyMs : TIMINGS.helloMs);
  }

  private onText(text: string): void {
    this.lastMessageAt = this.options.clock.mono();
    const decoded = decodeServer(text);
    if (!decoded.ok) {
      // A newer server may say things this client does not know; that is no fault.
      if (decoded.error.code !== 'unknown_type') this.onRefused(decoded.error.message);
      return;
    }
    const message = decoded.value;
    if (this.state === 'hello') {
      if ('type' in message && message.type === 'hello') return this.onHello(message);
      // Data before any greeting and no subprotocol: a plain server.
      if (this.plain) this.onPlainServer();
    }
    if ('type' in message) this.control(message);
    this.reducer.handle(message, this.lastMessageAt);
    this.settle(true);
  }

  private control(message: Exclude<ServerMessage, RowsMessage>): void {
    const { port, clock } = this.options;
    switch (message.type) {
      case 'heartbeat':
        port.mode(message.mode);
        if (message.feed_time !== undefined) port.feedTime(message.feed_time, clock.mono());
        return port.feeds(message.feeds);
      case 'pong':
        return this.pinger.pong(message, clock.mono());
      case 'status':
        if (message.mode) port.mode(message.mode);
        return port.notice(message);
      case 'goaway':
        this.goawayMs = message.retry_after_ms;
        return port.note({ level: 'info', text: `The server says goodbye (${message.reason})` });
      case 'test_response':
        return port.note({ level: 'info', text: `Test message: ${message.message}` });
      case 'error':
        return port.note({ level: 'warn', text: `The server answered: ${message.message}` });
      default:
        return;
    }
  }

  private onHello(hello: ServerMessageOf<'hello'>): void {
    const { port, clock } = this.options;
    this.timing = { heartbeatMs: hello.heartbeat_ms, deadMs: hello.dead_ms, firstMs: hello.reconnect.first_ms, baseMs: hello.reconnect.base_ms, capMs: hello.reconnect.cap_ms };
    port.server(hello.server_version);
    port.mode(hello.mode);
    this.reducer.opened(hello, this.resume, clock.mono());
    this.enter('syncing', 'Loading');
    this.pinger.ping(clock.mono());
    this.settle();
    this.armWatchdog();
  }

  private onPlainServer(): void {
    this.reducer.opened(null, this.resume, this.options.clock.mono());
    this.enter('syncing', 'Loading from a server of the first version');
    this.armWatchdog();
  }

  private judge(fault: Fault): Verdict {
    const now = this.options.clock.mono();
    const step = (this.step = nextStep(fault, { backoff: () => this.backoff(), soon: () => this.soon(), goawayMs: this.goawayMs, lastOnceAt: this.lastOnceAt, now }));
    if (closeCode(fault.code).action === 'once') this.lastOnceAt = now;
    return step.kind === 'stop' ? 'stop' : { delayMs: step.delayMs };
  }

  private onClosed(_fault: Fault, verdict: Verdict): void {
    this.detach();
    if (this.step.fresh) this.reducer.forget();
    if (verdict === 'stop') return this.enter('stopped', this.step.words);
    this.enter(this.options.environment.online() ? 'backoff' : 'offline', this.step.words, verdict.delayMs);
  }

  /** Throws the connection away and comes back soon: used when it is judged dead from here. */
  private cut(words: string): void {
    this.leave(CLOSE.watchdog.code);
    const delayMs = this.soon();
    this.enter('backoff', words, delayMs);
    this.socket.connect(delayMs);
  }

  private leave(code: number): void {
    this.socket.drop(code, '');
    this.detach();
  }

  private detach(): void {
    this.options.timers.clear(this.watchdog);
    this.watchdog = null;
    this.pinger.reset();
    if (this.everLive) this.reopened = true;
    this.reducer.closed();
  }

  private backoff(): number {
    const { firstMs, baseMs, capMs } = this.timing;
    return backoffDelay(++this.attempts, this.options.random(), { firstMs, baseMs, capMs });
  }

  private soon(): number {
    return this.options.random() * this.timing.firstMs;
  }

  // ---- time -------------------------------------------------------------------------------------

  /** Sets the watchdog to the next moment at which silence means something. No timer is touched per message. */
  private armWatchdog(inMs?: number): void {
    const { timers, clock } = this.options;
    timers.clear(this.watchdog);
    const silentMs = clock.mono() - (this.lastMessageAt ?? clock.mono());
    const limit = this.state === 'stale' ? this.timing.deadMs : this.timing.heartbeatMs + TIMINGS.staleGraceMs;
    this.watchdog = timers.set(() => this.onSilence(), inMs ?? Math.max(1, limit - silentMs));
  }

  private onSilence(): void {
    this.watchdog = null;
    const silentMs = this.options.clock.mono() - (this.lastMessageAt ?? -Infinity);
    if (this.state === 'hello') return this.plain ? this.onPlainServer() : this.cut(CLOSE.noHello.words);
    if (silentMs >= this.timing.deadMs && this.state === 'stale') return this.cut(`${CLOSE.watchdog.words}; connecting anew`);
    if (silentMs >= this.timing.heartbeatMs + TIMINGS.staleGraceMs && this.state !== 'stale') {
      this.enter('stale', `Nothing arrived for ${Math.floor(silentMs / 1_000)} s`);
      // Long past the limit already: the page slept. What waits in its queue is heard first.
      if (silentMs >= this.timing.deadMs) return this.armWatchdog(TICK_MS);
    }
    this.armWatchdog();
  }

  private tick(): void {
    const { clock, timers } = this.options;
    const now = clock.mono();
    this.ticker = timers.set(() => this.tick(), TICK_MS);
    const slept = now - this.tickedAt > TICK_MS + SLEPT_MS;
    this.tickedAt = now;
    if (slept && ALIVE.has(this.state)) this.armWatchdog(1);
    if (this.healthyAt !== null && now >= this.healthyAt) this.attempts = 0;
    if (OPEN_STATES.has(this.state)) {
      this.reducer.tick(now);
      this.settle();
      this.pinger.tick(now);
    }
    this.publish();
  }

  private send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  private onReceipt(receipt: ReceiptMessage): void {
    this.lastReceipt = receipt;
    this.options.port.receipt(receipt);
  }

  private onRefused(what: string): void {
    this.refused++;
    // The first and then each hundredth: a broken peer must not fill the log.
    if (this.refused % 100 === 1) this.options.port.note({ level: 'warn', text: `A message could not be understood (${what}); ${this.refused} so far` });
  }
}
