import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeServer, MARKET_COLUMNS, SPARSE_COLUMNS, type MarketData, type RowsMessage, type SchemaMessage } from '@/core/contract';
import { Connection } from '../../../server/hub/connection';
import type { HubContext } from '../../../server/hub/context';
import { DEFAULT_HUB_OPTIONS } from '../../../server/hub/options';
import type { Dialect } from '../../../server/hub/reader';
import { bench, Peer } from './bench';
import { quote } from './support';

const KEYS = ['BTC/USDT', 'ETH/USDT', 'AAPL', 'EUR/USD', 'toString'];

/** The reading side by the rules of docs/protocol.md, written again from the text: what a client's state is after these frames. */
class Reader {
  state = new Map<string, MarketData>();
  epoch = '';
  seq = 0;
  private ids: string[] = [];
  private schema: SchemaMessage | null = null;
  private parts = new Map<string, MarketData>();
  private done = 0;

  apply(texts: readonly string[]): void {
    for (const text of texts.slice(this.done)) this.frame(text);
    this.done = texts.length;
  }
  private frame(text: string): void {
    const decoded = decodeServer(text);
    if (!decoded.ok) throw new Error(`${decoded.error.message}: ${text}`);
    const m = decoded.value;
    if ('t' in m && m.t === 'b') {
      if (!this.follows(m.e, m.p, m.q)) return;
      expect(m.c).toBe(this.schema?.sid);
      for (const row of m.r) this.row(row, m.ts);
      for (const id of m.x) this.state.delete(this.ids[id] ?? '?');
      return;
    }
    if (!('type' in m)) return;
    if (m.type === 'schema') {
      this.ids = [...(m.from ? this.ids : []), ...m.ids];
      this.schema = m;
    } else if (m.type === 'initial_data') {
      if (m.part === 1) this.parts = new Map();
      for (const [k, v] of Object.entries(m.data)) this.parts.set(k, v as MarketData);
      if (m.part !== m.parts) return;
      expect(m.epoch !== this.epoch || m.seq >= this.seq).toBe(true);
      [this.state, this.epoch, this.seq] = [this.parts, m.epoch, m.seq];
    } else if (m.type === 'batch') {
      if (!this.follows(m.epoch, m.prev, m.seq)) return;
      for (const u of m.updates ?? []) this.state.set(u.symbol ?? '*', u.data as MarketData);
      for (const k of m.removed ?? []) this.state.delete(k);
    } else if (m.type === 'market_update') {
      if (this.follows(m.epoch ?? '', m.prev ?? 0, m.seq ?? 0)) this.state.set(m.symbol ?? '*', m.data as MarketData);
    } else if (m.type === 'subscribed') {
      for (const c of m.channels) for (const [k, v] of Object.entries(c.data ?? {})) this.state.set(k, v as MarketData);
    }
  }
  private row(row: RowsMessage['r'][number], ts: number): void {
    const key = this.ids[row[0] ?? 0] ?? '?';
    const text = (c: string, cell: number | null | undefined) => (this.schema?.enums[c] ? this.schema.enums[c][cell ?? -1] : cell);
    if (!this.schema?.sparse) return void this.state.set(key, Object.fromEntries(MARKET_COLUMNS.map((c, i) => [c, text(c, row[i + 1])])) as MarketData);
    const [, mask, age, before, ...cells] = row;
    const carried = SPARSE_COLUMNS.filter((_, i) => (mask ?? 0) & (1 << i));
    expect(cells).toHaveLength(carried.length);
    const changed = Object.fromEntries(carried.map((c, i) => [c, text(c, cells[i])]));
    this.state.set(key, { ...this.state.get(key), age_ms: age, venue_time: typeof before === 'number' ? ts - before : null, ...changed } as MarketData);
    expect(Object.keys(this.state.get(key) ?? {})).toHaveLength(MARKET_COLUMNS.length);
  }
  private follows(epoch: string, prev: number, seq: number): boolean {
    expect(epoch).toBe(this.epoch);
    expect(prev).toBeLessThanOrEqual(this.seq); // otherwise a gap
    if (seq <= this.seq) return false;
    this.seq = seq;
    return true;
  }
  /** Prices by symbol, without what depends on the moment of sending. */
  get whole(): Record<string, unknown> {
    return Object.fromEntries([...this.state].map(([k, d]) => [k, { ...d, age_ms: null }]).sort());
  }
  get prices(): Record<string, unknown[]> {
    return Object.fromEntries([...this.state].map(([k, d]) => [k, [d.price, d.source, d.state, d.quality]]).sort());
  }
}

