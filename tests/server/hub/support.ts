import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { decodeServer, STREAMS, type FeedMode, type StreamName } from '@/core/contract';
import type { Quote } from '@/core/market/outputs';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import type { Bus } from '../../../server/bus/bus';
import { createHub, type Hub, type HubDependencies } from '../../../server/hub/hub';
import { systemClock } from '../../../server/observability/clock';
import { createMetrics, type Metrics } from '../../../server/observability/metrics';
import { waitFor } from '../../support/waitFor';

export const silentLog = pino({ level: 'silent' });

export const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'AAPL', 'EUR/USD', 'constructor'];

export function quote(symbol: string, last: number | null, extra: Partial<Quote> = {}): Quote {
  return {
    symbol, last, bid: last === null ? null : last - 0.5, ask: last === null ? null : last + 0.5, bidSize: 1, askSize: 2, open24h: 100, high24h: 120, low24h: 90,
    volume24h: 1_000, venue: 'binance', kind: 'live', route: 'socket', state: 'ok', venueTime: 1_700_000_000_000, receiveTime: Date.now(), ...extra,
  };
}

/** Publishes numbered changes as the pipeline does. */
export class Owner {
  private readonly seqs = new Map<string, number>();
  constructor(
    private readonly bus: Bus,
    public epoch = 'e1',
  ) {}
  private next(channel: string, n: number) {
    const prev = this.seqs.get(channel) ?? 0;
    this.seqs.set(channel, prev + n);
    return { channel, epoch: this.epoch, prev, seq: prev + n };
  }
  set(channel: string, values: Record<string, unknown> | readonly (readonly [string, unknown])[]): void {
    const changes = (Array.isArray(values) ? (values as [string, unknown][]) : Object.entries(values)).map(([key, value]) => ({ key, value }));
    this.bus.publish({ type: 'keyed', ...this.next(channel, changes.length), changes });
  }
  quotes(...quotes: Quote[]): void {
    this.set('market', quotes.map((q) => [q.symbol, q] as const));
  }
  append(channel: string, ...items: unknown[]): void {
    this.bus.publish({ type: 'log', ...this.next(channel, items.length), items });
  }
  reset(channel: string, epoch: string): void {
    this.epoch = epoch;
    this.seqs.set(channel, 0);
    this.bus.publish({ type: 'reset', channel, epoch });
  }
}

export interface Running {
  readonly hub: Hub;
  readonly bus: Bus;
  readonly owner: Owner;
  readonly metrics: Metrics;
  readonly port: number;
  mode: FeedMode;
  url(stream: StreamName | 'any'): string;
  connect(stream: StreamName | 'any', protocols?: string[], headers?: Record<string, string>): Promise<Client>;
  /** Value of a counter with these labels. */
  count(name: 'clientErrors' | 'clientCloses' | 'upgradesRefused' | 'refusedInputs' | 'clientMessages', labels: Record<string, string>): Promise<number>;
  stop(): Promise<void>;
}

/** `at`: the port, for a hub that comes back where one was. */
export async function startHub(options: HubDependencies['options'] = {}, more: Partial<HubDependencies> = {}, at = 0): Promise<Running> {
  const bus = createMemoryBus(silentLog);
  const metrics = createMetrics();
  const state = { mode: 'live' as FeedMode };
  const hub = createHub({
    bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics, log: silentLog,
    options: { marketIntervalMs: 10, tickMs: 10, upgradesPerSecond: 1_000, upgradeBurst: 1_000, perAddress: 1_000, closeTimeoutMs: 500, serverVersion: '1.2.3', ...options },
    mode: () => state.mode, feeds: () => ({ binance: { state: 'live', age_ms: 5 } }), knownSymbol: (s) => SYMBOLS.includes(s), ...more,
  });
  const server = createServer();
  server.on('upgrade', (req, socket, head) => hub.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clients = new Set<Client>();
  const url = (stream: StreamName | 'any') => `ws://127.0.0.1:${port}${stream === 'any' ? '/ws' : STREAMS[stream].path}`;
  return {
    hub, bus, owner: new Owner(bus), metrics, port, url,
    get mode() {
      return state.mode;
    },
    set mode(mode) {
      state.mode = mode;
    },
    async connect(stream, protocols = [], headers = {}) {
      const client = new Client(new WebSocket(url(stream), protocols, { headers }));
      clients.add(client);
      await client.opened;
      return client;
    },
    async count(name, labels) {
      const metric = await metrics[name].get();
      const hit = metric.values.find((v) => Object.entries(labels).every(([k, x]) => String((v.labels as Record<string, unknown>)[k]) === x));
      return hit?.value ?? 0;
    },
    async stop() {
      for (const client of clients) client.ws.terminate();
      await hub.close('test over', 200);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Message = Record<string, unknown> & { type?: string };

/** A test client: keeps every message, checks each against the wire contract. */
export class Client {
  readonly messages: Message[] = [];
  readonly texts: string[] = [];
  readonly bad: string[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly opened: Promise<void>;

  constructor(readonly ws: WebSocket) {
    this.opened = new Promise((resolve, reject) => {
      ws.once('open', () => resolve());
      ws.once('error', reject);
      ws.once('unexpected-response', (_req, res) => reject(new Error(`HTTP ${res.statusCode}`)));
    });
    ws.on('error', () => undefined);
    ws.on('message', (data: Buffer) => {
      const text = data.toString();
      this.texts.push(text);
      if (!decodeServer(text).ok) this.bad.push(text);
      this.messages.push(JSON.parse(text) as Message);
    });
    ws.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
  }
  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
  of(type: string): Message[] {
    return this.messages.filter((m) => m.type === type);
  }
  /** The n-th (from 0) message of a type, as soon as it is there. */
  next(type: string, n = 0): Promise<Message> {
    return waitFor(() => this.of(type)[n], { message: () => `no ${type} #${n}; got ${this.texts.join('\n').slice(0, 2_000)}` });
  }
  async closing(): Promise<{ code: number; reason: string }> {
    return waitFor(() => this.closed, { message: 'the connection did not close' });
  }
  async hello(resume?: unknown): Promise<Message> {
    this.send({ type: 'hello', v: 2, ...(resume ? { resume } : {}) });
    return this.next('hello');
  }
}

export const V2 = ['tickglass.v2.json'];
export const ROWS = ['tickglass.v2.rows'];
