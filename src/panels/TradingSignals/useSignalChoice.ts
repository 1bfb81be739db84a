import { computed, ref, watch, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { ACTIONS, isInterval, STRENGTHS, type Interval } from '@/core/contract';
import { ASSET_CLASSES } from '@/core/market/instrument';
import { isSortKey, type SortKey } from './signalRows';

export const LISTS = ['signals', 'ratings', 'frames'] as const;
export type ListKind = (typeof LISTS)[number];

/** What is shown of the signals and in which order: all of it is part of the address. `known`: whether there are signals, ratings. */
export function useSignalChoice(known: () => readonly [signals: number, ratings: number]) {
  const route = useRoute();
  const router = useRouter();
  const query = (key: string): string => (typeof route.query[key] === 'string' ? route.query[key] : '');
  const put = (change: Readonly<Record<string, string | undefined>>): void => void router.replace({ query: { ...route.query, ...change } });
  const oneOf = <T extends string>(key: string, values: readonly T[]): Ref<T | 'all'> =>
    computed({ get: () => values.find((v) => v === query(key)) ?? 'all', set: (v) => put({ [key]: v === 'all' ? undefined : v }) });
  /** The list shown until the user chooses: the first that has something, and then it stays. */
  const first = ref<ListKind | null>(null);
  watch(known, ([signals, ratings]) => {
    first.value ??= signals > 0 ? 'signals' : ratings > 0 ? 'ratings' : null;
  }, { immediate: true });
  const kind = computed<ListKind>({ get: () => LISTS.find((k) => k === query('list')) ?? first.value ?? 'signals', set: (v) => put({ list: v, sort: undefined, dir: undefined }) });
  const tf = computed<Interval | 'all'>({
    get: () => {
      const text = query('tf');
      return isInterval(text) ? text : 'all';
    },
    set: (v) => put({ tf: v === 'all' ? undefined : v }),
  });
  const text = computed<string>({ get: () => query('q'), set: (v) => put({ q: v === '' ? undefined : v }) });
  const sort = computed(() => {
    const key = query('sort');
    return isSortKey(key) ? { key, descending: query('dir') !== 'asc' } : null;
  });
  /** First the largest, then the smallest, then the list's own order. */
  function sortBy(key: SortKey): void {
    const now = sort.value?.key === key ? sort.value.descending : null;
    put({ sort: now === false ? undefined : key, dir: now === true ? 'asc' : undefined });
  }
  const showAll = (): void => void router.replace({ query: { list: route.query['list'] } });
  return { kind, tf, text, action: oneOf('action', ACTIONS), strength: oneOf('strength', STRENGTHS), assetClass: oneOf('class', ASSET_CLASSES), sort, sortBy, showAll };
}
