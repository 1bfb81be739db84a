import type { DataKind, Route } from '@/core/contract';
import type { BadInputEvent, CandleEvent, EventOrigin, MarketInput } from '@/core/market/events';
import { KrakenBookSequencer, type KrakenBookStep } from './book';
import type { KrakenBad, KrakenMapped, KrakenPart } from './mapped';
import { KrakenMapper } from './mapper';

export interface TranslatorOptions {
  readonly kind: DataKind;
  readonly route: Route;
  readonly symbolOf: (venueSymbol: string) => string | null;
  /** Levels subscribed to when no message says so; null = not known. */
  readonly depth: number | null;
  readonly emit: (event: MarketInput | BadInputEvent) => void;
  /** A book is wrong: the venue sends a new snapshot only for a new subscription. */
  readonly resubscribe: (venueSymbol: string) => void;
}

type BookPart = Extract<KrakenPart, { type: 'book' }>;

/**
 * Messages to events, with the memory this needs: books, the newest trade by which repetitions at the seam of two connections
 * are dropped, and the forming candles, which are closed when a later one begins. The live feed and the replay share it, so
 * both are proved by the same recordings.
 */
export class KrakenTranslator {
  readonly mapper: KrakenMapper;
  private readonly books = new Map<string, KrakenBookSequencer>();
  private readonly depths = new Map<string, number>();
  private readonly lastTrades = new Map<string, number>();
  /** Newest trade of a first snapshot, which is the past; taken over when its message has been read. */
  private readonly past = new Map<string, number>();
  private readonly forming = new Map<string, CandleEvent>();
  private verifiedBefore = 0;

  constructor(private readonly options: TranslatorOptions) {
    this.mapper = new KrakenMapper(options);
  }

  /** Checksums of books that were right. */
  get verified(): number {
    let sum = this.verifiedBefore;
    for (const book of this.books.values()) sum += book.verified;
    return sum;
  }

  /** Notes the depth of a book subscription. */
  expectDepth(venueSymbol: string, depth: number): void {
    this.depths.set(venueSymbol, depth);
  }

  /** Emits what the message means and returns it, so that the feed can deal with acks, refusals and the state of the venue. */
  frame(raw: string, at: number): KrakenMapped {
    const mapped = this.mapper.map(raw, at);
    if (mapped.type === 'data') this.data(mapped.parts, at);
    else if (mapped.type === 'bad') this.bad(mapped, at);
    else if (mapped.type === 'ack' && mapped.venueSymbol !== null && mapped.depth !== null) this.expectDepth(mapped.venueSymbol, mapped.depth);
    return mapped;
  }

  /** The connection was cut: books cannot be continued and are told stale in the same moment. */
  cut(reason: string, at: number): void {
    this.forming.clear();
    for (const venueSymbol of [...this.books.keys()]) this.drop(venueSymbol, reason, at);
  }

  /** A symbol is no longer delivered: its book, if there is one, is told stale. */
  drop(venueSymbol: string, reason: string, at: number): void {
    const book = this.books.get(venueSymbol);
    const symbol = this.options.symbolOf(venueSymbol);
    if (book?.ready && symbol !== null) this.state(symbol, 'stale', reason, at);
    this.verifiedBefore += book?.verified ?? 0;
    this.books.delete(venueSymbol);
  }

  /** The book of a symbol is wrong although its numbers follow one another: it is loaded anew. */
  reload(symbol: string, reason: string, at: number): void {
    for (const [venueSymbol, book] of this.books) {
      if (!book.ready || this.options.symbolOf(venueSymbol) !== symbol) continue;
      book.reset();
      this.state(symbol, 'gap', `${reason}; loading the book anew`, at);
      this.options.resubscribe(venueSymbol);
    }
  }

  private data(parts: readonly KrakenPart[], at: number): void {
    parts.forEach((part, index) => this.part(part, parts[index + 1], at));
    for (const [venueSymbol, order] of this.past) this.lastTrades.set(venueSymbol, order);
    this.past.clear();
  }

  private part(part: KrakenPart, next: KrakenPart | undefined, at: number): void {
    switch (part.type) {
      case 'ticker':
        return part.events.forEach(this.options.emit);
      case 'trade':
        return this.isRepeated(part) ? undefined : this.options.emit(part.event);
      case 'candle':
        return this.candle(part.venueSymbol, part.event, next?.type === 'candle' && next.venueSymbol === part.venueSymbol ? next.event : null);
      case 'book':
        return this.step(part, this.book(part, at).message(part.message), at);
      case 'bad':
        return this.bad(part, at);
    }
  }

  /** The last trades that a subscription begins with fill a hole; without a trade before there is no hole, only the past. */
  private isRepeated({ venueSymbol, order, snapshot }: Extract<KrakenPart, { type: 'trade' }>): boolean {
    if (order === null) return false;
    const last = this.lastTrades.get(venueSymbol);
    if (snapshot && last === undefined) {
      this.past.set(venueSymbol, Math.max(order, this.past.get(venueSymbol) ?? -1));
      return true;
    }
    if (order <= (last ?? -1)) return true;
    this.lastTrades.set(venueSymbol, order);
    return false;
  }

  private candle(venueSymbol: string, event: CandleEvent, next: CandleEvent | null): void {
    const key = `${venueSymbol} ${event.interval}`;
    const before = this.forming.get(key);
    if (before && event.openTime > before.openTime) this.options.emit({ ...before, closed: true, venueTime: event.venueTime, receiveTime: event.receiveTime });
    const closed = next !== null && next.interval === event.interval && next.openTime > event.openTime;
    if (closed) this.forming.delete(key);
    else if (!before || event.openTime >= before.openTime) this.forming.set(key, event);
    this.options.emit({ ...event, closed });
  }

  private book({ venueSymbol, symbol, depth }: BookPart, at: number): KrakenBookSequencer {
    let book = this.books.get(venueSymbol);
    if (!book) {
      book = new KrakenBookSequencer(depth ?? this.depths.get(venueSymbol) ?? this.options.depth);
      this.books.set(venueSymbol, book);
      this.state(symbol, 'syncing', 'waiting for the snapshot', at);
    }
    return book;
  }

  private step({ venueSymbol, symbol, message }: BookPart, step: KrakenBookStep, at: number): void {
    switch (step.type) {
      case 'drop':
        return;
      case 'replace':
      case 'apply':
        this.options.emit({ type: 'book', action: step.type === 'replace' ? 'snapshot' : 'delta', ...this.origin(symbol, message.time, at), bids: step.bids, asks: step.asks, updateId: null });
        return step.type === 'replace' ? this.state(symbol, 'ok', message.checksum === null ? 'snapshot without a checksum' : 'checksum right', at) : undefined;
      case 'resync':
        this.state(symbol, 'gap', `${step.reason}; loading the book anew`, at);
        return this.options.resubscribe(venueSymbol);
    }
  }

  private bad(part: KrakenBad, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'kraken', symbol: part.symbol, code: part.code, detail: part.detail, receiveTime: at });
    const book = part.book === undefined ? undefined : this.books.get(part.book);
    if (!book?.ready || part.book === undefined || part.symbol === null) return;
    book.reset();
    this.state(part.symbol, 'gap', 'an update could not be read; loading the book anew', at);
    this.options.resubscribe(part.book);
  }

  private state(symbol: string, state: 'syncing' | 'ok' | 'gap' | 'stale', reason: string, at: number): void {
    this.options.emit({ type: 'bookState', ...this.origin(symbol, null, at), state, reason });
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: 'kraken', kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }
}
