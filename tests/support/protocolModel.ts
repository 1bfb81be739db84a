import { pino } from 'pino';
import { decodeServer, parseChannel, PROTOCOL_VERSION, type ReceiptMessage, type ResumePoint, type ServerMessage } from '@/core/contract';
import type { Quote } from '@/core/market/outputs';
import { Acker } from '@/service/acker';
import { Reducer } from '@/service/reducer';
import type { ChannelChange } from '@/service';
import { createMemoryBus } from '../../server/bus/memoryBus';
import { Connection } from '../../server/hub/connection';
import type { HubContext } from '../../server/hub/context';
import { Encoder } from '../../server/hub/encode';
import { DEFAULT_HUB_OPTIONS, type HubOptions } from '../../server/hub/options';
import type { Dialect } from '../../server/hub/reader';
import { createReplicas, type Replica } from '../../server/hub/replicas';
import { isQuote, marketData } from '../../server/hub/values';
import type { Frame, Push } from '../../server/hub/push';
import { createTallies } from '../../server/hub/tally';
import { createWants } from '../../server/hub/wants';
import { Floods } from '../../server/observability/floods';
import { createMetrics } from '../../server/observability/metrics';

export const TRADES = 'trades:BTC/USDT';
const CHANNELS = ['market', 'sparkline', TRADES] as const;
const log = pino({ level: 'silent' });
const metrics = createMetrics();

const quote = (symbol: string, last: number): Quote => ({
  symbol, last, bid: last % 3 ? last - 1 : null, ask: last + 1, bidSize: last % 2, askSize: 2, open24h: 100, high24h: 120, low24h: 90, volume24h: 1_000,
  venue: last % 7 === 0 ? 'okx' : 'binance', kind: 'live', route: 'socket', state: 'ok', venueTime: null, receiveTime: null,
});

/** A rule of the protocol that is broken on purpose: the model must notice each. */
export type Mutation = 'no tombstones' | 'no tombstone floor' | 'no gap check' | 'no heartbeat position' | 'request id not echoed' | 'changed columns of an older position';

export interface ModelOptions {
  readonly dialect?: Dialect;
  readonly mutation?: Mutation;
  /** Removals a keyed channel remembers. */
  readonly tombstones?: number;
  readonly hub?: Partial<HubOptions>;
}

/**
 * The server's real channels and connection against the client's real reducer, joined by a queue that can lose, double and drop
 * frames. Time is a number. The glue stands for the socket and the stream's greeting, nothing else.
 */
export class ProtocolModel {
  /** What a store would hold: values by channel and key, and the numbers of the log's items. */
  readonly values = new Map<string, Map<string, unknown>>();
  readonly trades: { seq: number; lostBefore: number }[] = [];
  /** Every trade ever received, and every receipt, whatever became of the connection. */
  readonly received: { epoch: string; seq: number }[] = [];
  /** What was said to be lost: numbers from `first` to `last`. */
  readonly announced: { epoch: string; first: number; last: number }[] = [];
  readonly receipts: ReceiptMessage[] = [];
  /** What the reducer was told, in order, and the changes it made of it. */
  readonly tape: ((reducer: Reducer) => void)[] = [];
  readonly changes: string[] = [];
  /** Trades that there were, by numbering. */
  readonly journal = new Map<string, number>();
  /** Most bytes under way beyond the window. */
  mostOver = 0;
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

  private readonly dialect: Dialect;
  private readonly acker = new Acker((message) => this.server?.receive(JSON.stringify(message)));

