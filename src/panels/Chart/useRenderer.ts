import { computed, onBeforeUnmount, onMounted, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { zoneName } from '@/composables/format';
import { ZoneClock } from '@/core/market/chartTime';
import { useSettingsStore } from '@/stores/settings';
import { readLook, type ChartLook } from './look';
import type { ChartRenderer, RendererOptions } from './renderer';

export interface RendererHandle {
  readonly renderer: ShallowRef<ChartRenderer | null>;
  readonly look: ShallowRef<ChartLook | null>;
  /** The zone of the axis. */
  readonly clock: ComputedRef<ZoneClock>;
  /** In words, when the chart cannot be drawn; empty otherwise. */
  readonly failed: ShallowRef<string>;
}

/** Makes the chart in an element and keeps its colours, its zone and its numbers those of the settings. */
export function useRenderer(element: Ref<HTMLElement | null>, numbers: () => Pick<RendererOptions, 'price' | 'minMove'>, daily: () => boolean): RendererHandle {
  const settings = useSettingsStore();
  const renderer = shallowRef<ChartRenderer | null>(null);
  const look = shallowRef<ChartLook | null>(null);
  const failed = shallowRef('');
  const own = computed(() => new ZoneClock(zoneName(settings.timeZone)));
  const utc = new ZoneClock('UTC');
  // A day's candle is that of a day by UTC; west of it another date would stand beneath.
  const clock = computed(() => (daily() ? utc : own.value));
  let alive = true;

  function options(): RendererOptions | null {
    if (!element.value) return null;
    look.value = readLook(element.value);
    return { look: look.value, clock: clock.value, ...numbers() };
  }
  function restyle(): void {
    const now = options();
    if (now) renderer.value?.restyle(now);
  }
  // Asked for before there is a place to draw: it comes while the page is laid out.
  const code = import('./renderer');
  onMounted(async () => {
    try {
      const { ChartRenderer: Renderer } = await code;
      const now = options();
      if (alive && element.value && now) renderer.value = new Renderer(element.value, now);
    } catch (error) {
      failed.value = error instanceof Error ? error.message : String(error);
    }
  });
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', restyle);
  watch([() => settings.theme, () => settings.palette, clock, numbers], restyle, { flush: 'post' });
  onBeforeUnmount(() => {
    alive = false;
    media.removeEventListener('change', restyle);
    renderer.value?.destroy();
    renderer.value = null;
  });
  return { renderer, look, clock, failed };
}
