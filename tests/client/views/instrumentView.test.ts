import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { createMemoryHistory, createRouter, RouterView } from 'vue-router';
import { mount, type VueWrapper } from '@vue/test-utils';
import { zoneAt } from '@/panels/Workspace/drop';
import { PANELS } from '@/panels/Workspace/panels';
import { useConnectionStore } from '@/stores/connection';
import { useLayoutStore } from '@/stores/layout';
import { boxesOf, panelsOf, split, tabs } from '@/stores/layoutTree';
import InstrumentView from '@/views/InstrumentView.vue';
import { fillMarket, freshStores } from '../panels/support';

let wrapper: VueWrapper;
async function open(path: string, width: number) {
  vi.stubGlobal('innerWidth', width);
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/market', component: { template: '<p>table</p>' } }, { path: '/market/:symbol(.+)', component: InstrumentView }] });
  await router.push(path);
  wrapper = mount(RouterView, { attachTo: document.body, global: { plugins: [router] } });
  await flushPromises();
  return router;
}
const tab = (panel: string) => wrapper.find(`[data-tab="${panel}"]`);
const shown = (): (string | undefined)[] => wrapper.findAll('[data-panel]').map((p) => p.attributes('data-panel'));

beforeEach(() => {
  freshStores();
  fillMarket({ 'BTC/USDT': {}, 'ETH/USDT': {} });
  useLayoutStore().setTree(split('row', [0.5, tabs('hour', 'analysis')], [0.5, tabs('compare')]));
});
afterEach(() => {
  wrapper.unmount();
  vi.unstubAllGlobals();
});

describe('InstrumentView', () => {
  it('shows the price, the panels as arranged, and on a wide screen the table with this symbol marked', async () => {
    await open('/market/BTC%2FUSDT', 1_440);
    expect(wrapper.find('h1').text()).toBe('BTC/USDT');
    expect(shown()).toEqual(['hour', 'compare']);
    expect(wrapper.find('[role="row"][aria-current="page"]').text()).toContain('BTC/USDT');
    await wrapper.find('[aria-label="Hide the price table"]').trigger('click');
    expect(wrapper.find('[role="grid"]').exists()).toBe(false);
    expect(useLayoutStore().side.open).toBe(false);
  });

  it('another symbol of the table opens in the same arrangement', async () => {
    const router = await open('/market/BTC%2FUSDT?panel=compare', 1_440);
    await wrapper.findAll('[role="row"]').find((r) => r.text().startsWith('ETH/USDT'))!.trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.fullPath).toBe('/market/ETH/USDT?panel=compare'.replace('ETH/USDT', 'ETH%2FUSDT'));
    expect(wrapper.find('h1').text()).toBe('ETH/USDT');
  });

  it('tabs are changed, moved, maximised and closed by keyboard, and the focus stays with them', async () => {
    const router = await open('/market/BTC%2FUSDT', 1_024);
    const layout = useLayoutStore();
    await tab('hour').trigger('keydown', { key: 'ArrowRight' });
    expect(shown()).toEqual(['analysis', 'compare']);
    await tab('analysis').trigger('keydown', { key: 'ArrowDown', shiftKey: true });
    await nextTick();
    expect(layout.tree).toMatchObject({ kind: 'row', children: [{ kind: 'column', children: [tabs('hour'), tabs('analysis')] }, tabs('compare')] });
    expect(document.activeElement?.getAttribute('data-tab')).toBe('analysis');
    await tab('compare').trigger('keydown', { key: 'Enter', shiftKey: true });
    await flushPromises();
    expect(router.currentRoute.value.query['panel']).toBe('compare');
    expect(shown()).toEqual(['compare']);
    await tab('compare').trigger('keydown', { key: 'Enter', shiftKey: true });
    await flushPromises();
    await tab('hour').trigger('keydown', { key: 'Delete' });
    expect(panelsOf(layout.tree)).toEqual(['analysis', 'compare']);
  });

  it('lines tell their place and are moved by arrow keys', async () => {
    await open('/market/BTC%2FUSDT', 1_024);
    const line = wrapper.find('.workspace [role="separator"]');
    expect([line.attributes('aria-valuenow'), line.attributes('aria-orientation'), line.attributes('aria-label')]).toEqual(['50', 'vertical', 'Size of Last hour against Venues']);
    vi.spyOn(wrapper.find('.workspace').element, 'clientWidth', 'get').mockReturnValue(1_000);
    await line.trigger('keydown', { key: 'ArrowLeft' });
    await line.trigger('keydown', { key: 'Enter' });
    expect(boxesOf(useLayoutStore().tree).groups.map((g) => g.w)).toEqual([0.5, 0.5]);
  });

  it('a double-click on a head maximises, a preset brings its own panels', async () => {
    const router = await open('/market/BTC%2FUSDT', 1_024);
    await wrapper.find('[data-head="compare"]').trigger('dblclick');
    await flushPromises();
    expect(router.currentRoute.value.query['panel']).toBe('compare');
    await wrapper.find('[data-head="compare"]').trigger('dblclick');
    await flushPromises();
    useLayoutStore().usePreset('research');
    await nextTick();
    expect(shown()).toEqual(['chart', 'analysis', 'compare']);
  });

  it('on a phone one panel at a time, with tabs', async () => {
    const router = await open('/market/BTC%2FUSDT?panel=analysis', 390);
    const here = () => wrapper.findAll('[role="tab"]').filter((t) => t.attributes('aria-selected') === 'true').map((t) => t.text());
    expect(here()).toEqual(['Analysis']);
    await wrapper.findAll('[role="tab"]').find((t) => t.text() === 'Venues')!.trigger('click');
    await flushPromises();
    expect([here(), router.currentRoute.value.query['panel']]).toEqual([['Venues'], 'compare']);
    expect(wrapper.find('.workspace').exists()).toBe(false);
  });

  it('says that a symbol is not known here, with the way on', async () => {
    await open('/market/NOPE', 1_024);
    expect(wrapper.text()).toContain('NOPE is not known here');
    expect(wrapper.find('h1').text()).toBe('NOPE');
  });
});

describe('where a dragged panel would go', () => {
  it.each([[0.5, 0.5, 'centre'], [0.05, 0.5, 'left'], [0.97, 0.4, 'right'], [0.5, 0.1, 'top'], [0.4, 0.95, 'bottom'], [0.1, 0.02, 'top']] as const)('at %d, %d: %s', (x, y, zone) => {
    expect(zoneAt(x, y)).toBe(zone);
  });
});

describe('a panel that fails', () => {
  it('says so in its place, can be tried again, and leaves the others alone', async () => {
    const load = vi.spyOn(PANELS.compare, 'load');
    // What a bundler gives for a module, which Vue tells from a bare component by its tag.
    load.mockResolvedValueOnce({ [Symbol.toStringTag]: 'Module', default: { template: '<p/>', setup() { throw new TypeError('bad symbol'); } } } as never);
    await open('/market/BTC%2FUSDT', 1_024);
    const panel = () => wrapper.find('[data-panel="compare"]').text();
    await vi.waitFor(() => expect(panel()).toMatch(/Venues stopped.*bad symbol.*other panels go on/));
    expect(wrapper.find('[data-panel="hour"]').exists()).toBe(true);
    expect(useConnectionStore().activity[0]?.text).toBe('The panel Venues failed for BTC/USDT: bad symbol');
    await wrapper.find('[data-panel="compare"] .button--main').trigger('click');
    await vi.waitFor(() => expect(panel()).toContain('Venues side by side'));
  });
});
