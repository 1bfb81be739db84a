import { defineStore } from 'pinia';
import * as v from 'valibot';
import { computed, shallowRef } from 'vue';
import { LayoutSchema, split, tabs, type Layout } from './layoutTree';
import { loadSaved, saveSaved, type SavedPart } from './saved';

export const PRESETS = {
  trader: { title: 'Trader', tree: split('row', [0.5, split('column', [0.66, tabs('chart', 'hour')], [0.34, tabs('analysis', 'compare')])], [0.24, split('column', [0.72, tabs('book')], [0.28, tabs('depth')])], [0.26, tabs('tape')]) },
  chart: { title: 'Chart only', tree: tabs('chart') },
  book: { title: 'Book and tape', tree: split('row', [0.38, tabs('book')], [0.3, tabs('tape')], [0.32, split('column', [0.5, tabs('depth')], [0.5, tabs('chart', 'hour')])]) },
  research: { title: 'Research', tree: split('column', [0.52, tabs('chart', 'hour')], [0.48, split('row', [0.5, tabs('analysis')], [0.5, tabs('compare')])]) },
} as const satisfies Record<string, { readonly title: string; readonly tree: Layout }>;
export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** Narrowest and widest table beside the panels, px. */
export const SIDE_PX = { min: 220, max: 640, usual: 308 } as const;

export interface LayoutState {
  /** Arrangement that `tree` began with. */
  readonly preset: PresetName;
  readonly tree: Layout;
  /** The price table beside the panels on wide screens. */
  readonly side: { readonly open: boolean; readonly width: number };
}
const DEFAULT_LAYOUT: LayoutState = Object.freeze({ preset: 'trader', tree: PRESETS.trader.tree, side: { open: true, width: SIDE_PX.usual } });

const Side = v.object({ open: v.fallback(v.boolean(), true), width: v.fallback(v.pipe(v.number(), v.minValue(SIDE_PX.min), v.maxValue(SIDE_PX.max)), SIDE_PX.usual) });
export const LAYOUT_PART: SavedPart<LayoutState> = {
  key: 'tickglass.layout', title: 'Layout', version: 1, field: 'layout', defaults: DEFAULT_LAYOUT, migrations: {},
  schema: v.object({ preset: v.fallback(v.picklist(PRESET_NAMES), 'trader'), tree: LayoutSchema, side: v.fallback(Side, DEFAULT_LAYOUT.side) }),
};

/** How the panels of an instrument's page stand; kept in the browser. */
export const useLayoutStore = defineStore('layout', () => {
  const state = shallowRef<LayoutState>(loadSaved(LAYOUT_PART));

  function set(change: Partial<LayoutState>): void {
    state.value = { ...state.value, ...change };
    saveSaved(LAYOUT_PART, state.value);
  }

  return {
    preset: computed(() => state.value.preset),
    tree: computed(() => state.value.tree),
    side: computed(() => state.value.side),
    /** Does the tree differ from the preset it began with? */
    changed: computed(() => JSON.stringify(state.value.tree) !== JSON.stringify(PRESETS[state.value.preset].tree)),
    setTree: (tree: Layout): void => set({ tree }),
    usePreset: (preset: PresetName): void => set({ preset, tree: PRESETS[preset].tree }),
    setSide: (change: Partial<LayoutState['side']>): void => set({ side: { ...state.value.side, ...change, width: Math.round(Math.min(SIDE_PX.max, Math.max(SIDE_PX.min, change.width ?? state.value.side.width))) } }),
    reset: (): void => set(DEFAULT_LAYOUT),
  };
});
