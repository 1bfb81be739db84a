import { createPinia, setActivePinia } from 'pinia';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { partWords } from '@/panels/shell/workspaceWords';
import { DRAWINGS } from '@/stores/drawings';
import { useLayoutStore } from '@/stores/layout';
import { movePanel, PANEL_IDS, type Zone } from '@/stores/layoutTree';
import { savedText } from '@/stores/saved';
import { SETTINGS_KEY, useSettingsStore } from '@/stores/settings';
import { useWatchlistStore } from '@/stores/watchlists';
import { applyWorkspace, currentWorkspace, emptyWorkspace, LINK_LIMIT, packLink, readLink, readWorkspace, workspaceBefore, workspaceText } from '@/stores/workspace';

const NOW = 1_780_000_000_000;
const fresh = (): void => {
  localStorage.clear();
  setActivePinia(createPinia());
};
beforeEach(fresh);

const symbol = fc.string({ minLength: 1, maxLength: 20 });
/** Leaves a browser in which somebody has worked. */
const work = fc.record({
  theme: fc.constantFrom('system' as const, 'dark' as const, 'contrast' as const),
  density: fc.constantFrom('compact' as const, 'touch' as const),
  favourites: fc.uniqueArray(symbol, { maxLength: 8 }),
  widths: fc.dictionary(fc.constantFrom('last', 'bid', 'age'), fc.integer({ min: 28, max: 480 })),
  lists: fc.array(fc.tuple(fc.string({ maxLength: 60 }), fc.uniqueArray(symbol, { maxLength: 6 })), { maxLength: 5 }),
  moves: fc.array(fc.tuple(fc.constantFrom(...PANEL_IDS), fc.constantFrom(...PANEL_IDS), fc.constantFrom<Zone>('left', 'right', 'top', 'bottom', 'centre')), { maxLength: 8 }),
  drawings: fc.array(fc.record({ id: fc.uuid(), kind: fc.constantFrom('trend', 'text'), a: fc.record({ time: fc.integer(), price: fc.integer() }), b: fc.record({ time: fc.integer(), price: fc.integer() }), text: fc.string({ maxLength: 50 }) }), { maxLength: 5 }),
});
function doWork({ theme, density, favourites, widths, lists, moves, drawings }: typeof work extends fc.Arbitrary<infer T> ? T : never): void {
  fresh();
  useSettingsStore().update({ theme, density, favourites, columnWidths: widths });
  for (const [name, symbols] of lists) useWatchlistStore().create(name, symbols);
  const layout = useLayoutStore();
  for (const [panel, target, zone] of moves) layout.setTree(movePanel(layout.tree, panel, target, zone));
  localStorage.setItem(DRAWINGS.key, savedText(DRAWINGS, { byKey: { 'BTC/USDT': drawings } }));
}

