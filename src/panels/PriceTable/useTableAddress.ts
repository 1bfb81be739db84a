import { watch } from 'vue';
import { useRoute, useRouter, type LocationQuery } from 'vue-router';
import { ASSET_CLASSES } from '@/core/market/instrument';
import { useSettingsStore } from '@/stores/settings';
import type { Settings } from '@/stores/types';
import { useWatchlistStore } from '@/stores/watchlists';
import { isSortKey } from './columns';

const text = (query: LocationQuery, name: string): string | null => (typeof query[name] === 'string' ? query[name] : null);
const CLASSES: readonly string[] = [...ASSET_CLASSES, 'all', 'favourites'];
const isClass = (x: string): x is Settings['assetClass'] => CLASSES.includes(x);

/** A sort as the address tells it: `-changePercent` = falling; empty = the server's order. */
export const sortText = ({ key, direction }: Settings['sort']): string => (key === '' ? '' : direction === 'desc' ? `-${key}` : key);
export function readSort(word: string): Settings['sort'] | null {
  const key = word.replace(/^-/, '');
  return isSortKey(key) ? { key, direction: word.startsWith('-') ? 'desc' : 'asc' } : null;
}

/** Class, list and sort of the table stand in the address, so that a view can be sent to a colleague. What an address does not name stays as it was. */
export function useTableAddress(): void {
  const route = useRoute();
  const router = useRouter();
  const settings = useSettingsStore();
  const lists = useWatchlistStore();
  const home = route.path;

  function read(query: LocationQuery): void {
    const assetClass = text(query, 'class');
    const sort = readSort(text(query, 'sort') ?? '');
    const name = text(query, 'list');
    const list = name === null ? undefined : lists.lists.find((l) => l.name.toLowerCase() === name.toLowerCase());
    if (assetClass !== null && isClass(assetClass) && assetClass !== settings.assetClass) settings.update({ assetClass });
    if (sort && sortText(sort) !== sortText(settings.sort)) settings.update({ sort });
    if (list && list.id !== lists.active) lists.select(list.id);
  }
  function write(): void {
    if (route.path !== home) return;
    const wanted = { class: settings.assetClass === 'all' ? undefined : settings.assetClass, list: lists.current?.name, sort: sortText(settings.sort) || undefined };
    if (Object.entries(wanted).every(([name, value]) => (text(route.query, name) ?? undefined) === value)) return;
    void router.replace({ query: { ...route.query, ...wanted }, hash: route.hash });
  }
  read(route.query);
  watch([() => settings.assetClass, () => settings.sort, () => lists.current?.name], write, { immediate: true });
  watch(() => route.query, (query) => {
    if (route.path === home) read(query);
  });
}