  constructor(private readonly options: ModelOptions = {}) {
    this.dialect = options.dialect ?? 'rows';
    this.hub = this.boot();
    this.reducer = new Reducer('market', {
      change: (change) => {
        this.changes.push(JSON.stringify(change));
        this.apply(change);
      },
      send: (message) => this.server?.receive(JSON.stringify(message)),
      receipt: (receipt) => this.onReceipt(receipt),
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
    const options = { ...DEFAULT_HUB_OPTIONS, messageBurst: 10_000, messagesPer10s: 100_000, subscribesPer10s: 100_000, ...this.options.hub };
    const encoder = new Encoder(clock, () => ({ now: () => this.now, speed: 1 }), () => this.faults.push('a value was not sent'));
    const replicas = createReplicas(clock, log);
    const hub: HubContext = {
      replicas, wants: createWants(createMemoryBus(log), replicas, metrics, options), encoder, clock, feedClock: () => ({ now: () => this.now, speed: 1 }), metrics, tallies: createTallies(metrics), log, options,
      mode: () => 'live', feeds: () => ({}), knownSymbol: () => true, knownVenue: () => true, present: () => [], waiting: () => undefined, floods: new Floods(), spreadMs: () => 1_000, random: () => 0.5,
    };
    this.epoch++;
    for (const channel of CHANNELS) {
      this.seqs.set(channel, 0);
      hub.replicas.apply({ type: 'reset', channel, epoch: `e${this.epoch}` });
      const replica = hub.replicas.get(channel);
      if (replica) this.tamper(replica);
    }
    return hub;
  }

  private tamper(replica: Replica): void {
    if (replica.kind !== 'keyed') return;
    const { mutation, tombstones } = this.options;
    if (tombstones !== undefined) Reflect.set(replica, 'tombstones', tombstones);
    if (mutation === 'no tombstone floor') Object.defineProperty(replica, 'floor', { get: () => 0, set: () => undefined });
    const real = replica.changedSince.bind(replica);
    if (mutation === 'no tombstones') replica.changedSince = (cursor, accept) => real(cursor, accept)?.filter((e) => e.value !== undefined) ?? null;
  }

  /** The message as a server or client that breaks a rule would make or take it. */
  private twisted(message: ServerMessage): ServerMessage {
    const { mutation } = this.options;
    if (mutation === 'no gap check') {
      if (!('type' in message)) return { ...message, p: 0 };
      if (message.type === 'batch') return { ...message, prev: 0 };
    }
    if (!('type' in message)) return mutation === 'changed columns of an older position' ? { ...message, r: message.r.map((row) => (row.length > 5 ? [row[0] ?? 0, 1, row[2] ?? null, row[3] ?? null, row[4] ?? null] : row)) } : message;
    if (mutation === 'no heartbeat position' && message.type === 'heartbeat') return { ...message, pos: Object.fromEntries(Object.entries(this.reducer.resumePoints()).map(([name, { epoch, seq }]) => [name, { epoch, seq }])) };
    if (mutation === 'request id not echoed' && message.type === 'subscribed') return { ...message, id: undefined };
    return message;
  }

  // ---- server side ------------------------------------------------------------------------------

  private next(channel: string): { channel: string; epoch: string; prev: number; seq: number } {
    const prev = this.seqs.get(channel) ?? 0;
    this.seqs.set(channel, prev + 1);
    if (channel === TRADES) this.journal.set(`e${this.epoch}`, prev + 1);
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
    if (this.server) this.mostOver = Math.max(this.mostOver, this.server.credit.unacked - this.server.credit.window);
  }

  // ---- the line ---------------------------------------------------------------------------------

  connect(): void {
    if (this.server) return;
    this.connections++;
    this.queue = [];
    this.greeted = this.broken = false;
    this.openedAt = this.now;
    const session = {
      id: `c${this.connections}`,
      send: ({ frames }: Frame | Push, done?: () => void) => {
        for (const { data } of frames) this.queue.push(data.toString());
        done?.();
      },
      hold: () => undefined, release: () => undefined, close: () => this.drop(), terminate: () => this.drop(), ping: (text: string) => this.server?.ponged(text), buffered: () => 0, delivered: () => this.now,
    };
    this.server = new Connection(this.hub, session, 'market', this.dialect);
    this.acker.begin();
    this.server.start();
    this.resume = this.reducer.resumePoints();
    this.server.receive(JSON.stringify({ type: 'hello', v: PROTOCOL_VERSION, features: ['rows', 'ack', 'sparse'], resume: this.resume }));
  }
  drop(): void {
    this.server = null;
    this.queue = [];
    this.drive((r) => r.closed());
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
    this.acker.take(text);
    const decoded = decodeServer(text);
    if (!decoded.ok) return void this.faults.push(`undecodable: ${decoded.error.message} ${text.slice(0, 200)}`);
    const message = this.twisted(decoded.value);
    if (!this.greeted) {
      if (!('type' in message) || message.type !== 'hello') return;
      this.greeted = true;
      this.acker.begin(message.ack_bytes);
      const { resume, now } = this;
      this.drive((r) => r.opened(message, resume, now));
    } else {
      const { now } = this;
      this.drive((r) => r.handle(message, now));
    }
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

  private drive(step: (reducer: Reducer) => void): void {
    this.tape.push(step);
    step(this.reducer);
  }

  /** The changes a new reducer makes of the same tape. */
  replayed(): string[] {
    const changes: string[] = [];
    const none = (): void => undefined;
    const reducer = new Reducer('market', { change: (change) => changes.push(JSON.stringify(change)), send: none, receipt: none, rejected: none, refused: none, broken: none });
    for (const step of this.tape) step(reducer);
    return changes;
  }

  // ---- client side ------------------------------------------------------------------------------

  want(channel: string): void {
    this.wanted.add(channel);
    const { now } = this;
    this.drive((r) => void r.want(channel, now));
  }
  unwant(channel: string): void {
    this.wanted.delete(channel);
    this.positions.delete(channel);
    this.drive((r) => r.unwant(channel));
    this.values.delete(channel);
    if (channel === TRADES) this.trades.length = 0;
  }
  private apply(change: ChannelChange): void {
    if (!this.wanted.has(change.channel)) return void this.faults.push(`a change of ${change.channel}, which nobody wants`);
    if (change.family === 'book') return;
    if (change.family === 'trades') {
      const { epoch } = this.reducer.resumePoints()[TRADES] ?? { epoch: '' };
      for (const { seq } of change.items) this.received.push({ epoch, seq });
      const last = (change.items[0]?.seq ?? 0) - 1;
      if (change.lost > 0) this.announced.push({ epoch, first: last - change.lost + 1, last });
      if (change.replace) this.trades.length = 0;
      change.items.forEach(({ seq }, i) => this.trades.push({ seq, lostBefore: i === 0 ? change.lost : 0 }));
      return;
    }
    let map = this.values.get(change.channel);
    if (!map || change.replace) this.values.set(change.channel, (map = new Map()));
    for (const { key, value } of change.updates) {
      if (value === null) map.delete(key);
      else map.set(key, value);
    }
  }

  private onReceipt(receipt: ReceiptMessage): void {
    this.receipts.push(receipt);
    const { channel, from, to, lost } = receipt;
    if (channel !== TRADES || !from || lost === 0) return;
    // Lost is what came right after the reader's position; across a reset the end of the old numbering, then the beginning of the new.
    const tail = from.epoch === to.epoch ? lost : (this.journal.get(from.epoch) ?? 0) - from.seq;
    this.announced.push({ epoch: from.epoch, first: from.seq + 1, last: from.seq + tail }, { epoch: to.epoch, first: 1, last: lost - tail });
  }

  pass(ms: number): void {
    this.now += ms;
    this.server?.tick(this.now);
    this.acker.tell();
    if (this.server && !this.greeted && this.now - this.openedAt >= 5_000) this.drop();
    const { now } = this;
    this.drive((r) => r.tick(now));
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
      const there = sorted(replica.state(null).map((e) => [e.key, isQuote(e.value) ? marketData(e.value, { iso: '', wall: 0, feed: 0, speed: 1 }) : e.value]));
      const here = sorted([...(this.values.get(name) ?? new Map<string, unknown>())]);
      if (there !== here) wrong.push(`${name}: server ${there} client ${here}`);
    }
    return wrong;
  }
}

/** The same text for the same values, whatever their order. */
const sorted = (pairs: readonly (readonly [string, unknown])[]): string =>
  JSON.stringify(pairs.map(([key, value]) => [key, typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
