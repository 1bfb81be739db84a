// @vitest-environment node
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeServer, PROTOCOL_VERSION, type ClientMessage, type ResumePoint } from '@/core/contract';
import { isCrossed, LevelList } from '@/core/market/levelList';
import { crc32 } from '@/core/util/crc32';
import type { BookChange, ChannelChange } from '@/service';
import { bookChecksum } from '@/service/book';
import { Reducer } from '@/service/reducer';

const CHANNEL = 'book:BTC/USDT@kraken';
const DEPTH = 4;
type Texts = readonly (readonly [string, string])[];

/** The view a server has of one book, and how it sends it: written for this test alone, from docs/protocol.md. */
class ReferenceServer {
  epoch = 1;
  seq = 0;
  state: 'ok' | 'gap' = 'ok';
  /** Every view that was ever current, by its position. */
  readonly history = new Map<string, string>();
  private bids = new Map<number, string>();
  private asks = new Map<number, string>();
  private sent: { bids: Texts; asks: Texts; seq: number } | null = null;
  queue: string[] = [];

  constructor() {
    this.note();
  }
  view(): { bids: Texts; asks: Texts } {
    const list = (side: Map<number, string>, sign: number): Texts => [...side].sort(([a], [b]) => sign * (a - b)).slice(0, DEPTH).map(([p, s]) => [p.toFixed(2), s] as const);
    return { bids: list(this.bids, -1), asks: list(this.asks, 1) };
  }
  private note(): void {
    this.history.set(`e${this.epoch} ${this.seq}`, JSON.stringify(this.view()));
  }
  /** Bids lie below 100, asks above: a right view is never crossed. */
  set(side: 'bids' | 'asks', offset: number, size: number): void {
    const price = side === 'bids' ? 100 - offset / 4 : 100 + offset / 4;
    if (size === 0) this[side].delete(price);
    else this[side].set(price, String(size));
    this.seq++;
    this.note();
  }
  renumber(): void {
    this.epoch++;
    this.seq = 1;
    this.note();
    if (this.sent) this.snapshot();
  }
  /** What all book messages of this moment have in common. */
  private head(): object {
    return {
      symbol: 'BTC/USDT', channel: CHANNEL, epoch: `e${this.epoch}`, seq: this.seq, venue: 'kraken', state: this.state, reason: this.state === 'ok' ? '' : 'a number was skipped', quality: 'live',
      levels: [this.bids.size, this.asks.size], venue_time: 5, age_ms: 7, timestamp: '',
    };
  }
  private crc(): number {
    const { bids, asks } = this.view();
    const parts = Array.from({ length: 25 }, (_, i) => [bids[i], asks[i]]).flat().flatMap((level) => level ?? []);
    return zlibCrc32(parts.join(':'));
  }
  snapshot(): void {
    const view = this.view();
    this.sent = { ...view, seq: this.seq };
    this.queue.push(JSON.stringify({ type: 'book_snapshot', depth: DEPTH, ...this.head(), ...view, crc: this.crc() }));
  }
  /** Difference of the present view to the one sent last. `damage` breaks a price on the way; the checksum shows it. */
  flush(withCrc: boolean, damage = false): void {
    if (!this.sent || this.sent.seq === this.seq) return;
    const view = this.view();
    const changed = (before: Texts, now: Texts): string[][] => [
      ...now.filter(([p, s]) => before.find(([q]) => q === p)?.[1] !== s).map(([p, s]) => [p, s]),
      ...before.filter(([p]) => !now.some(([q]) => q === p)).map(([p]) => [p, '0']),
    ];
    const bids = changed(this.sent.bids, view.bids);
    if (damage) bids.push(['99.99', '7']);
    this.queue.push(JSON.stringify({ type: 'book_update', prev: this.sent.seq, ...this.head(), bids, asks: changed(this.sent.asks, view.asks), ...(withCrc || damage ? { crc: this.crc() } : {}) }));
    this.sent = { ...view, seq: this.seq };
  }
  heartbeat(): void {
    const pos = this.sent ? { [CHANNEL]: { epoch: `e${this.epoch}`, seq: this.sent.seq } } : {};
    this.queue.push(JSON.stringify({ type: 'heartbeat', timestamp: '', pos: { market: { epoch: 'm', seq: 0 }, ...pos }, feeds: {}, mode: 'live' }));
  }
  receive(message: ClientMessage): void {
    if (message.type === 'subscribe') {
      this.queue.push(JSON.stringify({ type: 'subscribed', id: message.id, sv: 1, channels: (message.channels ?? []).map((channel) => ({ channel, epoch: `e${this.epoch}`, asof: this.seq })), rejected: [] }));
      this.snapshot();
    } else if (message.type === 'resync') this.snapshot();
    else if (message.type === 'unsubscribe') this.sent = null;
  }
  /** A new connection: nothing is read on it yet. A resume is answered with a snapshot and the reason. */
  hello(resume: Record<string, ResumePoint>): string {
    this.queue = [];
    this.sent = null;
    if (CHANNEL in resume) this.snapshot();
    return JSON.stringify({
      type: 'hello', v: PROTOCOL_VERSION, conn: 'c', node: 'a', server_version: '1', time: '', stream: 'market', mode: 'live', heartbeat_ms: 5_000, dead_ms: 12_000, flush_ms: 100, window_bytes: 1, ack_bytes: 1, stale_ms: 15_000,
      limits: { frame_bytes: 1, symbols: 1, channels: 1, msgs_per_10s: 1 }, reconnect: { base_ms: 1, cap_ms: 1, first_ms: 1 }, auth: { mode: 'none', expires_in_ms: null },
      resumed: { [CHANNEL]: false, market: true }, reasons: { [CHANNEL]: 'epoch_changed' },
    });
  }
}

