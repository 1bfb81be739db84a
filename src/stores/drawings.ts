import { defineStore } from 'pinia';
import * as v from 'valibot';
import { shallowRef } from 'vue';
import { loadSaved, saveSaved, type SavedPart } from './saved';

export const DRAWING_KINDS = ['trend', 'horizontal', 'rectangle', 'text', 'measure'] as const;
export type DrawingKind = (typeof DRAWING_KINDS)[number];
/** Drawings kept per symbol, and symbols with drawings: the longest untouched go first. */
export const MOST_DRAWINGS = 200;
const MOST_SYMBOLS = 100;

const Anchor = v.object({ time: v.pipe(v.number(), v.finite()), price: v.pipe(v.number(), v.finite()) });
const Drawing = v.object({
  id: v.pipe(v.string(), v.maxLength(40)),
  kind: v.picklist(DRAWING_KINDS),
  /** Where it begins and ends, in time (ms) and price, so that it holds on every interval. A horizontal line and a text use the first only. */
  a: Anchor,
  b: Anchor,
  text: v.fallback(v.pipe(v.string(), v.maxLength(200)), ''),
});
export type Anchor = v.InferOutput<typeof Anchor>;
export type Drawing = v.InferOutput<typeof Drawing>;

/** A drawing that cannot be read is left out; the others stay. */
const Drawings = v.pipe(
  v.array(v.unknown()),
  v.transform((list) => list.flatMap((item) => {
    const read = v.safeParse(Drawing, item);
    return read.success ? [read.output] : [];
  }).slice(0, MOST_DRAWINGS)),
);
type Saved = { readonly byKey: Readonly<Record<string, readonly Drawing[]>> };

export const DRAWINGS: SavedPart<Saved> = {
  key: 'tickglass.drawings',
  title: 'Drawings',
  version: 1,
  field: 'drawings',
  schema: v.object({ byKey: v.record(v.string(), Drawings) }),
  defaults: { byKey: {} },
  migrations: {},
};

/** Drawings over simulated or recorded prices mean nothing over live ones: they are kept apart. */
export const drawingsKey = (symbol: string, kind: string): string => (kind === 'simulated' || kind === 'replay' ? `${symbol}@${kind}` : symbol);

/** What the user drew on charts, kept in the browser. */
export const useDrawingStore = defineStore('drawings', () => {
  const state = shallowRef<Saved>(loadSaved(DRAWINGS));

  function write(key: string, list: readonly Drawing[]): void {
    const { [key]: _old, ...others } = state.value.byKey;
    const kept = Object.entries(others).slice(-(MOST_SYMBOLS - 1));
    state.value = { byKey: { ...Object.fromEntries(kept), ...(list.length > 0 ? { [key]: list.slice(-MOST_DRAWINGS) } : {}) } };
    saveSaved(DRAWINGS, state.value);
  }
  const of = (key: string): readonly Drawing[] => state.value.byKey[key] ?? [];

  return {
    /** Reactive: the oldest first. */
    of,
    /** Adds one or replaces that of the same id. */
    put(key: string, drawing: Drawing): void {
      const list = of(key);
      write(key, list.some((d) => d.id === drawing.id) ? list.map((d) => (d.id === drawing.id ? drawing : d)) : [...list, drawing]);
    },
    remove: (key: string, id: string): void => write(key, of(key).filter((d) => d.id !== id)),
    clear: (key: string): void => write(key, []),
  };
});
