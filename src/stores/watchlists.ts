import { defineStore } from 'pinia';
import * as v from 'valibot';
import { computed, shallowRef } from 'vue';
import { loadSaved, saveSaved, type SavedPart } from './saved';

export interface Watchlist {
  /** Made by the page, never shown. */
  readonly id: string;
  readonly name: string;
  /** Canonical symbols in the user's order. */
  readonly symbols: readonly string[];
}
export interface WatchlistState {
  readonly lists: readonly Watchlist[];
  /** List that the table shows; empty = none, the classes decide. */
  readonly active: string;
}
export const WATCHLIST_LIMITS = { lists: 50, symbols: 500, name: 40 } as const;
const EMPTY: WatchlistState = Object.freeze({ lists: [], active: '' });

const Name = v.pipe(v.string(), v.transform((text) => text.replace(/\s+/g, ' ').trim().slice(0, WATCHLIST_LIMITS.name)), v.minLength(1));
const List = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(32)),
  name: Name,
  symbols: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(32))), v.transform((symbols) => [...new Set(symbols)].slice(0, WATCHLIST_LIMITS.symbols))),
});
const State = v.pipe(
  v.object({
    // A list that cannot be read costs itself, not the others.
    lists: v.pipe(v.array(v.unknown()), v.transform((lists) => lists.flatMap((list) => {
      const read = v.safeParse(List, list);
      return read.success ? [read.output] : [];
    }))),
    active: v.fallback(v.pipe(v.string(), v.maxLength(32)), ''),
  }),
  v.transform(({ lists, active }): WatchlistState => {
    const once = [...new Map(lists.map((list) => [list.id, list])).values()].slice(0, WATCHLIST_LIMITS.lists);
    return { lists: once, active: once.some(({ id }) => id === active) ? active : '' };
  }),
);
export const WATCHLISTS_PART: SavedPart<WatchlistState> = { key: 'tickglass.watchlists', title: 'Watchlists', version: 1, field: 'watchlists', schema: State, defaults: EMPTY, migrations: {} };

/** Lists of symbols under names of the user's own; kept in the browser. Favourites are a setting of their own. */
export const useWatchlistStore = defineStore('watchlists', () => {
  const state = shallowRef<WatchlistState>(loadSaved(WATCHLISTS_PART));

  function set(change: Partial<WatchlistState>): void {
    state.value = v.parse(State, { ...state.value, ...change });
    saveSaved(WATCHLISTS_PART, state.value);
  }
  const change = (id: string, fn: (list: Watchlist) => Watchlist): void => set({ lists: state.value.lists.map((list) => (list.id === id ? fn(list) : list)) });
  const find = (id: string): Watchlist | null => state.value.lists.find((list) => list.id === id) ?? null;
  /** A name nobody else has: the wanted one, or with a number. */
  function free(wanted: string, except = ''): string {
    const name = v.safeParse(Name, wanted);
    const base = name.success ? name.output : 'List';
    const taken = new Set(state.value.lists.filter(({ id }) => id !== except).map((list) => list.name.toLowerCase()));
    let candidate = base;
    for (let n = 2; taken.has(candidate.toLowerCase()); n++) candidate = `${base.slice(0, WATCHLIST_LIMITS.name - 4)} ${String(n)}`;
    return candidate;
  }
  function create(name: string, symbols: readonly string[] = []): string | null {
    if (state.value.lists.length >= WATCHLIST_LIMITS.lists) return null;
    const ids = new Set(state.value.lists.map((list) => list.id));
    let n = state.value.lists.length + 1;
    while (ids.has(`w${String(n)}`)) n++;
    const id = `w${String(n)}`;
    set({ lists: [...state.value.lists, { id, name: free(name), symbols }] });
    return id;
  }

  return {
    lists: computed(() => state.value.lists),
    active: computed(() => state.value.active),
    /** The list that the table shows, or null. */
    current: computed(() => find(state.value.active)),
    find,
    select: (id: string): void => set({ active: id }),
    /** Makes a list and gives its id; null when there are as many as there may be. A name that is taken gets a number. */
    create,
    rename: (id: string, name: string): void => change(id, (list) => ({ ...list, name: free(name, id) })),
    remove: (id: string): void => set({ lists: state.value.lists.filter((list) => list.id !== id) }),
    duplicate(id: string): string | null {
      const list = find(id);
      return list ? create(list.name, list.symbols) : null;
    },
    /** Moves a list by `by` places among the lists. */
    moveList(id: string, by: number): void {
      const at = state.value.lists.findIndex((list) => list.id === id);
      const list = state.value.lists[at];
      if (list) set({ lists: state.value.lists.toSpliced(at, 1).toSpliced(Math.max(0, at + by), 0, list) });
    },
    add: (id: string, symbol: string): void => change(id, (list) => (list.symbols.includes(symbol) ? list : { ...list, symbols: [...list.symbols, symbol] })),
    take: (id: string, symbol: string): void => change(id, (list) => ({ ...list, symbols: list.symbols.filter((s) => s !== symbol) })),
    has: (id: string, symbol: string): boolean => find(id)?.symbols.includes(symbol) ?? false,
    /** Puts a symbol of a list before another one of it; null = at the end. */
    moveSymbol: (id: string, symbol: string, before: string | null): void => change(id, (list) => {
      const rest = list.symbols.filter((s) => s !== symbol);
      const at = before === null ? -1 : rest.indexOf(before);
      return { ...list, symbols: rest.toSpliced(at < 0 ? rest.length : at, 0, symbol) };
    }),
  };
});
