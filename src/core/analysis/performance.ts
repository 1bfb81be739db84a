import { chiSquareTail, mean, moments, wilson } from './statistics';

/** Figures of a list of trades by their returns, with the definitions of the reference set. null = not defined for so few or such returns. */
export interface Performance {
  readonly n: number;
  readonly mean: number | null;
  /** Sample standard deviation (n - 1). */
  readonly std: number | null;
  /** mean / std per trade, not annualised. */
  readonly sharpe: number | null;
  /** mean / root mean square of the losses over all trades. */
  readonly sortino: number | null;
  readonly skew: number | null;
  /** Pearson: normal = 3. */
  readonly kurtosis: number | null;
  /** P(true Sharpe > 0) and P(true Sharpe > the best expected of `trials` skilless ones), Bailey and Lopez de Prado 2012, 2014. */
  readonly psr0: number | null;
  readonly dsr: { readonly trials: number; readonly varTrialSharpe: number; readonly expectedMaxSharpe: number; readonly value: number } | null;
  /** Sum of gains / sum of losses. */
  readonly profitFactor: number | null;
  /** Share of returns above 0 and its Wilson interval. */
  readonly winRate: number | null;
  readonly wilson95: readonly [number, number] | null;
  /** Deepest fall of the compounded curve from its peak, <= 0; null where a loss exceeds everything. */
  readonly maxDrawdown: number | null;
  readonly totalReturn: number | null;
  readonly expectancy: number | null;
  /** System quality number: sqrt(n) mean / std. */
  readonly sqn: number | null;
  /** Longest run of returns that are not above 0. */
  readonly longestLosingRun: number;
}

const EULER = 0.5772156649015329;

/** Standard normal distribution function. */
export function normalCdf(x: number): number {
  const tail = chiSquareTail(x * x, 1) / 2;
  return x > 0 ? 1 - tail : tail;
}

/** Quantile of the standard normal, 0 < p < 1, by Newton steps on its distribution function. */
export function normalQuantile(p: number): number {
  // Logistic start, good to some percent; Newton on a smooth monotone function does the rest.
  let x = Math.max(-6, Math.min(6, Math.log(p / (1 - p)) / 1.702));
  for (let i = 0; i < 60; i++) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const step = (normalCdf(x) - p) / density;
    x -= Math.max(-0.5, Math.min(0.5, step));
    if (Math.abs(step) < 1e-15) break;
  }
  return x;
}

/** Expected best Sharpe of `trials` without skill whose Sharpe ratios vary by `variance` (Bailey and Lopez de Prado 2014). */
export function expectedMaxSharpe(trials: number, variance: number): number {
  if (trials < 2) return 0;
  return Math.sqrt(variance) * ((1 - EULER) * normalQuantile(1 - 1 / trials) + EULER * normalQuantile(1 - 1 / (trials * Math.E)));
}

/**
 * Figures of trades in their order. `trials`: how many such figures are shown side by side, the more the better the best looks by luck. `independent`: as
 * many of the trades count as independent cases in PSR and DSR; all of them unless told.
 */
export function performance(returns: readonly number[], trials: number, independent = returns.length): Performance {
  const n = returns.length;
  const m = n > 0 ? mean(returns) : null;
  const { sd, skew, excessKurtosis } = moments(returns);
  const std = n > 1 ? sd * Math.sqrt(n / (n - 1)) : null;
  const spread = std !== null && std > 0 && m !== null ? { m, std } : null;
  const sharpe = spread ? spread.m / spread.std : null;
  const wins = returns.filter((r) => r > 0).length;
  const interval = n > 0 ? wilson(wins / n, n) : null;
  const loss = -returns.reduce((sum, r) => sum + Math.min(0, r), 0);
  const gain = returns.reduce((sum, r) => sum + Math.max(0, r), 0);
  const downside = n > 0 ? Math.sqrt(returns.reduce((sum, r) => sum + Math.min(0, r) ** 2, 0) / n) : 0;
  const curve = equity(returns);
  return {
    n, mean: m, std, sharpe, sortino: m !== null && downside > 0 ? m / downside : null,
    skew: spread ? skew : null, kurtosis: spread ? excessKurtosis + 3 : null,
    ...significance(sharpe, skew, excessKurtosis + 3, independent, trials),
    profitFactor: loss > 0 ? gain / loss : null, winRate: n > 0 ? wins / n : null, wilson95: interval ? [interval.lo, interval.hi] : null,
    ...curve, expectancy: m, sqn: spread ? (Math.sqrt(n) * spread.m) / spread.std : null, longestLosingRun: losingRun(returns),
  };
}

function significance(sharpe: number | null, skew: number, kurtosis: number, n: number, trials: number): Pick<Performance, 'psr0' | 'dsr'> {
  if (sharpe === null || n < 2) return { psr0: null, dsr: null };
  const variance = 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  if (!(variance > 0)) return { psr0: null, dsr: null };
  const above = (level: number): number => normalCdf(((sharpe - level) * Math.sqrt(n - 1)) / Math.sqrt(variance));
  const varTrialSharpe = 1 / (n - 1);
  const best = expectedMaxSharpe(trials, varTrialSharpe);
  return { psr0: above(0), dsr: { trials, varTrialSharpe, expectedMaxSharpe: best, value: above(best) } };
}

/** Compounded curve that starts at 1. */
function equity(returns: readonly number[]): Pick<Performance, 'maxDrawdown' | 'totalReturn'> {
  let value = 1, peak = 1, deepest = 0;
  for (const r of returns) {
    value *= 1 + r;
    peak = Math.max(peak, value);
    deepest = Math.min(deepest, value / peak - 1);
    if (value <= 0) return { maxDrawdown: null, totalReturn: null };
  }
  return returns.length > 0 ? { maxDrawdown: deepest, totalReturn: value - 1 } : { maxDrawdown: null, totalReturn: null };
}

function losingRun(returns: readonly number[]): number {
  let run = 0, longest = 0;
  for (const r of returns) {
    run = r > 0 ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Deepest fall, in R, of the sum of trades that each risk 1 R: the unit-risk equity curve; 0 or above. */
export function unitRiskDrawdown(r: readonly number[]): number {
  let sum = 0, peak = 0, deepest = 0;
  for (const x of r) {
    sum += x;
    peak = Math.max(peak, sum);
    deepest = Math.max(deepest, peak - sum);
  }
  return deepest;
}

/** Quantile of a list by linear interpolation between order statistics (Hyndman and Fan type 7); null for an empty one. */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}
