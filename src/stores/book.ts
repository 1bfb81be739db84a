import { defineStore } from 'pinia';
import { LevelList, type LevelText } from '@/core/market/levelList';
import { createChannelMap } from './channelMap';
import type { BookApply, BookSideView, BookStoreApi, BookView } from './types';

interface Book {
  readonly bids: LevelList;
  readonly asks: LevelList;
  head: BookApply | null;
  /** Made at the first read after a change. */
  view: BookView | null;
}

/** Prices and sizes of one side, best first, with the running sum that depth bars are drawn from. */
function sideView(levels: readonly LevelText[]): BookSideView {
  const prices = new Float64Array(levels.length);
  const sizes = new Float64Array(levels.length);
  const sums = new Float64Array(levels.length);
  let sum = 0;
  levels.forEach(([price, size], i) => {
    prices[i] = Number(price);
    sizes[i] = Number(size);
    sums[i] = sum += Number(size);
  });
  return { prices, sizes, sums };
}

function view(book: Book): BookView | null {
  if (!book.head) return null;
  const { symbol, venue, quality, state, reason, depth, levels, venueTime, ageAtSend, receivedAt } = book.head;
  return { symbol, venue, quality, state, reason, depth, levels, venueTime, ageAtSend, receivedAt, bids: sideView(book.bids.texts), asks: sideView(book.asks.texts) };
}

/** Order books by channel: see `BookStoreApi`. */
export const useBookStore = defineStore('book', () => {
  const books = createChannelMap<Book>(() => ({ bids: new LevelList(1), asks: new LevelList(-1), head: null, view: null }));

  function apply(change: BookApply): void {
    const book = books.write(change.channel);
    for (const [side, levels] of [[book.bids, change.bids], [book.asks, change.asks]] as const) {
      if (change.replace) side.clear();
      for (const level of levels) side.set(level);
      side.truncate(change.depth);
    }
    book.head = change;
    book.view = null;
  }

  return {
    book(channel: string): BookView | null {
      const book = books.read(channel);
      return book && (book.view ??= view(book));
    },
    apply,
    flush: books.flush,
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const bookStoreApi = (store: ReturnType<typeof useBookStore>): BookStoreApi => store;