/** A listener that follows the changes as the docs say, and complains at once when an `ok` book is not one the server had. */
class Rig {
  readonly server = new ReferenceServer();
  readonly faults: string[] = [];
  readonly changes: BookChange[] = [];
  refused = 0;
  private readonly bids = new LevelList(1);
  private readonly asks = new LevelList(-1);
  private connected = false;
  private now = 0;
  readonly reducer = new Reducer('market', {
    change: (change) => this.hear(change),
    send: (message) => this.server.receive(message),
    receipt: () => undefined,
    rejected: (channel, code) => void this.faults.push(`${channel} ${code}`),
    refused: () => this.refused++,
    broken: (what) => void this.faults.push(what),
  });

  get last(): BookChange {
    const last = this.changes.at(-1);
    if (!last) throw new Error('no change yet');
    return last;
  }
  get held(): string {
    return JSON.stringify({ bids: this.bids.texts, asks: this.asks.texts });
  }
  private hear(change: ChannelChange): void {
    if (change.family !== 'book') return;
    this.changes.push(change);
    for (const [side, levels] of [[this.bids, change.bids], [this.asks, change.asks]] as const) {
      if (change.replace) side.clear();
      for (const level of levels) side.set(level);
      side.truncate(change.depth);
    }
    if (change.state !== 'ok') return;
    if (isCrossed(this.bids, this.asks)) this.faults.push('crossed and ok');
    const position = this.reducer.resumePoints()[CHANNEL];
    const then = this.server.history.get(`${position?.epoch ?? ''} ${position?.seq ?? ''}`);
    if (then !== this.held) this.faults.push(`ok at ${JSON.stringify(position)}, holds ${this.held}, the server had ${then ?? 'nothing'}`);
  }
  connect(): void {
    if (this.connected) return;
    this.connected = true;
    const resume = this.reducer.resumePoints();
    const hello = decodeServer(this.server.hello(resume));
    if (!hello.ok || !('type' in hello.value) || hello.value.type !== 'hello') throw new Error('no hello');
    this.reducer.opened(hello.value, resume, this.now);
  }
  drop(): void {
    if (!this.connected) return;
    this.connected = false;
    this.server.queue = [];
    this.reducer.closed();
  }
  deliver(n = Infinity): void {
    for (let i = 0; i < n && this.connected && this.server.queue.length > 0; i++) {
      const decoded = decodeServer(this.server.queue.shift() ?? '');
      if (!decoded.ok) this.faults.push(decoded.error.message);
      else this.reducer.handle(decoded.value, this.now);
    }
  }
  pass(ms: number): void {
    this.now += ms;
    if (this.connected) this.reducer.tick(this.now);
  }
  rest(): void {
    for (let i = 0; i < 40; i++) {
      this.connect();
      this.server.flush(true);
      this.server.heartbeat();
      this.deliver();
      this.pass(1_000);
    }
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('set' as const), fc.constantFrom('bids' as const, 'asks' as const), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 3 })) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('flush' as const), fc.boolean()) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('deliver' as const), fc.integer({ min: 1, max: 4 })) },
  ...(['lose', 'duplicate', 'reorder', 'drop', 'connect', 'heartbeat', 'damage', 'gap', 'ok', 'renumber'] as const).map((name) => ({ weight: 2, arbitrary: fc.tuple(fc.constant(name)) })),
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass' as const), fc.constantFrom(100, 1_000, 11_000)) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(rig: Rig, [name, ...args]: Step): void {
  const { server } = rig;
  const { queue } = server;
  const [a, b, c] = args;
  if (name === 'set' && (a === 'bids' || a === 'asks') && server.state === 'ok') server.set(a, Number(b), Number(c));
  else if (name === 'flush') server.flush(a === true);
  else if (name === 'damage') server.flush(true, true);
  else if (name === 'deliver') rig.deliver(Number(a));
  else if (name === 'lose') queue.shift();
  else if (name === 'duplicate' && queue[0] !== undefined) queue.splice(1, 0, queue[0]);
  else if (name === 'reorder') queue.splice(0, 2, ...queue.slice(0, 2).reverse());
  else if (name === 'drop') rig.drop();
  else if (name === 'connect') rig.connect();
  else if (name === 'heartbeat') server.heartbeat();
  else if (name === 'pass') rig.pass(Number(a));
  else if (name === 'renumber') server.renumber();
  else if (name === 'gap' || name === 'ok') {
    server.state = name;
    server.seq++;
    server.history.set(`e${server.epoch} ${server.seq}`, JSON.stringify(server.view()));
  }
}

