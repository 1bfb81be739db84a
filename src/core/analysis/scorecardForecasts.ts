import { ENOUGH_OUTCOMES, type SentimentCell } from '../contract';
import { clusterInflation, t95 } from './clusters';
import { sharedInterval } from './scorecardFigures';
import { wilson, Z95 } from './statistics';

const BINS = 10;
const HOUR = 3_600_000;
/** Hours kept one by one; older ones are in the total only. */
const HOURS_KEPT = 7 * 24 + 1;
const FIELDS = ['n', 'rises', 'called', 'hits', 'brier', 'skill', 'skillSquares', 'logLoss', 'flat', 'void'] as const;

/** Sums over ended forecasts of one cell. Everything a figure needs is a sum, so hours add up to days. */
class Sums {
  n = 0;
  rises = 0;
  /** Forecasts other than 0.5, and those of them that were right. */
  called = 0;
  hits = 0;
  brier = 0;
  /** 1 - error / 0.25, and its squares. */
  skill = 0;
  skillSquares = 0;
  logLoss = 0;
  flat = 0;
  void = 0;
  readonly bins = new Float64Array(3 * BINS);

  add(pUp: number, result: string): void {
    if (result === 'void') this.void++;
    else if (result === 'flat') this.flat++;
    else this.move(pUp, result === 'up' ? 1 : 0);
  }

  merge(other: Sums): void {
    for (const field of FIELDS) this[field] += other[field];
    for (let i = 0; i < this.bins.length; i++) this.bins[i] = (this.bins[i] ?? 0) + (other.bins[i] ?? 0);
  }

  private move(p: number, y: 0 | 1): void {
    const error = (p - y) ** 2;
    const skill = 1 - error / 0.25;
    this.n++;
    this.rises += y;
    this.brier += error;
    this.skill += skill;
    this.skillSquares += skill * skill;
    this.logLoss -= Math.log(Math.max(1e-15, y === 1 ? p : 1 - p));
    if (p !== 0.5) {
      this.called++;
      if (p > 0.5 === (y === 1)) this.hits++;
    }
    const bin = 3 * Math.min(BINS - 1, Math.max(0, Math.floor(p * BINS)));
    for (const [k, value] of [1, p, y].entries()) this.bins[bin + k] = (this.bins[bin + k] ?? 0) + value;
  }
}

/** Record of one symbol, method and horizon. */
export class ForecastRecord {
  readonly #hours = new Map<number, Sums>();
  readonly #all = new Sums();
  /** Time of the first end. */
  #since = Infinity;

