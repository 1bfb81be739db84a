import { ENOUGH_OUTCOMES, INTERVAL_MS, type Interval, type SignalFigures } from '../contract';
import { clusteredMean, t95, type Clustered } from './clusters';
import { performance, quantile, unitRiskDrawdown } from './performance';
import { SIGNAL_PLAN } from './ratings';
import { RANDOM_SPAN } from './scorecardSeries';
import { mean, wilson } from './statistics';

/** An ended signal, as the log has it. */
export interface Trade {
  readonly tf: Interval;
  /** Close of the signal's candle, ms. */
  readonly asOf: number;
  /** Time from which it counts, ms: the end of the time it was given, however early it ended. */
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
  readonly tf: Interval;
  readonly ts: number;
  readonly ret: number;
  readonly r: number;
}

const NONE: Omit<SignalFigures, 'n' | 'open' | 'void' | 'pending' | 'targets' | 'stops' | 'expiries' | 'since'> = {
  enough: false, clusters: null, hit: null, hitLo: null, hitHi: null, avgR: null, avgReturn: null, holdReturn: null, random: null, profitFactor: null, expectancy: null, sqn: null,
  maxDrawdownR: null, sharpe: null, psr0: null, dsr: null, mae: null, mfe: null, barsToTarget: null, barsToStop: null, longestLosingRun: null,
};

/** What is in sight of one cell besides its outcomes. */
export interface CellCounts {
  readonly open: number;
  readonly void: number;
  /** Ended before their time was over: counted when it is. */
  readonly pending: number;
  /** Cells shown side by side. */
  readonly trials: number;
  /** Series behind it: more than one move together. */
  readonly series: number;
}

/** Several timeframes at once: those of up to this length share their stretches of time, longer ones have their own. */
const SHARED_TF: Interval = '5m';

/** Gives an item its stretch of time, `candles` candles long: what ends in one moves together, over symbols and short timeframes. */
function stretches(candles: number, tfs: readonly Interval[]): (item: { readonly tf: Interval; readonly ts: number }) => string {
  const shared = new Set(tfs).size > 1 ? INTERVAL_MS[SHARED_TF] : 0;
  return ({ tf, ts }) => {
    const length = candles * Math.max(shared, INTERVAL_MS[tf]);
    return `${length}|${Math.floor(ts / length)}`;
  };
}

/** Figures of one cell. `trades` and `random` in any order. */
export function signalFigures(trades: readonly Trade[], random: readonly RandomTrade[], { open, void: voids, pending, trials, series }: CellCounts): SignalFigures {
  const sorted = [...trades].sort((a, b) => a.ts - b.ts);
  const n = sorted.length;
  const ended = (result: Trade['result']): Trade[] => sorted.filter((t) => t.result === result);
  const [targets, stops] = [ended('target'), ended('stop')];
  const counts = { n, open, void: voids, pending, targets: targets.length, stops: stops.length, expiries: n - targets.length - stops.length, since: sorted[0]?.ts ?? null };
  if (n < ENOUGH_OUTCOMES) return { ...counts, ...NONE };
  const rs = sorted.map((t) => t.r);
  const stretch = stretches(SIGNAL_PLAN.expiryBars, sorted.map((t) => t.tf));
  const own = sorted.map((t): Clustered => ({ value: t.r, cluster: stretch(t) }));
  const hits = clusteredMean(sorted.map((t, k) => ({ value: t.ret > 0 ? 1 : 0, cluster: own[k]?.cluster ?? '' })));
  const together = series > 1 ? clusteredMean(sorted.map((t, k) => ({ value: t.ret, cluster: own[k]?.cluster ?? '' }))) : null;
  const p = performance(sorted.map((t) => t.ret), Math.max(1, trials), series === 1 ? n : together ? independentOf(n, together) : 0);
  const share = p.winRate === null ? null : { hit: p.winRate, interval: series > 1 ? (hits && sharedInterval(p.winRate, n, hits)) : wilson(p.winRate, n) };
  return {
    ...counts, enough: true, clusters: hits?.clusters ?? 1, hit: share?.hit ?? null, hitLo: share?.interval?.lo ?? null, hitHi: share?.interval?.hi ?? null,
    avgR: mean(rs), avgReturn: p.mean, holdReturn: mean(sorted.map((t) => t.hold)),
    random: randomFigures(random, own), profitFactor: p.profitFactor, expectancy: p.expectancy, sqn: p.sqn, maxDrawdownR: unitRiskDrawdown(rs), sharpe: p.sharpe, psr0: p.psr0,
    dsr: p.dsr?.value ?? null, mae: quantiles(sorted.map((t) => t.mae)), mfe: quantiles(sorted.map((t) => t.mfe)),
    barsToTarget: quantile(targets.map((t) => t.bars), 0.5), barsToStop: quantile(stops.map((t) => t.bars), 0.5), longestLosingRun: p.longestLosingRun,
  };
}

/** Cases that count as independent of `n` that move together: fewer the more they do, and the fewer stretches tell how much that is. */
const independentOf = (n: number, { inflation, clusters }: { readonly inflation: number; readonly clusters: number }): number => n / inflation / (t95(clusters - 1) / t95(Infinity)) ** 2;

/** Wilson's interval of a share of cases that move together. */
export function sharedInterval(share: number, n: number, of: { readonly inflation: number; readonly clusters: number }): ReturnType<typeof wilson> {
  return wilson(share, independentOf(n, of));
}

function randomFigures(random: readonly RandomTrade[], own: readonly Clustered[]): SignalFigures['random'] {
  const n = random.length;
  // Entries of one signal are spread over so many candles: those of the next ones run at the same time.
  const stretch = stretches(RANDOM_SPAN + SIGNAL_PLAN.expiryBars, random.map((t) => t.tf));
  const results = clusteredMean(random.map((t) => ({ value: t.r, cluster: stretch(t) })));
  const hits = clusteredMean(random.map((t) => ({ value: t.ret > 0 ? 1 : 0, cluster: stretch(t) })));
  const signals = clusteredMean(own);
  if (n < ENOUGH_OUTCOMES || !results || !hits || !signals) return null;
  const interval = sharedInterval(hits.mean, n, hits) ?? { lo: 0, hi: 1 };
  const half = t95(results.clusters - 1) * Math.sqrt(results.variance);
  const above = signals.mean - results.mean;
  const aboveHalf = Math.hypot(half, t95(signals.clusters - 1) * Math.sqrt(signals.variance));
  return {
    n, hit: hits.mean, hitLo: interval.lo, hitHi: interval.hi, avgR: results.mean, avgRLo: results.mean - half, avgRHi: results.mean + half, avgReturn: mean(random.map((t) => t.ret)),
    above, aboveLo: above - aboveHalf, aboveHi: above + aboveHalf,
  };
}

function quantiles(x: readonly number[]): SignalFigures['mae'] {
  const at = (q: number): number => quantile(x, q) ?? 0;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
}
