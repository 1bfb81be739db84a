import { shallowRef, watch, type Ref } from 'vue';
import { useNow } from '@/composables/useNow';
import { useMarketStore } from '@/stores/market';
import { useSettingsStore } from '@/stores/settings';
import { breadthOf, orderRows, type MarketBreadth } from './rows';

/** A row must not jump away under the pointer: while it moves, the order waits this long, ms. */
const HOLD_MS = 1_500;

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((s, i) => s === b[i]);

/** The filtered, ordered symbols and the breadth of all of them. Renewed once a second, and at once when the question changes. */
export function usePriceRows(text: Ref<string>) {
  const market = useMarketStore();
  const settings = useSettingsStore();
  const now = useNow();
  const rows = shallowRef<readonly string[]>([]);
  const breadth = shallowRef<MarketBreadth>({ up: 0, down: 0, flat: 0, unknown: 0, gainers: [], losers: [] });
  let heldUntil = 0;

  const order = (): void => {
    const next = orderRows(market.symbols, market, { text: text.value, assetClass: settings.assetClass, favourites: settings.favourites, sort: settings.sort });
    if (!same(next, rows.value)) rows.value = next;
  };
  watch([() => market.symbols, text, () => settings.assetClass, () => settings.favourites, () => settings.sort], order, { immediate: true });
  watch(now, ({ mono }) => {
    if (mono >= heldUntil && settings.sort.key !== '') order();
    breadth.value = breadthOf(market.symbols, market, 3);
  }, { immediate: true });
  watch(() => market.symbols, () => (breadth.value = breadthOf(market.symbols, market, 3)));

  return {
    rows,
    breadth,
    /** Called while the pointer moves over the rows. */
    hold: (): void => void (heldUntil = performance.now() + HOLD_MS),
  };
}
