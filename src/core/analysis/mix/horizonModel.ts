import type { Call, SentimentHorizon } from '../../contract';
import type { SentimentOutcome } from '../../market/outputs';
import { Forecaster, type FeatureKind, type ForecasterState, type Prediction } from './forecaster';
import { TrackRecord, VOID_REASONS, type TrackState, type VoidReason } from './trackRecord';

/** Hit rate at which a bet that pays 85% breaks even: 1 / 1.85. */
export const BREAK_EVEN = 0.541;
/** Gate of the arrow: independent forecasts on record, and distance of the forecast from one half. */
const LEAST_INDEPENDENT = 300;
const LEAST_DISTANCE = 0.02;

/**
 * Places of an open forecast in the ring: when and at what price it was made, what it is (marks), the part of an independent outcome that it
 * is, and what is needed to learn from it, its features last. Numbers in one array: thousands of forecasts wait at a time, each as long
 * as its horizon, and as objects they were most of what the collector had to carry along.
 */
const [MADE, PRICE, MARKS, WEIGHT, UP, LAST, LAST_UP, FILTER_UP, MIXED, X] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
/** Its start price was too old: it is void when due. */
const DOOMED = 1;
/** Sent to readers: its outcome goes on record in the log. */
const PUBLISHED = 2;
/** It has features. */
const FEATURED = 4;
const LEAST_ROOM = 4;

/** The features of the forecast that is being judged, and the forecast: scratch, no state, as there is one at a time. */
let features = new Float32Array(0);
const judged: { -readonly [K in keyof Prediction]: Prediction[K] } = { pUp: 0.5, lo: 0, hi: 1, x: null, last: 0, pLast: 0.5, pFilter: 0.5, mixed: 0 };

/** Whose forecasts they are. */
export type About = Pick<SentimentOutcome, 'method' | 'source' | 'symbol'>;

/** The price that forecasts are judged by. */
export interface PriceState {
  /** NaN while there is none. */
  readonly price: number;
  /** Feed time since which it is known to be that, ms. */
  readonly priceTime: number;
  /** End of the newest pause of the market, ms. */
  readonly gapEnd: number;
}

export interface HorizonState {
  readonly seconds: number;
  readonly made: number;
  readonly open: number;
  readonly forecaster: ForecasterState;
  readonly track: TrackState;
}

/**
 * One symbol at one horizon: makes forecasts, holds them until they are due, judges them by the price known then, and learns. Every
 * forecast ends as a move, a tie or a void, or is open.
 */
export class HorizonModel {
  /** Open forecasts, a ring of `room` places (a power of two) of `width` numbers each; `count` of them from the place `first` on, the oldest first. */
  private ring = new Float64Array(0);
  private room = 0;
  private first = 0;
  private count = 0;
  private readonly width: number;
  private lastMadeAt: number | null = null;
  /** Forecasts ever made. */
  made = 0;
  readonly track: TrackRecord;
  private readonly forecaster: Forecaster;
  private readonly staleMs: number;

  /** @param size number of features. */
  constructor(readonly seconds: number, readonly kind: FeatureKind, private readonly size: number, private readonly about: About) {
    this.track = new TrackRecord(seconds);
    this.forecaster = new Forecaster(kind, size);
    this.width = X + size + 1;
    if (size >= features.length) features = new Float32Array(size + 1);
    this.staleMs = Math.max(2_000, (seconds * 1000) / 20);
  }

  /** Time at which the oldest open forecast is due, ms; Infinity when none is open. */
  get due(): number {
    return this.count === 0 ? Infinity : (this.ring[this.first * this.width + MADE] as number) + this.seconds * 1000;
  }

  get pending(): number {
    return this.count;
  }

  /** Is a price of this age, ms, too old for this horizon? */
  stale(age: number): boolean {
    return age > this.staleMs;
  }

  /** @param last direction of the newest move of the price: -1, 0 (none yet), 1. */
  predict(x: Float32Array | null, last: number): Prediction {
    return this.forecaster.predict(x, last);
  }

  /** Puts a forecast on record at a price of the age given, ms. */
  issue(prediction: Prediction, now: number, price: number, age: number, published: boolean): void {
    const since = this.lastMadeAt === null ? Infinity : now - this.lastMadeAt;
    this.lastMadeAt = now;
    this.made++;
    if (this.count === this.room) this.grow();
    const { ring, width } = this;
    const at = ((this.first + this.count) & (this.room - 1)) * width;
    ring[at + MADE] = now;
    ring[at + PRICE] = price;
    ring[at + MARKS] = (this.stale(age) ? DOOMED : 0) + (published ? PUBLISHED : 0) + (prediction.x ? FEATURED : 0);
    ring[at + WEIGHT] = Math.min(1, since / (this.seconds * 1000));
    ring[at + UP] = prediction.pUp;
    ring[at + LAST] = prediction.last;
    ring[at + LAST_UP] = prediction.pLast;
    ring[at + FILTER_UP] = prediction.pFilter;
    ring[at + MIXED] = prediction.mixed;
    if (prediction.x) ring.set(prediction.x, at + X);
    this.count++;
  }

