import { ENOUGH_OUTCOMES, type SignalFigures } from '../contract';
import { performance, quantile, unitRiskDrawdown } from './performance';
import { mean, wilson, Z95 } from './statistics';

/** An ended signal, as the log has it. */
export interface Trade {
  readonly ts: number;
  readonly result: 'target' | 'stop' | 'expiry';
  readonly bars: number;
  readonly ret: number;
  readonly hold: number;
  readonly r: number;
  readonly mae: number;
  readonly mfe: number;
}
/** A random entry beside a signal. */
export interface RandomTrade {
  readonly ts: number;
  readonly ret: number;
  readonly r: number;
}

const NONE: Omit<SignalFigures, 'n' | 'open' | 'void' | 'targets' | 'stops' | 'expiries' | 'since'> = {
  enough: false, hit: null, hitLo: null, hitHi: null, avgR: null, avgReturn: null, holdReturn: null, random: null, profitFactor: null, expectancy: null, sqn: null,
  maxDrawdownR: null, sharpe: null, psr0: null, dsr: null, mae: null, mfe: null, barsToTarget: null, barsToStop: null, longestLosingRun: null,
};

/** Figures of one cell. `trades` and `random` in any order; `trials` = cells shown side by side. */
export function signalFigures(trades: readonly Trade[], random: readonly RandomTrade[], open: number, voids: number, trials: number): SignalFigures {
  const sorted = [...trades].sort((a, b) => a.ts - b.ts);
  const n = sorted.length;
  const ended = (result: Trade['result']): Trade[] => sorted.filter((t) => t.result === result);
  const [targets, stops] = [ended('target'), ended('stop')];
  const counts = { n, open, void: voids, targets: targets.length, stops: stops.length, expiries: n - targets.length - stops.length, since: sorted[0]?.ts ?? null };
  if (n < ENOUGH_OUTCOMES) return { ...counts, ...NONE };
  const p = performance(sorted.map((t) => t.ret), Math.max(1, trials));
  const rs = sorted.map((t) => t.r);
  return {
    ...counts, enough: true, hit: p.winRate, hitLo: p.wilson95?.[0] ?? null, hitHi: p.wilson95?.[1] ?? null, avgR: mean(rs), avgReturn: p.mean, holdReturn: mean(sorted.map((t) => t.hold)),
    random: randomFigures(random, rs), profitFactor: p.profitFactor, expectancy: p.expectancy, sqn: p.sqn, maxDrawdownR: unitRiskDrawdown(rs), sharpe: p.sharpe, psr0: p.psr0,
    dsr: p.dsr?.value ?? null, mae: quantiles(sorted.map((t) => t.mae)), mfe: quantiles(sorted.map((t) => t.mfe)),
    barsToTarget: quantile(targets.map((t) => t.bars), 0.5), barsToStop: quantile(stops.map((t) => t.bars), 0.5), longestLosingRun: p.longestLosingRun,
  };
}

/** Variance of a mean. */
function meanVariance(x: readonly number[]): number {
  const m = mean(x);
  return x.length < 2 ? 0 : x.reduce((sum, v) => sum + (v - m) ** 2, 0) / (x.length - 1) / x.length;
}

function randomFigures(random: readonly RandomTrade[], own: readonly number[]): SignalFigures['random'] {
  const n = random.length;
  if (n < ENOUGH_OUTCOMES) return null;
  const rs = random.map((t) => t.r);
  const hit = random.filter((t) => t.ret > 0).length / n;
  const interval = wilson(hit, n) ?? { lo: 0, hi: 1 };
  const avgR = mean(rs);
  const half = Z95 * Math.sqrt(meanVariance(rs));
  const above = mean(own) - avgR;
  const aboveHalf = Z95 * Math.sqrt(meanVariance(rs) + meanVariance(own));
  return {
    n, hit, hitLo: interval.lo, hitHi: interval.hi, avgR, avgRLo: avgR - half, avgRHi: avgR + half, avgReturn: mean(random.map((t) => t.ret)),
    above, aboveLo: above - aboveHalf, aboveHi: above + aboveHalf,
  };
}

function quantiles(x: readonly number[]): SignalFigures['mae'] {
  const at = (q: number): number => quantile(x, q) ?? 0;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
}
