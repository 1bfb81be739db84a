import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { BookStateName, DataKind } from '@/core/contract';
import type { InputEvent, LevelChange } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { Connection } from '../../../server/hub/connection';
import type { HubOptions } from '../../../server/hub/options';
import type { Dialect, EndpointName } from '../../../server/hub/reader';
import { createPipeline } from '../../../server/pipeline/pipeline';
import { bench, Peer } from './bench';
import { BookReader } from './bookReader';
import { silentLog } from './support';

const SYMBOL = 'BTC/USDT';
const VENUES = ['kraken', 'okx'] as const;
type Venue = (typeof VENUES)[number];
const DEPTH = 50;
const T0 = 1_700_000_000_000;

/** Engine, pipeline, bus and hub without sockets and without time. */
function rig(options: Partial<HubOptions> = {}) {
  const hubBench = bench({ messageBurst: 1e6, messagesPer10s: 1e6, subscribesPer10s: 1e6, resyncsPerMinute: 1e6, ...options });
  const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS.filter((i) => i.symbol === SYMBOL || i.symbol === 'AAPL'), venuePriority: ['kraken', 'okx', 'simulator'] });
  let epochs = 0;
  let time = T0;
  let kind: DataKind = 'live';
  const pipe = createPipeline({
    engine, bus: hubBench.bus, feedClock: () => ({ now: () => time, speed: 1 }), metrics: hubBench.hub.metrics, log: silentLog, newEpoch: () => `e${++epochs}`, bookDepth: DEPTH,
  });
  const accept = (event: InputEvent): void => pipe.accept(event);
  const origin = (venue: Venue) => ({ venue, kind, route: 'socket', symbol: SYMBOL, venueTime: time, receiveTime: time }) as const;
  const mode = (to: 'live' | 'simulated'): void => {
    kind = to === 'live' ? 'live' : 'simulated';
    accept({ type: 'mode', mode: to, reason: 'test', receiveTime: time });
  };
  mode('live');
  return {
    ...hubBench, engine, pipe, accept, mode, wait: hubBench.pass,
    pass(ms: number) {
      time += ms;
      hubBench.pass(ms);
    },
    book: (venue: Venue, action: 'snapshot' | 'delta', bids: LevelChange[], asks: LevelChange[]) => accept({ type: 'book', action, bids, asks, updateId: null, ...origin(venue) }),
    state: (venue: Venue, state: BookStateName, reason = 'a reason') => accept({ type: 'bookState', state, reason, ...origin(venue) }),
    trade: (venue: Venue, id: string, price = '100') => accept({ type: 'trade', id, price, size: '1', side: 'buy', ...origin(venue) }),
    feed: (venue: Venue, state: 'live' | 'waiting') => accept({ type: 'feedStatus', venue, state, reason: 'test', receiveTime: time }),
  };
}
type Rig = ReturnType<typeof rig>;

/** A client of the rig: its connection, what it was sent and not yet read, and the book it holds. */
class Member {
  peer = new Peer();
  connection: Connection;
  readonly reader: BookReader;
  private done = 0;
  private id = 0;

  constructor(private readonly on: Rig, readonly channel: string, private readonly dialect: Dialect = 'objects', private readonly endpoint: EndpointName = 'market') {
    this.reader = new BookReader(channel);
    this.connection = this.open(false);
  }

