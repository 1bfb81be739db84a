import fc from 'fast-check';
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { hitTest, measureOf, moved, spanWords, toSegment } from '@/panels/Chart/geometry';
import { drawingsKey, DRAWINGS, MOST_DRAWINGS, useDrawingStore, type Drawing } from '@/stores/drawings';
import { readSaved } from '@/stores/saved';

const drawing = (id: string, change: Partial<Drawing> = {}): Drawing => ({ id, kind: 'trend', a: { time: 0, price: 100 }, b: { time: 100, price: 200 }, text: '', ...change });
/** One pixel a millisecond, one a price unit. */
const project = ({ time, price }: { readonly time: number; readonly price: number }) => ({ x: time, y: price });

describe('drawings kept in the browser', () => {
  beforeEach(() => {
    localStorage.clear();
    setActivePinia(createPinia());
  });

  it('come back after a reload, each under its symbol and kind of data', () => {
    const store = useDrawingStore();
    store.put(drawingsKey('BTC/USDT', 'live'), drawing('a'));
    store.put(drawingsKey('BTC/USDT', 'simulated'), drawing('b', { kind: 'text', text: 'Note' }));
    store.put('BTC/USDT', drawing('a', { b: { time: 7, price: 8 } }));
    setActivePinia(createPinia());
    expect(useDrawingStore().of('BTC/USDT')).toEqual([drawing('a', { b: { time: 7, price: 8 } })]);
    expect(useDrawingStore().of('BTC/USDT@simulated').map((d) => d.text)).toEqual(['Note']);
    useDrawingStore().remove('BTC/USDT', 'a');
    setActivePinia(createPinia());
    expect(useDrawingStore().of('BTC/USDT')).toEqual([]);
  });

  it('lose one drawing that cannot be read and not the others, and none to a broken text without keeping it', () => {
    localStorage.setItem(DRAWINGS.key, JSON.stringify({ version: 1, drawings: { byKey: { AAPL: [drawing('a'), { kind: 'spiral' }, drawing('b')] } } }));
    expect(useDrawingStore().of('AAPL').map((d) => d.id)).toEqual(['a', 'b']);
    localStorage.setItem(DRAWINGS.key, '{broken');
    setActivePinia(createPinia());
    expect(useDrawingStore().of('AAPL')).toEqual([]);
    expect(localStorage.getItem(`${DRAWINGS.key}.aside`)).toBe('{broken');
  });

  it('are carried over when a later version names things otherwise', () => {
    const next = { ...DRAWINGS, version: 2, migrations: { 1: (old: Readonly<Record<string, unknown>>) => ({ byKey: { MOVED: (old['byKey'] as Record<string, unknown>)['OLD'] } }) } };
    const read = readSaved(next, JSON.stringify({ version: 1, drawings: { byKey: { OLD: [drawing('a')] } } }));
    expect([read.fault, read.value.byKey['MOVED']]).toEqual([null, [drawing('a')]]);
  });

  it('have a bound: the oldest go first', () => {
    const store = useDrawingStore();
    for (let i = 0; i < MOST_DRAWINGS + 5; i++) store.put('BTC/USDT', drawing(String(i)));
    expect([store.of('BTC/USDT').length, store.of('BTC/USDT')[0]?.id]).toEqual([MOST_DRAWINGS, '5']);
  });
});

describe('taking hold of a drawing', () => {
  it.each([
    ['trend', { x: 50, y: 152 }, 'body'], ['trend', { x: 2, y: 98 }, 'a'], ['trend', { x: 97, y: 203 }, 'b'], ['trend', { x: 90, y: 110 }, null],
    ['horizontal', { x: 900, y: 104 }, 'body'], ['horizontal', { x: 900, y: 120 }, null], ['rectangle', { x: 50, y: 103 }, 'body'], ['rectangle', { x: 50, y: 150 }, null],
    ['measure', { x: 50, y: 150 }, 'body'], ['text', { x: 20, y: 110 }, 'body'], ['text', { x: 90, y: 110 }, null],
  ] as const)('a %s at %o is held by %s', (kind, point, grip) => {
    expect(hitTest([drawing('a', { kind, text: 'Note' })], point, project)?.grip ?? null).toBe(grip);
  });

  it('takes the newest of those that lie on one another', () => {
    expect(hitTest([drawing('a'), drawing('b')], { x: 50, y: 150 }, project)?.drawing.id).toBe('b');
  });

  it('and moving it there and back changes nothing', () => {
    fc.assert(fc.property(fc.constantFrom('a', 'b', 'body' as const), fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -1e6, max: 1e6 }), (grip, time, price) => {
      const there = moved(drawing('a'), grip, { time, price });
      expect(moved(there, grip, { time: -time, price: -price })).toEqual(drawing('a'));
      expect(grip === 'a' ? there.b : grip === 'b' ? there.a : null).toEqual(grip === 'a' ? drawing('a').b : grip === 'b' ? drawing('a').a : null);
    }));
    expect(toSegment({ x: 3, y: 4 }, { x: 0, y: 0 }, { x: 0, y: 0 })).toBe(5);
  });
});

describe('measuring', () => {
  it('tells price, percent, candles and time', () => {
    expect(measureOf(drawing('a', { b: { time: 5_400_000, price: 90 } }), (time) => time / 60_000)).toEqual({ change: -10, percent: -10, bars: 90, ms: 5_400_000 });
    expect(measureOf(drawing('a', { a: { time: 0, price: 0 } }), () => null).percent).toBeNull();
    expect([0, 42_000, 5_400_000, -93_600_000, 86_400_000, 3_605_000].map(spanWords)).toEqual(['0 s', '42 s', '1 h 30 min', '\u22121 d 2 h', '1 d', '1 h']);
  });
});
