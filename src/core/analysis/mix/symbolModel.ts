import type { BinaryData, DataKind, SentimentHorizon } from '../../contract';
import type { Candle, SentimentOutcome } from '../../market/outputs';
import type { Priced } from '../breadth';
import type { CandleInput, QuoteInput } from '../types';
import { BOOK_FEATURES, BookFeatures } from './bookFeatures';
import { CANDLE_FEATURES, CandleFeatures } from './candleFeatures';
import type { FeatureKind, Prediction } from './forecaster';
import { HorizonModel, type About, type HorizonState, type VoidReason } from './horizonModel';
import { Scaler, type ScalerState } from './scaler';

export interface HorizonSpec {
  readonly seconds: number;
  /** What it is forecast from: the minutes, or the best bid and ask second by second. */
  readonly features: FeatureKind;
}
/** Horizons of the product. */
export const MIX_HORIZONS: readonly HorizonSpec[] = [
  { seconds: 10, features: 'book' }, { seconds: 60, features: 'candle' }, { seconds: 300, features: 'candle' }, { seconds: 900, features: 'candle' },
  { seconds: 3600, features: 'candle' },
];
/** Horizon plain clients read as up and down, seconds: the first that is as long. */
const MAIN_HORIZON = 60;
/** Silence that counts as a pause of the market: nothing is judged across it. */
const GAP_MS = 15 * 60_000;
const MOST_DRIVERS = 4;

/** What a restart needs of a symbol. */
export interface SymbolState {
  readonly kind: DataKind;
  readonly symbol: string;
  readonly fed: number;
  readonly candleScale: ScalerState;
  readonly bookScale: ScalerState;
  readonly horizons: readonly HorizonState[];
}

const usable = (price: number | null): price is number => price !== null && Number.isFinite(price) && price > 0;

/** All that sentiment knows of one symbol in one kind of data. NaN = not known: a field that was null once would be a new object with each number it takes. */
export class SymbolModel implements Priced {
  readonly horizons: readonly HorizonModel[];
  /** Outcomes of published forecasts that have not been told yet. */
  ended: SentimentOutcome[] = [];
  venue = '';
  px: 'mid' | 'trade' = 'mid';
  price = NaN;
  priceTime = -Infinity;
  gapEnd = -Infinity;
  dayFrom = Infinity;
  dayEnd = -Infinity;
  /** Times of the last published and the last told forecast. */
  sentAt = -Infinity;
  toldAt = -Infinity;
  /** Time at which the next open forecast is due, ms; Infinity when none is open. */
  due = Infinity;
  private spread = NaN;
  private bidSize = NaN;
  private askSize = NaN;
  /** Place of the main horizon. */
  private readonly main: number;
  private readonly candles = new CandleFeatures();
  private readonly book = new BookFeatures();
  private readonly candleScale = new Scaler(CANDLE_FEATURES.length);
  private readonly bookScale = new Scaler(BOOK_FEATURES.length);
  /** Open time of the newest minute taken in, and of the newest that shaped the scale. */
  private fed = -Infinity;
  private scaledTo = -Infinity;
  /** Are the features of the newest minute defined? */
  private ready = false;
  /** First price since the newest minute closed, and the extremes since. */
  private open = NaN;
  private high = NaN;
  private low = NaN;
  /** Directions of the newest move from second to second and from minute to minute, and the prices they go on from. */
  private readonly moves: Record<FeatureKind, { last: number; from: number }> = { book: { last: 0, from: NaN }, candle: { last: 0, from: NaN } };
  private newest: readonly Prediction[] = [];
  private bookTime = -Infinity;
  /** Time of the newest forecast on the book. */
  private shortTime = -Infinity;

  readonly kind: DataKind;
  readonly symbol: string;

  /** @param haste part of the usual time after which it is published again. */
  constructor(private readonly about: About, specs: readonly HorizonSpec[], readonly haste = 1) {
    this.kind = about.source;
    this.symbol = about.symbol;
    this.horizons = specs.map((s) => new HorizonModel(s.seconds, s.features, s.features === 'book' ? BOOK_FEATURES.length : CANDLE_FEATURES.length, about));
    this.main = Math.max(0, specs.findIndex((s) => s.seconds >= MAIN_HORIZON));
  }

