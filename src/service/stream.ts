import {
  CLOSE, closeCode, decodeServer, PROTOCOL_VERSION, SUBPROTOCOLS, TIMINGS,
  type ClientMessage, type InitialData, type ResumePoint, type ServerMessageOf,
} from '@/core/contract';
import { Acker } from './acker';
import { isLoopback } from './environment';
import { Pace } from './pace';
import { Pinger } from './pinger';
import { Reducer } from './reducer';
import { createResilientSocket, type Fault, type ResilientSocket, type Verdict } from './resilientSocket';
import { SilenceWatch } from './silenceWatch';
import { hearControl } from './streamControl';
import { StreamFace } from './streamFace';
import { ASIDE, OPEN_STATES, streamUrl, type Relay, type SharedStream, type StreamOptions } from './streamOptions';
import { sizeOf, type StreamState, type StreamStatus, type TimerId } from './types';
import { nextStep, type NextStep } from './verdict';

/** Time a connection may take to open, ms. */
const CONNECT_MS = 8_000;
const TICK_MS = 1_000;
/** A tick that comes this much late means that the page slept: waiting frames are heard first, then judged, ms. */
const SLEPT_MS = 3_000;
/** Seconds a page that was put aside may run on before it is taken to be back without having been told. */
const AWAKE_TICKS = 4;

const ALIVE: ReadonlySet<StreamState> = new Set(['hello', 'syncing', 'live', 'stale']);

/**
 * One stream: connection, greeting, watchdog, back-off and words (docs/protocol.md, sections 2, 5 and 6). All state changes go
 * through `enter`. Every decision is made on the monotonic clock.
 *
 * The frames may come over the connection of another tab (`share`): then there is no socket here, and everything else is the same.
 */
export class Stream implements SharedStream {
  readonly reducer: Reducer;
  tap: ((text: string) => void) | null = null;
  ear: ((text: string, at: number) => void) | null = null;
  private readonly socket: ResilientSocket;
  private readonly local: boolean;
  private wanted = false;
  private lastOnceAt: number | null = null;
  private goawayMs: number | null = null;
  private resume: Record<string, ResumePoint> = {};
  /** The server chose no subprotocol: perhaps a plain one that greets nobody. */
  private plain = false;
  private step: NextStep = { kind: 'retry', delayMs: 0, words: '', fresh: false, patient: false };
  private readonly pace: Pace;
  private readonly pinger = new Pinger((message) => this.send(message));
  private readonly acker = new Acker((message) => void this.socket.send(JSON.stringify(message)));
  private readonly face: StreamFace;
  private readonly watch: SilenceWatch;
  private ticker: TimerId | null = null;
  private tickedAt = 0;
  /** Ticks since the page was put aside; null = it was not. */
  private aside: number | null = null;
  /** The connection whose frames are heard instead of an own one. */
  private relay: Relay | null = null;
  /** An own connection is being made beneath a state that goes on. */
  private quiet = false;
  /** Table layouts of the present connection, as they came. */
  private layouts: string[] = [];

