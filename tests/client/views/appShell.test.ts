import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { useConnectionStore } from '@/stores/connection';
import { useSettingsStore } from '@/stores/settings';
import { useWatchlistStore, WATCHLISTS_PART } from '@/stores/watchlists';
import { currentWorkspace, packLink } from '@/stores/workspace';
import AppShell from '@/views/AppShell.vue';
import NotFoundView from '@/views/NotFoundView.vue';
import { fillMarket, freshStores, mountPanel, stream, type Mounted } from '../panels/support';

let mounted: Mounted;
const type = async (key: string, init: KeyboardEventInit = {}): Promise<void> => {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }));
  await flushPromises();
};
const dialog = () => mounted.wrapper.findAll('dialog').find((d) => d.element.open);

beforeEach(() => {
  freshStores();
  fillMarket({ 'BTC/USDT': {}, 'ETH/USDT': {} });
});
afterEach(() => mounted.wrapper.unmount());

describe('AppShell', () => {
  it('names each stream with its state in words, in the lamps and in the live region', async () => {
    mounted = await mountPanel(AppShell);
    const lamps = mounted.wrapper.find('.lamps');
    expect(lamps.attributes('aria-label')).toMatch(/^Connection\. All live\. Market: live, Signals: live, Sentiment: live$/);
    useConnectionStore().setStream(stream('binary', { state: 'backoff', reason: 'The server is restarting', nextAttemptAt: performance.now() + 60_000 }));
    await nextTick();
    expect(lamps.attributes('aria-label')).toMatch(/Sentiment: retry in \d+ s/);
    expect(mounted.wrapper.find('[role="status"][aria-live="polite"]').text()).toBe('Sentiment reconnecting');
  });

  it.each([['simulated', 'SIMULATED', 'tag--violet'], ['replay', 'REPLAY', 'tag--violet'], ['none', 'NO FEED', 'tag--amber'], ['live', 'LIVE', 'tag--plain']] as const)(
    'labels the feed %s as %s', async (mode, tag, tone) => {
      mounted = await mountPanel(AppShell);
      useConnectionStore().setMode(mode);
      await nextTick();
      const label = mounted.wrapper.find('.top__kind');
      expect(label.text()).toContain(tag);
      expect(label.classes()).toContain(tone);
    });

  it('puts theme, palette, density and motion on the root, where the tokens read them', async () => {
    mounted = await mountPanel(AppShell);
    useSettingsStore().update({ theme: 'contrast', palette: 'red-green', density: 'compact', motion: 'reduced' });
    await nextTick();
    expect({ ...document.documentElement.dataset }).toMatchObject({ theme: 'contrast', palette: 'red-green', density: 'compact', motion: 'reduced' });
  });

  it('what is typed while the search is fetched is not lost', async () => {
    mounted = await mountPanel(AppShell);
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true, cancelable: true }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true, cancelable: true }));
    await vi.waitFor(() => expect(dialog()?.find('input').element.value).toBe('et'));
  });

  it('opens each sheet by its key, one at a time', async () => {
    mounted = await mountPanel(AppShell);
    await type('.');
    // Fetched when it is first opened.
    await vi.waitFor(() => expect(dialog()?.text()).toContain('Connection'), { timeout: 5_000 });
    await type('?');
    expect(dialog()?.text()).toContain('Connection');
    await type('k', { ctrlKey: true });
    expect(dialog()?.find('input').exists()).toBe(true);
    await type('k', { ctrlKey: true });
    expect(dialog()).toBeUndefined();
  });

  it('a letter opens the symbol search with it, and Enter goes there', async () => {
    mounted = await mountPanel(AppShell);
    await type('e');
    const input = dialog()!.find('input');
    expect(input.element.value).toBe('e');
    await input.trigger('keydown', { key: 'Enter' });
    await flushPromises();
    expect(mounted.router.currentRoute.value.path).toBe('/market/ETH%2FUSDT');
    expect(dialog()).toBeUndefined();
  });

  it('a link with a workspace is shown before anything is replaced, and leaves the address', async () => {
    useWatchlistStore().create('From afar', ['BTC/USDT']);
    const fragment = await packLink(currentWorkspace(0));
    localStorage.clear();
    mounted = await mountPanel(AppShell, { path: `/market?q=x#${fragment ?? ''}` });
    await vi.waitFor(() => expect(dialog()?.text()).toContain('From afar (1)'));
    expect(mounted.router.currentRoute.value.fullPath).toBe('/market?q=x');
    expect(localStorage.getItem(WATCHLISTS_PART.key)).toBeNull();
    await dialog()!.findAll('button').find((b) => b.text() === 'Keep mine')!.trigger('click');
    expect(localStorage.getItem(WATCHLISTS_PART.key)).toBeNull();
  });

  it('a damaged link says so and changes nothing', async () => {
    mounted = await mountPanel(AppShell, { path: '/market#w=damaged' });
    await vi.waitFor(() => expect(dialog()?.text()).toMatch(/was not opened\. The link is damaged.*Nothing was changed/));
  });

  it('the price strip is a page of cells and can be turned', async () => {
    fillMarket(Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`S${String(i)}/USD`, {}])));
    useSettingsStore().update({ ticker: 'list', motion: 'reduced' });
    mounted = await mountPanel(AppShell);
    await vi.waitFor(() => expect(mounted.wrapper.findAll('.strip__cells a').map((a) => a.text().slice(0, 3))).toEqual(['S0/', 'S1/', 'S2/', 'S3/', 'S4/', 'S5/']));
    await mounted.wrapper.find('.strip [aria-label="Next page"]').trigger('click');
    expect(mounted.wrapper.find('.strip__cells a').text()).toMatch(/^S6\/USD100\.00\+2\.04%/);
    expect(mounted.wrapper.find('.strip').text()).not.toContain('Pause');
  });

  it('asks for the palette once', async () => {
    mounted = await mountPanel(AppShell);
    await vi.waitFor(() => expect(mounted.wrapper.find('.first').exists()).toBe(true));
    await mounted.wrapper.find('.first > .button').trigger('click');
    expect(mounted.wrapper.find('.first').exists()).toBe(false);
    expect(useSettingsStore().palette).toBe('blue-orange');
    useSettingsStore().toggleFavourite('A/USD');
    useSettingsStore().reset();
    await nextTick();
    expect(mounted.wrapper.find('.first').exists()).toBe(false);
    expect(useSettingsStore().favourites).toEqual(['A/USD']);
  });
});

describe('NotFoundView', () => {
  it('names the address and the way on', async () => {
    mounted = await mountPanel(NotFoundView, { path: '/no/such/page' });
    expect(mounted.wrapper.text()).toContain('“/no/such/page” is not a page');
    expect(mounted.wrapper.find('a').attributes('href')).toBe('/market');
  });
});