  /** Judges what is due until then (by a clock) or before it (by a quote, which is the price from then on). */
  mature(until: number, inclusive: boolean, state: PriceState, ended: SentimentOutcome[]): void {
    while (this.count > 0) {
      const at = this.first * this.width;
      const due = (this.ring[at + MADE] as number) + this.seconds * 1000;
      if (due > until || (due === until && !inclusive)) break;
      const reason = this.problem(at, due, state);
      if (reason !== null) this.end(at, due, 'void', reason, null, ended);
      else this.judge(at, due, state.price, ended);
      this.first = (this.first + 1) & (this.room - 1);
      this.count--;
    }
  }

  /** Nothing that is open can be judged any more. */
  void(reason: VoidReason, now: number, ended: SentimentOutcome[]): void {
    for (; this.count > 0; this.count--) {
      const at = this.first * this.width;
      this.end(at, Math.max(now, (this.ring[at + MADE] as number) + 1), 'void', reason, null, ended);
      this.first = (this.first + 1) & (this.room - 1);
    }
    this.lastMadeAt = null;
  }

  /** The forecast as told: `call` is other than NONE only where the record shows skill. */
  message({ pUp, lo, hi }: Prediction): SentimentHorizon {
    const track = this.track.read(this.pending);
    const skilled = this.track.effective >= LEAST_INDEPENDENT && track.bssLo !== null && track.bssLo > 0;
    const call: Call = !skilled || Math.abs(pUp - 0.5) < LEAST_DISTANCE ? 'NONE' : pUp > 0.5 ? 'UP' : 'DOWN';
    return { h: this.seconds, pUp, pFlat: this.track.pFlat, lo, hi, call, breakEven: BREAK_EVEN, track };
  }

  /** Part of a feature in the log odds of a forecast. */
  effect(x: Float32Array, feature: number): number {
    return this.forecaster.effect(x, feature);
  }

  state(): HorizonState {
    return { seconds: this.seconds, made: this.made, open: this.pending, forecaster: this.forecaster.state(), track: this.track.state() };
  }

  /** Goes on from a state of before a restart: what was open then is void. false: it does not fit, nothing is changed. */
  restore(state: HorizonState): boolean {
    if (state.seconds !== this.seconds || !this.forecaster.restore(state.forecaster) || !this.track.restore(state.track)) return false;
    this.made = state.made;
    this.track.voids.restart += state.open;
    return true;
  }

  private problem(at: number, due: number, { price, priceTime, gapEnd }: PriceState): VoidReason | null {
    if (Number.isNaN(price)) return 'stale';
    if (gapEnd > (this.ring[at + MADE] as number)) return 'gap';
    return ((this.ring[at + MARKS] as number) & DOOMED) !== 0 || this.stale(due - priceTime) ? 'stale' : null;
  }

  private judge(at: number, due: number, price: number, ended: SentimentOutcome[]): void {
    const { ring } = this;
    if (price === ring[at + PRICE]) {
      this.track.flat();
      this.end(at, due, 'flat', '', price, ended);
      return;
    }
    const up = price > (ring[at + PRICE] as number);
    const weight = ring[at + WEIGHT] as number;
    judged.pUp = ring[at + UP] as number;
    judged.last = ring[at + LAST] as number;
    judged.pLast = ring[at + LAST_UP] as number;
    judged.pFilter = ring[at + FILTER_UP] as number;
    judged.mixed = ring[at + MIXED] as number;
    judged.x = ((ring[at + MARKS] as number) & FEATURED) === 0 ? null : features;
    for (let i = 0; i <= this.size; i++) features[i] = ring[at + X + i] as number;
    this.track.move(judged.pUp, up, ring[at + MADE] as number, weight);
    this.forecaster.learn(judged, up, weight);
    this.end(at, due, up ? 'up' : 'down', '', price, ended);
  }

  private end(at: number, ts: number, result: SentimentOutcome['result'], reason: VoidReason | '', price: number | null, ended: SentimentOutcome[]): void {
    if (reason !== '') this.track.voids[reason]++;
    if (((this.ring[at + MARKS] as number) & PUBLISHED) === 0) return;
    const { method, source, symbol } = this.about;
    ended.push({ method, source, symbol, forecast: this.ring[at + MADE] as number, h: this.seconds, ts, result, reason, price });
  }

  /** Twice the room, the oldest forecast first. */
  private grow(): void {
    const { ring, width, room } = this;
    const larger = new Float64Array(Math.max(LEAST_ROOM, 2 * room) * width);
    larger.set(ring.subarray(this.first * width));
    larger.set(ring.subarray(0, this.first * width), (room - this.first) * width);
    this.ring = larger;
    this.room = larger.length / width;
    this.first = 0;
  }
}

export { VOID_REASONS, type VoidReason };
