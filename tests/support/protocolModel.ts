import { pino } from 'pino';
import { decodeServer, parseChannel, PROTOCOL_VERSION, type ResumePoint } from '@/core/contract';
import type { Quote } from '@/core/market/outputs';
import { Reducer } from '@/service/reducer';
import type { ChannelChange } from '@/service';
import { createMemoryBus } from '../../server/bus/memoryBus';
import { Connection } from '../../server/hub/connection';
import type { HubContext } from '../../server/hub/context';
import { Encoder } from '../../server/hub/encode';
import { DEFAULT_HUB_OPTIONS } from '../../server/hub/options';
import type { Dialect } from '../../server/hub/reader';
import { createReplicas } from '../../server/hub/replicas';
import { createWants } from '../../server/hub/wants';
import { createMetrics } from '../../server/observability/metrics';

export const TRADES = 'trades:BTC/USDT';
const CHANNELS = ['market', 'sparkline', TRADES] as const;
const log = pino({ level: 'silent' });
const metrics = createMetrics();

const quote = (symbol: string, last: number): Quote => ({
  symbol, last, bid: last - 1, ask: last + 1, bidSize: 1, askSize: 2, open24h: 100, high24h: 120, low24h: 90, volume24h: 1_000,
  venue: last % 7 === 0 ? 'okx' : 'binance', kind: 'live', route: 'socket', state: 'ok', venueTime: null, receiveTime: 0,
});

/**
 * The server's real channels and connection against the client's real reducer, joined by a queue that can lose, double and drop
 * frames. Time is a number. The glue stands for the socket and the stream's greeting, nothing else.
 */
export class ProtocolModel {
  /** What a store would hold: values by channel and key, and the numbers of the log's items. */
  readonly values = new Map<string, Map<string, unknown>>();
  readonly trades: { seq: number; lostBefore: number }[] = [];
  readonly faults: string[] = [];
  connections = 0;
  refused = 0;
  private now = 0;
  private hub: HubContext;
  private readonly seqs = new Map<string, number>();
  private epoch = 0;
  private server: Connection | null = null;
  private queue: string[] = [];
  private greeted = false;
  private openedAt = 0;
  private resume: Record<string, ResumePoint> = {};
  private broken = false;
  private readonly wanted = new Set<string>(['market']);
  private readonly positions = new Map<string, { epoch: string; seq: number }>();
  readonly reducer: Reducer;

  constructor(private readonly dialect: Dialect = 'rows') {
    this.hub = this.boot();
    this.reducer = new Reducer('market', {
      change: (change) => this.apply(change),
      send: (message) => this.server?.receive(JSON.stringify(message)),
      receipt: () => undefined,
      rejected: (channel, code) => {
        // The model's own limits are never reached, so a refusal is a fault.
        this.faults.push(`${channel} rejected: ${code}`);
      },
      refused: () => this.refused++,
      broken: () => (this.broken = true),
    });
  }

  private boot(): HubContext {
    const clock = { now: () => this.now, monotonic: () => this.now };
    const options = { ...DEFAULT_HUB_OPTIONS, messageBurst: 10_000, messagesPer10s: 100_000, subscribesPer10s: 100_000 };
    const encoder = new Encoder(clock, () => ({ now: () => this.now, speed: 1 }), () => this.faults.push('a value was not sent'));
    const replicas = createReplicas(clock, log);
    const hub: HubContext = {
      replicas, wants: createWants(createMemoryBus(log), replicas, metrics, options), encoder, clock, feedClock: () => ({ now: () => this.now, speed: 1 }), metrics, log, options,
      mode: () => 'live', feeds: () => ({}), knownSymbol: () => true, knownVenue: () => true, present: () => [], waiting: () => undefined,
    };
    this.epoch++;
    for (const channel of CHANNELS) {
      this.seqs.set(channel, 0);
      hub.replicas.apply({ type: 'reset', channel, epoch: `e${this.epoch}` });
    }
    return hub;
  }

  // ---- server side ------------------------------------------------------------------------------

  private next(channel: string): { channel: string; epoch: string; prev: number; seq: number } {
    const prev = this.seqs.get(channel) ?? 0;
    this.seqs.set(channel, prev + 1);
    return { channel, epoch: `e${this.epoch}`, prev, seq: prev + 1 };
  }
  set(channel: 'market' | 'sparkline', key: string, n: number | null): void {
    const value = n === null ? undefined : channel === 'market' ? quote(key, n) : { end_time: n, step_ms: 60_000, closes: [n], quality: 'live' };
    this.hub.replicas.apply({ type: 'keyed', ...this.next(channel), changes: [{ key, value }] });
  }
  trade(n: number): void {
    this.hub.replicas.apply({ type: 'log', ...this.next(TRADES), items: [{ id: String(n), price: '1', size: '1', side: 'buy', t: n, venue: 'binance', quality: 'live' }] });
  }
  /** A new numbering of all channels with the connection kept: what a change of mode does. */
  reset(): void {
    this.epoch++;
    for (const channel of CHANNELS) {
      this.seqs.set(channel, 0);
      this.hub.replicas.apply({ type: 'reset', channel, epoch: `e${this.epoch}` });
    }
  }
  restart(): void {
    this.drop();
    this.hub = this.boot();
  }
  flush(): void {
    this.server?.flushAll();
  }

  // ---- the line ---------------------------------------------------------------------------------

