import type { MarketData } from '@/core/contract';
import type { Apply, QuoteView } from './types';

/** Number columns of the row-major array; NaN = not known. */
const COLUMNS = ['price', 'bid', 'ask', 'bid_size', 'ask_size', 'open_24h', 'change_24h', 'high_24h', 'low_24h', 'volume_24h', 'venue_time', 'age_ms'] as const satisfies readonly (keyof MarketData)[];
const [PRICE, BID, ASK, BID_SIZE, ASK_SIZE, OPEN, CHANGE, HIGH, LOW, VOLUME, VENUE_TIME, AGE] = COLUMNS.map((_, i) => i) as unknown as readonly [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const RECEIVED = COLUMNS.length;
const DIRECTION = RECEIVED + 1;
const PREVIOUS = RECEIVED + 2;
const CHANGED_AT = RECEIVED + 3;
const WIDTH = RECEIVED + 4;

/** The words of one row; replaced as a whole when one differs, which is rare. */
type Words = Pick<QuoteView, 'source' | 'quality' | 'route' | 'state'>;

/**
 * All quotes in one row-major Float64Array (docs: performance budget of the price table). Plain data: nothing reactive here.
 * Views are made on demand and kept until the row changes.
 */
export class QuoteColumns {
  private data = new Float64Array(64 * WIDTH);
  private readonly rows = new Map<string, number>();
  private readonly words: (Words | undefined)[] = [];
  private readonly views: (QuoteView | undefined)[] = [];
  private readonly free: number[] = [];
  /** Keys changed since `takeDirty`. */
  private dirty = new Set<string>();
  private keysChanged = false;

  get keys(): string[] {
    return [...this.rows.keys()];
  }

  has(symbol: string): boolean {
    return this.rows.has(symbol);
  }

  apply(change: Apply<MarketData>): void {
    if (change.replace) this.keepOnly(new Set(change.updates.map((u) => u.key)));
    for (const { key, value } of change.updates) {
      if (value) this.write(key, value, change.receivedAt);
      else this.remove(key);
    }
  }

  /** What changed since the last call, and whether the set of symbols did. */
  takeDirty(): { dirty: ReadonlySet<string>; keysChanged: boolean } {
    const taken = { dirty: this.dirty, keysChanged: this.keysChanged };
    this.dirty = new Set();
    this.keysChanged = false;
    return taken;
  }

  view(symbol: string): QuoteView | null {
    const row = this.rows.get(symbol);
    if (row === undefined) return null;
    return (this.views[row] ??= this.read(symbol, row));
  }

  private keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.keys) if (!keys.has(key)) this.remove(key);
  }

  private remove(symbol: string): void {
    const row = this.rows.get(symbol);
    if (row === undefined) return;
    this.rows.delete(symbol);
    this.views[row] = this.words[row] = undefined;
    this.free.push(row);
    this.dirty.add(symbol);
    this.keysChanged = true;
  }

  private rowFor(symbol: string): number {
    const known = this.rows.get(symbol);
    if (known !== undefined) return known;
    const row = this.free.pop() ?? this.rows.size;
    if ((row + 1) * WIDTH > this.data.length) {
      const larger = new Float64Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data.fill(NaN, row * WIDTH, (row + 1) * WIDTH);
    this.data[row * WIDTH + DIRECTION] = 0;
    this.rows.set(symbol, row);
    this.keysChanged = true;
    return row;
  }

  private write(symbol: string, value: MarketData, receivedAt: number): void {
    const row = this.rowFor(symbol);
    const at = row * WIDTH;
    const { data } = this;
    const before = data[at + PRICE] ?? NaN;
    for (let i = 0; i < COLUMNS.length; i++) data[at + i] = value[COLUMNS[i] ?? 'price'] ?? NaN;
    data[at + RECEIVED] = receivedAt;
    const words = this.words[row];
    const sameKind = words === undefined || words.quality === value.quality;
    // A change of kind (simulator to live) is no price move.
    if (value.price !== null && value.price !== before && !Number.isNaN(before) && sameKind) {
      data[at + DIRECTION] = value.price > before ? 1 : -1;
      data[at + PREVIOUS] = before;
      data[at + CHANGED_AT] = receivedAt;
    } else if (!sameKind) {
      data[at + DIRECTION] = 0;
      data[at + PREVIOUS] = NaN;
    }
    if (!words || words.source !== value.source || words.quality !== value.quality || words.route !== value.route || words.state !== value.state) {
      this.words[row] = { source: value.source, quality: value.quality, route: value.route, state: value.state };
    }
    this.views[row] = undefined;
    this.dirty.add(symbol);
  }

  private read(symbol: string, row: number): QuoteView {
    const cell = (column: number): number | null => {
      const value = this.data[row * WIDTH + column] ?? NaN;
      return Number.isNaN(value) ? null : value;
    };
    const direction = cell(DIRECTION) ?? 0;
    const receivedAt = cell(RECEIVED) ?? 0;
    return {
      symbol,
      price: cell(PRICE),
      bid: cell(BID),
      ask: cell(ASK),
      bidSize: cell(BID_SIZE),
      askSize: cell(ASK_SIZE),
      open24h: cell(OPEN),
      changePercent: cell(CHANGE),
      high24h: cell(HIGH),
      low24h: cell(LOW),
      volume24h: cell(VOLUME),
      ...(this.words[row] ?? { source: '', quality: 'unknown', route: 'socket', state: 'none' }),
      venueTime: cell(VENUE_TIME),
      ageAtSend: cell(AGE),
      receivedAt,
      direction: direction > 0 ? 1 : direction < 0 ? -1 : 0,
      previousPrice: cell(PREVIOUS),
      changedAt: cell(CHANGED_AT) ?? receivedAt,
    };
  }
}
