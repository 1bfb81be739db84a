import { defineStore } from 'pinia';
import * as v from 'valibot';
import { computed, shallowRef } from 'vue';
import { INTERVALS } from '@/core/contract';
import { loadSaved, saveSaved, type SavedPart } from './saved';

/** Indicators shown at a time. */
export const MOST_INDICATORS = 12;

const Shown = v.object({
  /** Name in the registry of indicators; one that is not known there is not drawn. */
  name: v.pipe(v.string(), v.maxLength(40)),
  params: v.fallback(v.record(v.pipe(v.string(), v.maxLength(40)), v.pipe(v.number(), v.finite())), {}),
});
/** An indicator on the chart with its parameters; those left out are the usual ones. */
export type ShownIndicator = v.InferOutput<typeof Shown>;

const Prefs = v.object({
  interval: v.fallback(v.picklist(INTERVALS), '1m'),
  scale: v.fallback(v.picklist(['linear', 'log']), 'linear'),
  volume: v.fallback(v.boolean(), true),
  /** Entry, stop and targets of the newest signal. */
  signals: v.fallback(v.boolean(), true),
  indicators: v.fallback(v.pipe(v.array(Shown), v.maxLength(MOST_INDICATORS)), []),
});
export type ChartPrefs = v.InferOutput<typeof Prefs>;

export const CHART: SavedPart<ChartPrefs> = {
  key: 'tickglass.chart', title: 'Chart', version: 1, field: 'chart', schema: Prefs, migrations: {},
  defaults: { interval: '1m', scale: 'linear', volume: true, signals: true, indicators: [] },
};

/** How the user likes charts: the same for all symbols, kept in the browser. */
export const useChartStore = defineStore('chart', () => {
  const state = shallowRef<ChartPrefs>(loadSaved(CHART));
  return {
    interval: computed(() => state.value.interval),
    scale: computed(() => state.value.scale),
    volume: computed(() => state.value.volume),
    signals: computed(() => state.value.signals),
    indicators: computed(() => state.value.indicators),
    update(partial: Partial<ChartPrefs>): void {
      state.value = v.parse(Prefs, { ...state.value, ...partial });
      saveSaved(CHART, state.value);
    },
  };
});
