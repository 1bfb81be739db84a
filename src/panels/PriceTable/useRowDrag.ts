import { shallowRef } from 'vue';
import { useWatchlistStore } from '@/stores/watchlists';

const TYPE = 'application/x-tickglass-symbol';

/** Dragging rows: onto a list, or, where a list is shown in its own order, between two of its rows. */
export function useRowDrag(ordered: () => boolean) {
  const lists = useWatchlistStore();
  const dragged = shallowRef<string | null>(null);
  /** Row before which the dragged one would come. */
  const before = shallowRef<string | null>(null);

  const end = (): void => void (dragged.value = before.value = null);
  return {
    dragged,
    before,
    end,
    start(symbol: string, event: DragEvent): void {
      event.dataTransfer?.setData(TYPE, symbol);
      event.dataTransfer?.setData('text/plain', symbol);
      if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copyMove';
      dragged.value = symbol;
    },
    over(symbol: string, event: DragEvent): void {
      if (dragged.value === null || !ordered() || symbol === dragged.value) return void (before.value = null);
      event.preventDefault();
      before.value = symbol;
    },
    drop(symbol: string, event: DragEvent): void {
      const { value: moved } = dragged;
      const { current } = lists;
      if (moved !== null && current && ordered() && symbol !== moved) {
        event.preventDefault();
        lists.moveSymbol(current.id, moved, symbol);
      }
      end();
    },
  };
}
