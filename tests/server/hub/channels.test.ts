import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedChannel } from '../../../server/hub/keyedChannel';
import { LogChannel } from '../../../server/hub/logChannel';
import { SymbolFilter } from '../../../server/hub/filter';

const KEYS = ['a', 'b', 'c', 'd', 'e'] as const;
const change = fc.record({ key: fc.constantFrom(...KEYS), value: fc.option(fc.integer(), { nil: undefined }) });

describe('keyed channel', () => {
  it('property: a reader that pulls changes at any moments holds the state restricted to its filter', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('apply' as const), changes: fc.array(change, { minLength: 1, maxLength: 4 }), counted: fc.boolean() }),
      fc.record({ kind: fc.constant('pull' as const) }),
      fc.record({ kind: fc.constant('reset' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.subarray([...KEYS]), fc.integer({ min: 0, max: 3 }), (steps, wanted, horizon) => {
        const channel = new KeyedChannel(horizon);
        channel.reset('e0');
        const accept = (key: string) => (wanted as string[]).includes(key);
        let epochs = 0;
        let reader = { epoch: 'e0', cursor: 0, state: new Map<string, unknown>() };
        const truth = new Map<string, unknown>();
        const pull = () => {
          const changes = reader.epoch === channel.epoch ? channel.changedSince(reader.cursor, accept) : null;
          if (changes) {
            const versions = changes.map((c) => c.version);
            expect(versions).toEqual([...versions].sort((x, y) => x - y));
            for (const c of changes) if (c.value === undefined) reader.state.delete(c.key);
            else reader.state.set(c.key, c.value);
          } else reader = { ...reader, state: new Map(channel.state(accept).map((e) => [e.key, e.value])) };
          reader = { ...reader, epoch: channel.epoch, cursor: channel.seq };
        };
        for (const s of steps) {
          if (s.kind === 'pull') pull();
          else if (s.kind === 'reset') {
            channel.reset(`e${++epochs}`);
            truth.clear();
          } else {
            const prev = channel.seq;
            channel.apply({ type: 'keyed', channel: 'market', epoch: channel.epoch, prev, seq: prev + (s.counted ? s.changes.length : 1), changes: s.changes }, 0);
            for (const c of s.changes) if (c.value === undefined) truth.delete(c.key);
            else truth.set(c.key, c.value);
          }
        }
        pull();
        const expected = [...truth].filter(([key]) => accept(key)).sort();
        expect([...reader.state].sort()).toEqual(expected);
        expect(channel.size).toBe(truth.size);
      }),
      { numRuns: 2_000 },
    );
  });

  it('forgets removals beyond its horizon and then refuses positions before them', () => {
    const channel = new KeyedChannel(2);
    channel.reset('e');
    const put = (key: string, value: unknown) => channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: channel.seq, seq: channel.seq + 1, changes: [{ key, value }] }, 0);
    for (const key of ['a', 'b', 'c']) put(key, 1); // 1..3
    for (const key of ['a', 'b', 'c']) put(key, undefined); // 4..6, of which 4 is forgotten
    expect(channel.changedSince(3, null)).toBeNull();
    expect(channel.changedSince(4, null)?.map((e) => e.key)).toEqual(['b', 'c']);
  });

  it('notices missed changes and sends readers from before them to a snapshot', () => {
    const channel = new KeyedChannel(10);
    expect(channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: 0, seq: 1, changes: [{ key: 'a', value: 1 }] }, 0)).toBe(true);
    expect(channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: 5, seq: 6, changes: [{ key: 'b', value: 1 }] }, 0)).toBe(false);
    expect(channel.changedSince(1, null)).toBeNull();
    expect(channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: 0, seq: 1, changes: [{ key: 'a', value: 9 }] }, 0)).toBe(true);
    expect(channel.get('a')?.value).toBe(1);
  });

  it('tells its state in the order that is given, what is not in it after that; changes stay in their own order', () => {
    const channel = new KeyedChannel(10, null, () => ['a', 'b', 'c']);
    const changes = ['x', 'c', 'a', 'w', 'b'].map((key) => ({ key, value: 1 }));
    channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: 0, seq: changes.length, changes }, 0);
    expect(channel.state(null).map((e) => e.key)).toEqual(['a', 'b', 'c', 'x', 'w']);
    expect(channel.state((key) => key !== 'b').map((e) => e.key)).toEqual(['a', 'c', 'x', 'w']);
    expect(channel.changedSince(0, null)?.map((e) => e.key)).toEqual(['x', 'c', 'a', 'w', 'b']);
  });

  it('finds values without a recent change', () => {
    const channel = new KeyedChannel(10);
    channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: 0, seq: 2, changes: [{ key: 'a', value: 1 }, { key: 'b', value: 1 }] }, 100);
    channel.apply({ type: 'keyed', channel: 'm', epoch: 'e', prev: 2, seq: 3, changes: [{ key: 'a', value: 2 }] }, 200);
    expect(channel.unchangedSince(150, null).map((e) => e.key)).toEqual(['b']);
  });
});

