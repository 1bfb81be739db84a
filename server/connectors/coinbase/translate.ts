import type { BookStateName, DataKind, Route } from '@/core/contract';
import type { BadInputEvent, MarketInput } from '@/core/market/events';
import { TradeIds } from '@/core/market/trades';
import { CoinbaseBook, FrameSequence, type BookStep, type NumberedPart } from './book';
import { LargeSnapshot } from './large';
import { origin, VENUE, type CoinbaseMapped, type Refusal } from './mapped';
import { CoinbaseMapper } from './mapper';

export interface TranslatorOptions {
  readonly kind: DataKind;
  readonly route: Route;
  readonly symbolOf: (productId: string) => string | null;
  readonly emit: (event: MarketInput | BadInputEvent) => void;
  /** These books need a new snapshot. `hole`: frames of the connection are missing, so trades may be too. */
  readonly resync: (productIds: readonly string[], hole: boolean) => void;
  /** Runs `slice` turn by turn until it returns true; without it large frames are read in one go. */
  readonly readLarge?: (slice: () => boolean) => void;
  /** Clock for what is emitted later than its frame came; needed with `readLarge`. */
  readonly now?: () => number;
}

const REPEATED: CoinbaseMapped = { type: 'ignored', sequence: null, refusals: [] };

/**
 * Messages to events, with the memory this needs: numbers of frames and trades, and the books. The live feed and the replay
 * share it, so both are proved by the same recordings.
 */
export class CoinbaseTranslator {
  readonly mapper: CoinbaseMapper;
  private readonly sequence = new FrameSequence();
  private readonly books = new Map<string, CoinbaseBook>();
  private readonly trades = new Map<string, TradeIds>();
  private readonly lastTrade = new Map<string, number>();
  private generation = 0;

  constructor(private readonly options: TranslatorOptions) {
    this.mapper = new CoinbaseMapper(options);
  }

  /** Products whose book has no content: a snapshot was asked for and has not come. */
  get emptyBooks(): readonly string[] {
    return [...this.books].filter(([, book]) => book.empty).map(([productId]) => productId);
  }

  /** Emits what the message means and returns it, so that the feed can deal with acks, errors and heartbeats. */
  frame(raw: string, at: number): CoinbaseMapped {
    const large = this.options.readLarge ? LargeSnapshot.open(raw) : null;
    const symbol = large ? this.options.symbolOf(large.productId) : null;
    if (large && symbol !== null) return this.large(large, symbol, at);
    const mapped = this.mapper.map(raw, at);
    if (!this.inSequence(mapped.sequence, at)) return REPEATED;
    for (const refusal of mapped.refusals) this.refuse(refusal, at);
    if (mapped.type !== 'data') return mapped;
    for (const { productId, symbol: of, id } of mapped.contiguous) this.follow(productId, of, id, at);
    for (const event of mapped.events) this.pass(event);
    for (const part of mapped.books) this.step(part.productId, part.symbol, this.book(part.productId, part.symbol, at).take({ ...part, id: mapped.sequence }), at);
    return mapped;
  }

  /** The connection was cut or changed: books cannot be continued and are told stale in the same moment. */
  cut(reason: string, at: number): void {
    this.generation += 1;
    this.sequence.reset();
    this.lastTrade.clear();
    for (const [productId, book] of this.books) {
      const symbol = this.options.symbolOf(productId);
      if (!book.empty && symbol !== null) this.state(symbol, 'stale', reason, at);
      book.reset();
    }
  }

  /** A product is no longer delivered: its book, if there is one, is told stale. */
  drop(productId: string, reason: string, at: number): void {
    const book = this.books.get(productId);
    const symbol = this.options.symbolOf(productId);
    if (book && !book.empty && symbol !== null) this.state(symbol, 'stale', reason, at);
    book?.reset();
    this.books.delete(productId);
  }

  /** The book of a symbol is wrong although its numbers follow one another: it is loaded anew. */
  reload(symbol: string, reason: string, at: number): void {
    for (const [productId, book] of this.books) {
      if (book.empty || this.options.symbolOf(productId) !== symbol) continue;
      book.reset();
      this.step(productId, symbol, { type: 'resync', reason }, at);
    }
  }

  private inSequence(number: number | null, at: number): boolean {
    if (number === null) return true;
    const step = this.sequence.take(number);
    if (step.verdict !== 'gap') return step.verdict === 'next';
    const broken = [...this.books].filter(([, book]) => !book.empty).map(([productId]) => productId);
    for (const productId of broken) {
      this.books.get(productId)?.reset();
      const symbol = this.options.symbolOf(productId);
      if (symbol !== null) this.state(symbol, 'gap', `${step.reason}; loading the book anew`, at);
    }
    this.refuse({ code: 'bad_payload', symbol: null, detail: `hole in the stream: ${step.reason}` }, at);
    this.options.resync(broken, true);
    return true;
  }

