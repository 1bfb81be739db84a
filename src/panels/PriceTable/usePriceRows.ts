import { shallowRef, watch, type Ref } from 'vue';
import { useNow } from '@/composables/useNow';
import { useMarketStore } from '@/stores/market';
import { useSettingsStore } from '@/stores/settings';
import { useWatchlistStore } from '@/stores/watchlists';
import { orderRows } from './rows';

/** A row must not jump away under the pointer: while it moves, the order waits this long, ms. */
const HOLD_MS = 1_500;

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((s, i) => s === b[i]);

/** The filtered, ordered symbols. Renewed once a second, and at once when the question changes. */
export function usePriceRows(text: Ref<string>) {
  const market = useMarketStore();
  const settings = useSettingsStore();
  const lists = useWatchlistStore();
  const now = useNow();
  const rows = shallowRef<readonly string[]>([]);
  let heldUntil = 0;

  const order = (): void => {
    const { assetClass, favourites, sort } = settings;
    const next = orderRows(market.symbols, market, { text: text.value, assetClass, favourites, sort, list: lists.current?.symbols ?? null });
    if (!same(next, rows.value)) rows.value = next;
  };
  watch([() => market.symbols, text, () => settings.assetClass, () => settings.favourites, () => settings.sort, () => lists.current], order, { immediate: true });
  watch(now, ({ mono }) => {
    if (mono >= heldUntil && settings.sort.key !== '') order();
  });

  return {
    rows,
    /** Called while the pointer moves over the rows. */
    hold: (): void => void (heldUntil = performance.now() + HOLD_MS),
  };
}
