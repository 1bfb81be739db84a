import { defineStore } from 'pinia';
import * as v from 'valibot';
import { computed, shallowRef } from 'vue';
import { ASSET_CLASSES } from '@/core/market/instrument';
import { isTimeZone } from '@/core/util/zone';
import { loadSaved, saveSaved, type SavedPart } from './saved';
import type { Settings, SettingsStoreApi } from './types';

export const SETTINGS_KEY = 'tickglass.settings';
export const SETTINGS_VERSION = 1;

const Id = v.pipe(v.string(), v.maxLength(32));
const Symbols = v.pipe(v.array(Id), v.maxLength(500));
/** Narrowest and widest column a user may make, px. */
export const COLUMN_PX = { min: 28, max: 480 } as const;
const Widths = v.pipe(v.record(Id, v.pipe(v.number(), v.integer(), v.minValue(COLUMN_PX.min), v.maxValue(COLUMN_PX.max))), v.check((widths) => Object.keys(widths).length <= 64));
/** Every field falls back on its own, so that one bad value costs one setting and not all. */
const SettingsSchema = v.object({
  theme: v.fallback(v.picklist(['system', 'dark', 'light', 'contrast']), 'system'),
  palette: v.fallback(v.picklist(['blue-orange', 'green-red', 'red-green']), 'blue-orange'),
  paletteChosen: v.fallback(v.boolean(), false),
  density: v.fallback(v.picklist(['compact', 'normal', 'touch']), 'normal'),
  timeZone: v.fallback(v.pipe(v.string(), v.maxLength(64), v.check((zone) => zone === 'local' || isTimeZone(zone))), 'UTC'),
  motion: v.fallback(v.picklist(['system', 'reduced', 'full']), 'system'),
  favourites: v.fallback(Symbols, []),
  columns: v.fallback(Symbols, []),
  columnWidths: v.fallback(Widths, {}),
  sort: v.fallback(v.object({ key: Id, direction: v.picklist(['asc', 'desc']) }), { key: '', direction: 'asc' }),
  assetClass: v.fallback(v.picklist([...ASSET_CLASSES, 'all', 'favourites']), 'all'),
  shareTabs: v.fallback(v.boolean(), true),
  reportTimes: v.fallback(v.boolean(), false),
  ticker: v.fallback(v.picklist(['off', 'list', 'movers']), 'off'),
});
/** `sort.key` empty = the server's order. */
export const DEFAULT_SETTINGS: Settings = Object.freeze(v.parse(SettingsSchema, {}));
export const SETTINGS_PART: SavedPart<Settings> = {
  key: SETTINGS_KEY, title: 'Settings', version: SETTINGS_VERSION, field: 'settings', schema: SettingsSchema, defaults: DEFAULT_SETTINGS, migrations: {},
};

/** What the user chose, kept in the browser: see `SettingsStoreApi`. */
export const useSettingsStore = defineStore('settings', () => {
  const state = shallowRef<Settings>(loadSaved(SETTINGS_PART));

  function update(partial: Partial<Settings>): void {
    state.value = v.parse(SettingsSchema, { ...state.value, ...partial });
    saveSaved(SETTINGS_PART, state.value);
  }

  return {
    theme: computed(() => state.value.theme),
    palette: computed(() => state.value.palette),
    paletteChosen: computed(() => state.value.paletteChosen),
    density: computed(() => state.value.density),
    timeZone: computed(() => state.value.timeZone),
    motion: computed(() => state.value.motion),
    favourites: computed(() => state.value.favourites),
    columns: computed(() => state.value.columns),
    columnWidths: computed(() => state.value.columnWidths),
    sort: computed(() => state.value.sort),
    assetClass: computed(() => state.value.assetClass),
    shareTabs: computed(() => state.value.shareTabs),
    reportTimes: computed(() => state.value.reportTimes),
    ticker: computed(() => state.value.ticker),
    update,
    toggleFavourite(symbol: string): void {
      const { favourites } = state.value;
      update({ favourites: favourites.includes(symbol) ? favourites.filter((s) => s !== symbol) : [...favourites, symbol] });
    },
    isFavourite: (symbol: string): boolean => state.value.favourites.includes(symbol),
    reset(): void {
      // What was starred is the user's work, not a setting, and the question of the first run was answered.
      update({ ...DEFAULT_SETTINGS, favourites: state.value.favourites, paletteChosen: state.value.paletteChosen });
    },
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const settingsStoreApi = (store: ReturnType<typeof useSettingsStore>): SettingsStoreApi => store;
