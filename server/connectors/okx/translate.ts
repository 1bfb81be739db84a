import type { DataKind, Route } from '@/core/contract';
import type { BadInputEvent, BookStateEvent, EventOrigin, MarketInput } from '@/core/market/events';
import { OkxBookSequencer, type OkxBookData, type OkxBookStep } from './book';
import { OkxMapper, type OkxMapped } from './mapper';

export interface TranslatorOptions {
  readonly kind: DataKind;
  readonly route: Route;
  readonly symbolOf: (instId: string) => string | null;
  readonly emit: (event: MarketInput | BadInputEvent) => void;
  /** A book got updates and no snapshot, or one that did not fit: it needs the REST one. */
  readonly needSnapshot: (instId: string) => void;
  /** A book lost its sequence: its stream must be asked for anew. */
  readonly needStream: (stream: string) => void;
}

/** The touch of `tickers` serves only when the faster `bbo-tbt` has said nothing for this long by the venue's clock, ms. */
const TOUCH_SERVES_MS = 1_000;

/**
 * Messages to events, with the memory this needs: book sequencers, the last trade ids (repetitions at the seam of two
 * connections), and which of two quote channels leads. The live feed and the replay share it, so both are proved by the same
 * recordings.
 */
export class OkxTranslator {
  readonly mapper: OkxMapper;
  private readonly books = new Map<string, { readonly instId: string; readonly sequencer: OkxBookSequencer }>();
  private readonly lastTrades = new Map<string, number>();
  private readonly lastTouch = new Map<string, number>();

  constructor(private readonly options: TranslatorOptions) {
    this.mapper = new OkxMapper(options);
  }

  /** Checksums compared so far, all of them equal. */
  get checksumsVerified(): number {
    return [...this.books.values()].reduce((sum, book) => sum + book.sequencer.verified, 0);
  }

  /** Emits what the message means and returns it, so that the feed can deal with acks, errors and notices. */
  frame(raw: string, at: number): OkxMapped {
    const mapped = this.mapper.map(raw, at);
    if (mapped.type === 'events') {
      for (const event of mapped.events) if (this.isNew(mapped, event)) this.options.emit(event);
      if (mapped.bad) this.bad(mapped.bad, at);
    } else if (mapped.type === 'book') {
      const { sequencer } = this.book(mapped.stream, mapped.instId, mapped.symbol, at);
      const step = mapped.action === 'snapshot' ? sequencer.snapshot(mapped.data) : sequencer.update(mapped.data);
      this.step(mapped.stream, mapped.instId, mapped.symbol, step, at);
    } else if (mapped.type === 'ack') {
      if (mapped.op === 'subscribe') this.books.get(mapped.stream)?.sequencer.confirmed();
    } else if (mapped.type === 'bad') {
      this.bad(mapped, at);
      if (mapped.book && mapped.symbol !== null) {
        const { stream, instId } = mapped.book;
        this.step(stream, instId, mapped.symbol, this.book(stream, instId, mapped.symbol, at).sequencer.unreadable(), at);
      }
    }
    return mapped;
  }

  /** Body of REST `/market/books`; false when it is unreadable or nobody waits for it. */
  restBook(instId: string, body: unknown, at: number): boolean {
    const data = this.mapper.restBook(body);
    const symbol = this.options.symbolOf(instId);
    const book = this.books.get(`books:${instId}`);
    if (!data || symbol === null || !book) return false;
    this.step(`books:${instId}`, instId, symbol, book.sequencer.restSnapshot(data), at);
    return true;
  }

  /** The connection was cut (or, when `planned`, changed): books cannot be continued and are told so in the same moment. */
  cut(reason: string, at: number, planned = false): void {
    for (const { instId, sequencer } of this.books.values()) {
      const symbol = this.options.symbolOf(instId);
      if (sequencer.synced && symbol !== null) this.state(symbol, planned ? 'syncing' : 'stale', reason, at);
      sequencer.reset();
    }
  }

  /** The book of a symbol is wrong although its numbers follow one another: it is loaded anew. */
  reload(symbol: string, reason: string, at: number): void {
    for (const [stream, { instId, sequencer }] of this.books) {
      if (!sequencer.synced || this.options.symbolOf(instId) !== symbol) continue;
      sequencer.reset();
      this.step(stream, instId, symbol, { type: 'resync', reason }, at);
    }
  }

  /** An instrument is no longer delivered: its book, if there is one, is told stale. */
  drop(instId: string, reason: string, at: number): void {
    const symbol = this.options.symbolOf(instId);
    for (const [stream, book] of this.books) {
      if (book.instId !== instId) continue;
      if (book.sequencer.synced && symbol !== null) this.state(symbol, 'stale', reason, at);
      this.books.delete(stream);
    }
  }

  /** Does the book of this instrument wait for a REST snapshot? */
  waits(instId: string): boolean {
    return this.books.get(`books:${instId}`)?.sequencer.waits ?? false;
  }

  private isNew(mapped: Extract<OkxMapped, { type: 'events' }>, event: MarketInput): boolean {
    const { instId } = mapped;
    if (event.type === 'trade') {
      const id = Number(event.id);
      if (id <= (this.lastTrades.get(instId) ?? -1)) return false;
      this.lastTrades.set(instId, id);
    } else if (event.type === 'quote') {
      const leading = this.lastTouch.get(instId) ?? -Infinity;
      if (mapped.family === 'ticker') return (event.venueTime ?? 0) - leading > TOUCH_SERVES_MS;
      this.lastTouch.set(instId, Math.max(leading, event.venueTime ?? leading));
    }
    return true;
  }

  private book(stream: string, instId: string, symbol: string, at: number) {
    let book = this.books.get(stream);
    if (!book) {
      book = { instId, sequencer: new OkxBookSequencer() };
      this.books.set(stream, book);
      this.state(symbol, 'syncing', 'waiting for the snapshot', at);
    }
    return book;
  }

  private step(stream: string, instId: string, symbol: string, step: OkxBookStep, at: number): void {
    switch (step.type) {
      case 'drop':
        return;
      case 'wait':
        if (step.first) this.options.needSnapshot(instId);
        return;
      case 'apply':
        return this.content(symbol, 'delta', step.update, at);
      case 'replace':
        this.content(symbol, 'snapshot', step.snapshot, at);
        for (const update of step.updates) this.content(symbol, 'delta', update, at);
        return this.state(symbol, 'ok', 'in sequence', at);
      case 'refetch':
        return this.options.needSnapshot(instId);
      case 'resync':
        this.state(symbol, 'gap', `${step.reason}; loading the book anew`, at);
        return this.options.needStream(stream);
    }
  }

  private content(symbol: string, action: 'snapshot' | 'delta', data: OkxBookData, at: number): void {
    this.options.emit({ type: 'book', action, ...this.origin(symbol, data.ts, at), bids: data.bids, asks: data.asks, updateId: data.seqId });
  }

  private state(symbol: string, state: BookStateEvent['state'], reason: string, at: number): void {
    this.options.emit({ type: 'bookState', ...this.origin(symbol, null, at), state, reason });
  }

  private bad(bad: { readonly code: BadInputEvent['code']; readonly symbol: string | null; readonly detail: string }, at: number): void {
    const { code, symbol, detail } = bad;
    this.options.emit({ type: 'badInput', venue: 'okx', symbol, code, detail, receiveTime: at });
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: 'okx', kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }
}
