/** Share of what is known that an independent observation leaves standing: 50,000 of them are a memory. */
const FORGETTING = 0.99998;

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Log odds; certain ones are cut at one in a million. */
export const logit = (p: number): number => {
  const q = Math.min(1 - 1e-6, Math.max(1e-6, p));
  return Math.log(q / (1 - q));
};

/** Scratch of one observation, no state: filters of thousands of symbols, each with a place of its own for it, would meet none of them in a cache. */
let gain = new Float64Array(0);

/**
 * Bayesian logistic regression, one observation at a time: an extended Kalman filter over the weights with the full covariance.
 * Nothing observed grows more uncertain than the prior. Costs O(n^2) and allocates nothing.
 */
export class LogisticFilter {
  readonly mean: Float64Array;
  /** Covariance of the weights, row by row. */
  readonly covariance: Float64Array;

  /** @param prior variance of each weight. @param start mean of each weight; zeros by default. */
  constructor(private readonly prior: readonly number[], start: readonly number[] = prior.map(() => 0)) {
    const n = prior.length;
    this.mean = Float64Array.from(start);
    this.covariance = new Float64Array(n * n);
    if (n > gain.length) gain = new Float64Array(n);
    prior.forEach((variance, i) => (this.covariance[i * n + i] = variance));
  }

  /** Log odds at the mean of the weights. */
  logit(x: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < this.mean.length; i++) sum += (this.mean[i] as number) * (x[i] as number);
    return sum;
  }

  /** Variance of the log odds. */
  variance(x: ArrayLike<number>): number {
    const n = this.mean.length;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const xi = x[i] as number;
      let row = 0.5 * (this.covariance[i * n + i] as number) * xi;
      for (let j = 0; j < i; j++) row += (this.covariance[i * n + j] as number) * (x[j] as number);
      sum += row * xi;
    }
    return Math.max(0, 2 * sum);
  }

  /** Takes in that `x` ended as `y`. `weight` below 1: the observation shares its outcome with others, and its likelihood counts that much. */
  learn(x: ArrayLike<number>, y: 0 | 1, weight: number): void {
    const { mean, covariance } = this;
    const n = mean.length;
    let m = 0, s = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (covariance[i * n + j] as number) * (x[j] as number);
      gain[i] = sum;
      m += (mean[i] as number) * (x[i] as number);
      s += sum * (x[i] as number);
    }
    const p = sigmoid(m);
    const information = weight * p * (1 - p);
    const shrink = information / (1 + information * s);
    const step = (weight * (y - p)) / (1 + information * s);
    const kept = FORGETTING ** weight;
    for (let i = 0; i < n; i++) {
      const g = gain[i] as number;
      mean[i] = (mean[i] as number) + g * step;
      for (let j = 0; j <= i; j++) {
        const value = ((covariance[i * n + j] as number) - shrink * g * (gain[j] as number)) / kept;
        covariance[i * n + j] = value;
        covariance[j * n + i] = value;
      }
    }
    for (let i = 0; i < n; i++) this.cap(i);
  }

  /** Forgetting makes a weight that is never exercised uncertain without end: not beyond its prior. */
  private cap(i: number): void {
    const n = this.mean.length;
    const most = this.prior[i] as number;
    const variance = this.covariance[i * n + i] as number;
    if (variance <= most) return;
    const scale = Math.sqrt(most / variance);
    for (let j = 0; j < n; j++) {
      this.covariance[i * n + j] = (this.covariance[i * n + j] as number) * scale;
      this.covariance[j * n + i] = (this.covariance[j * n + i] as number) * scale;
    }
  }
}
