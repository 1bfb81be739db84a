/** Statistics of return series, with the definitions of the reference set: population moments, biased autocorrelation. */

export function mean(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  return x.length === 0 ? 0 : sum / x.length;
}

/** Population standard deviation, skewness and excess kurtosis (normal = 0). A constant series has skew and kurtosis 0. */
export function moments(x: ArrayLike<number>): { sd: number; skew: number; excessKurtosis: number } {
  const m = mean(x);
  let s2 = 0, s3 = 0, s4 = 0;
  for (let i = 0; i < x.length; i++) {
    const d = (x[i] as number) - m;
    s2 += d * d;
    s3 += d * d * d;
    s4 += d * d * d * d;
  }
  const n = x.length;
  const variance = n === 0 ? 0 : s2 / n;
  if (variance <= 0) return { sd: 0, skew: 0, excessKurtosis: 0 };
  return { sd: Math.sqrt(variance), skew: s3 / n / variance ** 1.5, excessKurtosis: s4 / n / variance ** 2 - 3 };
}

/** Hill's tail exponent over the `share` largest abs(x), k = floor(share n); null where it is not defined. */
export function hillExponent(x: ArrayLike<number>, share = 0.05): number | null {
  const sorted = Float64Array.from(x, Math.abs).sort();
  const k = Math.floor(share * sorted.length);
  const threshold = sorted[sorted.length - k - 1];
  if (k < 1 || threshold === undefined || threshold <= 0) return null;
  let sum = 0;
  for (let i = sorted.length - k; i < sorted.length; i++) sum += Math.log((sorted[i] as number) / threshold);
  return sum > 0 ? k / sum : null;
}

/** Autocorrelation at one lag: biased, mean of the full sample; 0 for a constant series. */
export function autocorrelation(x: ArrayLike<number>, lag: number): number {
  const m = mean(x);
  let c0 = 0, c = 0;
  for (let i = 0; i < x.length; i++) {
    const d = (x[i] as number) - m;
    c0 += d * d;
    if (i >= lag) c += d * ((x[i - lag] as number) - m);
  }
  return c0 > 0 ? c / c0 : 0;
}

/** Pearson correlation of two series of equal length; 0 when one is constant. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mx = mean(x), my = mean(y);
  let xx = 0, yy = 0, xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] as number) - mx;
    const dy = (y[i] as number) - my;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

/** Ljung-Box Q over lags 1..`lags` with its p-value (chi-square, `lags` degrees of freedom). */
export function ljungBox(x: ArrayLike<number>, lags: number): { q: number; p: number } {
  const n = x.length;
  let sum = 0;
  for (let k = 1; k <= lags && k < n; k++) sum += autocorrelation(x, k) ** 2 / (n - k);
  const q = n * (n + 2) * sum;
  return { q, p: chiSquareTail(q, lags) };
}

/** P(X > q) of a chi-square variable with `df` degrees of freedom: upper incomplete gamma, series or continued fraction. */
export function chiSquareTail(q: number, df: number): number {
  const a = df / 2;
  const x = q / 2;
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a, sum = term;
    for (let n = 1; n < 500 && term > sum * 1e-16; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return Math.max(0, 1 - front * sum);
  }
  // Lentz's method for the continued fraction (Numerical Recipes 6.2).
  let b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (let i = 1; i < 500; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * h;
}

const LANCZOS = [676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7];

/** ln Gamma(x) for x > 0 (Lanczos, g = 7, n = 9). */
function logGamma(x: number): number {
  let sum = 0.9999999999998099;
  LANCZOS.forEach((coefficient, i) => (sum += coefficient / (x + i)));
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** z of a two-sided 95% interval. */
export const Z95 = 1.959963984540054;

/** Wilson's 95% interval of a share; `n` may be an effective (fractional) number of samples. null for n = 0. */
export function wilson(share: number, n: number): { lo: number; hi: number } | null {
  if (!(n > 0)) return null;
  const z2 = Z95 * Z95;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return { lo: Math.max(0, centre - half), hi: Math.min(1, centre + half) };
}

/** Slope of a least-squares line of y over x. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mx = mean(x), my = mean(y);
  let xx = 0, xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] as number) - mx;
    xx += dx * dx;
    xy += dx * ((y[i] as number) - my);
  }
  return xx > 0 ? xy / xx : 0;
}
