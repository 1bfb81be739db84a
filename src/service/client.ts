import { parseChannel, STREAM_NAMES, STREAMS, type FeedMode, type InitialData, type StatusMessage, type StreamName } from '@/core/contract';
import { channelName } from './channelName';
import { createEmitter } from './emitter';
import { noEnvironment, pageEnvironment, systemClock, systemTimers } from './environment';
import { PriceCache, type CachedPrice, type PriceListener } from './priceCache';
import { lazyFallback, type Fallback } from './lazyFallback';
import { Stream } from './stream';
import type { SharedStream, StreamPort } from './streamOptions';
import type { ActivityNote, ChannelChange, ClientEvents, Clock, Environment, FetchLike, StreamState, StreamStatus, Timers, WebSocketConstructor } from './types';

export interface ClientOptions {
  /** Address of the Tickglass server, e.g. `http://127.0.0.1:8000`. */
  readonly server: string;
  /** Streams to open; all three by default. */
  readonly streams?: readonly StreamName[];
  readonly name?: string;
  readonly version?: string;
  /** Subprotocols to offer; the fastest first by default. */
  readonly protocols?: readonly string[];
  /** Where the platform has none (Node before 22: the `ws` package). */
  readonly WebSocket?: WebSocketConstructor;
  readonly fetch?: FetchLike;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: () => number;
  readonly environment?: Environment;
}

/**
 * Facade over the three streams: what the app uses and bots import. Connections come back by themselves for ever; what was missed is
 * repaired or told (`receipt`, `change.lost`).
 */
export interface Client {
  readonly server: string;
  connect(): void;
  disconnectAll(): void;
  /** Hears each price of one symbol, beginning with the known one. The result stops it. */
  subscribe(symbol: string, listener: PriceListener): () => void;
  /** Holds a channel such as `sparkline` or `candles:BTC/USDT`; ref-counted. The listener hears its changes. The result gives it back. */
  subscribeChannel(channel: string, listener?: (change: ChannelChange) => void): () => void;
  on<K extends keyof ClientEvents>(event: K, listener: (payload: ClientEvents[K]) => void): () => void;
  /** Last known price with its present age; null before the first. */
  getPrice(symbol: string): CachedPrice | null;
  status(stream: StreamName): StreamStatus | null;
  /** The streams, for the sharing of connections among tabs (./tabs). */
  readonly streams: ReadonlyMap<StreamName, SharedStream>;
  /** Names of the channels held. */
  channels(): readonly string[];
  /** Connects at once what is not connected, also after a final refusal. */
  retry(stream?: StreamName): void;
}

const FLOWING: ReadonlySet<StreamState> = new Set(['live', 'syncing']);
const DOWN: ReadonlySet<StreamState> = new Set(['idle', 'connecting', 'backoff', 'offline', 'stopped']);
const MAX_NOTICES = 50;
/** Time a channel is kept after the last one gave it back, ms. */
const LINGER_MS = 5_000;

function defaultWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!found) throw new TypeError('This platform has no WebSocket; pass one, e.g. that of the ws package');
  return found;
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class StreamClient implements Client {
  readonly server: string;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly environment: Environment;
  private readonly events = createEmitter<ClientEvents>((error, event) => {
    if (event !== 'activity') this.note('error', 'app', `A listener of "${String(event)}" failed: ${words(error)}`);
  });
  readonly streams: ReadonlyMap<StreamName, Stream>;
  private readonly rest: Fallback | null;
  private readonly prices: PriceCache;
  private readonly holds = new Map<string, number>();
  private readonly states = new Map<StreamName, StreamState>();
  private readonly heard: string[] = [];
  /** Streams of which `connected` was told last. */
  private readonly connected = new Set<StreamName>();
  private mode: FeedMode | null = null;
  private stopListening: (() => void) | null = null;

  constructor(options: ClientOptions) {
    const { clock = systemClock, timers = systemTimers, random = Math.random } = options;
    this.server = options.server;
    this.clock = clock;
    this.timers = timers;
    this.environment = options.environment ?? (typeof window === 'undefined' ? noEnvironment : pageEnvironment(window));
    const common = {
      server: options.server, client: { name: options.name ?? 'sdk', version: options.version ?? '' }, WebSocket: options.WebSocket ?? defaultWebSocket(),
      clock, timers, random, environment: this.environment, ...(options.protocols ? { protocols: options.protocols } : {}),
    };
    this.streams = new Map((options.streams ?? STREAM_NAMES).map((name) => [name, new Stream({ ...common, name, port: this.portOf(name) })]));
    const market = this.streams.get('market');
    this.rest = market ? fallbackFor(market, options.fetch ?? ((url, init) => fetch(url, init)), options.server, timers, random, () => this.reached('rest')) : null;
    this.prices = new PriceCache(
      () => clock.mono(),
      () => FLOWING.has(this.states.get('market') ?? 'idle') || market?.status.fallback === true,
      (error) => this.note('error', 'app', `A price listener failed: ${words(error)}`),
    );
  }

  connect(): void {
    this.stopListening ??= this.environment.listen((event) => {
      for (const stream of this.streams.values()) {
        if (event === 'online') stream.retry();
        else if (event === 'offline') stream.onOffline();
        else if (event === 'sleep') stream.onSleep();
        else if (event === 'network') stream.onNetwork();
        else stream.onWake();
      }
    });
    for (const stream of this.streams.values()) stream.connect();
  }

  disconnectAll(): void {
    this.stopListening?.();
    this.stopListening = null;
    for (const stream of this.streams.values()) stream.disconnect();
  }

  subscribe(symbol: string, listener: PriceListener): () => void {
    return this.prices.subscribe(symbol, listener);
  }

  subscribeChannel(channel: string, listener?: (change: ChannelChange) => void): () => void {
    const hear = (change: ChannelChange): void => {
      if (change.channel === channel) listener?.(change);
    };
    const stop = listener ? this.events.on('change', hear) : null;
    this.hold(channel);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      stop?.();
      this.release(channel);
    };
  }

  on<K extends keyof ClientEvents>(event: K, listener: (payload: ClientEvents[K]) => void): () => void {
    return this.events.on(event, listener);
  }

  getPrice(symbol: string): CachedPrice | null {
    return this.prices.get(symbol);
  }

  status(name: StreamName): StreamStatus | null {
    return this.streams.get(name)?.status ?? null;
  }

  channels(): readonly string[] {
    return [...this.holds].filter(([, n]) => n > 0).map(([channel]) => channel);
  }

  retry(name?: StreamName): void {
    for (const [key, stream] of this.streams) if (name === undefined || key === name) stream.retry();
  }

  private hold(channel: string): void {
    const n = this.holds.get(channel);
    this.holds.set(channel, (n ?? 0) + 1);
    if (n === undefined && !this.streamOf(channel)?.want(channel)) this.note('warn', 'app', `There is no channel ${channelName(channel)}`);
  }

  /** Gives a channel up a little later: the next view often wants it again, and then nothing need be loaded anew. */
  private release(channel: string): void {
    const n = (this.holds.get(channel) ?? 0) - 1;
    this.holds.set(channel, n);
    if (n > 0) return;
    this.timers.set(() => {
      if (this.holds.get(channel) !== 0) return;
      this.holds.delete(channel);
      this.streamOf(channel)?.unwant(channel);
    }, LINGER_MS);
  }

  private streamOf(channel: string): Stream | undefined {
    const parsed = parseChannel(channel);
    return parsed ? this.streams.get(parsed.stream) : undefined;
  }

  // ---- what the streams tell --------------------------------------------------------------------

  private portOf(name: StreamName): StreamPort {
    return {
      status: (status) => this.onStatus(status),
      change: (change) => {
        this.prices.apply(change);
        this.events.emit('change', change);
      },
      receipt: (receipt) => this.events.emit('receipt', { stream: name, receipt }),
      mode: (mode) => {
        if (mode === this.mode) return;
        this.mode = mode;
        this.events.emit('mode', mode);
      },
      feeds: (feeds) => this.events.emit('feeds', feeds),
      // One clock feeds all streams; three samples of it would only disturb the estimate of its speed.
      feedTime: (time, heardAt) => {
        if (name === 'market') this.events.emit('feedTime', { time, heardAt });
      },
      server: (version) => this.events.emit('server', { version }),
      notice: (message) => this.onNotice(message),
      rejected: (channel, code) => {
        this.events.emit('rejected', { stream: name, channel, code });
        this.note('warn', name, `${channelName(channel)}: the server does not give this (${code.replaceAll('_', ' ')})`);
      },
      note: ({ level, text }) => this.note(level, name, text),
    };
  }

  private note(level: ActivityNote['level'], source: string, text: string): void {
    this.events.emit('activity', { at: this.clock.wall(), level, source, text });
  }

  /** The same message comes over each stream; it is told once. */
  private onNotice(message: StatusMessage): void {
    const key = `${message.code} ${message.source ?? ''} ${message.timestamp} ${message.message}`;
    if (this.heard.includes(key)) return;
    this.heard.push(key);
    if (this.heard.length > MAX_NOTICES) this.heard.shift();
    this.events.emit('status', message);
    this.note(message.level, message.source ?? 'server', message.message);
  }

  /** The server answered: whoever waits for it need not wait as long as planned. */
  private reached(by: StreamName | 'rest'): void {
    for (const [name, stream] of this.streams) if (name !== by) stream.onPeer();
  }

  private onStatus(status: StreamStatus): void {
    const { name, state, reason } = status;
    const before = this.states.get(name);
    this.states.set(name, state);
    if (name === 'market') {
      if (state === 'live' || state === 'idle') this.rest?.stop();
      else if (state === 'backoff' || state === 'stopped' || state === 'offline') this.rest?.start();
    }
    this.events.emit('stream', status);
    if (before === state) return;
    if (state === 'live') this.reached(name);
    if (state === 'live' && !this.connected.has(name)) {
      this.connected.add(name);
      this.events.emit('connected', { stream: name });
    } else if (DOWN.has(state) && this.connected.delete(name)) this.events.emit('disconnected', { stream: name, reason });
  }
}

/** Builds the client; `connect` opens it. */
export function createClient(options: ClientOptions): Client {
  return new StreamClient(options);
}

function fallbackFor(market: Stream, fetch: FetchLike, server: string, timers: Timers, random: () => number, reached: () => void): Fallback {
  const url = new URL(`api/v1/snapshot?channel=${STREAMS.market.channel}`, server.endsWith('/') ? server : `${server}/`).href;
  const snapshot = (message: InitialData): void => {
    market.adopt(message);
    reached();
  };
  return lazyFallback({ url, fetch, timers, random, snapshot, active: (on) => market.setFallback(on) });
}
