import { computed, watch, type ShallowRef } from 'vue';
import { useFeedNow } from '@/composables/useFeedNow';
import { useSubscription } from '@/composables/useSubscription';
import type { CandleFeed } from '@/composables/useCandles';
import { INTERVAL_MS } from '@/core/contract';
import { useAnalysisStore } from '@/stores/analysis';
import { useChartStore } from '@/stores/chart';
import type { ChartRenderer, PriceMark } from './renderer';
import { countdown } from './words';

/** Lines of prices: the last one with the time its candle has left, and the plan of the newest signal. */
export function useMarks(feed: CandleFeed, renderer: ShallowRef<ChartRenderer | null>, symbol: () => string, moving: () => boolean): void {
  const [analysis, prefs, now] = [useAnalysisStore(), useChartStore(), useFeedNow()];
  useSubscription('signals');

  // Told apart by their values: a list of sources with a shallow ref in it is heard whenever the feed's time steps.
  const title = computed(() => {
    const last = feed.series.value.candles.at(-1);
    const { interval } = prefs;
    return last && moving() && interval !== '1s' ? countdown(last.openTime, INTERVAL_MS[interval], now.value) : '';
  });
  const marks = (): readonly PriceMark[] => {
    const newest = prefs.signals ? analysis.signals.find((s) => s.symbol === symbol() && s.tf === prefs.interval) : undefined;
    if (!newest || newest.action === 'NEUTRAL' || (newest.expiry ?? 0) < now.value) return [];
    const { action, entry, stop, targets } = newest;
    return [
      { price: entry, title: `${action === 'BUY' ? 'Buy' : 'Sell'} signal`, tone: 'accent' },
      ...(stop === null ? [] : [{ price: stop, title: 'Stop', tone: 'muted' } as const]),
      ...targets.map((price, i) => ({ price, title: targets.length > 1 ? `Target ${String(i + 1)}` : 'Target', tone: action === 'BUY' ? 'up' : 'down' }) as const),
    ];
  };
  const shown = computed(() => JSON.stringify(marks()));
  watch([renderer, title], () => renderer.value?.setTitle(title.value), { immediate: true });
  watch([renderer, shown], () => renderer.value?.setMarks(marks()), { immediate: true });
}
