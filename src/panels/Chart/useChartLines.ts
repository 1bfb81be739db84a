import { computed, shallowRef, watch, type ShallowRef } from 'vue';
import { useCandles, type CandleFeed } from '@/composables/useCandles';
import type { ChartChange, ChartModel } from '@/core/market/chartBars';
import { useChartStore } from '@/stores/chart';
import type { IndicatorTrack } from './indicatorLines';
import type { ChartRenderer } from './renderer';

export interface ChartLines {
  /** Indicators as they are drawn, in their order. */
  readonly tracks: Readonly<ShallowRef<readonly IndicatorTrack[]>>;
  /** Candles of the symbol compared with; idle without one. */
  readonly other: CandleFeed;
  /** Counts what was drawn: whoever shows values reads it. */
  readonly drawn: Readonly<ShallowRef<number>>;
}

/** Closes of another symbol, place by place. */
function alongside(model: ChartModel, other: ChartModel, values: number[]): void {
  const closes = new Map(other.points.flatMap(({ time, candle }) => (candle ? [[time, candle.close] as const] : [])));
  values.length = 0;
  for (const { time } of model.points) values.push(closes.get(time) ?? NaN);
}

/** Keeps what is drawn that of the candles, the indicators and the other symbol. */
export function useChartLines(feed: CandleFeed, renderer: ShallowRef<ChartRenderer | null>, compare: () => string | null, decimals: () => number): ChartLines {
  const prefs = useChartStore();
  const tracks = shallowRef<readonly IndicatorTrack[]>([]);
  const drawn = shallowRef(0);
  const other = useCandles(compare, () => prefs.interval);
  const closes: number[] = [];
  const compared = computed(() => compare() !== null);

  function draw(change: Exclude<ChartChange, 'none'>): void {
    const model = feed.series.value.model();
    for (const track of tracks.value) track.follow(model, change);
    if (compared.value) alongside(model, other.series.value.model(), closes);
    renderer.value?.draw(model, change);
    drawn.value++;
  }
  let wanted = 0;
  async function rebuild(): Promise<void> {
    const mine = ++wanted;
    // Indicators are fetched when there are any: most of the code of a chart is theirs.
    const made = prefs.indicators.length === 0 ? [] : await import('./indicatorLines').then(({ trackOf }) => prefs.indicators.flatMap((shown) => trackOf(shown) ?? []), () => []);
    if (mine !== wanted) return;
    tracks.value = made;
    const model = feed.series.value.model();
    for (const track of made) track.follow(model, 'all');
    const name = compare();
    renderer.value?.setLines(made, prefs.volume, name === null ? null : { title: name, values: closes });
    renderer.value?.setScale({ log: prefs.scale === 'log', percent: name !== null });
    draw('all');
  }
  feed.onChange(draw);
  other.onChange((change) => {
    if (compared.value) draw(change === 'tail' ? 'tail' : 'all');
  });
  watch([renderer, () => prefs.indicators, () => prefs.volume, () => prefs.scale, compare, decimals], () => void rebuild(), { immediate: true });
  // The other symbol is read as far back as this one.
  watch([drawn, other.older], () => {
    const [first, there] = [feed.series.value.candles[0], other.series.value.candles[0]];
    if (compared.value && first && there && there.openTime > first.openTime && other.older.value !== 'end') other.loadOlder();
  });
  return { tracks, other, drawn };
}