  /** Has it a price? */
  get priced(): boolean {
    return !Number.isNaN(this.price);
  }

  /** P(up) last forecast at the main horizon; null before the first. */
  get up(): number | null {
    return this.newest[this.main]?.pUp ?? null;
  }

  /** false: it has no price. */
  quote(input: QuoteInput): boolean {
    const px = usable(input.mid) ? 'mid' : 'trade';
    const price = usable(input.mid) ? input.mid : input.last;
    if (!usable(price) || !Number.isFinite(input.now)) return false;
    const now = Math.max(input.now, this.priceTime);
    if (this.priced) {
      // Nothing is judged across a pause, not even what falls due after it.
      if (now - this.priceTime > GAP_MS) this.gapEnd = now;
      // Labels are due up to now: the price before this one held until here.
      if (this.due < now) this.mature(now, false);
      if (this.venue !== input.venue || this.px !== px) this.void('feed', now);
    }
    this.venue = input.venue;
    this.px = px;
    this.price = price;
    this.priceTime = now;
    this.spread = input.spread ?? NaN;
    this.bidSize = input.bidSize ?? NaN;
    this.askSize = input.askSize ?? NaN;
    if (Number.isNaN(this.open)) this.open = this.high = this.low = price;
    else if (price > this.high) this.high = price;
    else if (price < this.low) this.low = price;
    return true;
  }

  /** Minutes that have closed; the features are those of the last one. */
  minute({ candles }: CandleInput): void {
    let k = candles.length;
    while (k > 0 && (candles.at(k - 1) as Candle).openTime > this.fed) k--;
    if (k === candles.length) return;
    for (; k < candles.length; k++) {
      const candle = candles.at(k) as Candle;
      this.ready = this.candles.next(candle);
      this.fed = candle.openTime;
      if (!this.ready || this.fed <= this.scaledTo) continue;
      this.candleScale.observe(this.candles.raw);
      this.scaledTo = this.fed;
    }
    this.open = this.high = this.low = this.price;
  }

  mature(until: number, inclusive: boolean): void {
    for (const h of this.horizons) h.mature(until, inclusive, this, this.ended);
    this.findDue();
  }

  void(reason: VoidReason, now: number): void {
    for (const h of this.horizons) h.void(reason, now, this.ended);
    this.due = Infinity;
  }

  /** Second by second: the book's features, and forecasts on them unless `quiet` (others are made in the same moment). */
  second(now: number, quiet: boolean): void {
    if (!this.priced || now <= this.bookTime) return;
    this.bookTime = now;
    this.move('book');
    this.book.take(now, this.price, this.spread, this.bidSize, this.askSize);
    this.bookScale.observe(this.book.raw);
    if (quiet) return;
    const age = now - this.priceTime;
    let x: Float32Array | null = null;
    for (let i = 0; i < this.horizons.length; i++) {
      const h = this.horizons[i] as HorizonModel;
      if (h.kind !== 'book' || h.stale(age)) continue;
      const prediction = h.predict((x ??= this.bookScale.scale(this.book.raw)), this.moves.book.last);
      h.issue(prediction, now, this.price, age, false);
      (this.newest as Prediction[])[i] = prediction;
      this.shortTime = now;
      this.due = Math.min(this.due, now + h.seconds * 1000);
    }
  }

