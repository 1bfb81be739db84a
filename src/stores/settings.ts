import { defineStore } from 'pinia';
import * as v from 'valibot';
import { computed, shallowRef } from 'vue';
import { ASSET_CLASSES } from '@/core/market/instrument';
import type { Settings, SettingsStoreApi } from './types';

export const SETTINGS_KEY = 'tickglass.settings';
/** Grows when a field changes its meaning; `MIGRATIONS` then gets one more step. */
export const SETTINGS_VERSION = 1;

const Symbols = v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(500));
/** Every field falls back on its own, so that one bad value costs one setting and not all. */
const SettingsSchema = v.object({
  theme: v.fallback(v.picklist(['system', 'dark', 'light', 'contrast']), 'system'),
  palette: v.fallback(v.picklist(['blue-orange', 'green-red', 'red-green']), 'blue-orange'),
  paletteChosen: v.fallback(v.boolean(), false),
  density: v.fallback(v.picklist(['compact', 'normal', 'touch']), 'normal'),
  timeZone: v.fallback(v.picklist(['UTC', 'local']), 'UTC'),
  motion: v.fallback(v.picklist(['system', 'reduced', 'full']), 'system'),
  favourites: v.fallback(Symbols, []),
  columns: v.fallback(Symbols, []),
  sort: v.fallback(v.object({ key: v.pipe(v.string(), v.maxLength(32)), direction: v.picklist(['asc', 'desc']) }), { key: '', direction: 'asc' }),
  assetClass: v.fallback(v.picklist([...ASSET_CLASSES, 'all', 'favourites']), 'all'),
});
/** `sort.key` empty = the server's order. */
export const DEFAULT_SETTINGS: Settings = Object.freeze(
  v.parse(SettingsSchema, { theme: '', palette: '', paletteChosen: '', density: '', timeZone: '', motion: '', favourites: '', columns: '', sort: '', assetClass: '' }),
);

type Fields = Record<string, unknown>;
/** `migrations[n]` turns the fields of version n into those of n + 1. */
export type Migrations = Readonly<Record<number, (old: Readonly<Record<string, unknown>>) => Record<string, unknown>>>;
const MIGRATIONS: Migrations = {};

const isObject = (x: unknown): x is Fields => typeof x === 'object' && x !== null && !Array.isArray(x);

/** Reads a saved text of any version; anything unreadable gives the defaults. Never throws. */
export function readSettings(text: string | null, migrations: Migrations = MIGRATIONS, current: number = SETTINGS_VERSION): Settings {
  if (text === null) return DEFAULT_SETTINGS;
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    return DEFAULT_SETTINGS;
  }
  if (!isObject(saved) || !isObject(saved['settings'])) return DEFAULT_SETTINGS;
  let fields = saved['settings'];
  const version = typeof saved['version'] === 'number' ? saved['version'] : current;
  for (let n = version; n < current; n++) fields = migrations[n]?.(fields) ?? fields;
  return v.parse(SettingsSchema, { ...DEFAULT_SETTINGS, ...fields });
}

/** The browser's storage, or null where it is refused (private windows, blocked cookies). */
function storage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

function save(settings: Settings): void {
  try {
    storage()?.setItem(SETTINGS_KEY, JSON.stringify({ version: SETTINGS_VERSION, settings }));
  } catch {
    // A full or refused storage keeps the setting for this page only; nothing else depends on it.
    return;
  }
}

/** What the user chose, kept in the browser: see `SettingsStoreApi`. */
export const useSettingsStore = defineStore('settings', () => {
  const state = shallowRef<Settings>(readSettings(storage()?.getItem(SETTINGS_KEY) ?? null));

  function update(partial: Partial<Settings>): void {
    state.value = v.parse(SettingsSchema, { ...state.value, ...partial });
    save(state.value);
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
    sort: computed(() => state.value.sort),
    assetClass: computed(() => state.value.assetClass),
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