describe('an order book at the client', () => {
  it('whatever is lost, doubled, reordered, damaged or cut: a book said to be ok is the one the server had, and at rest the present one', () => {
    let damaged = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 120, size: 'max' }), (schedule) => {
        const rig = new Rig();
        rig.reducer.want(CHANNEL, 0);
        rig.connect();
        for (const one of schedule) play(rig, one);
        rig.server.state = 'ok';
        rig.server.set('bids', 1, 9);
        rig.rest();
        damaged += rig.refused;
        expect(rig.faults).toEqual([]);
        expect([rig.last.state, rig.held]).toEqual(['ok', JSON.stringify(rig.server.view())]);
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 1_000) },
    );
    // The schedules did reach the checksum.
    expect(damaged).toBeGreaterThan(0);
  }, 60_000);
});

describe('an order book, step by step', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
    rig.server.set('bids', 1, 1);
    rig.server.set('asks', 1, 2);
    rig.reducer.want(CHANNEL, 0);
    rig.connect();
    rig.deliver();
  });

  it('starts as syncing and empty, then is whole with venue, state and times', () => {
    expect(rig.changes[0]).toMatchObject({ state: 'syncing', replace: true, bids: [], asks: [] });
    expect(rig.last).toMatchObject({ state: 'ok', reason: '', replace: true, venue: 'kraken', quality: 'live', bids: [['99.75', '1']], asks: [['100.25', '2']], levels: [1, 1], venueTime: 5, ageAtSend: 7, depth: DEPTH });
  });

  it('a wrong checksum: told as a gap in the same step, the levels kept from listeners, a snapshot asked for and taken', () => {
    const before = rig.held;
    rig.server.set('bids', 2, 5);
    rig.server.flush(true, true);
    rig.deliver(1);
    expect([rig.last.state, rig.last.reason, rig.held]).toEqual(['gap', 'The checksum of the book was wrong; loading it anew', before]);
    expect(rig.refused).toBe(1);
    rig.deliver();
    expect([rig.last.state, rig.held]).toEqual(['ok', JSON.stringify(rig.server.view())]);
  });

  it('a missing update is told at once and made good', () => {
    rig.server.set('bids', 2, 5);
    rig.server.flush(false);
    rig.server.queue.length = 0;
    rig.server.set('bids', 3, 5);
    rig.server.flush(false);
    rig.deliver(1);
    expect(rig.last).toMatchObject({ state: 'gap', reason: 'Updates are missing; loading them', bids: [] });
    rig.deliver();
    expect([rig.last.state, rig.held]).toEqual(['ok', JSON.stringify(rig.server.view())]);
  });

  it('what the server says of a book that is not good reaches listeners with the levels unchanged', () => {
    const before = rig.held;
    rig.server.state = 'gap';
    rig.server.seq++;
    rig.server.flush(true);
    rig.deliver();
    expect([rig.last.state, rig.last.reason, rig.held]).toEqual(['gap', 'a number was skipped', before]);
  });

  it('cut off: old at once; on the next connection ok again, also when nothing was missed', () => {
    rig.drop();
    expect(rig.last).toMatchObject({ state: 'stale', reason: 'Cut off from the server; these levels are the last ones received' });
    rig.connect();
    expect(rig.last.state).toBe('stale');
    rig.deliver();
    expect(rig.last.state).toBe('ok');
  });

  it('a crossed book said to be ok is not believed', () => {
    rig.server.queue.push(JSON.stringify({ type: 'book_update', prev: 2, seq: 3, symbol: 'BTC/USDT', channel: CHANNEL, epoch: 'e1', venue: 'kraken', state: 'ok', quality: 'live', bids: [['100.25', '1']], asks: [], timestamp: '' }));
    rig.deliver(1);
    expect(rig.last).toMatchObject({ state: 'crossed', bids: [] });
  });

  it('wanted anew after it was given up: what was held is void until the book comes', () => {
    rig.reducer.unwant(CHANNEL);
    rig.reducer.want(CHANNEL, 0);
    expect(rig.last).toMatchObject({ state: 'syncing', replace: true });
    rig.deliver();
    expect(rig.last.state).toBe('ok');
  });
});