  add(ts: number, pUp: number, result: string): void {
    const hour = Math.floor(ts / HOUR);
    let sums = this.#hours.get(hour);
    if (!sums) {
      this.#hours.set(hour, (sums = new Sums()));
      const newest = Math.max(...this.#hours.keys());
      for (const old of this.#hours.keys()) if (old <= newest - HOURS_KEPT) this.#hours.delete(old);
    }
    sums.add(pUp, result);
    this.#all.add(pUp, result);
    this.#since = Math.min(this.#since, ts);
  }

  /** Sums by hour (since 1970) of what ended at `from` or later, of the newest week. */
  *hours(from: number): Generator<readonly [hour: number, sums: Sums]> {
    for (const [hour, sums] of this.#hours) if (hour >= Math.floor(from / HOUR)) yield [hour, sums];
  }

  /** Adds what ended at `from` or later to `into`, by whole hours; -Infinity = everything. The time of the earliest, null without any. */
  sum(from: number, into: Sums): number | null {
    if (from === -Infinity) {
      into.merge(this.#all);
      return Number.isFinite(this.#since) ? this.#since : null;
    }
    let first = Infinity;
    for (const [hour, sums] of this.#hours) {
      if (hour < Math.floor(from / HOUR)) continue;
      into.merge(sums);
      first = Math.min(first, hour * HOUR);
    }
    return Number.isFinite(first) ? Math.max(first, this.#since) : null;
  }
}

type Figures = Omit<SentimentCell, 'method' | 'symbol'>;

/**
 * Figures over records of one horizon, seconds. Forecasts come every 30 s: of those that overlap one counts as independent, so the
 * effective number is n x 30 s / horizon.
 */
export function forecastFigures(records: readonly ForecastRecord[], h: number, from: number, open: number): Figures {
  const sums = new Sums();
  const times = records.flatMap((record) => record.sum(from, sums) ?? []);
  const { n, flat, called, hits } = sums;
  const share = Math.min(1, PUBLICATION_S / h);
  const effective = n * share;
  const base: Pick<Figures, 'h' | 'n' | 'effective' | 'flat' | 'open' | 'void' | 'since' | 'bins'> = {
    h, n, effective, flat, open, void: sums.void, since: times.length > 0 ? Math.min(...times) : null, bins: bins(sums.bins),
  };
  if (effective < ENOUGH_OUTCOMES) {
    return { ...base, clusters: null, enough: false, upRate: null, hit: null, hitLo: null, hitHi: null, brier: null, bss: null, bssLo: null, bssHi: null, bssBase: null, logLoss: null, ece: null };
  }
  const hit = called > 0 ? hits / called : null;
  const brier = sums.brier / n;
  const bss = sums.skill / n;
  const plain = Math.max(0, sums.skillSquares / n - bss * bss) / effective;
  const shared = records.length > 1 ? together(records, h, from) : null;
  const few = shared === null || shared.clusters < 2;
  const half = shared === null ? Z95 * Math.sqrt(plain) : few ? Infinity : t95(shared.clusters - 1) * Math.sqrt(Math.max(plain, (plain * shared.skill * effective) / n));
  const interval = hit === null ? null : shared === null ? wilson(hit, called * share) : few ? null : sharedInterval(hit, called, { inflation: Math.max(1 / share, shared.hits), clusters: shared.clusters });
  const upRate = sums.rises / n;
  const spread = upRate * (1 - upRate);
  const known = Number.isFinite(half);
  return {
    ...base, clusters: shared?.clusters ?? null, enough: true, upRate, hit, hitLo: interval?.lo ?? null, hitHi: interval?.hi ?? null, brier, bss, bssLo: known ? bss - half : null, bssHi: known ? bss + half : null,
    bssBase: spread > 0 ? 1 - brier / spread : null, logLoss: sums.logLoss / n, ece: calibrationError(sums.bins, n),
  };
}

/**
 * How much wider the intervals of several symbols are than n independent forecasts would make them: symbols move together. By stretches of an hour, of
 * four horizons where those are longer, of the newest week; the figures of one stretch are one case.
 */
function together(records: readonly ForecastRecord[], h: number, from: number): { readonly clusters: number; readonly skill: number; readonly hits: number } {
  const length = Math.max(1, Math.ceil((4 * h * 1000) / HOUR));
  const stretches = new Map<number, Sums>();
  for (const record of records) {
    for (const [hour, sums] of record.hours(from)) {
      const key = Math.floor(hour / length);
      let into = stretches.get(key);
      if (!into) stretches.set(key, (into = new Sums()));
      into.merge(sums);
    }
  }
  const parts = [...stretches.values()];
  const skill = clusterInflation(parts.map((s) => ({ n: s.n, sum: s.skill, squares: s.skillSquares })));
  const hits = clusterInflation(parts.map((s) => ({ n: s.called, sum: s.hits, squares: s.hits })));
  return { clusters: parts.length, skill, hits };
}

/** Usual time between two publications of one symbol, s. */
const PUBLICATION_S = 30;

function bins(sums: Float64Array): SentimentCell['bins'] {
  return Array.from({ length: BINS }, (_, k) => {
    const [n = 0, p = 0, up = 0] = sums.subarray(3 * k, 3 * k + 3);
    return { lo: k / BINS, hi: (k + 1) / BINS, n, meanP: n > 0 ? p / n : null, up: n > 0 ? up / n : null };
  });
}

function calibrationError(sums: Float64Array, n: number): number {
  let sum = 0;
  for (let k = 0; k < BINS; k++) sum += Math.abs((sums[3 * k + 1] ?? 0) - (sums[3 * k + 2] ?? 0));
  return sum / n;
}
