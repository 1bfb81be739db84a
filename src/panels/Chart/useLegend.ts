import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { formatPrice, formatSize, zoneName } from '@/composables/format';
import { holeAt, type ChartModel } from '@/core/market/chartBars';
import { ZoneClock, zonedTime } from '@/core/market/chartTime';
import type { LegendRow } from './ChartLegend.vue';
import type { IndicatorTrack } from './indicatorLines';
import { shadesOf } from './lines';
import type { ChartLook } from './look';
import type { ChartRenderer, Hover } from './renderer';
import { figuresOf, holeWords, type CandleFigures } from './words';

export interface LegendSource {
  readonly renderer: ShallowRef<ChartRenderer | null>;
  readonly look: ShallowRef<ChartLook | null>;
  readonly clock: ComputedRef<ZoneClock>;
  readonly model: () => ChartModel;
  readonly tracks: Readonly<ShallowRef<readonly IndicatorTrack[]>>;
  readonly volume: () => boolean;
  readonly drawn: Readonly<ShallowRef<number>>;
  readonly decimals: () => number;
}
export interface Legend {
  readonly figures: ComputedRef<CandleFigures | null>;
  readonly times: ComputedRef<readonly string[]>;
  readonly rows: ComputedRef<readonly LegendRow[]>;
  /** What is known of the hole under the pointer; empty elsewhere. */
  readonly hole: ComputedRef<string>;
  /** Where the panes begin, as laid out last, CSS pixels. */
  readonly tops: Readonly<ShallowRef<readonly number[]>>;
}

const UTC = new ZoneClock('UTC');
const LOCAL = new ZoneClock(zoneName('local'));
const NONE: readonly number[] = [];

/** What the legend says: of the candle under the pointer, otherwise of the newest. */
export function useLegend(source: LegendSource): Legend {
  const hover = shallowRef<Hover | null>(null);
  const tops = shallowRef(NONE);
  const at = computed(() => {
    const { points } = source.drawn.value >= 0 ? source.model() : source.model();
    // Before the first candle there is nothing to say; beyond the last one the newest is meant.
    return hover.value ? Math.min(points.length - 1, Math.round(hover.value.place)) : points.length - 1;
  });
  const point = computed(() => (source.drawn.value >= 0 ? source.model().points[at.value] : undefined));
  const candle = computed(() => point.value?.candle ?? null);

  watch(source.renderer, (renderer) => renderer?.onHover((now) => (hover.value = now)), { immediate: true });
  const measure = (): void => {
    const now = source.renderer.value?.paneTops() ?? NONE;
    if (now.join() !== tops.value.join()) tops.value = now;
  };
  // Panes are laid out by the library in its own frame, and dragged by hand.
  let frame = 0;
  watch([source.drawn, source.tracks, hover], () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(measure);
  });
  onScopeDispose(() => cancelAnimationFrame(frame));

  const text = (track: IndicatorTrack, value: number): string => {
    if (!Number.isFinite(value)) return '';
    const { unit } = track.spec;
    return unit === 'price' || unit === 'change' ? formatPrice(value, source.decimals()) : formatSize(value, 2);
  };
  return {
    tops,
    figures: computed(() => candle.value && figuresOf(candle.value, source.model().points[at.value - 1]?.candle ?? null, source.decimals())),
    times: computed(() => {
      const time = point.value?.time;
      if (time === undefined) return [];
      const seconds = source.model().interval === '1s';
      // Both clocks, whichever the axis follows.
      const shown = source.clock.value;
      const own = shown.zone === 'UTC' ? LOCAL : shown;
      const [utc, other] = [zonedTime(time, UTC, { seconds }), zonedTime(time, own, { seconds })];
      return utc === other ? [utc] : shown.zone === 'UTC' ? [utc, other] : [other, utc];
    }),
    hole: computed(() => {
      const found = hover.value && source.drawn.value >= 0 ? holeAt(source.model(), hover.value.place) : null;
      return found ? holeWords(found, source.clock.value) : '';
    }),
    rows: computed(() => {
      const [tracks, look, place] = [source.tracks.value, source.look.value, at.value];
      const shades = shadesOf(tracks, look?.series.length ?? 1);
      let pane = source.volume() ? 1 : 0;
      return tracks.map((track, i) => ({
        title: track.title, top: track.spec.pane === 'overlay' ? 0 : (tops.value[++pane] ?? -1),
        values: track.columns.flatMap((_, k) => {
          const shade = shades[i]?.[k] ?? -1;
          return shade < 0 || source.drawn.value < 0 ? [] : [{ text: text(track, track.values[k]?.[place] ?? NaN), colour: look?.series[shade] ?? '' }];
        }),
      }));
    }),
  };
}