describe('checksum', () => {
  it('is the CRC-32 of zlib, over bid and ask in turn, the longer side going on alone', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    fc.assert(fc.property(fc.stringMatching(/^[0-9.:]*$/), (text) => crc32(text) === zlibCrc32(text)));
    expect(bookChecksum([['50000.0', '0.25']], [['50000.2', '0.10'], ['50000.3', '1']])).toBe(zlibCrc32('50000.0:0.25:50000.2:0.10:50000.3:1'));
    const many = Array.from({ length: 40 }, (_, i) => [String(100 - i), '1'] as const);
    expect(bookChecksum(many, [])).toBe(bookChecksum(many.slice(0, 25), []));
  });
});

describe('one side of a book', () => {
  it('after any changes holds the best levels in order, each price once', () => {
    const price = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom('', '.0', '.00', '.5')).map(([n, tail]) => `${n}${tail}`);
    fc.assert(fc.property(fc.array(fc.tuple(price, fc.constantFrom('0', '0.00', '1', '2.5'))), fc.constantFrom(1 as const, -1 as const), (changes, sign) => {
      const list = new LevelList(sign);
      const reference = new Map<number, string>();
      for (const [p, s] of changes) {
        list.set([p, s]);
        if (Number(s) === 0) reference.delete(Number(p));
        else reference.set(Number(p), s);
      }
      list.truncate(5);
      const best = [...reference].sort(([a], [b]) => sign * (b - a)).slice(0, 5);
      expect(list.texts.map(([p, s]) => [Number(p), s])).toEqual(best);
    }));
  });
});
