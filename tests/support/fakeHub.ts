import { STREAMS, type MarketData, type StreamName } from '@/core/contract';
import type { WebSocketConstructor, WebSocketLike } from '@/service';

type Listener = (event: never) => void;

/** One fake connection: the test plays the server. */
export class FakeSocket implements WebSocketLike {
  readyState = 0;
  protocol = '';
  binaryType = 'blob';
  /** Messages the client sent, parsed. */
  readonly sent: Record<string, unknown>[] = [];
  /** Code with which the client closed; null = it did not. */
  closedWith: number | null = null;
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(
    readonly url: string,
    readonly offered: readonly string[],
  ) {}

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, (this.listeners.get(type) ?? new Set()).add(listener));
  }
  removeEventListener(type: string, listener: Listener): void {
    this.listeners.get(type)?.delete(listener);
  }
  send(data: string): void {
    if (this.readyState !== 1) throw new Error('sent on a socket that is not open');
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }
  /** As a browser does: the close event of a dead link comes late or never, so here it never comes by itself. */
  close(code = 1000): void {
    if (this.closedWith === null && this.readyState < 2) this.closedWith = code;
    this.readyState = 2;
  }
  private fire(type: string, event: object): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) (listener as (event: object) => void)({ type, ...event });
  }

  get stream(): StreamName {
    const found = (Object.keys(STREAMS) as StreamName[]).find((name) => this.url.endsWith(STREAMS[name].path));
    if (!found) throw new Error(`no stream at ${this.url}`);
    return found;
  }
  ofType(type: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message['type'] === type);
  }

  // ---- what the server does ---------------------------------------------------------------------

  accept(protocol = this.offered[0] ?? ''): this {
    this.protocol = protocol;
    this.readyState = 1;
    this.fire('open', {});
    return this;
  }
  say(message: object | string): void {
    this.fire('message', { data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
  hello(extra: object = {}): this {
    this.say({
      type: 'hello', v: 2, conn: 'c1', node: 'a', server_version: '1.2.3', time: '2026-01-01T00:00:00.000Z', stream: this.stream, mode: 'simulated', heartbeat_ms: 5_000, dead_ms: 12_000, flush_ms: 100,
      window_bytes: 32_768, ack_bytes: 16_384, stale_ms: 15_000, limits: { frame_bytes: 16_384, symbols: 500, channels: 64, msgs_per_10s: 100 }, reconnect: { base_ms: 1_000, cap_ms: 10_000, first_ms: 1_000 },
      auth: { mode: 'none', expires_in_ms: null }, ...extra,
    });
    return this;
  }
  snapshot(seq: number, data: Record<string, unknown> = {}, channel: string = STREAMS[this.stream].channel, epoch = 'e1', extra: object = {}): this {
    this.say({ type: 'initial_data', stream: this.stream, channel, epoch, seq, data, timestamp: '', ...extra });
    return this;
  }
  batch(prev: number, seq: number, data: Record<string, unknown>, channel: string = STREAMS[this.stream].channel, epoch = 'e1'): this {
    this.say({ type: 'batch', channel, epoch, prev, seq, timestamp: '', updates: Object.entries(data).map(([symbol, value]) => ({ symbol, data: value })) });
    return this;
  }
  heartbeat(seq: number, channel: string = STREAMS[this.stream].channel, epoch = 'e1'): this {
    this.say({ type: 'heartbeat', timestamp: '', pos: { [channel]: { epoch, seq } }, feeds: {}, mode: 'simulated' });
    return this;
  }
  /** The server closes with a code. */
  end(code: number, reason = ''): void {
    this.readyState = 3;
    this.fire('close', { code, reason });
  }
  /** The link breaks or cannot be made, as browsers tell it: error, then 1006. */
  fail(): void {
    this.readyState = 3;
    this.fire('error', { message: '' });
    this.fire('close', { code: 1006, reason: '' });
  }
}

export interface FakeHub {
  readonly WebSocket: WebSocketConstructor;
  readonly sockets: readonly FakeSocket[];
  of(name: StreamName): FakeSocket[];
  /** The newest socket of a stream; throws while there is none. */
  latest(name: StreamName): FakeSocket;
}

/** Takes the place of the network: every socket the client opens, in order. */
export function createFakeHub(): FakeHub {
  const sockets: FakeSocket[] = [];
  class Recorded extends FakeSocket {
    // By this reconnecting-websocket knows a WebSocket class.
    static readonly CLOSING = 2;
    constructor(url: string, protocols: string[] = []) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  return {
    WebSocket: Recorded,
    sockets,
    of: (name: StreamName): FakeSocket[] => sockets.filter((s) => s.stream === name),
    latest(name: StreamName): FakeSocket {
      const socket = sockets.filter((s) => s.stream === name).at(-1);
      if (!socket) throw new Error(`${name} has no socket yet`);
      return socket;
    },
  };
}

/** A market value that is fine in every respect. */
export const price = (value: number, extra: Partial<MarketData> = {}): MarketData => ({
  price: value, bid: value, ask: value, bid_size: 1, ask_size: 1, open_24h: value, change_24h: 0, high_24h: value, low_24h: value, volume_24h: 1,
  source: 'binance', quality: 'live', route: 'socket', state: 'ok', venue_time: null, age_ms: 0, ...extra,
});
