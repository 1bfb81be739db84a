import { wilson, Z95 } from '../statistics';
import { calibrationErrors, equalCountBins, type CalibrationBin, type Scored } from './calibration';

/** Least number of independent forecasts for an interval of the skill. */
const LEAST_INDEPENDENT = 2;

/** Proper scores of forecasts of an event: y = 1 where it came. */
export interface Scores {
  readonly n: number;
  readonly baseRate: number;
  readonly brier: number;
  /** 1 - Brier / Brier of always one half, and of always the base rate. */
  readonly skillVsHalf: number;
  readonly skillVsBase: number;
  readonly logLoss: number;
  readonly logLossBase: number;
  /** Forecasts on the right side of one half; one half itself is left out. */
  readonly hits: number;
  readonly called: number;
}

export function scores(items: readonly Scored[]): Scores {
  const n = items.length;
  const baseRate = items.reduce((sum, x) => sum + x.y, 0) / n;
  let squares = 0, loss = 0, hits = 0, called = 0;
  for (const { p, y } of items) {
    squares += (p - y) ** 2;
    loss -= Math.log(y === 1 ? p : 1 - p);
    if (p === 0.5) continue;
    called++;
    if (p > 0.5 === (y === 1)) hits++;
  }
  const brier = squares / n;
  const entropy = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);
  return {
    n, baseRate, brier, skillVsHalf: 1 - brier / 0.25, skillVsBase: 1 - brier / (baseRate * (1 - baseRate)), logLoss: loss / n,
    logLossBase: entropy(baseRate) + entropy(1 - baseRate), hits, called,
  };
}

/** Area under the ROC curve; ties count half. */
export function auc(items: readonly Scored[]): number {
  const sorted = [...items].sort((a, b) => a.p - b.p);
  const ups = items.filter((x) => x.y === 1).length;
  let ranks = 0;
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (end < sorted.length && sorted[end]?.p === sorted[i]?.p) end++;
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++) if (sorted[i]?.y === 1) ranks += rank;
  }
  return (ranks - (ups * (ups + 1)) / 2) / (ups * (items.length - ups));
}

/** Spiegelhalter's Z: how far the Brier score is from what calibrated forecasts would get, in standard errors. */
export function spiegelhalterZ(items: readonly Scored[]): number {
  let top = 0, variance = 0;
  for (const { p, y } of items) {
    top += (y - p) * (1 - 2 * p);
    variance += (1 - 2 * p) ** 2 * p * (1 - p);
  }
  return top / Math.sqrt(variance);
}

/** Mean of a series and its standard error by Newey and West with Bartlett weights up to `lag`: overlapping forecasts err together. */
export function neweyWest(x: readonly number[], lag: number): { mean: number; se: number } {
  const n = x.length;
  const mean = x.reduce((sum, v) => sum + v, 0) / n;
  const d = Float64Array.from(x, (v) => v - mean);
  let variance = 0;
  for (let k = 0; k <= Math.min(lag, n - 1); k++) {
    let sum = 0;
    for (let i = k; i < n; i++) sum += (d[i] as number) * (d[i - k] as number);
    variance += (k === 0 ? 1 : 2 * (1 - k / (lag + 1))) * (sum / n);
  }
  return { mean, se: Math.sqrt(Math.max(0, variance) / n) };
}

/** What is told of the forecasts at one horizon. */
export interface Evaluation extends Omit<Scores, 'hits' | 'called' | 'logLossBase' | 'skillVsHalf' | 'skillVsBase'> {
  /** Horizon, seconds; forecasts per horizon, so n / overlap are independent. */
  readonly h: number;
  readonly overlap: number;
  readonly flat: number;
  readonly void: number;
  readonly hit: number | null;
  readonly hitLo: number | null;
  readonly hitHi: number | null;
  readonly brierSkill: number;
  readonly brierSkillLo: number | null;
  readonly brierSkillHi: number | null;
  /** Skill against always the base rate. */
  readonly brierSkillVsBase: number;
  /** Diebold-Mariano statistic against always one half, Newey-West with a lag of two horizons. */
  readonly dmT: number | null;
  /** Over ten bins of equal count. */
  readonly ece: number;
  readonly bins: readonly CalibrationBin[];
}

/** @param overlap forecasts made in the time of one horizon. */
export function evaluate(h: number, items: readonly Scored[], overlap: number, flat: number, voids: number): Evaluation {
  const { hits, called, logLossBase: _, skillVsHalf, skillVsBase, ...s } = scores(items);
  const hit = called > 0 ? hits / called : null;
  const interval = hit === null ? null : wilson(hit, called / overlap);
  const skill = neweyWest(items.map(({ p, y }) => 1 - (p - y) ** 2 / 0.25), 2 * overlap);
  const known = items.length / overlap >= LEAST_INDEPENDENT && skill.se > 0;
  const bins = equalCountBins(items);
  return {
    h, overlap, ...s, flat, void: voids, hit, hitLo: interval?.lo ?? null, hitHi: interval?.hi ?? null,
    brierSkill: skillVsHalf, brierSkillLo: known ? skill.mean - Z95 * skill.se : null, brierSkillHi: known ? skill.mean + Z95 * skill.se : null,
    brierSkillVsBase: skillVsBase, dmT: known ? skill.mean / skill.se : null, ece: calibrationErrors(bins).ece, bins,
  };
}
