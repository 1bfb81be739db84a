import { defineStore } from 'pinia';
import * as v from 'valibot';
import { computed, shallowRef } from 'vue';
import { loadSaved, saveSaved, type SavedPart } from './saved';

/** Symbols whose choice of venue and grouping is remembered while the page lives. */
const MAX_CHOICES = 200;

/** Values of trades from which they are marked, quote currency. */
export interface Thresholds {
  readonly large: number;
  readonly huge: number;
}
const Amount = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e15));
const Quote = v.pipe(v.string(), v.maxLength(16));
const Marks = v.pipe(v.record(Quote, v.object({ large: Amount, huge: Amount })), v.maxEntries(100));
const Leasts = v.pipe(v.record(Quote, Amount), v.maxEntries(100));
/** Every field falls back on its own. */
const Schema = v.object({
  /** Sizes in base units or worth in the quote currency. */
  unit: v.fallback(v.picklist(['size', 'value']), 'size'),
  /** Heights of the depth chart by their logarithm. */
  logDepth: v.fallback(v.boolean(), false),
  /** Recent depth as a heatmap in place of the depth chart. */
  heat: v.fallback(v.boolean(), false),
  thresholds: v.fallback(Marks, {}),
  /** Trades of less value are not listed, by quote currency. */
  least: v.fallback(Leasts, {}),
});
export type BookSettings = v.InferOutput<typeof Schema>;
/** Kept in the browser: how book, depth chart and tape are shown. */
export const BOOK_SETTINGS_PART: SavedPart<BookSettings> = {
  key: 'tickglass.book', title: 'Settings of book and tape', version: 1, field: 'book', schema: Schema, migrations: {},
  defaults: Object.freeze(v.parse(Schema, { unit: '', logDepth: '', heat: '', thresholds: '', least: '' })),
};

/** Units of a currency that are worth about as much as a dollar's; only for first thresholds, no price. */
const USUAL: Readonly<Record<string, number>> = { JPY: 150, KRW: 1_400, BTC: 0.00002, ETH: 0.0005 };
export const usualThresholds = (quote: string): Thresholds => ({ large: 10_000 * (USUAL[quote] ?? 1), huge: 100_000 * (USUAL[quote] ?? 1) });

/** A map that forgets its oldest entries. */
function bounded<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  const next = new Map(map);
  next.delete(key);
  next.set(key, value);
  for (const oldest of next.keys()) {
    if (next.size <= MAX_CHOICES) break;
    next.delete(oldest);
  }
  return next;
}

/** How the book, the depth chart and the tape are shown. Venue and grouping are per symbol and shared by the panels; they are not saved. */
export const useBookSettingsStore = defineStore('bookSettings', () => {
  const state = shallowRef(loadSaved(BOOK_SETTINGS_PART));
  const venues = shallowRef<ReadonlyMap<string, string | null>>(new Map());
  const groupings = shallowRef<ReadonlyMap<string, number>>(new Map());

  function update(change: Partial<BookSettings>): void {
    state.value = v.parse(Schema, { ...state.value, ...change });
    saveSaved(BOOK_SETTINGS_PART, state.value);
  }
  return {
    unit: computed(() => state.value.unit),
    logDepth: computed(() => state.value.logDepth),
    heat: computed(() => state.value.heat),
    update,
    thresholds: (quote: string): Thresholds => state.value.thresholds[quote] ?? usualThresholds(quote),
    least: (quote: string): number => state.value.least[quote] ?? 0,
    setThresholds: (quote: string, { large, huge }: Thresholds): void => update({ thresholds: { ...state.value.thresholds, [quote]: { large: Math.min(large, huge), huge: Math.max(large, huge) } } }),
    setLeast: (quote: string, least: number): void => update({ least: { ...state.value.least, [quote]: least } }),
    /** null = the leading venue. */
    venue: (symbol: string): string | null => venues.value.get(symbol) ?? null,
    chooseVenue(symbol: string, venue: string | null): void {
      venues.value = bounded(venues.value, symbol, venue);
    },
    /** Ticks per row; null = not chosen. */
    grouping: (symbol: string): number | null => groupings.value.get(symbol) ?? null,
    chooseGrouping(symbol: string, multiple: number): void {
      groupings.value = bounded(groupings.value, symbol, multiple);
    },
  };
});