describe('a workspace', () => {
  it('taken out as a file and taken in elsewhere is the same workspace', () => {
    fc.assert(fc.property(work, (done) => {
      doWork(done);
      const mine = currentWorkspace(NOW);
      const text = workspaceText(mine);
      fresh();
      const read = readWorkspace(text);
      if (!read.ok) throw new Error(read.words);
      expect(read).toEqual({ ok: true, workspace: mine, notes: [] });
      applyWorkspace(read.workspace, Object.keys(read.workspace.parts), NOW);
      expect(currentWorkspace(NOW)).toEqual(mine);
      setActivePinia(createPinia());
      expect(useSettingsStore().favourites).toEqual(done.favourites);
      expect(useWatchlistStore().lists).toHaveLength(done.lists.length);
    }), { numRuns: 60 });
  });

  it('as a link too, and a link is short', async () => {
    await fc.assert(fc.asyncProperty(work, async (done) => {
      doWork(done);
      const link = await packLink(currentWorkspace(NOW));
      expect(link?.length).toBeLessThan(8_000);
      expect(link).toMatch(/^w=[\w-]+$/);
      expect(await readLink(`#${link ?? ''}`)).toEqual({ ok: true, workspace: currentWorkspace(NOW), notes: [] });
    }), { numRuns: 25 });
  });

  it('garbage in a link is refused in words and changes nothing', async () => {
    const before = JSON.stringify({ ...localStorage });
    const good = (await packLink(currentWorkspace(NOW))) ?? '';
    await fc.assert(fc.asyncProperty(fc.oneof(fc.string(), fc.base64String(), fc.nat(good.length).map((n) => good.slice(0, n)), fc.tuple(fc.nat(good.length - 3), fc.string({ minLength: 1, maxLength: 2 })).map(([n, s]) => good.slice(0, n + 2) + s + good.slice(n + 3))), async (text) => {
      const read = await readLink(`#w=${text.replace(/^w=/, '')}`);
      if (!read.ok) expect(read.words.length).toBeGreaterThan(10);
    }), { numRuns: 150 });
    expect(JSON.stringify({ ...localStorage })).toBe(before);
  });

  it('a link that unpacks to far more than it is, or is too long, is given up', async () => {
    const bomb = new Uint8Array(await new Response(new Blob(['0'.repeat(20_000_000)]).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer());
    const text = btoa(Array.from(bomb, (b) => String.fromCharCode(b)).join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    expect(text.length).toBeLessThan(LINK_LIMIT);
    expect(await readLink(text)).toMatchObject({ ok: false });
    expect(await readLink('A'.repeat(LINK_LIMIT + 1))).toMatchObject({ ok: false, words: expect.stringContaining('longer') as string });
  });

  it('too much for a link is said, not cut', async () => {
    let state = 1;
    const noise = (): string => String.fromCharCode(33 + ((state = (state * 48_271) % 2_147_483_647) % 90));
    const sheet = () => Array.from({ length: 200 }, (_, i) => ({ id: `d${String(i)}`, kind: 'text' as const, a: { time: i, price: 1 }, b: { time: i, price: 2 }, text: Array.from({ length: 150 }, noise).join('') }));
    localStorage.setItem(DRAWINGS.key, savedText(DRAWINGS, { byKey: { a: sheet(), b: sheet() } }));
    expect((await packLink(currentWorkspace(NOW)))?.length).toBeUndefined();
  });

  it('anything as a text is read or refused, never a fault', () => {
    const envelope = fc.record({ app: fc.constant('tickglass'), version: fc.anything(), made: fc.anything(), parts: fc.dictionary(fc.constantFrom('settings', 'watchlists', 'layout', 'drawings', 'chart', 'book', 'other', '__proto__'), fc.object()) }, { requiredKeys: ['app'] });
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), envelope.map((x) => JSON.stringify(x) ?? '')), (text) => {
      const read = readWorkspace(text);
      if (read.ok) for (const [name, value] of Object.entries(read.workspace.parts)) expect(partWords(name, value).length).toBeGreaterThan(0);
    }));
  });

  it('of a newer version gives what is known and names the rest', () => {
    const text = JSON.stringify({ app: 'tickglass', version: 9, made: NOW, parts: { settings: { version: 7, settings: { theme: 'dark' } }, layout: { version: 1, layout: 7 }, spaceship: { version: 1 } } });
    const read = readWorkspace(text);
    expect(read).toMatchObject({ ok: true, workspace: { parts: { settings: { theme: 'dark' } } } });
    if (read.ok) expect(read.notes.join(' ')).toMatch(/newer version.*Layout cannot be read.*“spaceship” is not known/);
  });

  it('replaces only what was chosen, and what stood before can be brought back', () => {
    useSettingsStore().update({ theme: 'dark' });
    useWatchlistStore().create('Mine', ['AAPL']);
    const mine = currentWorkspace(NOW);
    expect(applyWorkspace(emptyWorkspace(NOW), ['settings'], NOW)).toBe(true);
    expect(currentWorkspace(NOW).parts).toMatchObject({ settings: { theme: 'system' }, watchlists: mine.parts['watchlists'] });
    expect(JSON.parse(localStorage.getItem(SETTINGS_KEY) ?? '')).toMatchObject({ settings: { theme: 'system' } });
    expect(workspaceBefore()).toEqual(mine);
    expect(partWords('watchlists', mine.parts['watchlists'])).toBe('Mine (1)');
  });
});
