import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextTick } from 'vue';
import { useConnectionStore } from '@/stores/connection';
import { useSettingsStore } from '@/stores/settings';
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

  it('opens each sheet by its key, one at a time', async () => {
    mounted = await mountPanel(AppShell);
    await type('.');
    expect(dialog()?.text()).toContain('Connection');
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

  it('asks for the palette once', async () => {
    mounted = await mountPanel(AppShell);
    expect(mounted.wrapper.find('.first').exists()).toBe(true);
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