  connect(): void {
    if (this.server) return;
    this.connections++;
    this.queue = [];
    this.greeted = this.broken = false;
    this.openedAt = this.now;
    const session = {
      id: `c${this.connections}`, send: (data: Buffer | string, done?: () => void) => { this.queue.push(data.toString()); done?.(); },
      batch: (work: () => void) => work(), close: () => this.drop(), terminate: () => this.drop(), ping: (text: string) => this.server?.ponged(text), stats: () => ({ buffered: 0, delivered: this.now }),
    };
    this.server = new Connection(this.hub, session, 'market', this.dialect);
    this.server.start();
    this.resume = this.reducer.resumePoints();
    this.server.receive(JSON.stringify({ type: 'hello', v: PROTOCOL_VERSION, features: ['rows', 'sparse'], resume: this.resume }));
  }
  drop(): void {
    this.server = null;
    this.queue = [];
    this.reducer.closed();
  }
  lose(): void {
    this.queue.shift();
  }
  duplicate(): void {
    const [first] = this.queue;
    if (first !== undefined) this.queue.splice(1, 0, first);
  }
  deliver(n: number): void {
    for (let i = 0; i < n && this.queue.length > 0 && !this.broken; i++) this.hear(this.queue.shift() ?? '');
    if (this.broken) this.drop();
  }

  private hear(text: string): void {
    const decoded = decodeServer(text);
    if (!decoded.ok) return void this.faults.push(`undecodable: ${decoded.error.message} ${text.slice(0, 200)}`);
    const message = decoded.value;
    if (!this.greeted) {
      if (!('type' in message) || message.type !== 'hello') return;
      this.greeted = true;
      this.reducer.opened(message, this.resume, this.now);
    } else this.reducer.handle(message, this.now);
    this.checkPositions();
  }

  /** A position never goes back inside an epoch. */
  private checkPositions(): void {
    for (const [channel, { epoch, seq }] of Object.entries(this.reducer.resumePoints())) {
      const before = this.positions.get(channel);
      if (before?.epoch === epoch && seq < before.seq && this.wanted.has(channel)) this.faults.push(`${channel} went back from ${before.seq} to ${seq}`);
      this.positions.set(channel, { epoch, seq });
    }
  }

  // ---- client side ------------------------------------------------------------------------------

  want(channel: string): void {
    this.wanted.add(channel);
    this.reducer.want(channel, this.now);
  }
  unwant(channel: string): void {
    this.wanted.delete(channel);
    this.positions.delete(channel);
    this.reducer.unwant(channel);
    this.values.delete(channel);
    if (channel === TRADES) this.trades.length = 0;
  }
  private apply(change: ChannelChange): void {
    if (!this.wanted.has(change.channel)) return void this.faults.push(`a change of ${change.channel}, which nobody wants`);
    if (change.family === 'book') return;
    if (change.family === 'trades') {
      if (change.replace) this.trades.length = 0;
      change.items.forEach(({ seq }, i) => this.trades.push({ seq, lostBefore: i === 0 ? change.lost : 0 }));
      return;
    }
    let map = this.values.get(change.channel);
    if (!map || change.replace) this.values.set(change.channel, (map = new Map()));
    for (const { key, value } of change.updates) {
      if (value === null) map.delete(key);
      else map.set(key, 'price' in value && typeof value.price === 'number' ? value.price : 'closes' in value ? value.closes[0] : value);
    }
  }

  pass(ms: number): void {
    this.now += ms;
    this.server?.tick(this.now);
    if (this.server && !this.greeted && this.now - this.openedAt >= 5_000) this.drop();
    this.reducer.tick(this.now);
  }

  /** Everything calms down: the line works, changes stop, time passes. */
  rest(): void {
    for (let i = 0; i < 90; i++) {
      this.connect();
      this.flush();
      this.deliver(Infinity);
      this.pass(1_000);
    }
    this.flush();
    this.deliver(Infinity);
  }

  /** What is wrong at rest; empty = client and server agree. */
  differences(): string[] {
    const wrong = [...this.faults];
    if (!this.reducer.synced) wrong.push('not synced');
    for (const name of this.wanted) {
      const channel = parseChannel(name);
      const replica = channel && this.hub.replicas.ensure(channel);
      if (!replica) continue;
      if (replica.kind === 'log') {
        const newest = this.trades.at(-1)?.seq ?? 0;
        if (newest !== replica.seq) wrong.push(`${name}: newest ${newest}, server ${replica.seq}`);
        this.trades.forEach(({ seq, lostBefore }, i) => {
          const before = this.trades[i - 1];
          if (before && seq - before.seq - 1 !== lostBefore) wrong.push(`${name}: ${before.seq} is followed by ${seq}, announced lost ${lostBefore}`);
        });
        continue;
      }
      const there = Object.fromEntries(replica.state(null).map((e) => [e.key, valueOf(e.value)]).sort());
      const here = Object.fromEntries([...(this.values.get(name) ?? new Map<string, unknown>())].sort());
      if (JSON.stringify(there) !== JSON.stringify(here)) wrong.push(`${name}: server ${JSON.stringify(there)} client ${JSON.stringify(here)}`);
    }
    return wrong;
  }
}

function valueOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('last' in value) return value.last;
  return 'closes' in value && Array.isArray(value.closes) ? value.closes[0] : value;
}
