import type { Call, SentimentHorizon, SentimentTrack } from '../contract';
import { wilson, Z95 } from './statistics';

/** Horizons, seconds. */
export const HORIZONS = [10, 60, 300, 900, 3600] as const;
/** Hit rate at which a bet that pays 85% breaks even: 1 / 1.85. */
export const BREAK_EVEN = 0.541;
/** Prior of the last-move expert: Beta(100, 100), forgotten with this half-life in independent forecasts. */
const PRIOR = 100;
const HALF_LIFE = 20_000;
/** Share of weight that each forecast moves back to equal weights. */
const FIXED_SHARE = 2e-4;
/** Half-life of the frequency of no move, and the least forecasts for telling it. */
const FLAT_HALF_LIFE = 500;
const LEAST_FLAT = 20;
/** Gate of the arrow. */
const LEAST_INDEPENDENT = 300;
const LEAST_DISTANCE = 0.02;
const LEAST_SKILL_SAMPLES = 30;
const BINS = 10;

interface Forecast {
  readonly madeAt: number;
  readonly price: number;
  readonly pUp: number;
  /** Direction the last-move expert went by: -1, 0, 1. */
  readonly last: number;
  /** Its probability. */
  readonly pLast: number;
  /** Part of the horizon since the forecast before: overlapping labels are not independent. */
  readonly weight: number;
}

/** Why a forecast could not be judged. */
export type VoidReason = 'stale' | 'feed' | 'mode';

/**
 * One symbol at one horizon: forecasts by two experts (always 0.5; the last move goes on with a learned probability), mixed by
 * their past log loss, and the record of what became of them. Every forecast ends as a move, a tie, a void or is open.
 */
export class HorizonModel {
  #open: Forecast[] = [];
  #last = 0;
  #lastMadeAt: number | null = null;
  // Experts.
  #same = PRIOR;
  #other = PRIOR;
  /** Weight of the last-move expert; the other has the rest. */
  #weight = 0.5;
  // Record.
  #flatShare = 0;
  #flatWeight = 0;
  #n = 0;
  #flat = 0;
  #voids: Record<VoidReason, number> = { stale: 0, feed: 0, mode: 0 };
  #hits = 0;
  #called = 0;
  #brier = 0;
  #skill = 0;
  #skillSquares = 0;
  /** Matured forecasts that do not overlap. */
  #independent = 0;
  #independentUntil = -Infinity;
  readonly #binP = new Float64Array(BINS);
  readonly #binUp = new Float64Array(BINS);

  constructor(readonly seconds: number) {}

  /** Oldest age, ms, a price may have at a forecast's start or end. */
  get staleMs(): number {
    return Math.max(2_000, (this.seconds * 1000) / 20);
  }