type Kind = Dialect | 'sparse';
function join(hub: HubContext, kind: Kind, resume?: object): { peer: Peer; client: Connection; reader: Reader } {
  const peer = new Peer();
  const dialect = kind === 'sparse' ? 'rows' : kind;
  const client = new Connection(hub, peer, 'market', dialect);
  peer.ponged = (text) => client.ponged(text);
  client.start();
  if (dialect !== 'plain') client.receive(JSON.stringify({ type: 'hello', v: 2, ...(kind === 'sparse' ? { features: ['sparse'] } : {}), ...(resume ? { resume } : {}) }));
  return { peer, client, reader: new Reader() };
}

describe('delivery', () => {
  const sources = ['binance', 'okx', 'simulator'];
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), list: fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.option(fc.nat(9), { nil: undefined }), fc.constantFrom(...sources), fc.nat(3)), { minLength: 1, maxLength: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), symbols: fc.subarray(KEYS, { minLength: 1 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(5, 50) }) },
  );

  it('property: at rest every client holds the server’s state under its filter, in each dialect, whatever it read when', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.option(fc.subarray(KEYS, { minLength: 1 }), { nil: undefined }), (steps, filter) => {
        const { hub, owner, pass, now } = bench({ windowBytes: 1_500, subscribesPer10s: 1e6, messageBurst: 1e6, messagesPer10s: 1e6 }, 1_200);
        const truth = new Map<string, number>();
        let epochs = 0;
        const wanted = new Set(filter ?? KEYS);
        owner.reset('market', 'e0');
        const clients = new Map((['objects', 'rows', 'sparse'] as const).map((d) => [d, join(hub, d, { market: { epoch: 'e0', seq: 0, ...(filter ? { symbols: filter } : {}) } })]));
        for (const c of clients.values()) c.reader.epoch = 'e0';
        const settle = () => {
          for (const c of clients.values()) for (let i = 0; i < 200; i++) {
            c.peer.take();
            pass(100);
            c.client.tick(now());
            c.client.flushAll();
            if (c.peer.waiting.length === 0) break;
          }
          for (const c of clients.values()) c.reader.apply(c.peer.read);
        };
        for (const s of steps) {
          if (s.do === 'set') {
            owner.set('market', s.list.map(([k, v, venue, n]) => [k, v === undefined ? undefined : quote(k, v, { venue, bidSize: n, open24h: n < 2 ? null : 100, venueTime: n ? 1_700_000_000_000 - n : null })] as const));
            for (const [k, v] of s.list) if (v === undefined) truth.delete(k);
            else truth.set(k, v);
          } else if (s.do === 'flush') for (const c of clients.values()) c.client.flushAll();
          else if (s.do === 'read') for (const c of clients.values()) c.peer.take(s.count);
          else if (s.do === 'time') pass(s.ms);
          else if (s.do === 'reset') {
            owner.reset('market', `e${++epochs}`);
            truth.clear();
          } else if (s.do === 'subscribe') {
            // An answer may race with data in flight; a client settles its subscribe before it relies on it.
            settle();
            for (const k of s.symbols) wanted.add(k);
            for (const c of clients.values()) c.client.receive(JSON.stringify({ type: 'subscribe', channels: ['market'], symbols: s.symbols }));
            settle();
          } else {
            // what was not read is lost with the connection; the client resumes from where it was
            for (const [dialect, c] of clients) {
              c.reader.apply(c.peer.read);
              const next = join(hub, dialect, { market: { epoch: c.reader.epoch, seq: c.reader.seq, symbols: [...wanted] } });
              Object.assign(next.reader, { state: c.reader.state, epoch: c.reader.epoch, seq: c.reader.seq });
              clients.set(dialect, next);
            }
          }
        }
        settle();
        const expected = Object.fromEntries([...truth].filter(([k]) => wanted.has(k)).sort());
        for (const [dialect, { reader }] of clients) {
          expect(Object.fromEntries(Object.entries(reader.prices).map(([k, [price]]) => [k, price])), dialect).toEqual(expected);
        }
        const [objects, rows, sparse] = [...clients.values()].map((c) => c.reader.whole);
        expect(rows).toEqual(objects);
        expect(sparse).toEqual(objects);
      }),
      { numRuns: 1_000 },
    );
  });

  it('rows, objects and single updates carry the same values', () => {
    const { hub, owner } = bench();
    owner.quotes(quote('AAPL', 1, { venue: 'okx', bid: null, state: 'stale', kind: 'delayed' }));
    const clients = (['plain', 'objects', 'rows', 'sparse'] as const).map((d) => join(hub, d));
    owner.quotes(quote('AAPL', 2.5), quote('BTC/USDT', 3, { venue: 'kraken', receiveTime: null }), quote('AAPL', 4));
    for (const c of clients) {
      c.client.flushAll();
      c.peer.take();
      c.reader.apply(c.peer.read);
    }
    const [plain, objects, rows, sparse] = clients.map((c) => Object.fromEntries(c.reader.state));
    expect(objects).toEqual(plain);
    expect(rows).toEqual(plain);
    expect(sparse).toEqual(plain);
    expect(plain).toMatchObject({ AAPL: { price: 4 }, 'BTC/USDT': { source: 'kraken', age_ms: null } });
  });

  it('property: plain clients end with the values that batches bring, whatever was sent together', () => {
    const one = fc.tuple(fc.constantFrom(...KEYS), fc.nat(50), fc.boolean());
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 60 }), (steps) => {
        const { hub, owner, pass, now } = bench();
        const clients = (['plain', 'objects', 'sparse'] as const).map((d) => join(hub, d));
        for (const [key, last, flush] of steps) {
          owner.quotes(quote(key, last, { bidSize: last % 3 }));
          if (!flush) continue;
          pass(100);
          for (const c of clients) {
            c.client.flushAll();
            c.client.tick(now());
            c.peer.take();
          }
        }
        for (const c of clients) {
          c.client.flushAll();
          c.peer.take();
          c.reader.apply(c.peer.read);
        }
        const [plain, objects, sparse] = clients.map((c) => c.reader.whole);
        expect(objects).toEqual(plain);
        expect(sparse).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  it('ages are real time since receipt at the moment of sending, whatever the feed’s speed', () => {
    const { hub, owner, pass } = bench();
    owner.quotes(quote('AAPL', 1, { receiveTime: 1_700_000_000_000 }));
    pass(3_000); // 6 s on a feed at double speed
    const { peer, reader } = join(hub, 'objects');
    peer.take();
    reader.apply(peer.read);
    expect(reader.state.get('AAPL')?.age_ms).toBe(3_000);
  });

  it.each(['plain', 'objects', 'rows', 'sparse'] as const)('50 equal clients share each encoded frame: %s', (kind) => {
    const { hub, owner } = bench();
    owner.quotes(quote('AAPL', 1));
    const peers = Array.from({ length: 50 }, () => join(hub, kind));
    for (const { peer } of peers) peer.take();
    owner.quotes(quote('AAPL', 2), quote('BTC/USDT', 3));
    for (const { client } of peers) client.flushAll();
    const frames = peers.map(({ peer }) => peer.waiting.map((w) => w.line).filter((line) => line !== null));
    expect(frames[0]?.length).toBeGreaterThan(0);
    expect(new Set(frames.flat()).size).toBe(frames[0]?.length);
  });

  it('a paused reader costs no more than its window and a frame, and converges when it reads again', () => {
    const { hub, owner, pass } = bench();
    const { peer, client, reader } = join(hub, 'objects');
    for (let i = 1; i <= 5_000; i++) {
      owner.quotes(...KEYS.map((k) => quote(k, i)));
      client.flushAll();
    }
    expect(client.credit.unacked).toBeLessThan(DEFAULT_HUB_OPTIONS.windowBytes + 4_096);
    expect(peer.buffered()).toBe(client.credit.unacked);
    pass(250);
    client.tick(250);
    peer.take(); // its pong gives room again, and what waited follows at once
    peer.take();
    reader.apply(peer.read);
    expect(Object.values(reader.prices).map(([price]) => price)).toEqual(KEYS.map(() => 5_000));
  });

  it('no key waits for ever behind the others when all change faster than the reader reads', () => {
    // Once, frames were cut at the end of the room: the keys that changed last never came, their rows stood still on a live stream.
    const { hub, owner, pass } = bench({ windowBytes: 1_000 }, 2_000);
    const { peer, client, reader } = join(hub, 'rows');
    const keys = Array.from({ length: 60 }, (_, i) => `K${i}/USD`);
    for (let round = 1; round <= 200; round++) {
      owner.quotes(...keys.map((k) => quote(k, round)));
      client.flushAll();
      pass(100);
      peer.take(2);
    }
    reader.apply(peer.read);
    const behind = keys.map((k) => 200 - Number(reader.prices[k]?.[0] ?? 0));
    expect(Math.max(...behind)).toBeLessThan(50);
  });

  it('a log reader overtaken by the ring is told how many it lost', () => {
    const { hub, owner, pass } = bench({ windowBytes: 200 });
    owner.reset('trades:AAPL', 'e1');
    const { peer, client } = join(hub, 'objects');
    client.receive('{"type":"subscribe","id":1,"channels":["trades:AAPL"]}');
    peer.take();
    client.flushAll();
    peer.take();
    const item = (i: number) => ({ id: String(i), price: '1', size: '1', side: 'buy', t: 1, venue: 'x', quality: 'live' });
    for (let i = 1; i <= 7_000; i++) owner.append('trades:AAPL', item(i));
    for (let i = 0; i < 60; i++) {
      pass(100);
      client.flushAll();
      peer.take();
    }
    const batches = peer.read.map((t) => JSON.parse(t) as { type: string; lost: number; prev: number; seq: number; items: { seq: number }[] }).filter((m) => m.type === 'batch');
    expect(batches[0]).toMatchObject({ prev: 0, lost: 2_000 });
    expect(batches.slice(1).every((b) => b.lost === 0)).toBe(true);
    expect(batches.flatMap((b) => b.items.map((x) => x.seq))).toEqual(Array.from({ length: 5_000 }, (_, i) => 2_001 + i));
  });
});

