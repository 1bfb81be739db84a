import { defineStore } from 'pinia';
import type { CandleData, Interval } from '@/core/contract';
import { createChannelMap } from './channelMap';
import type { Apply, CandleStoreApi } from './types';

const MAX_CANDLES = 5_000;

interface Series {
  /** By open time; the forming candle is one of them. */
  readonly byTime: Map<number, CandleData>;
  /** Oldest first; made at the first read after a change. */
  view: readonly CandleData[] | null;
}
type AllSeries = Map<Interval, Series>;

const sorted = (series: Series): readonly CandleData[] => [...series.byTime.values()].sort((a, b) => a.open_time - b.open_time);

/** Candles by channel and interval, the forming one last: see `CandleStoreApi`. */
export const useCandleStore = defineStore('candles', () => {
  const channels = createChannelMap<AllSeries>(() => new Map());

  function seriesOf(all: AllSeries, interval: Interval): Series {
    let series = all.get(interval);
    if (!series) all.set(interval, (series = { byTime: new Map(), view: null }));
    series.view = null;
    return series;
  }

  /** Keys are `INTERVAL|OPEN_TIME`; a removed key names its candle by that alone. */
  function remove(all: AllSeries, key: string): void {
    const [interval = '', openTime = ''] = key.split('|');
    const series = all.get(interval as Interval);
    if (!series) return;
    series.byTime.delete(Number(openTime));
    series.view = null;
  }

  function apply(channel: string, { updates, replace }: Pick<Apply<CandleData>, 'updates' | 'replace'>): void {
    const all = channels.write(channel);
    if (replace) all.clear();
    for (const { key, value } of updates) {
      if (value === null) remove(all, key);
      else seriesOf(all, value.interval).byTime.set(value.open_time, value);
    }
    for (const series of all.values()) {
      if (series.byTime.size <= 2 * MAX_CANDLES) continue;
      for (const { open_time } of sorted(series).slice(0, -MAX_CANDLES)) series.byTime.delete(open_time);
    }
  }

  return {
    candles(channel: string, interval: Interval): readonly CandleData[] {
      const series = channels.read(channel)?.get(interval);
      return series ? (series.view ??= sorted(series)) : [];
    },
    apply,
    flush: channels.flush,
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const candleStoreApi = (store: ReturnType<typeof useCandleStore>): CandleStoreApi => store;
