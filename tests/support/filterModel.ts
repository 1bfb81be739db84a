import { decodeServer, type ServerMessage, type ServerMessageOf } from '@/core/contract';
import { Connection } from '../../server/hub/connection';
import type { Frame, Push } from '../../server/hub/push';
import { isQuote } from '../../server/hub/values';
import { bench } from '../server/hub/bench';
import { quote } from '../server/hub/support';

/** Rules of docs/protocol.md that a client with symbols of its own could forget; the model must notice each. */
export type FilterMutation = 'versions and lists of what is subscribed ignored' | 'a snapshot marks open symbols as held' | 'open requests never sent again';

interface Open {
  readonly id: number;
  readonly at: number;
  readonly symbols: readonly string[];
}

/**
 * The real connection of the server against a client that reads some symbols of `market`, written from docs/protocol.md. The line between
 * them keeps its order, but can lose or double a frame and be cut. Time is a number.
 */
export class FilterModel {
  readonly wanted = new Set<string>();
  private readonly on = bench({ messageBurst: 1e6, messagesPer10s: 1e6, subscribesPer10s: 1e6, resyncsPerMinute: 1e6 });
  private server: Connection | null = null;
  private queue: string[] = [];
  private greeted = false;
  /** Symbols whose state is held under (epoch, seq). */
  private readonly held = new Set<string>();
  private values = new Map<string, number | null>();
  private epoch = '';
  private seq = 0;
  private sv = 0;
  private open: Open | null = null;
  private openResync: Open | null = null;
  /** Symbols that a snapshot on its way will bring. */
  private coming: readonly string[] = [];
  private resyncNotBefore = 0;
  private lastId = 0;
  private epochs = 0;

  constructor(private readonly mutation?: FilterMutation) {
    this.reset();
  }

  // ---- server side and line -----------------------------------------------------------------------