describe('a numbering that begins anew under a log reader', () => {
  const item = (i: number) => ({ id: String(i), price: '1', size: '1', side: 'buy', t: 1, venue: 'x', quality: 'live' });
  const read = (texts: readonly string[], type: string) => texts.map((t) => JSON.parse(t) as Record<string, unknown>).filter((m) => m['type'] === type && m['channel'] === 'trades:AAPL');
  function reader(kind: Kind = 'objects') {
    const on = bench();
    on.owner.reset('trades:AAPL', 'e1');
    on.owner.append('trades:AAPL', ...Array.from({ length: 10 }, (_, i) => item(i)));
    const joined = join(on.hub, kind);
    joined.client.receive('{"type":"subscribe","id":1,"channels":["trades:AAPL"]}');
    return { ...on, ...joined };
  }

  it('what had not reached it is told as lost, and all of the new numbering follows', () => {
    const { owner, peer, client } = reader();
    peer.take();
    owner.append('trades:AAPL', item(11), item(12), item(13));
    owner.reset('trades:AAPL', 'e2');
    owner.append('trades:AAPL', ...Array.from({ length: 150 }, (_, i) => item(i)));
    client.flushAll();
    peer.take();
    expect(read(peer.read, 'receipt')).toMatchObject([{ outcome: 'snapshot', reason: 'epoch_changed', from: { epoch: 'e1', seq: 10 }, to: { epoch: 'e2', seq: 150 }, missed: 153, replayed: 150, lost: 3 }]);
    expect(read(peer.read, 'initial_data').at(-1)).toMatchObject({ epoch: 'e2', seq: 150, items: { length: 150 } });
  });

  it('nothing is told when all had reached it, to plain clients, and of what a new reader never asked for', () => {
    const all = reader();
    all.peer.take();
    all.owner.reset('trades:AAPL', 'e2');
    all.client.flushAll();
    all.peer.take();
    expect(read(all.peer.read, 'receipt')).toEqual([]);
    const plain = reader('plain');
    plain.peer.take();
    plain.owner.append('trades:AAPL', item(11));
    plain.owner.reset('trades:AAPL', 'e2');
    plain.client.flushAll();
    plain.peer.take();
    expect(plain.peer.read.join()).not.toContain('receipt');
  });

  it('a reader who was away is told the same when it comes back', () => {
    const { hub, owner } = reader();
    owner.append('trades:AAPL', item(11), item(12));
    owner.reset('trades:AAPL', 'e2');
    owner.append('trades:AAPL', ...Array.from({ length: 5 }, (_, i) => item(i)));
    const back = join(hub, 'objects', { 'trades:AAPL': { epoch: 'e1', seq: 9 } });
    back.peer.take();
    expect(read(back.peer.read, 'receipt')).toMatchObject([{ reason: 'epoch_changed', missed: 8, replayed: 5, lost: 3 }]);
    // Two numberings back nothing can be known.
    owner.reset('trades:AAPL', 'e3');
    const late = join(hub, 'objects', { 'trades:AAPL': { epoch: 'e1', seq: 9 } });
    late.peer.take();
    expect(read(late.peer.read, 'receipt')).toMatchObject([{ reason: 'epoch_changed', missed: null, lost: 0 }]);
  });
});