  /** Makes the forecasts of all horizons. `closed`: a minute has just closed, its features are those of now. */
  forecast(now: number, closed: boolean): BinaryData {
    const { price } = this;
    if (closed) this.move('candle');
    const book = this.bookTime === -Infinity ? null : this.bookScale.scale(this.book.raw);
    const candle = this.candleInput(closed);
    const newest: Prediction[] = [];
    const told: SentimentHorizon[] = [];
    for (const h of this.horizons) {
      const prediction = h.predict(h.kind === 'book' ? book : candle, this.moves[h.kind].last);
      newest.push(prediction);
      h.issue(prediction, now, price, now - this.priceTime, true);
      told.push(h.message(prediction));
    }
    this.newest = newest;
    this.sentAt = this.shortTime = now;
    this.findDue();
    const up = this.up ?? 0.5;
    return {
      v: 1, method: this.about.method, source: this.kind, ts: now, seq: null, prev: null, hash: null, up, down: 1 - up,
      venue: this.venue, mid: price, px: this.px, horizons: told, drivers: this.drivers(), breadth: null, mood: null,
    };
  }

  /** The newest forecasts on the book, made within the last second or with a publication. */
  short(): { ts: number; horizons: SentimentHorizon[] } | null {
    const horizons = this.horizons.flatMap((h, i) => (h.kind === 'book' && this.newest[i] ? [h.message(this.newest[i])] : []));
    return horizons.length === 0 || !this.priced ? null : { ts: this.shortTime, horizons };
  }

  /** Prices are forgotten, the record stays. */
  forget(now: number): void {
    this.void('mode', now);
    this.price = this.open = this.high = this.low = NaN;
    this.priceTime = -Infinity;
    this.gapEnd = this.dayEnd = -Infinity;
    this.sentAt = this.toldAt = this.bookTime = this.fed = -Infinity;
    this.ready = false;
    this.newest = [];
    for (const move of Object.values(this.moves)) Object.assign(move, { last: 0, from: NaN });
    this.candles.restart();
    this.book.restart();
  }

  state(): SymbolState {
    const { kind, symbol, candleScale, bookScale, horizons, scaledTo } = this;
    return { kind, symbol, fed: Number.isFinite(scaledTo) ? scaledTo : 0, candleScale: candleScale.state(), bookScale: bookScale.state(), horizons: horizons.map((h) => h.state()) };
  }

  /** false: nothing fits. A horizon that does not fit starts anew. */
  restore(state: SymbolState): boolean {
    if (!this.candleScale.restore(state.candleScale) || !this.bookScale.restore(state.bookScale)) return false;
    this.scaledTo = state.fed;
    return this.horizons.filter((h) => state.horizons.some((s) => h.restore(s))).length > 0;
  }

  private move(kind: FeatureKind): void {
    const move = this.moves[kind];
    const { price } = this;
    if (price > move.from) move.last = 1;
    else if (price < move.from) move.last = -1;
    move.from = price;
  }

  private candleInput(closed: boolean): Float32Array | null {
    if (closed && this.ready) return this.candleScale.scale(this.candles.raw);
    const { open, high, low, price } = this;
    if (!this.priced || !this.ready) return null;
    const candle = { openTime: this.fed + 60_000, open, high, low, close: price, volume: 0 };
    return this.candles.peek(candle) ? this.candleScale.scale(this.candles.raw) : null;
  }

  /** What moves the main forecast: the largest parts of the log odds. */
  private drivers(): BinaryData['drivers'] {
    const h = this.horizons[this.main];
    const x = this.newest[this.main]?.x;
    if (!h || !x) return [];
    const [names, raw] = h.kind === 'book' ? [BOOK_FEATURES, this.book.raw] : [CANDLE_FEATURES, this.candles.raw];
    const top: { i: number; effect: number }[] = [];
    for (let i = 0; i < names.length; i++) {
      const effect = h.effect(x, i);
      let place = top.length;
      while (place > 0 && Math.abs(effect) > Math.abs((top[place - 1] as { effect: number }).effect)) place--;
      if (effect === 0 || place >= MOST_DRIVERS) continue;
      top.splice(place, 0, { i, effect });
      top.length = Math.min(top.length, MOST_DRIVERS);
    }
    return top.map(({ i, effect }) => ({ k: names[i] as string, value: Number.isFinite(raw[i]) ? (raw[i] as number) : 0, effect }));
  }

  private findDue(): void {
    let due = Infinity;
    for (const h of this.horizons) due = Math.min(due, h.due);
    this.due = due;
  }
}
