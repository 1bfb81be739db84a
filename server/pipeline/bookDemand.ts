import type { BookView } from '@/core/engine';
import type { BookOutput, TradeOutput } from '@/core/market/outputs';
import { compareDecimals, plainDecimal } from '@/core/util/decimal';
import type { KeyedChange } from '../bus/bus';
import { bookCrc, HEAD_KEY, levelKey, type BookHead, type BookLevel, type BookSide } from '../bus/bookChannel';
import type { Demand, DemandContext, DemandName } from './demand';

const plain = ([price, size]: BookLevel): BookLevel => [plainDecimal(price), plainDecimal(size)];

/**
 * A `book:` channel. Its levels are always those of one moment at which the venue's book was `ok`. When it stops being so, the
 * head says it in the step that found it and the levels stay as they were; once it is `ok` again the channel starts anew.
 * Who comes when it is only stale gets its last levels, marked: nothing is known to be wrong with them.
 * Without a venue in its name it shows the one the engine names; another venue is another numbering.
 */
export class BookDemand implements Demand {
  private readonly sides: Record<BookSide, Map<string, string>> = { b: new Map(), a: new Map() };
  /** As published; null = nothing yet. */
  private head: BookHead | null = null;
  /** Number of the venue's update, and time of receipt, at the newest look. */
  private seen: Pick<BookView, 'updateId' | 'receiveTime'> = { updateId: null, receiveTime: null };
  private dirty = true;
  private idle = 0;

  constructor(
    private readonly name: DemandName,
    private readonly context: DemandContext,
  ) {}

  told(output: BookOutput | TradeOutput): void {
    if (output.type !== 'book' || output.venue !== this.head?.venue) return;
    this.dirty = true;
    if (output.state === 'ok' || output.state === this.head.state) return;
    this.change([], { ...this.head, state: output.state, reason: output.reason });
  }

  forget(): void {
    this.clear();
    this.head = null;
  }

  flush(): boolean {
    const venue = this.venue();
    if (!this.dirty && this.head?.venue === venue && ++this.idle < this.context.idleFlushes) return false;
    const unchanged = !this.dirty && this.head?.venue === venue && this.isSeen(venue);
    this.idle = 0;
    if (!unchanged) this.look(venue);
    return true;
  }

  private venue(): string {
    return this.name.venue ?? this.context.engine.bookVenue(this.name.symbol) ?? '';
  }

  /** A look that reads no levels: a confirmation by the venue makes no output, but a younger age. */
  private isSeen(venue: string): boolean {
    const view = this.context.engine.book(venue, this.name.symbol, 0);
    return view !== null && view.state === this.head?.state && view.reason === this.head.reason && view.updateId === this.seen.updateId && view.receiveTime === this.seen.receiveTime;
  }

  private look(venue: string): void {
    const { engine, bookDepth } = this.context;
    const view = engine.book(venue, this.name.symbol, bookDepth);
    this.dirty = false;
    const again = view?.state === 'ok' && this.head?.state !== 'ok';
    if (this.head?.venue !== venue || again) {
      this.clear();
      this.context.channels.restart(this.name.name);
      this.head = null;
    }
    if (!view || !(view.state === 'ok' || (view.state === 'stale' && this.head === null && !isCrossed(view)))) {
      const empty = { kind: view?.kind ?? 'unknown', depth: bookDepth, levels: [0, 0], venueTime: null, receiveTime: null, crc: bookCrc([], []) } as const;
      this.change([], { ...(this.head ?? empty), venue, state: view?.state ?? 'syncing', reason: view ? view.reason || 'waiting for a good book' : this.absence(venue) });
      return;
    }
    this.seen = { updateId: view.updateId, receiveTime: view.receiveTime };
    const bids = view.bids.map(plain);
    const asks = view.asks.map(plain);
    const { state, kind, levels, venueTime, receiveTime } = view;
    const reason = state === 'ok' ? '' : view.reason;
    this.change(this.difference(bids, asks), { venue, state, reason, kind, depth: bookDepth, levels, venueTime, receiveTime, crc: bookCrc(bids, asks) });
  }

  private absence(venue: string): string {
    const { symbol } = this.name;
    if (venue === '') return `no venue has sent an order book of ${symbol} yet`;
    const listed = this.context.engine.instrument(symbol)?.venues.includes(venue) ?? false;
    return listed ? `waiting for the first order book of ${symbol} from ${venue}` : `${venue} has sent no order book of ${symbol} and is not known to list it`;
  }

  /** Removals first: two spellings of one price may change places in one step. */
  private difference(bids: readonly BookLevel[], asks: readonly BookLevel[]): KeyedChange[] {
    const changes: KeyedChange[] = [];
    const next = { b: new Map(bids), a: new Map(asks) };
    for (const side of ['b', 'a'] as const) {
      for (const price of this.sides[side].keys()) if (!next[side].has(price)) changes.push({ key: levelKey(side, price), value: undefined });
    }
    for (const side of ['b', 'a'] as const) {
      for (const [price, size] of next[side]) if (this.sides[side].get(price) !== size) changes.push({ key: levelKey(side, price), value: size });
      this.sides[side] = next[side];
    }
    return changes;
  }

  private change(levels: readonly KeyedChange[], head: BookHead): void {
    if (levels.length === 0 && this.head && sameHead(this.head, head)) return;
    this.head = head;
    this.context.channels.set(this.name.name, [...levels, { key: HEAD_KEY, value: head }]);
  }

  private clear(): void {
    this.sides.b = new Map();
    this.sides.a = new Map();
    this.dirty = true;
  }
}

function isCrossed({ bids: [bid], asks: [ask] }: BookView): boolean {
  return bid !== undefined && ask !== undefined && compareDecimals(bid[0], ask[0]) >= 0;
}

function sameHead(a: BookHead, b: BookHead): boolean {
  return a.venue === b.venue && a.state === b.state && a.reason === b.reason && a.kind === b.kind && a.crc === b.crc && a.levels[0] === b.levels[0]
    && a.levels[1] === b.levels[1] && a.venueTime === b.venueTime && a.receiveTime === b.receiveTime;
}
