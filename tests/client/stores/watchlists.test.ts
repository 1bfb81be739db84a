import { createPinia, setActivePinia } from 'pinia';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { LAYOUT_PART, PRESETS, useLayoutStore } from '@/stores/layout';
import { loadSaved, problemWords, readSaved, savedProblems, savedText, type SavedPart } from '@/stores/saved';
import { SETTINGS_PART } from '@/stores/settings';
import { useWatchlistStore, WATCHLIST_LIMITS, WATCHLISTS_PART } from '@/stores/watchlists';

beforeEach(() => {
  localStorage.clear();
  savedProblems.value = [];
  setActivePinia(createPinia());
});

describe('watchlists', () => {
  it('are made, renamed, copied, ordered, filled and removed, and survive a reload', () => {
    const lists = useWatchlistStore();
    const a = lists.create('  Morning   set ', ['BTC/USDT']) ?? '';
    const b = lists.create('morning SET') ?? '';
    expect(lists.lists.map((l) => l.name)).toEqual(['Morning set', 'morning SET 2']);
    lists.add(a, 'AAPL');
    lists.add(a, 'EUR/USD');
    lists.add(a, 'AAPL');
    lists.moveSymbol(a, 'EUR/USD', 'BTC/USDT');
    lists.take(a, 'AAPL');
    lists.rename(b, 'Metals');
    const c = lists.duplicate(a) ?? '';
    lists.moveList(c, -2);
    lists.select(a);
    setActivePinia(createPinia());
    const again = useWatchlistStore();
    expect(again.lists.map((l) => [l.name, l.symbols])).toEqual([['Morning set 2', ['EUR/USD', 'BTC/USDT']], ['Morning set', ['EUR/USD', 'BTC/USDT']], ['Metals', []]]);
    expect(again.current?.name).toBe('Morning set');
    again.remove(a);
    expect([again.active, again.current]).toEqual(['', null]);
  });

  it('are bounded', () => {
    const lists = useWatchlistStore();
    for (let i = 0; i < WATCHLIST_LIMITS.lists; i++) expect(lists.create('List')).not.toBeNull();
    expect(lists.create('one more')).toBeNull();
    expect(new Set(lists.lists.map((l) => l.name)).size).toBe(WATCHLIST_LIMITS.lists);
    const id = lists.lists[0]?.id ?? '';
    for (let i = 0; i < WATCHLIST_LIMITS.symbols + 5; i++) lists.add(id, `S${String(i)}`);
    expect(lists.find(id)?.symbols).toHaveLength(WATCHLIST_LIMITS.symbols);
    lists.rename(id, 'x'.repeat(500));
    expect(lists.find(id)?.name).toHaveLength(WATCHLIST_LIMITS.name);
  });

  it('one broken list costs itself', () => {
    const text = JSON.stringify({ version: 1, watchlists: { lists: [{ id: 'w1', name: 'Good', symbols: ['A', 'A', 'B'] }, { id: 'w2', name: '' }, 7], active: 'w2' } });
    expect(readSaved(WATCHLISTS_PART, text)).toEqual({ fault: null, value: { lists: [{ id: 'w1', name: 'Good', symbols: ['A', 'B'] }], active: '' } });
  });
});

describe('what the browser keeps', () => {
  const PARTS: readonly SavedPart<unknown>[] = [SETTINGS_PART, WATCHLISTS_PART, LAYOUT_PART];

  it.each(PARTS.map((part) => [part.title, part] as const))('%s: any text gives a valid value, and reading it again changes nothing', (_title, part) => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.json().map((s) => `{"version":1,"${part.field}":${s}}`), fc.object().map((o) => JSON.stringify({ version: 1, [part.field]: { ...o, lists: [o], tree: o, side: o } })));
    fc.assert(fc.property(texts, (text) => {
      const { value } = readSaved(part, text);
      expect(readSaved(part, savedText(part, value))).toEqual({ value, fault: null });
    }));
  });

  it.each([
    ['not JSON', 'tickglass{', 'broken', 'cannot be read'],
    ['another shape', '[1,2]', 'broken', 'cannot be read'],
    ['a tree without panels', '{"version":1,"layout":{"tree":{"kind":"row","children":[]}}}', 'broken', 'cannot be read'],
    ['a newer version', '{"version":99,"layout":{"preset":"research","tree":{"kind":"tabs","panels":["book"],"active":"book"}}}', 'newer', 'newer version'],
  ])('%s is moved aside and told, and the page starts', (_name, text, fault, words) => {
    localStorage.setItem(LAYOUT_PART.key, text);
    const layout = useLayoutStore();
    expect(layout.preset).toBe(fault === 'newer' ? 'research' : 'trader');
    expect(localStorage.getItem(`${LAYOUT_PART.key}.aside`)).toBe(text);
    expect(savedProblems.value).toMatchObject([{ key: LAYOUT_PART.key, fault }]);
    expect(problemWords(savedProblems.value[0]!)).toContain(words);
    savedProblems.value = [];
    loadSaved(LAYOUT_PART);
    expect(savedProblems.value).toEqual([]);
  });

  it('a migration that fails is a broken text, not a broken page', () => {
    const part = { ...SETTINGS_PART, version: 2, migrations: { 1: () => { throw new TypeError('unexpected shape'); } } };
    expect(readSaved(part, '{"version":1,"settings":{"theme":"dark"}}')).toEqual({ value: part.defaults, fault: 'broken' });
  });
});

describe('layout', () => {
  it('keeps the arrangement and the side over a reload, and goes back to its preset', () => {
    const layout = useLayoutStore();
    layout.usePreset('research');
    expect(layout.changed).toBe(false);
    layout.setTree({ kind: 'tabs', panels: ['tape', 'book'], active: 'book' });
    layout.setSide({ width: 5_000, open: false });
    setActivePinia(createPinia());
    const again = useLayoutStore();
    expect([again.preset, again.changed, again.side]).toEqual(['research', true, { open: false, width: 640 }]);
    again.usePreset('research');
    expect(again.tree).toEqual(PRESETS.research.tree);
  });
});