  set(symbol: string, last: number | null): void {
    this.on.owner.set('market', { [symbol]: last === null ? undefined : quote(symbol, last) });
  }
  reset(): void {
    this.on.owner.reset('market', `e${++this.epochs}`);
  }
  flush(): void {
    this.server?.flushAll();
  }
  lose(): void {
    this.queue.shift();
  }
  duplicate(): void {
    const [first] = this.queue;
    if (first !== undefined) this.queue.splice(1, 0, first);
  }
  drop(): void {
    this.server = null;
    this.queue = [];
  }
  connect(): void {
    if (this.server) return;
    this.queue = [];
    this.greeted = false;
    this.open = this.openResync = null;
    this.coming = [];
    this.sv = 0;
    const send = ({ frames }: Frame | Push, done?: () => void): void => {
      for (const { data } of frames) this.queue.push(data.toString());
      done?.();
    };
    const session = { id: 'c', send, hold: () => undefined, release: () => undefined, close: () => this.drop(), terminate: () => this.drop(), ping: (text: string) => this.server?.ponged(text), buffered: () => 0, delivered: () => this.on.now() };
    this.server = new Connection(this.on.hub, session, 'market', 'objects');
    this.server.start();
    this.say({ type: 'hello', v: 2, resume: { market: { epoch: this.epoch || 'none', seq: this.seq, symbols: [...this.held] } } });
  }
  deliver(n: number): void {
    for (let i = 0; i < n && this.queue.length > 0; i++) this.hear(this.queue.shift() ?? '');
  }
  pass(ms: number): void {
    this.on.pass(ms);
    this.server?.tick(this.on.now());
    if (this.server && !this.greeted && this.queue.length === 0) this.drop(); // its greeting was lost
    const late = (request: Open | null): boolean => request !== null && this.on.now() - request.at >= 5_000;
    if (late(this.open) && this.mutation !== 'open requests never sent again') this.open = null;
    if (late(this.openResync)) this.openResync = null;
    this.settle();
  }
  rest(): void {
    for (let i = 0; i < 60; i++) {
      this.connect();
      this.flush();
      this.deliver(100);
      this.pass(1_000);
    }
    this.deliver(100);
  }
  /** What is wrong at rest; empty = the client holds the server's state of the symbols it wants. */
  differences(): string[] {
    const replica = this.on.hub.replicas.get('market');
    const there = replica?.kind === 'keyed' ? replica.state((key) => this.wanted.has(key)).map((e) => [e.key, isQuote(e.value) ? e.value.last : null]) : [];
    const texts = [there, [...this.values]].map((pairs) => JSON.stringify([...pairs].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))));
    return texts[0] === texts[1] ? [] : [`server ${String(texts[0])} client ${String(texts[1])}`];
  }

  // ---- client side ----------------------------------------------------------------------------------

  private say(message: object): void {
    this.server?.receive(JSON.stringify(message));
  }
  /** One request at a time brings what is held nearer to what is wanted. */
  settle(): void {
    if (!this.server || !this.greeted || this.open || this.openResync || this.coming.length > 0) return;
    const add = [...this.wanted].filter((symbol) => !this.held.has(symbol));
    const gone = [...this.held].filter((symbol) => !this.wanted.has(symbol));
    if (add.length === 0 && gone.length === 0) return;
    const symbols = add.length > 0 ? add : gone;
    if (add.length === 0) for (const symbol of gone) this.forget(symbol);
    this.open = { id: ++this.lastId, at: this.on.now(), symbols };
    this.say({ type: add.length > 0 ? 'subscribe' : 'unsubscribe', id: this.open.id, channels: ['market'], symbols });
  }
  private forget(symbol: string): void {
    this.held.delete(symbol);
    this.values.delete(symbol);
    if (this.held.size === 0) this.epoch = '';
  }
  private resync(): void {
    if (this.openResync || this.on.now() < this.resyncNotBefore) return;
    this.open = null;
    this.coming = [];
    this.sv += 100;
    this.openResync = { id: ++this.lastId, at: this.on.now(), symbols: [] };
    this.say({ type: 'resync', id: this.openResync.id, channel: 'market', ...(this.epoch ? { have: { epoch: this.epoch, seq: this.seq } } : {}), symbols: [...this.held], sv: this.sv });
  }

  private hear(text: string): void {
    const decoded = decodeServer(text);
    if (!decoded.ok) throw new Error(decoded.error.message);
    if ('type' in decoded.value) this.take(decoded.value);
    this.settle();
  }
  private take(m: Extract<ServerMessage, { type: string }>): void {
    if (m.type === 'hello') this.greeted = true;
    if (!this.greeted) return;
    if (m.type === 'subscribed') this.subscribed(m);
    else if (m.type === 'unsubscribed' && this.answers(m.id)) {
      this.open = null;
      this.sv = m.sv;
    } else if (m.type === 'batch') this.batch(m);
    else if (m.type === 'initial_data') this.snapshot(m);
    else if (m.type === 'receipt') this.openResync = null;
    else if (m.type === 'error') this.failed(m);
    else if (m.type === 'heartbeat') this.heartbeat(m);
  }
  private answers(id: number | undefined): boolean {
    return this.open?.id === id;
  }
  private subscribed(m: ServerMessageOf<'subscribed'>): void {
    const [entry] = m.channels;
    if (!entry || !this.answers(m.id)) return;
    const asked = this.open?.symbols ?? entry.symbols ?? [];
    this.open = null;
    this.sv = m.sv;
    const added = entry.symbols ?? [];
    if (this.epoch === '' && entry.data) [this.epoch, this.seq] = [entry.epoch, entry.asof];
    if (entry.epoch !== this.epoch && entry.data) return this.resync();
    if (!entry.data) this.coming = added;
    else for (const symbol of added) this.hold(symbol, Object.hasOwn(entry.data, symbol) ? entry.data[symbol] : undefined);
    // What it does not list it believes to be held: an earlier answer was lost.
    if (asked.some((symbol) => !added.includes(symbol)) && this.mutation !== 'versions and lists of what is subscribed ignored') this.resync();
  }
  private hold(symbol: string, data: unknown): void {
    this.held.add(symbol);
    if (data === undefined) this.values.delete(symbol);
    else this.values.set(symbol, (data as { price: number | null }).price);
  }
  private batch(m: ServerMessageOf<'batch'>): void {
    const sv = m.sv ?? 0;
    if (this.mutation !== 'versions and lists of what is subscribed ignored') {
      if (sv < this.sv) return; // made for another set of symbols than the one asked for
      if (sv > this.sv && !this.open) return this.resync();
    }
    if (m.epoch === this.epoch && m.seq <= this.seq) return;
    if (m.epoch !== this.epoch || m.prev > this.seq) return this.resync();
    this.seq = m.seq;
    for (const u of m.updates ?? []) if (u.symbol && this.held.has(u.symbol)) this.hold(u.symbol, u.data);
    for (const symbol of m.removed ?? []) this.values.delete(symbol);
  }
  private snapshot(m: ServerMessageOf<'initial_data'>): void {
    if (this.mutation !== 'versions and lists of what is subscribed ignored' && (m.sv ?? 0) !== this.sv) return;
    [this.epoch, this.seq] = [m.epoch, m.seq];
    const early = this.mutation === 'a snapshot marks open symbols as held' ? (this.open?.symbols ?? []) : [];
    for (const symbol of [...this.coming, ...early]) this.held.add(symbol);
    this.coming = [];
    this.values = new Map();
    for (const symbol of this.held) if (Object.hasOwn(m.data, symbol)) this.hold(symbol, m.data[symbol]);
  }
  private failed(m: ServerMessageOf<'error'>): void {
    if (m.id === this.openResync?.id) {
      this.openResync = null;
      this.resyncNotBefore = this.on.now() + (m.retry_after_ms ?? 1_000);
      // The server reads nothing for us: nothing is held that it would keep up to date.
      if (m.code === 'not_subscribed') for (const symbol of [...this.held]) this.forget(symbol);
    }
    if (m.id === this.open?.id) this.open = null;
  }
  private heartbeat(m: ServerMessageOf<'heartbeat'>): void {
    const pos = m.pos['market'];
    if (!pos) {
      // Its snapshot was sent and lost, or nothing of it is read: what came before counts no more.
      if (this.held.size + this.coming.length > 0 && !this.open) this.resync();
      return;
    }
    const sv = this.mutation === 'versions and lists of what is subscribed ignored' ? this.sv : (pos.sv ?? 0);
    const behind = this.held.size > 0 && (pos.epoch !== this.epoch || pos.seq > this.seq);
    if (behind || this.coming.length > 0 || (sv !== this.sv && !this.open)) this.resync();
  }
}
