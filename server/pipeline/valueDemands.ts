import { INTERVAL_MS, type DataKind, type FeedMode } from '@/core/contract';
import type { BookOutput, TradeOutput, VenueQuote } from '@/core/market/outputs';
import type { KeyedChange } from '../bus/bus';
import type { Demand, DemandContext, DemandName } from './demand';
import { candleData, candleKey, tradeItem } from './payloads';

/** Trades a new reader gets of those the engine keeps. */
const RECENT_TRADES = 1_000;

/** `trades:SYMBOL@VENUE`: a log of one venue's trades, begun with those the engine still holds. */
export class TradesDemand implements Demand {
  constructor(
    private readonly name: DemandName,
    private readonly context: DemandContext,
  ) {
    const recent = context.engine.trades(name.symbol, RECENT_TRADES).filter((trade) => trade.venue === name.venue);
    context.channels.append(name.name, recent.map(tradeItem));
  }

  told(output: BookOutput | TradeOutput): void {
    if (output.type === 'trade' && output.venue === this.name.venue) this.context.channels.append(this.name.name, [tradeItem(output)]);
  }

  flush(): boolean {
    return false;
  }

  forget(): void {
    // The log itself was started anew, and nothing else is held here.
  }
}

/** `quote:SYMBOL`: what each venue says of a symbol, by venue id. */
export class QuotesDemand implements Demand {
  private published = new Map<string, VenueQuote>();

  constructor(
    private readonly name: DemandName,
    private readonly context: DemandContext,
  ) {}

  told(): void {
    // A quote of a venue that does not lead makes no output: everything is looked at in the flush.
  }

  flush(): boolean {
    const next = new Map(this.context.engine.venueQuotes(this.name.symbol).map((quote) => [quote.venue, quote]));
    const changes: KeyedChange[] = [];
    for (const venue of this.published.keys()) if (!next.has(venue)) changes.push({ key: venue, value: undefined });
    for (const [venue, quote] of next) if (!sameQuote(this.published.get(venue), quote)) changes.push({ key: venue, value: quote });
    this.published = next;
    this.context.channels.set(this.name.name, changes);
    return true;
  }

  forget(): void {
    this.published.clear();
  }
}

/** What is looked at once a second, and at once after it was forgotten: no trade or book changes it by itself. */
abstract class SlowDemand implements Demand {
  private idle: number;

  constructor(
    protected readonly name: DemandName,
    protected readonly context: DemandContext,
  ) {
    this.idle = context.idleFlushes;
  }

  /** Publishes what is new; true when it has looked. */
  protected abstract look(): boolean;

  told(): void {
    // Made of neither trades nor books: see above.
  }

  flush(): boolean {
    if (++this.idle < this.context.idleFlushes) return false;
    this.idle = 0;
    return this.look();
  }

  forget(): void {
    this.idle = this.context.idleFlushes;
  }
}

/** `binary10:SYMBOL`: the forecast for the next 10 s. */
export class ShortDemand extends SlowDemand {
  private published = -1;

  protected override look(): boolean {
    const value = this.context.engine.shortSentiment(this.name.symbol);
    if (value === null || value.ts === this.published) return true;
    this.published = value.ts;
    this.context.channels.set(this.name.name, [{ key: this.name.symbol, value }]);
    return true;
  }

  override forget(): void {
    this.published = -1;
    super.forget();
  }
}

function sameQuote(a: VenueQuote | undefined, b: VenueQuote): boolean {
  return a !== undefined && (a === b || (Object.keys(b) as (keyof VenueQuote)[]).every((field) => a[field] === b[field]));
}

/** Time for the last trades of a minute to come in, ms. */
const GRACE_MS = 5_000;
const KIND: Readonly<Record<FeedMode, DataKind>> = { live: 'live', mixed: 'live', simulated: 'simulated', replay: 'replay', none: 'live' };

/** `candles:SYMBOL@VENUE`: one venue's last closed and forming minute. */
export class CandlesDemand extends SlowDemand {
  /** Text of each published candle by key. */
  private published = new Map<string, string>();

  protected override look(): boolean {
    const { engine, channels, now } = this.context;
    const venue = this.name.venue ?? '';
    const candles = engine.venueCandles(venue, this.name.symbol);
    const kind = engine.venueQuotes(this.name.symbol).find((quote) => quote.venue === venue)?.kind ?? KIND[engine.mode];
    const next = new Map<string, string>();
    const changes: KeyedChange[] = [];
    candles.forEach((candle, i) => {
      const key = candleKey('1m', candle.openTime);
      // Over when another one follows, or when time says so: a venue without trades opens no next minute.
      const closed = i < candles.length - 1 || now() >= candle.openTime + INTERVAL_MS['1m'] + GRACE_MS;
      const value = candleData({ interval: '1m', candle, closed, kind });
      const text = JSON.stringify(value);
      next.set(key, text);
      if (this.published.get(key) !== text) changes.push({ key, value });
    });
    const gone = [...this.published.keys()].filter((key) => !next.has(key)).map((key) => ({ key, value: undefined }));
    this.published = next;
    channels.set(this.name.name, [...gone, ...changes]);
    return true;
  }

  override forget(): void {
    this.published.clear();
    super.forget();
  }
}
