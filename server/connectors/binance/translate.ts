import type { DataKind, Route } from '@/core/contract';
import type { BadInputEvent, EventOrigin, MarketInput } from '@/core/market/events';
import { BinanceBookSequencer, type BookStep } from './book';
import { BinanceMapper, type BinanceMapped } from './mapper';
import type { BinanceDepthUpdate } from './raw';
import { toMs } from './raw';

export interface TranslatorOptions {
  readonly kind: DataKind;
  readonly route: Route;
  readonly symbolOf: (venueSymbol: string) => string | null;
  readonly emit: (event: MarketInput | BadInputEvent) => void;
  /** A book needs a REST snapshot. */
  readonly needSnapshot: (venueSymbol: string) => void;
}

/**
 * Messages to events, with the memory this needs: book sequencers, and the last ids by which repetitions at the seam of
 * two connections are dropped. The live feed and the replay share it, so both are proved by the same recordings.
 */
export class BinanceTranslator {
  readonly mapper: BinanceMapper;
  private readonly books = new Map<string, BinanceBookSequencer>();
  private readonly lastIds = new Map<string, number>();
  /** Symbols whose single trades are delivered: their aggregate trades would count twice. */
  private readonly singleTrades = new Set<string>();

  constructor(private readonly options: TranslatorOptions) {
    this.mapper = new BinanceMapper(options);
  }

  /** Notes which streams were asked for. */
  expect(streams: readonly string[]): void {
    for (const stream of streams) {
      const [symbol = '', family] = stream.split('@');
      if (family === 'trade') this.singleTrades.add(symbol.toUpperCase());
    }
  }

  /** Emits what the message means and returns it, so that the feed can deal with acks, errors and shutdowns. */
  frame(raw: string, at: number): BinanceMapped {
    const mapped = this.mapper.map(raw, at);
    if (mapped.type === 'events') {
      if (!this.isRepeated(mapped)) mapped.events.forEach(this.options.emit);
    } else if (mapped.type === 'depth') {
      this.step(mapped.update.s, mapped.symbol, this.book(mapped.update.s, mapped.symbol, at).update(mapped.update), at);
    } else if (mapped.type === 'bad') {
      this.options.emit({ type: 'badInput', venue: 'binance', symbol: mapped.symbol, code: mapped.code, detail: mapped.detail, receiveTime: at });
    }
    return mapped;
  }

  /** Body of a REST depth answer; false when it is unreadable or its symbol unknown. */
  depthSnapshot(venueSymbol: string, body: unknown, at: number): boolean {
    const snapshot = this.mapper.depthSnapshot(body);
    const symbol = this.options.symbolOf(venueSymbol);
    if (!snapshot || symbol === null) return false;
    this.step(venueSymbol, symbol, this.book(venueSymbol, symbol, at).snapshot(snapshot), at);
    return true;
  }

  /** The connection was cut: books cannot be continued and are told stale in the same moment. */
  cut(reason: string, at: number): void {
    for (const [venueSymbol, book] of this.books) {
      const symbol = this.options.symbolOf(venueSymbol);
      if (book.updateId !== null && symbol !== null) this.state(symbol, 'stale', reason, at);
      book.reset();
    }
  }

  /** The book of a symbol is wrong although its numbers follow one another: it is loaded anew. */
  reload(symbol: string, reason: string, at: number): void {
    for (const [venueSymbol, book] of this.books) {
      if (book.updateId === null || this.options.symbolOf(venueSymbol) !== symbol) continue;
      book.reset();
      this.step(venueSymbol, symbol, { type: 'resync', reason }, at);
    }
  }

  /** A symbol is no longer delivered: its book, if there is one, is told stale. */
  drop(venueSymbol: string, reason: string, at: number): void {
    const symbol = this.options.symbolOf(venueSymbol);
    if (this.books.get(venueSymbol)?.updateId != null && symbol !== null) this.state(symbol, 'stale', reason, at);
    this.books.delete(venueSymbol);
  }

  /** Does the book of this symbol hold updates that wait for a snapshot? */
  waits(venueSymbol: string): boolean {
    const book = this.books.get(venueSymbol);
    return book !== undefined && book.updateId === null && book.buffered > 0;
  }

  private isRepeated(mapped: Extract<BinanceMapped, { type: 'events' }>): boolean {
    const { family, venueSymbol, id } = mapped;
    if (family === 'trade') this.singleTrades.add(venueSymbol);
    if (family === 'aggTrade' && this.singleTrades.has(venueSymbol)) return true;
    if (id === null) return false;
    const key = `${family} ${venueSymbol}`;
    if (id <= (this.lastIds.get(key) ?? -1)) return true;
    this.lastIds.set(key, id);
    return false;
  }

  private book(venueSymbol: string, symbol: string, at: number): BinanceBookSequencer {
    let book = this.books.get(venueSymbol);
    if (!book) {
      book = new BinanceBookSequencer();
      this.books.set(venueSymbol, book);
      this.state(symbol, 'syncing', 'waiting for the snapshot', at);
    }
    return book;
  }

  private step(venueSymbol: string, symbol: string, step: BookStep, at: number): void {
    switch (step.type) {
      case 'drop':
        return;
      case 'wait':
        if (step.first) this.options.needSnapshot(venueSymbol);
        return;
      case 'apply':
        return this.delta(symbol, step.update, at);
      case 'replace': {
        const { lastUpdateId, bids, asks } = step.snapshot;
        this.options.emit({ type: 'book', action: 'snapshot', ...this.origin(symbol, null, at), bids, asks, updateId: lastUpdateId });
        for (const update of step.updates) this.delta(symbol, update, at);
        return this.state(symbol, 'ok', 'in sequence', at);
      }
      case 'refetch':
        return this.options.needSnapshot(venueSymbol);
      case 'resync':
        this.state(symbol, 'gap', `${step.reason}; loading the book anew`, at);
        return this.options.needSnapshot(venueSymbol);
    }
  }

  private delta(symbol: string, update: BinanceDepthUpdate, at: number): void {
    this.options.emit({ type: 'book', action: 'delta', ...this.origin(symbol, toMs(update.E), at), bids: update.b, asks: update.a, updateId: update.u });
  }

  private state(symbol: string, state: 'syncing' | 'ok' | 'gap' | 'stale', reason: string, at: number): void {
    this.options.emit({ type: 'bookState', ...this.origin(symbol, null, at), state, reason });
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: 'binance', kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }
}