describe('log channel', () => {
  const make = (items: number, ageMs = 1e9, keep = 0) => {
    const log = new LogChannel({ items: () => items, ageMs, keep });
    log.reset('e');
    return log;
  };
  const append = (log: LogChannel, items: unknown[], at = 0) => log.append({ type: 'log', channel: 's', epoch: 'e', prev: log.seq, seq: log.seq + items.length, items }, at);

  it('property: what a reader gets is contiguous, and every missing item is announced', () => {
    const step = fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constant('pull' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (steps, bound) => {
        const log = make(bound);
        let made = 0;
        let cursor = 0;
        for (const s of [...steps, 'pull' as const]) {
          if (s === 'pull') {
            const { items, lost } = log.since(cursor);
            let expected = cursor + lost;
            for (const item of items) {
              expect(item.seq).toBe(++expected);
              expect(item.value).toBe(item.seq);
            }
            expect(expected).toBe(log.seq);
            cursor = log.seq;
          } else append(log, Array.from({ length: s }, () => ++made));
          expect(log.size).toBeLessThanOrEqual(bound);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('drops by age but keeps some for new readers', () => {
    const log = make(100, 1_000, 2);
    append(log, [1, 2, 3], 0);
    append(log, [4], 5_000);
    expect(log.since(0)).toMatchObject({ lost: 2, items: [{ seq: 3 }, { seq: 4 }] });
    expect(log.newest(1)).toMatchObject([{ seq: 4 }]);
  });

  it('tells readers about items that never arrived here', () => {
    const log = make(100);
    append(log, [1, 2]);
    expect(log.append({ type: 'log', channel: 's', epoch: 'e', prev: 5, seq: 6, items: ['x'] }, 0)).toBe(false);
    expect(log.since(2)).toMatchObject({ lost: 3, items: [{ seq: 6 }] });
  });

  it('holds many items without losing its bounds', () => {
    const log = make(5_000);
    for (let i = 1; i <= 20_000; i++) append(log, [i]);
    expect(log.since(0)).toMatchObject({ lost: 15_000 });
    expect(log.since(0).items).toHaveLength(5_000);
  });
});

describe('symbol filter', () => {
  it('counts composite keys for their symbol and lets market-wide values through', () => {
    const filter = SymbolFilter.only(['AAPL']);
    expect(['AAPL', 'AAPL|1m', '*', 'MSFT', 'MSFT|1m'].map(filter.accepts)).toEqual([true, true, true, false, false]);
  });

  it('property: with and without act as on a set, from all or from nothing', () => {
    const op = fc.record({ add: fc.boolean(), symbols: fc.subarray(['A', 'B', 'C', 'D']) });
    fc.assert(
      fc.property(fc.boolean(), fc.array(op), (all, ops) => {
        let filter = all ? SymbolFilter.everything : SymbolFilter.only([]);
        const model = new Set(all ? ['A', 'B', 'C', 'D'] : []);
        for (const { add, symbols } of ops) {
          expect(filter.missing(symbols)).toEqual(symbols.filter((s) => !model.has(s)));
          filter = add ? filter.with(symbols) : filter.without(symbols);
          for (const s of symbols) if (add) model.add(s);
          else model.delete(s);
        }
        expect(['A', 'B', 'C', 'D'].filter(filter.accepts)).toEqual(['A', 'B', 'C', 'D'].filter((s) => model.has(s)));
      }),
    );
  });
});