  private open(resume: boolean): Connection {
    const connection = new Connection(this.on.hub, this.peer, this.endpoint, this.dialect);
    this.peer.ponged = (text) => connection.ponged(text);
    connection.start();
    const points = { [this.channel]: { epoch: this.reader.epoch, seq: this.reader.seq } };
    if (this.dialect !== 'plain') connection.receive(JSON.stringify({ type: 'hello', v: 2, ...(resume ? { resume: points } : {}) }));
    this.connection = connection;
    if (!resume) this.subscribe();
    return connection;
  }
  subscribe(): void {
    this.connection.receive(JSON.stringify({ type: 'subscribe', id: ++this.id, channels: [this.channel] }));
  }
  unsubscribe(): void {
    this.connection.receive(JSON.stringify({ type: 'unsubscribe', id: ++this.id, channels: [this.channel] }));
  }
  resync(): void {
    this.connection.receive(JSON.stringify({ type: 'resync', id: ++this.id, channel: this.channel, have: { epoch: this.reader.epoch || 'x', seq: this.reader.seq } }));
  }
  /** The link breaks: what was on its way is lost. */
  reconnect(resume: boolean): void {
    this.connection.gone();
    this.peer = new Peer();
    this.done = 0;
    // Plain clients have no hello to resume with.
    this.open(resume && this.reader.epoch !== '' && this.dialect !== 'plain');
  }
  read(count = Infinity): void {
    this.peer.take(count);
    this.reader.apply(this.peer.read.slice(this.done));
    this.done = this.peer.read.length;
  }
  /** Everything there is goes out and is read. */
  settle(): void {
    for (let i = 0; i < 50; i++) {
      this.connection.flushAll();
      if (this.peer.waiting.length === 0 && this.connection.ready()) return;
      this.read();
      this.on.wait(100);
      this.connection.tick(this.on.now());
    }
  }
}

const levels = (side: 'bid' | 'ask', ranks: readonly number[], size: string, touch: number): LevelChange[] =>
  [...new Set(ranks)].map((rank) => [(side === 'bid' ? touch - rank * 0.5 : touch + 0.5 + rank * 0.5).toFixed(1), size]);

const ranks = (max: number) => fc.array(fc.integer({ min: 0, max: 79 }), { maxLength: max });
const venue = fc.constantFrom(...VENUES);
const who = fc.integer({ min: 0, max: 2 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('snapshot' as const), venue, bids: ranks(80), asks: ranks(80), touch: fc.integer({ min: 90, max: 110 }) }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('delta' as const), venue, bids: ranks(8), asks: ranks(8), size: fc.constantFrom('0', '1', '2.50', '0.0'), touch: fc.integer({ min: 98, max: 102 }) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('state' as const), venue, state: fc.constantFrom<BookStateName>('gap', 'stale', 'syncing', 'ok') }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('lead' as const), venue, up: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('flush' as const) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('push' as const), who }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('read' as const), who, count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('look' as const), who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reconnect' as const), who, resume: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('again' as const), who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('resync' as const), who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('mode' as const), to: fc.constantFrom('live' as const, 'simulated' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function run(on: Rig, members: readonly Member[], s: Step, index: number): void {
  const member = 'who' in s ? members[s.who] : undefined;
  switch (s.op) {
    case 'snapshot': return on.book(s.venue, 'snapshot', levels('bid', s.bids, '3', s.touch), levels('ask', s.asks, '4', s.touch));
    case 'delta': return on.book(s.venue, 'delta', levels('bid', s.bids, s.size, s.touch), levels('ask', s.asks, s.size, s.touch));
    case 'state': return on.state(s.venue, s.state);
    case 'lead':
      on.feed(s.venue, s.up ? 'live' : 'waiting');
      return s.up ? on.trade(s.venue, `t${index}`) : undefined;
    case 'flush': return on.pipe.flush();
    case 'push': return member?.connection.flushAll();
    case 'read': return member?.read(s.count);
    case 'look': return member && look(on, member);
    case 'reconnect': return member?.reconnect(s.resume);
    case 'again':
      member?.unsubscribe();
      return member?.subscribe();
    case 'resync': return member?.resync();
    case 'mode': return on.mode(s.to);
    case 'pass': return on.pass(s.ms);
  }
}

/** At any moment, without waiting for the next look at the engine: no client that has read all takes a bad book for good. */
function look(on: Rig, member: Member): void {
  member.settle();
  const { head } = member.reader;
  if (head?.state === 'ok') expect(on.engine.book(head.venue, SYMBOL, 1)?.state, `shown as ok: ${head.venue}`).toBe('ok');
}

