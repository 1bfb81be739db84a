import { defineStore } from 'pinia';
import type { TradeItem } from '@/core/contract';
import { createChannelMap } from './channelMap';
import type { TapeEntry, TapeStoreApi } from './types';

const MAX_ENTRIES = 1_000;

interface Tape {
  /** Oldest first; cut back now and then, not at each trade. */
  entries: TapeEntry[];
  /** Newest first; made at the first read after a change. */
  view: readonly TapeEntry[] | null;
}

/** Public trades by channel, newest first, with a marker where some are missing for good: see `TapeStoreApi`. */
export const useTapeStore = defineStore('tape', () => {
  const tapes = createChannelMap<Tape>(() => ({ entries: [], view: null }));

  function apply(channel: string, items: readonly TradeItem[], { replace, lost }: { readonly replace: boolean; readonly lost: number }): void {
    const tape = tapes.write(channel);
    if (replace) tape.entries = [];
    // The missing ones were before the first of these.
    if (lost > 0) tape.entries.push({ kind: 'lost', count: lost, before: items[0]?.seq ?? null });
    for (const trade of items) tape.entries.push({ kind: 'trade', trade });
    if (tape.entries.length > 2 * MAX_ENTRIES) tape.entries = tape.entries.slice(-MAX_ENTRIES);
    tape.view = null;
  }

  return {
    tape(channel: string): readonly TapeEntry[] {
      const tape = tapes.read(channel);
      return tape ? (tape.view ??= tape.entries.slice(-MAX_ENTRIES).reverse()) : [];
    },
    apply,
    flush: tapes.flush,
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const tapeStoreApi = (store: ReturnType<typeof useTapeStore>): TapeStoreApi => store;
