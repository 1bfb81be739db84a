import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import type { TapeRow } from '@/core/market/tape';
import type { Thresholds } from '@/stores/bookSettings';
import { createTradeSound, type TradeSound } from './sound';
import { weightOf } from './tapeWords';

/**
 * A list that can be held: while `held`, the lines stay those of the moment at which it began, and the new ones are counted.
 */
export function useHold(rows: () => readonly TapeRow[], held: Ref<boolean>) {
  const kept = shallowRef<readonly TapeRow[] | null>(null);
  watch(held, (on) => { kept.value = on ? rows() : null; });
  const newestKey = (list: readonly TapeRow[]): number => list[0]?.key ?? 0;
  return {
    shown: computed(() => kept.value ?? rows()),
    /** Lines that came since; 0 while nothing is held. */
    waiting: computed(() => (kept.value === null ? 0 : Math.max(0, newestKey(rows()) - newestKey(kept.value)))),
    /** Forgets what was held: the list is another one. */
    drop(): void {
      kept.value = held.value ? rows() : null;
    },
  };
}

/** Tones for marked trades while `on`; made by a gesture, ended with the panel. */
export function useTapeSound(rows: () => readonly TapeRow[], thresholds: () => Thresholds) {
  const on = ref(false);
  let sound: TradeSound | null = null;
  let heard = 0;
  function toggle(to: boolean): void {
    sound?.close();
    sound = to ? createTradeSound() : null;
    on.value = sound !== null;
    heard = rows()[0]?.key ?? 0;
  }
  watch(rows, (list) => {
    if (!sound) return;
    // A list that began anew has lower keys.
    if ((list[0]?.key ?? 0) < heard) heard = list[0]?.key ?? 0;
    for (const row of list) {
      if (row.key <= heard) break;
      if (row.kind !== 'trade') continue;
      const weight = weightOf(row, thresholds());
      if (weight !== 'usual') sound.play(row.side, weight);
    }
    heard = Math.max(heard, list[0]?.key ?? 0);
  });
  onScopeDispose(() => sound?.close());
  return { on, toggle, possible: typeof AudioContext !== 'undefined' };
}