describe('order books', () => {
  it('property: after any schedule, a book that is said to be good is the engine\'s; no frame is crossed, too deep or wrong by its checksum', () => {
    let good = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 90 }), fc.boolean(), (steps, slow) => {
        const on = rig(slow ? { windowBytes: 1_500 } : {});
        const members = [new Member(on, `book:${SYMBOL}@kraken`, 'rows'), new Member(on, `book:${SYMBOL}`), new Member(on, `book:${SYMBOL}`, 'plain', 'any')];
        steps.forEach((s, i) => run(on, members, s, i));
        on.pipe.flush();
        for (const member of members) {
          member.settle();
          const shown = member.channel.includes('@') ? 'kraken' : (on.engine.bookVenue(SYMBOL) ?? '');
          const { head, levels: held } = member.reader;
          const truth = on.engine.book(shown, SYMBOL, DEPTH);
          expect(head).toMatchObject({ venue: shown, state: truth?.state ?? 'syncing' });
          if (truth?.state !== 'ok') continue;
          good++;
          expect(held).toEqual({ bids: truth.bids, asks: truth.asks });
          expect(head).toMatchObject({ reason: '', quality: truth.kind, levels: truth.levels });
        }
      }),
      { numRuns: 400 },
    );
    expect(good).toBeGreaterThan(100);
  });

  const bids: LevelChange[] = [['100.0', '1'], ['99.5', '2']];
  const asks: LevelChange[] = [['100.5', '1'], ['101.0', '2']];

  it('says in the same step that a book is not good, keeps its last good levels, and starts anew when it is again', () => {
    const on = rig();
    const member = new Member(on, `book:${SYMBOL}@kraken`);
    member.settle();
    expect(member.reader.head).toMatchObject({ type: 'book_snapshot', state: 'syncing', bids: [], asks: [], venue: 'kraken', quality: 'unknown' });
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    member.settle();
    expect(member.reader.head).toMatchObject({ type: 'book_snapshot', state: 'ok', bids, asks, depth: DEPTH, levels: [2, 2] });
    const { epoch } = member.reader;
    on.book('kraken', 'delta', [['100.0', '7']], []);
    on.state('kraken', 'gap', 'number 7 after 5');
    member.settle();
    expect(member.reader.head).toMatchObject({ type: 'book_update', epoch, state: 'gap', reason: 'number 7 after 5', bids: [], asks: [] });
    on.pipe.flush();
    member.settle();
    expect(member.reader.levels).toEqual({ bids, asks });
    on.book('kraken', 'snapshot', [['99.0', '5']], asks);
    on.pipe.flush();
    member.settle();
    expect(member.reader.head).toMatchObject({ type: 'book_snapshot', state: 'ok', bids: [['99.0', '5']] });
    expect(member.reader.epoch).not.toBe(epoch);
  });

  it('who comes when a book is only stale gets its last levels, marked; of a book in a gap nothing is shown', () => {
    const on = rig();
    on.book('kraken', 'snapshot', bids, asks);
    on.book('okx', 'snapshot', bids, asks);
    on.state('kraken', 'stale', 'no data for 20 s');
    on.state('okx', 'gap', 'number 7 after 5');
    const [stale, gap] = [new Member(on, `book:${SYMBOL}@kraken`), new Member(on, `book:${SYMBOL}@okx`)];
    [stale, gap].forEach((m) => m.settle());
    expect(stale.reader.head).toMatchObject({ type: 'book_snapshot', state: 'stale', reason: 'no data for 20 s', bids, asks });
    expect(gap.reader.head).toMatchObject({ type: 'book_snapshot', state: 'gap', bids: [], asks: [] });
    const { epoch } = stale.reader;
    on.book('kraken', 'delta', [['100.0', '9']], []);
    on.pipe.flush();
    stale.settle();
    expect(stale.reader.levels.bids).toEqual(bids);
    on.state('kraken', 'ok');
    on.pipe.flush();
    stale.settle();
    expect(stale.reader.head).toMatchObject({ type: 'book_snapshot', state: 'ok', reason: '', bids: [['100.0', '9'], ['99.5', '2']] });
    expect(stale.reader.epoch).not.toBe(epoch);
  });

  it('a slow reader gets the latest size of each level once, however many changes there were', () => {
    const on = rig();
    const member = new Member(on, `book:${SYMBOL}@kraken`);
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    member.settle();
    for (let i = 1; i <= 200; i++) {
      on.book('kraken', 'delta', [['99.5', String(i)], ['98.0', i % 2 ? '1' : '0']], []);
      on.pipe.flush();
    }
    const before = member.peer.read.length;
    member.settle();
    expect(member.peer.read.length - before).toBe(1);
    expect(JSON.parse(member.peer.read.at(-1) ?? '')).toMatchObject({ type: 'book_update', bids: [['98.0', '0'], ['99.5', '200']], asks: [] });
  });

  it('two spellings of one price change places without a trace', () => {
    const on = rig();
    const member = new Member(on, `book:${SYMBOL}@kraken`);
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    member.settle();
    on.book('kraken', 'delta', [['100.00', '1']], []);
    on.pipe.flush();
    member.settle();
    expect(JSON.parse(member.peer.read.at(-1) ?? '')).toMatchObject({ bids: [['100.0', '0'], ['100.00', '1']] });
    expect(member.reader.levels.bids).toEqual([['100.00', '1'], ['99.5', '2']]);
  });

  it('the book without a venue follows the one the engine names, each venue with a numbering of its own', () => {
    const on = rig();
    const member = new Member(on, `book:${SYMBOL}`);
    member.settle();
    expect(member.reader.head).toMatchObject({ venue: '', state: 'syncing', reason: `no venue has sent an order book of ${SYMBOL} yet` });
    on.feed('okx', 'live');
    on.trade('okx', 'a');
    on.book('okx', 'snapshot', bids, asks);
    on.pipe.flush();
    member.settle();
    expect(member.reader.head).toMatchObject({ venue: 'okx', state: 'ok' });
    on.feed('kraken', 'live');
    on.book('kraken', 'snapshot', [['90.0', '1']], [['91.0', '1']]);
    on.feed('okx', 'waiting');
    on.trade('kraken', 'b');
    on.pipe.flush();
    member.settle();
    expect(member.reader.head).toMatchObject({ type: 'book_snapshot', venue: 'kraken', bids: [['90.0', '1']], asks: [['91.0', '1']] });
    expect(member.reader.gaps).toBe(0);
  });

  it('resumes and resyncs by a snapshot, and says why', () => {
    const on = rig();
    const member = new Member(on, `book:${SYMBOL}@kraken`);
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    member.settle();
    member.reconnect(true);
    member.settle();
    const receipts = () => member.peer.read.map((text) => JSON.parse(text) as Record<string, unknown>).filter((m) => m.type === 'receipt');
    expect(receipts()).toMatchObject([{ channel: member.channel, outcome: 'snapshot', reason: 'fresh' }]);
    on.state('kraken', 'gap');
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    member.resync();
    member.settle();
    expect(receipts()[1]).toMatchObject({ outcome: 'snapshot', reason: 'epoch_changed', missed: null });
    expect(member.reader.levels).toEqual({ bids, asks });
  });

  it('readers at the same position share one buffer, whatever they speak', () => {
    const on = rig();
    const members = [new Member(on, `book:${SYMBOL}@kraken`, 'rows'), new Member(on, `book:${SYMBOL}@kraken`, 'plain'), new Member(on, `book:${SYMBOL}@kraken`, 'objects', 'any')];
    members.forEach((m) => m.settle());
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    members.forEach((m) => m.connection.flushAll());
    expect(new Set(members.map((m) => m.peer.waiting.at(-1)?.line)).size).toBe(1);
    expect(members[0]?.peer.waiting.at(-1)?.line).toBeInstanceOf(Buffer);
  });

  it('a change of the market shown voids every book at once', () => {
    const on = rig();
    const member = new Member(on, `book:${SYMBOL}@kraken`);
    on.book('kraken', 'snapshot', bids, asks);
    on.pipe.flush();
    member.settle();
    on.mode('simulated');
    member.settle();
    expect(member.reader.head).toMatchObject({ type: 'book_snapshot', state: 'syncing', bids: [], asks: [] });
  });
});