  /** Where trades are numbered without holes, a missing one tells that the connection lost something. */
  private follow(productId: string, symbol: string, id: number, at: number): void {
    const last = this.lastTrade.get(productId);
    if (last === undefined || id > last) this.lastTrade.set(productId, id);
    if (last === undefined || id <= last + 1) return;
    const reason = `trades ${last + 1} to ${id - 1} are missing`;
    this.refuse({ code: 'bad_payload', symbol, detail: reason }, at);
    const book = this.books.get(productId);
    if (!book || book.empty) return;
    book.reset();
    this.step(productId, symbol, { type: 'resync', reason }, at);
  }

  private pass(event: MarketInput): void {
    if (event.type === 'trade') {
      let ids = this.trades.get(event.symbol);
      if (!ids) this.trades.set(event.symbol, (ids = new TradeIds()));
      if (!ids.take(event.id)) return;
    }
    this.options.emit(event);
    if (event.type === 'ticker' && event.last !== null) this.watchPrice(event.symbol, Number(event.last), event.receiveTime);
  }

  private watchPrice(symbol: string, price: number, at: number): void {
    for (const [productId, book] of this.books) {
      if (this.options.symbolOf(productId) !== symbol || !book.outgrown(price)) continue;
      book.reset();
      this.state(symbol, 'syncing', 'the price left the part of the book that is kept; loading it anew', at);
      this.options.resync([productId], false);
    }
  }

  private large(snapshot: LargeSnapshot, symbol: string, at: number): CoinbaseMapped {
    if (!this.inSequence(snapshot.sequence, at)) return REPEATED;
    const { productId, sequence, venueTime } = snapshot;
    const book = this.book(productId, symbol, at);
    book.begin();
    this.state(symbol, 'syncing', 'reading the whole book', at);
    const { generation } = this;
    const now = (): number => this.options.now?.() ?? at;
    this.options.readLarge?.(() => {
      // A cut, a hole or a newer snapshot made it worthless.
      if (generation !== this.generation || book.empty || book.good) return true;
      const result = snapshot.next();
      if (result === 'more') return false;
      const part: NumberedPart = { productId, symbol, id: sequence, venueTime, action: 'snapshot', bids: snapshot.bids, asks: snapshot.asks, detail: '' };
      const broken = { ...part, action: 'broken' as const, detail: 'the snapshot could not be read' };
      if (result === 'broken') this.refuse({ code: 'bad_payload', symbol, detail: broken.detail }, now());
      this.step(productId, symbol, result === 'done' ? book.complete(part, snapshot.window) : book.take(broken), now());
      return true;
    });
    return { type: 'data', sequence, refusals: [], streams: [`level2:${productId}`], events: [], books: [{ productId, symbol, action: 'snapshot', venueTime, bids: [], asks: [], detail: '' }], contiguous: [] };
  }

  private book(productId: string, symbol: string, at: number): CoinbaseBook {
    let book = this.books.get(productId);
    if (!book) {
      book = new CoinbaseBook();
      this.books.set(productId, book);
      this.state(symbol, 'syncing', 'waiting for the snapshot', at);
    }
    return book;
  }

  private step(productId: string, symbol: string, step: BookStep, at: number): void {
    switch (step.type) {
      case 'drop':
      case 'wait':
        return;
      case 'apply':
        return this.content('delta', step.update, at);
      case 'replace':
        this.content('snapshot', step.snapshot, at);
        for (const update of step.updates) this.content('delta', update, at);
        return this.state(symbol, 'ok', 'in sequence', at);
      case 'resync':
        this.state(symbol, 'gap', `${step.reason}; loading the book anew`, at);
        return this.options.resync([productId], false);
    }
  }

  private content(action: 'snapshot' | 'delta', part: NumberedPart, at: number): void {
    this.options.emit({ type: 'book', action, ...origin(this.options, part.symbol, part.venueTime, at), bids: part.bids, asks: part.asks, updateId: part.id });
  }

  private state(symbol: string, state: BookStateName, reason: string, at: number): void {
    this.options.emit({ type: 'bookState', ...origin(this.options, symbol, null, at), state, reason });
  }

  private refuse({ code, symbol, detail }: Refusal, receiveTime: number): void {
    this.options.emit({ type: 'badInput', venue: VENUE, symbol, code, detail, receiveTime });
  }
}
