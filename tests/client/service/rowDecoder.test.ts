// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload, DATA_KINDS, QUOTE_STATES, ROUTES, type MarketData, type RowsMessage, type SchemaMessage } from '@/core/contract';
import { decodeRows, readSchema, type RowSchema } from '@/service/rowDecoder';
import type { Quote } from '@/core/market/outputs';
import { KeyedChannel } from '../../../server/hub/keyedChannel';
import { markColumns, RowTable } from '../../../server/hub/rows';
import { isQuote, marketData } from '../../../server/hub/values';

const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x)), { nil: null });
const value: fc.Arbitrary<MarketData> = fc.record({
  price: number, bid: number, ask: number, bid_size: number, ask_size: number, open_24h: number, change_24h: number, high_24h: number, low_24h: number, volume_24h: number,
  source: fc.constantFrom('', 'binance', 'okx', 'simulator'), quality: fc.constantFrom(...DATA_KINDS, 'unknown' as const), route: fc.constantFrom(...ROUTES), state: fc.constantFrom(...QUOTE_STATES),
  venue_time: number, age_ms: fc.option(fc.nat(), { nil: null }),
});
const wire = <T>(message: T): T => JSON.parse(JSON.stringify(message)) as T;
const schemaOf = (table: RowTable, from: number, present: RowSchema | null): RowSchema | null => readSchema(wire(table.schema('market', from)), present);

describe('compact rows', () => {
  it('decode to the same objects as the other encodings (the server\'s own encoder)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('AAPL', 'BTC/USDT', '__proto__', 'constructor'), value), { minLength: 1 }), (pairs) => {
        const table = new RowTable();
        table.cover('e', pairs.map(([k]) => k), pairs.map(([, d]) => d.source));
        const schema = schemaOf(table, 0, null);
        expect(schema).not.toBeNull();
        if (!schema) return;
        const r = pairs.map(([k, d]) => JSON.parse(table.row(k, d)) as number[]);
        const rows: RowsMessage = { t: 'b', c: table.sid, e: 'e', p: 0, q: 1, v: 0, ts: 0, r, x: [] };
        expect(decodeRows(rows, schema, new Map())).toEqual({ updates: pairs.map(([key, d]) => ({ key, value: decodePayload('market', wire(d)) })), invalid: 0, unknown: 0 });
      }),
    );
  });

  it('leave out what did not change since the reader\'s position: over what it holds, the same objects come out', () => {
    const quoteOf = (n: number, last: number): Quote => ({
      symbol: 'AAPL', last, bid: n % 2 ? last - 1 : null, ask: last + 1, bidSize: n % 3, askSize: null, open24h: n % 5 ? 100 : null, high24h: 120, low24h: 90, volume24h: n * 1.5,
      venue: n % 4 ? 'binance' : 'okx', kind: n % 7 ? 'live' : 'delayed', route: 'socket', state: n % 6 ? 'ok' : 'stale', venueTime: n % 3 ? 1_000 + n : null, receiveTime: n % 8 ? 5 : null,
    });
    const time = { iso: '', wall: 2_000, feed: 9, speed: 1 };
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('AAPL', '__proto__'), fc.option(fc.nat(50), { nil: null }), fc.boolean()), { maxLength: 40 }), (steps) => {
        const replica = new KeyedChannel(100, markColumns);
        const table = new RowTable();
        const held = new Map<string, MarketData>();
        let cursor = 0;
        steps.forEach(([key, n, read], i) => {
          replica.apply({ type: 'keyed', channel: 'market', epoch: 'e', prev: i, seq: i + 1, changes: [{ key, value: n === null ? undefined : quoteOf(n, n % 10) }] }, 0);
          if (!read) return;
          const changes = replica.changedSince(cursor, null) ?? [];
          table.cover('e', changes.map((e) => e.key), ['binance', 'okx']);
          const schema = readSchema(wire(table.schema('market', 0, true)), null);
          if (!schema) throw new Error('no schema');
          const r = changes.flatMap((e) => (isQuote(e.value) ? [JSON.parse(table.sparseRow(e, marketData(e.value, time), cursor, 2_000)) as number[]] : []));
          const x = changes.filter((e) => e.value === undefined).map((e) => table.rowOf(e.key) ?? 0);
          const decoded = decodeRows({ t: 'b', c: table.sid, e: 'e', p: cursor, q: i + 1, v: 0, ts: 2_000, r, x }, schema, held);
          expect([decoded.invalid, decoded.unknown]).toEqual([0, 0]);
          for (const u of decoded.updates) if (u.value) held.set(u.key, u.value);
          else held.delete(u.key);
          cursor = i + 1;
          expect(held).toEqual(new Map(replica.state(null).map((e) => [e.key, isQuote(e.value) ? decodePayload('market', wire(marketData(e.value, time))) : null])));
        });
      }),
    );
  });

  it('a row that builds on values nobody holds is refused', () => {
    const table = new RowTable();
    table.cover('e', ['A'], ['']);
    const schema = readSchema(wire(table.schema('market', 0, true)), null);
    if (!schema) throw new Error('no schema');
    expect(decodeRows({ t: 'b', c: 1, e: 'e', p: 0, q: 1, v: 0, ts: 0, r: [[0, 1, 5, null, 7]], x: [] }, schema, new Map())).toEqual({ updates: [], invalid: 1, unknown: 0 });
  });

  it('a schema grows by its continuation only', () => {
    const table = new RowTable();
    table.cover('e', ['A'], ['x']);
    const schema = schemaOf(table, 0, null);
    table.cover('e', ['A', 'B'], ['x']);
    expect(schemaOf(table, 1, schema)?.ids).toEqual(['A', 'B']);
    expect(schemaOf(table, 1, null)).toBeNull();
    table.cover('e', ['A', 'B', 'C', 'D'], ['x']);
    expect(schemaOf(table, 3, schema)).toBeNull();
  });

  it('tells rows without a name from rows that do not fit', () => {
    const table = new RowTable();
    table.cover('e', ['A'], ['']);
    const schema = schemaOf(table, 0, null);
    if (!schema) throw new Error('no schema');
    const rows = { t: 'b', c: 1, e: 'e', p: 0, q: 1, v: 0, ts: 0, r: [[5, 1], [0, 1, 2]], x: [0, 9] } as const;
    expect(decodeRows(rows, schema, new Map())).toEqual({ updates: [{ key: 'A', value: null }], invalid: 1, unknown: 2 });
  });

  it('reads a kind that a newer server invented as unknown, and refuses a layout without a column it needs', () => {
    const schema: SchemaMessage = wire(new RowTable().schema('market', 0));
    const invented = readSchema({ ...schema, enums: { ...schema.enums, quality: ['guessed'] } }, null);
    expect(invented?.texts.quality).toEqual(['unknown']);
    expect(readSchema({ ...schema, cols: schema.cols.filter((c) => c !== 'price') }, null)).toBeNull();
    expect(readSchema({ ...schema, enums: {} }, null)).toBeNull();
  });
});