  /** Time at which the oldest open forecast is due, ms; Infinity when none is open. */
  get due(): number {
    return (this.#open[0]?.madeAt ?? Infinity) + this.seconds * 1000;
  }

  get voids(): Readonly<Record<VoidReason, number>> {
    return this.#voids;
  }

  /** Probability of a rise if the price moves, now. */
  present(): { pUp: number; lo: number; hi: number; pLast: number; last: number; effect: number } {
    const total = this.#same + this.#other;
    const goesOn = this.#same / total;
    const pLast = this.#last === 0 ? 0.5 : this.#last > 0 ? goesOn : 1 - goesOn;
    const effect = this.#weight * (pLast - 0.5);
    const pUp = 0.5 + effect;
    const half = this.#last === 0 ? 0 : Z95 * this.#weight * Math.sqrt((goesOn * (1 - goesOn)) / (total + 1));
    return { pUp, lo: Math.max(0, pUp - half), hi: Math.min(1, pUp + half), pLast, last: this.#last, effect };
  }

  /** Makes the forecast of `now` on a price of the age given, ms. */
  issue(now: number, price: number, age: number): void {
    const { pUp, pLast, last } = this.present();
    const since = this.#lastMadeAt === null ? Infinity : now - this.#lastMadeAt;
    this.#lastMadeAt = now;
    if (age > this.staleMs) this.#voids.stale++;
    else this.#open.push({ madeAt: now, price, pUp, last, pLast, weight: Math.min(1, since / (this.seconds * 1000)) });
  }

  /** Judges what is due until then (by a clock) or before it (by a quote, which is the price from then on), by the price since `priceTime`. */
  mature(until: number, inclusive: boolean, price: number, priceTime: number): void {
    let judged = 0;
    for (const f of this.#open) {
      const due = f.madeAt + this.seconds * 1000;
      if (due > until || (due === until && !inclusive)) break;
      judged++;
      if (due - priceTime > this.staleMs) this.#voids.stale++;
      else this.#judge(f, due, price);
    }
    if (judged > 0) this.#open.splice(0, judged);
  }

  /** Nothing that is open can be judged any more. */
  void(reason: VoidReason): void {
    this.#voids[reason] += this.#open.length;
    this.#open = [];
    this.#last = 0;
    this.#lastMadeAt = null;
  }

  #judge(f: Forecast, due: number, price: number): void {
    const keep = Math.exp(-Math.LN2 / FLAT_HALF_LIFE);
    const flat = price === f.price;
    this.#flatShare = keep * this.#flatShare + (flat ? 1 : 0);
    this.#flatWeight = keep * this.#flatWeight + 1;
    if (flat) {
      this.#flat++;
      return;
    }
    const up = price > f.price;
    this.#record(f, due, up ? 1 : 0);
    this.#learn(f, up);
    this.#last = up ? 1 : -1;
  }

  #record(f: Forecast, due: number, y: number): void {
    this.#n++;
    if (f.pUp !== 0.5) {
      this.#called++;
      if (f.pUp > 0.5 === (y === 1)) this.#hits++;
    }
    const error = (f.pUp - y) ** 2;
    const skill = 1 - error / 0.25;
    this.#brier += error;
    this.#skill += skill;
    this.#skillSquares += skill * skill;
    if (f.madeAt >= this.#independentUntil) {
      this.#independent++;
      this.#independentUntil = due;
    }
    const bin = Math.min(BINS - 1, Math.floor(f.pUp * BINS));
    this.#binP[bin] = (this.#binP[bin] ?? 0) + f.pUp;
    this.#binUp[bin] = (this.#binUp[bin] ?? 0) + y;
  }

  #learn(f: Forecast, up: boolean): void {
    const keep = Math.exp((-Math.LN2 * f.weight) / HALF_LIFE);
    this.#same = PRIOR + (this.#same - PRIOR) * keep;
    this.#other = PRIOR + (this.#other - PRIOR) * keep;
    if (f.last === 0) return;
    if (f.last > 0 === up) this.#same += f.weight;
    else this.#other += f.weight;
    const mine = this.#weight * (up ? f.pLast : 1 - f.pLast) ** f.weight;
    const half = (1 - this.#weight) * 0.5 ** f.weight;
    this.#weight = FIXED_SHARE / 2 + (1 - FIXED_SHARE) * (mine / (mine + half));
  }

  track(): SentimentTrack {
    const n = this.#n;
    const hit = this.#called > 0 ? this.#hits / this.#called : null;
    // Overlapping forecasts count as the independent ones among them.
    const interval = hit === null ? null : wilson(hit, Math.min(this.#called, this.#independent));
    const known = this.#independent >= LEAST_SKILL_SAMPLES;
    const bss = known ? this.#skill / n : null;
    const variance = bss === null ? 0 : Math.max(0, this.#skillSquares / n - bss * bss);
    return {
      n, hit, hitLo: interval?.lo ?? null, hitHi: interval?.hi ?? null, brier: n > 0 ? this.#brier / n : null, bss,
      bssLo: bss === null ? null : bss - Z95 * Math.sqrt(variance / this.#independent), ece: n > 0 ? this.#calibrationError() : null,
      void: this.#voids.stale + this.#voids.feed + this.#voids.mode, flat: this.#flat, open: this.#open.length,
    };
  }

  #calibrationError(): number {
    let sum = 0;
    for (let k = 0; k < BINS; k++) sum += Math.abs((this.#binP[k] ?? 0) - (this.#binUp[k] ?? 0));
    return sum / this.#n;
  }

  message(): SentimentHorizon {
    const { pUp, lo, hi } = this.present();
    const track = this.track();
    const skilled = this.#independent >= LEAST_INDEPENDENT && track.bssLo !== null && track.bssLo > 0;
    const call: Call = !skilled || Math.abs(pUp - 0.5) < LEAST_DISTANCE ? 'NONE' : pUp > 0.5 ? 'UP' : 'DOWN';
    const pFlat = this.#n + this.#flat >= LEAST_FLAT ? this.#flatShare / this.#flatWeight : null;
    return { h: this.seconds, pUp, pFlat, lo, hi, call, breakEven: BREAK_EVEN, track };
  }
}