describe('deadlines of a connection', () => {
  it('close a client without progress after 30 s, but not one that reads slowly', () => {
    const { hub, owner, pass, now } = bench();
    const slow = join(hub, 'plain');
    const stuck = join(hub, 'plain');
    for (let s = 1; s <= 60; s++) {
      owner.quotes(...KEYS.map((k) => quote(k, s * 1_000)));
      for (const { client } of [slow, stuck]) {
        client.heard();
        client.flushAll();
        client.tick(now());
      }
      slow.peer.take(2);
      pass(1_000);
    }
    expect(stuck.peer.closed).toBe(4003);
    expect(slow.peer.closed).toBeNull();
  });

  it('ping a silent client and close it after two misses', () => {
    const { hub, pass, now } = bench();
    const { client, peer } = join(hub, 'plain');
    peer.ponged = () => undefined;
    for (let s = 0; s < 32; s++) {
      peer.take();
      client.tick(now());
      pass(1_000);
    }
    expect([peer.pings, peer.closed]).toEqual([3, 1006]); // the first asks how far it is; closed with 4002, then cut without waiting
    expect(client.closedWith).toBe('noPong');
  });

  it('keep one pong waiting at most, the last one', () => {
    const { hub } = bench();
    const { client, peer } = join(hub, 'plain');
    peer.take();
    for (let i = 1; i <= 40; i++) client.receive(JSON.stringify({ type: 'ping', id: i }));
    expect(peer.waiting).toHaveLength(1);
    peer.take();
    peer.take();
    expect(peer.read.slice(1).map((t) => (JSON.parse(t) as { id: number }).id)).toEqual([1, 40]);
  });

  it('cut a client whose waiting bytes pass the hard cap', () => {
    const { hub, owner } = bench({ hardCapBytes: 2_000 });
    owner.quotes(...Array.from({ length: 50 }, (_, i) => quote(`S${i}`, i)));
    expect(join(hub, 'plain').peer.closed).toBe(4003);
  });
});
