import type { LampShape } from '@/components/lamp';
import { venueName } from '@/components/sourceWords';
import { grownSince } from '@/composables/feedStand';
import { formatAge } from '@/composables/format';
import type { QuoteStateName, StreamState } from '@/core/contract';
import type { BookView } from '@/stores/types';

/** What may be said of a book, and how it may be drawn. */
export interface BookVerdict {
  readonly lamp: LampShape;
  /** In two or three words, beside the lamp. */
  readonly title: string;
  /** Why, and what happens next; empty when there is nothing to add. */
  readonly words: string;
  /** `good`: as it is; `old`: hatched, it is the last one known; `none`: nothing to draw. */
  readonly drawn: 'good' | 'old' | 'none';
  /** Time since it was confirmed, ms; null while unknown. */
  readonly ageMs: number | null;
}

const FLOWING: ReadonlySet<StreamState> = new Set(['live', 'syncing']);
const sentence = (text: string): string => (text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/[.\s]+$/, '')}.`);
type Told = Pick<BookVerdict, 'lamp' | 'title' | 'words'>;

function faulty({ state, reason, venue }: BookView, empty: boolean): Told | null {
  const why = sentence(reason);
  const last = empty ? '' : ' These are the last good levels.';
  switch (state) {
    case 'syncing':
      return venue === '' || /has sent no|not known to list/.test(reason)
        ? { lamp: 'ring', title: 'No order book', words: why || 'No source has sent an order book of this symbol.' }
        : { lamp: 'ring', title: 'Loading', words: why || `${venueName(venue)} is sending the book.` };
    case 'gap':
      return { lamp: 'bar', title: 'Gap', words: `${why || 'Changes are missing.'}${last} It is loaded anew by itself.` };
    case 'crossed':
      return { lamp: 'bar', title: 'Crossed', words: `${why || 'The best bid is not below the best ask.'}${last} It is shown again when it is right.` };
    case 'stale':
      return { lamp: 'half', title: 'Old', words: `${why || 'Nothing has confirmed it for a while.'}${empty ? '' : ' These are the last levels received.'}` };
    case 'ok':
      return null;
  }
}

/** Pure: `now` is monotonic, `market` the state of the symbol's price, `stream` that of the connection to the server. */
export function bookVerdict(book: BookView | null, market: QuoteStateName, stream: StreamState, now: number): BookVerdict {
  const flowing = FLOWING.has(stream);
  if (!book) return { lamp: flowing ? 'ring' : 'bar', title: flowing ? 'Loading' : 'No connection', words: flowing ? 'Waiting for the first message of the book.' : 'The server does not answer; the book comes with the connection.', drawn: 'none', ageMs: null };
  const ageMs = book.ageAtSend === null ? null : book.ageAtSend + grownSince(book.receivedAt, now);
  const empty = book.bids.prices.length === 0 && book.asks.prices.length === 0;
  const drawn = empty ? 'none' : 'old';
  if (!flowing) return { lamp: 'bar', title: 'Interrupted', words: `The connection to the server is down${ageMs === null ? '' : `; this book is ${formatAge(ageMs)} old`}. It is checked and renewed when the connection is back.`, drawn, ageMs };
  const fault = faulty(book, empty);
  if (fault) return { ...fault, drawn, ageMs };
  if (market === 'closed') return { lamp: 'ring', title: 'Market closed', words: 'This is the last book of the session.', drawn, ageMs };
  if (empty) return { lamp: 'ring', title: 'Empty', words: 'Nobody offers on either side.', drawn: 'none', ageMs };
  return { lamp: 'disc', title: 'Book good', words: '', drawn: 'good', ageMs };
}

/** Levels that are shown of those the server holds, where that is less. */
export function heldWords({ bids, asks, levels }: Pick<BookView, 'bids' | 'asks' | 'levels'>): string {
  const shown = [bids.prices.length, asks.prices.length] as const;
  if (!levels || (levels[0] <= shown[0] && levels[1] <= shown[1])) return `${shown[0]} bid and ${shown[1]} ask levels`;
  return `Best ${shown[0]} of ${levels[0]} bid and ${shown[1]} of ${levels[1]} ask levels`;
}