  constructor(private readonly options: StreamOptions) {
    const { name, port, clock } = options;
    this.face = new StreamFace(options, () => ({ latencyMs: this.relay ? this.relay.latencyMs() : this.pinger.latencyMs, lastMessageAt: this.watch.heardAt, shared: this.relay !== null }));
    this.local = isLoopback(options.server);
    this.pace = new Pace(options.random);
    this.watch = new SilenceWatch(clock, options.timers, {
      phase: () => (this.state === 'hello' ? 'greeting' : this.state === 'stale' ? 'stale' : 'open'),
      stale: (ms) => this.enter('stale', `Nothing arrived for ${Math.floor(ms / 1_000)} s`),
      dead: (why) => this.cut(why === 'silent' ? `${CLOSE.watchdog.words}; connecting anew` : 'The network changed; connecting anew'),
      unanswered: () => (this.plain ? this.onPlainServer() : this.cut(CLOSE.noHello.words)),
    });
    this.reducer = new Reducer(name, {
      change: (change) => {
        this.face.count(sizeOf(change));
        port.change(change);
      },
      send: (message) => this.send(message),
      receipt: (receipt) => this.face.onReceipt(receipt),
      rejected: (channel, code) => port.rejected(channel, code),
      refused: (what) => this.face.onRefused(what),
      broken: (what) => {
        this.face.onRefused(what);
        this.cut('A message could not be understood; connecting anew');
      },
    });
    const { server, WebSocket, timers, protocols = SUBPROTOCOLS } = options;
    this.socket = createResilientSocket({
      url: streamUrl(server, name), protocols, WebSocket, timers, connectTimeoutMs: CONNECT_MS,
      handlers: {
        connecting: () => {
          if (!this.quiet) this.enter('connecting', this.pace.attempts > 0 ? this.face.reason : 'Connecting');
        },
        open: (protocol) => this.onOpen(protocol),
        message: (text) => this.onFrame(text),
        binary: () => this.face.onRefused('a binary frame'),
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
    return this.options.environment.online() || this.local ? this.socket.connect(0) : this.onOffline();
  }

  disconnect(): void {
    this.wanted = false;
    this.options.timers.clear(this.ticker);
    this.ticker = null;
    this.aside = null;
    this.unshare();
    this.leave(CLOSE.normal.code);
    this.enter('idle', 'Disconnected');
  }

  /** At once, whatever is waited for: the user asked, or the network or the page came back. */
  retry(): void {
    if (!this.wanted || this.state === 'connecting' || ALIVE.has(this.state)) return;
    if (this.relay) return this.relay.retry();
    this.lastOnceAt = null;
    this.socket.connect(0);
  }

  /** Another stream reached the server: there is no reason to wait as long as planned, unless the server asked for it. */
  onPeer(): void {
    const delayMs = this.pace.soon() / 2;
    const planned = (this.face.nextAttemptAt ?? Infinity) - this.options.clock.mono();
    if (!this.wanted || this.relay || this.state !== 'backoff' || this.aside !== null || this.step.patient || planned <= delayMs) return;
    this.enter('backoff', this.face.reason, delayMs);
    this.socket.connect(delayMs);
  }

  onOffline(): void {
    if (!this.wanted || this.relay) return;
    this.leave(CLOSE.normal.code);
    // A server on this machine is reachable without a network; it is worth trying.
    const delayMs = this.local ? this.pace.soon() : null;
    this.enter('offline', this.local ? 'This device is offline; trying the server on this machine' : 'This device is offline; connecting as soon as it is back', delayMs);
    if (delayMs !== null) this.socket.connect(delayMs);
  }

  /** The browser puts the page aside: an open socket would keep it out of the back-forward cache, and a frozen page reads none. */
  onSleep(): void {
    if (!this.wanted || this.state === 'stopped') return;
    this.aside = 0;
    this.unshare();
    this.leave(CLOSE.normal.code);
    this.enter('backoff', ASIDE);
  }

  /** The page is shown again: do not wait for a throttled timer. */
  onWake(): void {
    if (!this.wanted) return;
    this.aside = null;
    if (this.state === 'backoff') this.retry();
    else if (ALIVE.has(this.state)) this.watch.arm(TICK_MS);
  }

  /** The device may use another network now, on which the old connection is silent for ever. */
  onNetwork(): void {
    if (!this.wanted || this.relay) return;
    if (!OPEN_STATES.has(this.state)) return this.retry();
    this.pinger.ping(this.options.clock.mono());
    this.watch.prove();
  }

  /** A snapshot over REST while the socket is down. */
  adopt(message: InitialData): void {
    if (!OPEN_STATES.has(this.state)) this.reducer.adopt(message, this.options.clock.mono());
  }

  setFallback(on: boolean): void {
    this.face.setFallback(on);
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
    return this.face.status;
  }

  // ---- the connection of another tab (./tabs) ---------------------------------------------------

  get whole(): boolean {
    return this.state === 'live' && this.reducer.whole;
  }

  positions(): Record<string, ResumePoint> {
    return this.reducer.resumePoints();
  }

  greeting(): readonly string[] {
    return this.layouts;
  }

  share(relay: Relay): void {
    this.relay = relay;
    this.quiet = false;
    this.socket.drop(CLOSE.normal.code, '');
    this.pinger.reset();
    this.watch.arm();
    this.face.publish();
  }

  hear(text: string): void {
    if (this.relay) this.onText(text);
  }

  mirror(state: StreamState, reason: string, delayMs: number | null): void {
    if (!this.relay || !this.wanted) return;
    this.detach();
    this.enter(state, reason, delayMs);
  }

  private unshare(): void {
    const { relay } = this;
    this.relay = null;
    relay?.ended();
  }

  own(keep: boolean): void {
    if (!this.relay || !this.wanted) return;
    if (!keep) this.unshare();
    if (!this.quiet) this.socket.connect(0);
    this.quiet = OPEN_STATES.has(this.state);
  }

  // ---- states -----------------------------------------------------------------------------------

  private get state(): StreamState {
    return this.face.state;
  }

  /** The one transition function. */
  private enter(state: StreamState, reason: string, delayMs: number | null = null): void {
    this.face.enter(state, reason, delayMs);
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
    this.resume = this.reducer.resumePoints();
    this.layouts = [];
    this.plain = protocol === '';
    this.goawayMs = null;
    this.pinger.reset();
    this.acker.begin();
    if (!this.quiet) {
      this.watch.heardAt = this.options.clock.mono();
      this.enter('hello', 'Greeting the server');
      this.watch.arm(this.plain ? TIMINGS.legacyMs : TIMINGS.helloMs);
    }
    const resume = Object.keys(this.resume).length > 0 ? { resume: this.resume } : {};
    if (!this.plain) this.socket.send(JSON.stringify({ type: 'hello', v: PROTOCOL_VERSION, client: this.options.client, features: ['rows', 'ack', 'sparse'], ...resume } satisfies ClientMessage));
  }

  /** A frame of an own connection. While another tab's goes on, the first one ends that. */
  private onFrame(text: string): void {
    this.acker.take(text);
    this.unshare();
    this.onText(text);
    this.tap?.(text);
  }

  private onText(text: string): void {
    const { mono } = this.options.clock;
    const now = (this.watch.heardAt = mono());
    this.ear?.(text, now);
    const decoded = decodeServer(text);
    if (!decoded.ok) {
      // A newer server may say things this client does not know; that is no fault.
      if (decoded.error.code !== 'unknown_type') this.face.onRefused(decoded.error.message);
      return;
    }
    const message = decoded.value;
    if ('type' in message && message.type === 'hello') return this.onHello(message);
    // Data before any greeting and no subprotocol: a plain server.
    if (this.state === 'hello' && this.plain) this.onPlainServer();
    if ('type' in message) {
      if (message.type === 'schema') this.layouts.push(text);
      hearControl(message, { port: this.options.port, now, pong: (pong) => this.pinger.pong(pong, now), goaway: (ms) => (this.goawayMs = ms) });
    }
    this.reducer.handle(message, now);
    this.settle(true);
  }

  private onHello(hello: ServerMessageOf<'hello'>): void {
    const { port, clock } = this.options;
    this.pace.limits = { firstMs: hello.reconnect.first_ms, baseMs: hello.reconnect.base_ms, capMs: hello.reconnect.cap_ms };
    this.watch.heartbeatMs = hello.heartbeat_ms;
    this.watch.deadMs = hello.dead_ms;
    this.quiet = false;
    this.acker.begin(hello.ack_bytes);
    port.server(hello.server_version);
    port.mode(hello.mode);
    this.reducer.opened(hello, this.relay ? this.reducer.resumePoints() : this.resume, clock.mono());
    if (!OPEN_STATES.has(this.state)) this.enter('syncing', 'Loading');
    this.pinger.ping(clock.mono());
    this.settle(true);
    this.watch.arm();
  }

  private onPlainServer(): void {
    this.reducer.opened(null, this.resume, this.options.clock.mono());
    this.enter('syncing', 'Loading from a server of the first version');
    this.watch.arm();
  }

  private judge(fault: Fault): Verdict {
    const now = this.options.clock.mono();
    const step = (this.step = nextStep(fault, { pace: this.pace, goawayMs: this.goawayMs, lastOnceAt: this.lastOnceAt, now }));
    if (closeCode(fault.code).action === 'once') this.lastOnceAt = now;
    return step.kind === 'stop' ? 'stop' : { delayMs: step.delayMs };
  }

  private onClosed(_fault: Fault, verdict: Verdict): void {
    // The other tab's connection still serves; what it does not give waits for the next attempt.
    if (this.relay) return void (this.quiet &&= verdict !== 'stop');
    this.detach();
    if (this.step.fresh) this.reducer.forget();
    if (verdict === 'stop') return this.enter('stopped', this.step.words);
    this.enter(this.options.environment.online() ? 'backoff' : 'offline', this.step.words, verdict.delayMs);
  }

  /** Throws the connection away and comes back soon: used when it is judged dead from here. */
  private cut(words: string): void {
    this.unshare();
    this.leave(CLOSE.watchdog.code);
    const delayMs = this.pace.soon();
    this.step = { ...this.step, patient: false };
    this.enter('backoff', words, delayMs);
    this.socket.connect(delayMs);
  }

  private leave(code: number): void {
    this.socket.drop(code, '');
    this.detach();
  }

  private detach(): void {
    this.watch.stop();
    this.quiet = false;
    this.pinger.reset();
    this.face.lost();
    this.reducer.closed();
  }

  // ---- time -------------------------------------------------------------------------------------

  private tick(): void {
    const { clock, timers } = this.options;
    const now = clock.mono();
    this.ticker = timers.set(() => this.tick(), TICK_MS);
    const slept = now - this.tickedAt > TICK_MS + SLEPT_MS;
    this.tickedAt = now;
    if (slept && ALIVE.has(this.state)) this.watch.arm(1);
    // Put aside, and yet its time passes: the browser did not tell that it is back.
    if (this.aside !== null && ++this.aside > AWAKE_TICKS) this.onWake();
    if (this.face.healthyAt !== null && now >= this.face.healthyAt) this.pace.attempts = 0;
    if (OPEN_STATES.has(this.state)) {
      this.reducer.tick(now);
      this.settle();
      this.pinger.tick(now);
      this.acker.tell();
    }
    this.face.publish();
  }

  private send(message: ClientMessage): void {
    if (this.relay) this.relay.send(message);
    else this.socket.send(JSON.stringify(message));
  }
}
