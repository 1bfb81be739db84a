import { parseChannel, STREAM_NAMES, STREAMS, type FeedMode, type StatusMessage, type StreamName } from '@/core/contract';
import { createEmitter } from './emitter';
import { noEnvironment, pageEnvironment, systemClock, systemTimers } from './environment';
import { PriceCache, type CachedPrice, type PriceListener } from './priceCache';
import { receiptWords } from './receiptWords';
import { RestFallback } from './restFallback';
import { Stream, type StreamPort } from './stream';
import type { ChannelChange, ClientEvents, Clock, Environment, FetchLike, StreamState, StreamStatus, Timers, WebSocketConstructor } from './types';

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
  /** Connects at once what is not connected, also after a final refusal. */
  retry(stream?: StreamName): void;
}

const FLOWING: ReadonlySet<StreamState> = new Set(['live', 'syncing']);
const MAX_NOTICES = 50;

function defaultWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!found) throw new TypeError('This platform has no WebSocket; pass one, e.g. that of the ws package');
  return found;
}

/** Builds the client; `connect` opens it. */
export function createClient(options: ClientOptions): Client {
  const { server, clock = systemClock, timers = systemTimers, random = Math.random } = options;
  const environment = options.environment ?? (typeof window === 'undefined' ? noEnvironment : pageEnvironment(window));
  const events = createEmitter<ClientEvents>((error, event) => {
    if (event !== 'activity') note('error', 'app', `A listener of "${String(event)}" failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  const note = (level: 'info' | 'warn' | 'error', source: string, text: string): void => events.emit('activity', { at: clock.wall(), level, source, text });
  const holds = new Map<string, number>();
  const states = new Map<StreamName, StreamState>();
  const heard: string[] = [];
  let mode: FeedMode | null = null;

  /** The same message comes over each stream; it is told once. */
  function notice(message: StatusMessage): void {
    const key = `${message.code} ${message.source ?? ''} ${message.timestamp} ${message.message}`;
    if (heard.includes(key)) return;
    heard.push(key);
    if (heard.length > MAX_NOTICES) heard.shift();
    events.emit('status', message);
    note(message.level, message.source ?? 'server', message.message);
  }

  function onStatus(status: StreamStatus): void {
    const { name, state, reason } = status;
    const before = states.get(name);
    states.set(name, state);
    if (name === 'market') watchMarket(state);
    events.emit('stream', status);
    if (before === state) return;
    if (state === 'live') events.emit('connected', { stream: name });
    else if (before === 'live' && !FLOWING.has(state)) events.emit('disconnected', { stream: name, reason });
  }

  function watchMarket(state: StreamState): void {
    if (state === 'live' || state === 'idle') rest?.stop();
    else if (state === 'backoff' || state === 'stopped' || state === 'offline') rest?.start();
  }

  const portOf = (name: StreamName): StreamPort => ({
    status: onStatus,
    change: (change) => {
      prices.apply(change);
      events.emit('change', change);
    },
    receipt: (receipt) => {
      events.emit('receipt', { stream: name, receipt });
      const words = receiptWords(receipt);
      if (words) note(receipt.lost > 0 ? 'warn' : 'info', name, words);
    },
    mode: (next) => {
      if (next === mode) return;
      mode = next;
      events.emit('mode', next);
    },
    feeds: (feeds) => events.emit('feeds', feeds),
    server: (version) => events.emit('server', { version }),
    notice,
    rejected: (channel, code) => {
      events.emit('rejected', { stream: name, channel, code });
      note('warn', name, `The server does not give ${channel} (${code})`);
    },
    note: ({ level, text }) => note(level, name, text),
  });

  const client = { name: options.name ?? 'sdk', version: options.version ?? '' };
  const make = (name: StreamName): Stream =>
    new Stream({ name, server, client, WebSocket: options.WebSocket ?? defaultWebSocket(), clock, timers, random, environment, port: portOf(name), ...(options.protocols ? { protocols: options.protocols } : {}) });
  const streams = new Map((options.streams ?? STREAM_NAMES).map((name) => [name, make(name)]));
  const market = streams.get('market');
  const rest = market ? fallbackFor(market, options.fetch ?? ((url, init) => fetch(url, init)), server, timers, random) : null;
  const prices = new PriceCache(
    () => clock.mono(),
    () => FLOWING.has(states.get('market') ?? 'idle') || market?.status.fallback === true,
    (error) => note('error', 'app', `A price listener failed: ${error instanceof Error ? error.message : String(error)}`),
  );
  let stopListening: (() => void) | null = null;

  function hold(channel: string): void {
    const n = holds.get(channel) ?? 0;
    holds.set(channel, n + 1);
    if (n === 0 && !streamOf(channel)?.want(channel)) note('warn', 'app', `There is no channel ${channel}`);
  }
  function release(channel: string): void {
    const n = (holds.get(channel) ?? 0) - 1;
    if (n > 0) return void holds.set(channel, n);
    holds.delete(channel);
    streamOf(channel)?.unwant(channel);
  }
  function streamOf(channel: string): Stream | undefined {
    const parsed = parseChannel(channel);
    return parsed ? streams.get(parsed.stream) : undefined;
  }
  const each = (act: (stream: Stream) => void): void => streams.forEach(act);

  return {
    server,
    connect() {
      stopListening ??= environment.listen((event) => each((s) => (event === 'online' ? s.onOnline() : event === 'offline' ? s.onOffline() : s.onWake())));
      each((s) => s.connect());
    },
    disconnectAll() {
      stopListening?.();
      stopListening = null;
      each((s) => s.disconnect());
    },
    subscribe: (symbol, listener) => prices.subscribe(symbol, listener),
    subscribeChannel(channel, listener) {
      const stop = listener ? events.on('change', (change) => { if (change.channel === channel) listener(change); }) : null;
      hold(channel);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        stop?.();
        release(channel);
      };
    },
    on: events.on,
    getPrice: (symbol) => prices.get(symbol),
    status: (name) => streams.get(name)?.status ?? null,
    retry(name) {
      for (const [key, stream] of streams) if (name === undefined || key === name) stream.retry();
    },
  };
}

function fallbackFor(market: Stream, fetch: FetchLike, server: string, timers: Timers, random: () => number): RestFallback {
  const url = new URL(`api/v1/snapshot?channel=${STREAMS.market.channel}`, server.endsWith('/') ? server : `${server}/`).href;
  return new RestFallback({ url, fetch, timers, random, snapshot: (message) => market.adopt(message), active: (on) => market.setFallback(on) });
}
