import type { Call, SentimentHorizon } from '../../contract';
import type { SentimentOutcome } from '../../market/outputs';
import { Forecaster, type FeatureKind, type ForecasterState, type Prediction } from './forecaster';
import { TrackRecord, VOID_REASONS, type TrackState, type VoidReason } from './trackRecord';

/** Hit rate at which a bet that pays 85% breaks even: 1 / 1.85. */
export const BREAK_EVEN = 0.541;
/** Gate of the arrow: independent forecasts on record, and distance of the forecast from one half. */
const LEAST_INDEPENDENT = 300;
const LEAST_DISTANCE = 0.02;

interface Forecast {
  readonly prediction: Prediction;
  readonly madeAt: number;
  readonly price: number;
  /** Its start price was too old: it is void when due. */
  readonly doomed: boolean;
  readonly weight: number;
  /** Sent to readers: its outcome goes on record in the log. */
  readonly published: boolean;
}

/** Whose forecasts they are. */
export type About = Pick<SentimentOutcome, 'method' | 'source' | 'symbol'>;

/** The price that forecasts are judged by. */
export interface PriceState {
  readonly price: number | null;
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
  private open: Forecast[] = [];
  /** Forecasts before this place have ended. */
  private first = 0;
  private lastMadeAt: number | null = null;
  /** Forecasts ever made. */
  made = 0;
  readonly track: TrackRecord;
  private readonly forecaster: Forecaster;
  private readonly staleMs: number;

  constructor(readonly seconds: number, readonly kind: FeatureKind, features: number, private readonly about: About) {
    this.track = new TrackRecord(seconds);
    this.forecaster = new Forecaster(kind, features);
    this.staleMs = Math.max(2_000, (seconds * 1000) / 20);
  }

  /** Time at which the oldest open forecast is due, ms; Infinity when none is open. */
  get due(): number {
    return (this.open[this.first]?.madeAt ?? Infinity) + this.seconds * 1000;
  }

  get pending(): number {
    return this.open.length - this.first;
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
    this.open.push({ prediction, madeAt: now, price, doomed: this.stale(age), weight: Math.min(1, since / (this.seconds * 1000)), published });
  }

  /** Judges what is due until then (by a clock) or before it (by a quote, which is the price from then on). */
  mature(until: number, inclusive: boolean, state: PriceState, ended: SentimentOutcome[]): void {
    for (; this.first < this.open.length; this.first++) {
      const f = this.open[this.first] as Forecast;
      const due = f.madeAt + this.seconds * 1000;
      if (due > until || (due === until && !inclusive)) break;
      const reason = this.problem(f, due, state);
      if (reason !== null) this.end(f, due, 'void', reason, null, ended);
      else this.judge(f, due, state.price as number, ended);
    }
    // The ended ones are given back in one go, not one by one.
    if (this.first > 64 || this.first === this.open.length) {
      this.open.splice(0, this.first);
      this.first = 0;
    }
  }

  /** Nothing that is open can be judged any more. */
  void(reason: VoidReason, now: number, ended: SentimentOutcome[]): void {
    for (let i = this.first; i < this.open.length; i++) {
      const f = this.open[i] as Forecast;
      this.end(f, Math.max(now, f.madeAt + 1), 'void', reason, null, ended);
    }
    this.open = [];
    this.first = 0;
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

  private problem(f: Forecast, due: number, { price, priceTime, gapEnd }: PriceState): VoidReason | null {
    if (price === null) return 'stale';
    if (gapEnd > f.madeAt) return 'gap';
    return f.doomed || this.stale(due - priceTime) ? 'stale' : null;
  }

  private judge(f: Forecast, due: number, price: number, ended: SentimentOutcome[]): void {
    if (price === f.price) {
      this.track.flat();
      this.end(f, due, 'flat', '', price, ended);
      return;
    }
    const up = price > f.price;
    this.track.move(f.prediction.pUp, up, f.madeAt, f.weight);
    this.forecaster.learn(f.prediction, up, f.weight);
    this.end(f, due, up ? 'up' : 'down', '', price, ended);
  }

  private end(f: Forecast, ts: number, result: SentimentOutcome['result'], reason: VoidReason | '', price: number | null, ended: SentimentOutcome[]): void {
    if (reason !== '') this.track.voids[reason]++;
    if (!f.published) return;
    const { method, source, symbol } = this.about;
    ended.push({ method, source, symbol, forecast: f.madeAt, h: this.seconds, ts, result, reason, price });
  }
}

export { VOID_REASONS, type VoidReason };
