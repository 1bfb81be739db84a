import { Z95 } from '../statistics';
import { LogisticFilter, logit, sigmoid } from './kalman';

/** Prior of the last-move expert: Beta(100, 100), forgotten with this half-life in independent forecasts. */
const BETA_PRIOR = 100;
const BETA_HALF_LIFE = 20_000;
/** Share of weight that each forecast moves back to equal weights of the experts. */
const FIXED_SHARE = 2e-4;
/** Prior variances: of weights of candle and of book features, of the bias, and of the temperature stage (1 +- 0.5 and its bias). */
const CANDLE_PRIOR = 0.02;
const BOOK_PRIOR = 1;
const BIAS_PRIOR = 0.01;
const TEMPERATURE_PRIOR = [0.25, BIAS_PRIOR] as const;
export type FeatureKind = 'candle' | 'book';

/** One forecast with what is needed to learn from its outcome. */
export interface Prediction {
  /** P(up | the price moves), and its 95% interval by the uncertainty of the weights. */
  readonly pUp: number;
  readonly lo: number;
  readonly hi: number;
  /** Features with the bias last; null where there are none yet. */
  readonly x: Float32Array | null;
  /** Direction the last-move expert went by: -1, 0, 1; its probability, that of the filter, and the mixture's log odds. */
  readonly last: number;
  readonly pLast: number;
  readonly pFilter: number;
  readonly mixed: number;
}

/** Weight of an expert after its share of the loss, and what each gives back to all. */
const shared = (part: number): number => FIXED_SHARE / 3 + (1 - FIXED_SHARE) * part;

/** Log odds of the mixture and the constant 1, as the temperature stage takes them; scratch of one forecast, no state. */
const point = new Float64Array([0, 1]);

/** What a restart needs of a forecaster. */
export interface ForecasterState {
  readonly same: number;
  readonly other: number;
  readonly weights: readonly number[];
  readonly mean: readonly number[];
  readonly covariance: readonly number[];
  readonly heat: readonly number[];
  readonly heatCovariance: readonly number[];
}

/**
 * The probability of a rise at one horizon: three experts (always one half; the last move goes on; a Bayesian logistic regression on
 * features, its probability moderated by its own uncertainty after MacKay), mixed by their past log loss with a fixed share, then brought to the
 * right sharpness by a learned temperature and bias. Learns one outcome at a time.
 */
export class Forecaster {
  private same = BETA_PRIOR;
  private other = BETA_PRIOR;
  private readonly weights = [1 / 3, 1 / 3, 1 / 3] as [number, number, number];
  private readonly filter: LogisticFilter;
  private readonly temperature = new LogisticFilter(TEMPERATURE_PRIOR, [1, 0]);
  private readonly made: { -readonly [K in keyof Prediction]: Prediction[K] } = { pUp: 0.5, lo: 0, hi: 1, x: null, last: 0, pLast: 0.5, pFilter: 0.5, mixed: 0 };

  constructor(kind: FeatureKind, features: number) {
    const prior = kind === 'book' ? BOOK_PRIOR : CANDLE_PRIOR;
    this.filter = new LogisticFilter([...Array.from({ length: features }, () => prior), BIAS_PRIOR]);
  }

  /**
   * The forecast of now; the same object each time, as one is made for each symbol and second.
   *
   * @param last direction of the newest matured move: -1, 0 (none), 1.
   */
  predict(x: Float32Array | null, last: number): Prediction {
    const goesOn = this.same / (this.same + this.other);
    const pLast = last === 0 ? 0.5 : last > 0 ? goesOn : 1 - goesOn;
    const spread = x ? this.filter.variance(x) : 0;
    const pFilter = x ? sigmoid(this.filter.logit(x) / Math.sqrt(1 + (Math.PI * spread) / 8)) : 0.5;
    const [even, move, learned] = this.weights;
    const p = even * 0.5 + move * pLast + learned * pFilter;
    const mixed = logit(p);
    point[0] = mixed;
    const end = this.temperature.logit(point);
    // Uncertainty of the experts carried to the mixture and its log odds, then through the last stage.
    const lastVariance = last === 0 ? 0 : (goesOn * (1 - goesOn)) / (this.same + this.other + 1);
    const variance = move ** 2 * lastVariance + (learned * pFilter * (1 - pFilter)) ** 2 * spread;
    const slope = this.temperature.mean[0] as number;
    const half = Z95 * Math.sqrt((slope ** 2 * variance) / (p * (1 - p)) ** 2 + this.temperature.variance(point));
    const { made } = this;
    made.pUp = sigmoid(end);
    made.lo = sigmoid(end - half);
    made.hi = sigmoid(end + half);
    made.x = x;
    made.last = last;
    made.pLast = pLast;
    made.pFilter = pFilter;
    made.mixed = mixed;
    return made;
  }

  /** @param weight part of an independent outcome that this one is: overlapping horizons share theirs. */
  learn(f: Prediction, up: boolean, weight: number): void {
    const y = up ? 1 : 0;
    point[0] = f.mixed;
    this.temperature.learn(point, y, weight);
    // A negative temperature would turn the forecast round.
    if ((this.temperature.mean[0] as number) < 0) this.temperature.mean[0] = 0;
    this.reweigh(0.5 ** weight, (up ? f.pLast : 1 - f.pLast) ** weight, (up ? f.pFilter : 1 - f.pFilter) ** weight);
    const keep = Math.exp((-Math.LN2 * weight) / BETA_HALF_LIFE);
    this.same = BETA_PRIOR + (this.same - BETA_PRIOR) * keep;
    this.other = BETA_PRIOR + (this.other - BETA_PRIOR) * keep;
    if (f.last > 0 === up && f.last !== 0) this.same += weight;
    else if (f.last !== 0) this.other += weight;
    if (f.x) this.filter.learn(f.x, y, weight);
  }

  /** Weight of a feature times its value in `x`: its part in the log odds. */
  effect(x: Float32Array, feature: number): number {
    return (this.filter.mean[feature] as number) * (x[feature] as number);
  }

  state(): ForecasterState {
    const { same, other, weights, filter, temperature } = this;
    return {
      same, other, weights: [...weights], mean: [...filter.mean], covariance: [...filter.covariance],
      heat: [...temperature.mean], heatCovariance: [...temperature.covariance],
    };
  }

  /** Goes on from a state; false (and nothing changed) when it is not one of a forecaster like this. */
  restore(s: ForecasterState): boolean {
    const { filter, temperature } = this;
    const fits = s.mean.length === filter.mean.length && s.covariance.length === filter.covariance.length && s.heat.length === 2 && s.heatCovariance.length === 4;
    const all = [s.same, s.other, ...s.weights, ...s.mean, ...s.covariance, ...s.heat, ...s.heatCovariance];
    if (!fits || s.weights.length !== 3 || !all.every(Number.isFinite)) return false;
    this.same = s.same;
    this.other = s.other;
    s.weights.forEach((weight, i) => (this.weights[i] = weight));
    filter.mean.set(s.mean);
    filter.covariance.set(s.covariance);
    temperature.mean.set(s.heat);
    temperature.covariance.set(s.heatCovariance);
    return true;
  }

  private reweigh(even: number, move: number, learned: number): void {
    const w = this.weights;
    const sum = w[0] * even + w[1] * move + w[2] * learned;
    w[0] = shared((w[0] * even) / sum);
    w[1] = shared((w[1] * move) / sum);
    w[2] = shared((w[2] * learned) / sum);
  }
}
