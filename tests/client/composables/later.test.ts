import { flushPromises, mount } from '@vue/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defineComponent, h } from 'vue';
import { later } from '@/composables/later';

describe('a component that is fetched later', () => {
  afterEach(() => vi.useRealTimers());

  it('comes as soon as it can be fetched again', async () => {
    vi.useFakeTimers();
    const Late = defineComponent({ render: () => h('p', 'here') });
    const load = vi.fn(() => Promise.resolve(Late)).mockRejectedValueOnce(new TypeError('Failed to fetch')).mockRejectedValueOnce(new TypeError('Failed to fetch'));
    const Shown = later(load);
    const wrapper = mount(() => h('div', [h(Shown)]));
    await flushPromises();
    expect([wrapper.text(), load.mock.calls.length]).toEqual(['', 1]);
    await vi.advanceTimersByTimeAsync(4_100);
    await flushPromises();
    expect([wrapper.text(), load.mock.calls.length]).toEqual(['here', 3]);
    wrapper.unmount();
  });
});
