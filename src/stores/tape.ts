import { defineStore } from 'pinia';
import type { TradeItem } from '@/core/contract';
import { Tape, type TapeChange, type TapeRow, type TapeVolume } from '@/core/market/tape';
import { createChannelMap } from './channelMap';
import type { TapeStoreApi } from './types';

const NO_ROWS: readonly TapeRow[] = [];

/** Public trades by channel, one line per taker order, with the holes and the volumes of the last minutes: see `TapeStoreApi`. */
export const useTapeStore = defineStore('tape', () => {
  const tapes = createChannelMap(() => new Tape());
  return {
    tape: (channel: string): readonly TapeRow[] => tapes.read(channel)?.rows ?? NO_ROWS,
    volumes: (channel: string, now: number): readonly TapeVolume[] | null => tapes.read(channel)?.volumes(now) ?? null,
    apply: (channel: string, items: readonly TradeItem[], change: TapeChange): void => tapes.write(channel).take(items, change),
    flush: tapes.flush,
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const tapeStoreApi = (store: ReturnType<typeof useTapeStore>): TapeStoreApi => store;
