import { watch, type ShallowRef } from 'vue';
import { useNow } from '@/composables/useNow';
import { useSubscription } from '@/composables/useSubscription';
import type { CandleFeed } from '@/composables/useCandles';
import { INTERVAL_MS } from '@/core/contract';
import { useAnalysisStore } from '@/stores/analysis';
import { useChartStore } from '@/stores/chart';
import { useConnectionStore } from '@/stores/connection';
import type { ChartRenderer, PriceMark } from './renderer';
import { countdown } from './words';

/** Lines of prices: the last one with the time its candle has left, and the plan of the newest signal. */
export function useMarks(feed: CandleFeed, renderer: ShallowRef<ChartRenderer | null>, symbol: () => string, moving: () => boolean): void {
  const [analysis, prefs, connection, now] = [useAnalysisStore(), useChartStore(), useConnectionStore(), useNow()];
  useSubscription('signals');

  const feedNow = (): number => {
    const { feedTime } = connection;
    return feedTime ? feedTime.time + (now.value.mono - feedTime.heardAt) * (feedTime.speed ?? 1) : now.value.wall;
  };
  const title = (): string => {
    const last = feed.series.value.candles.at(-1);
    const { interval } = prefs;
    return last && moving() && interval !== '1s' ? countdown(last.openTime, INTERVAL_MS[interval], feedNow()) : '';
  };
  const marks = (): readonly PriceMark[] => {
    const newest = prefs.signals ? analysis.signals.find((s) => s.symbol === symbol() && s.tf === prefs.interval) : undefined;
    if (!newest || newest.action === 'NEUTRAL' || (newest.expiry ?? 0) < feedNow()) return [];
    const { action, entry, stop, targets } = newest;
    return [
      { price: entry, title: `${action === 'BUY' ? 'Buy' : 'Sell'} signal`, tone: 'accent' },
      ...(stop === null ? [] : [{ price: stop, title: 'Stop', tone: 'muted' } as const]),
      ...targets.map((price, i) => ({ price, title: targets.length > 1 ? `Target ${String(i + 1)}` : 'Target', tone: action === 'BUY' ? 'up' : 'down' }) as const),
    ];
  };
  watch([renderer, title], () => renderer.value?.setTitle(title()));
  watch([renderer, () => JSON.stringify(marks())], () => renderer.value?.setMarks(marks()));
}
