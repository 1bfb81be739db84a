import type { BookEvent } from '@/core/market/events';

/** Time a source has to load its books anew before it is asked again, ms. */
const AGAIN_MS = 10_000;

/**
 * Finds books that go on although the engine never had their beginning: a snapshot that came while the server showed simulated prices was not
 * passed on, and what was passed on before is dropped with the mode. The connector sees no fault there: its own numbers follow one another.
 */
export class BookWatch {
  private readonly begun = new Map<string, Set<string>>();
  private readonly asked = new Map<string, number>();

  /** Notes a book event that is passed on; true when its source should load its books anew. `now` is monotonic, ms. */
  orphan({ venue, symbol, action }: Pick<BookEvent, 'venue' | 'symbol' | 'action'>, now: number): boolean {
    let symbols = this.begun.get(venue);
    if (!symbols) this.begun.set(venue, (symbols = new Set()));
    if (action === 'snapshot') symbols.add(symbol);
    if (symbols.has(symbol) || now - (this.asked.get(venue) ?? -Infinity) < AGAIN_MS) return false;
    this.asked.set(venue, now);
    return true;
  }

  /** The engine has dropped every book. */
  clear(): void {
    this.begun.clear();
    this.asked.clear();
  }
}
