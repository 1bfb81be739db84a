import type { SentimentTrack } from '../../contract';
import { wilson, Z95 } from '../statistics';

/** Why a forecast could not be judged: its price was too old at the start or the end, the market paused, another venue or kind of data came, the program stopped. */
export const VOID_REASONS = ['stale', 'gap', 'feed', 'mode', 'restart'] as const;
export type VoidReason = (typeof VOID_REASONS)[number];
/** Independent forecasts below which no skill is told. */
const LEAST_SKILL = 30;
/** Fine bins behind the ten of equal count; narrow around one half, where almost all forecasts are. */
const FINE = 64;
const BINS = 10;
/** Horizons in a block of the skill's interval: within one, forecasts overlap. */
const BLOCK_HORIZONS = 4;
/** Half-life of the frequency of no move, and the least forecasts for telling it. */
const FLAT_HALF_LIFE = 500;
const LEAST_FLAT = 20;
const FLAT_KEEP = Math.exp(-Math.LN2 / FLAT_HALF_LIFE);

function fineBin(p: number): number {
  const u = 0.5 + 0.5 * Math.sign(p - 0.5) * Math.sqrt(Math.abs(2 * p - 1));
  return Math.min(FINE - 1, Math.floor(u * FINE));
}

/** Numbers of a record, by name: what a restart needs of it. */
interface Sums {
  n: number;
  flat: number;
  called: number;
  hits: number;
  brier: number;
  /** Matured forecasts, each counted as the part of its horizon that no earlier one covers. */
  effective: number;
  flatShare: number;
  flatWeight: number;
  // Blocks of skill: the present one, and over the past ones the sums of S^2, S n and n^2.
  blockEnd: number;
  blockSkill: number;
  blockCount: number;
  skill: number;
  skillSquares: number;
  skillCounts: number;
  counts: number;
}
export interface TrackState {
  readonly sums: Readonly<Record<keyof Sums, number>>;
  readonly voids: readonly number[];
  readonly bins: readonly number[];
}

/** Running record of one symbol's forecasts at one horizon. */
export class TrackRecord {
  readonly voids: Record<VoidReason, number> = { stale: 0, gap: 0, feed: 0, mode: 0, restart: 0 };
  private sums: Sums = {
    n: 0, flat: 0, called: 0, hits: 0, brier: 0, effective: 0, flatShare: 0, flatWeight: 0,
    blockEnd: 0, blockSkill: 0, blockCount: 0, skill: 0, skillSquares: 0, skillCounts: 0, counts: 0,
  };
  /** Count, sum of p and ups of each fine bin. */
  private readonly bins = new Float64Array(3 * FINE);
  private told: Omit<SentimentTrack, 'void' | 'open'> | null = null;

  constructor(private readonly seconds: number) {}

  get voided(): number {
    const { stale, gap, feed, mode, restart } = this.voids;
    return stale + gap + feed + mode + restart;
  }

  /** Share of forecasts without a move; null while too few are judged. */
  get pFlat(): number | null {
    const s = this.sums;
    return s.n + s.flat >= LEAST_FLAT ? s.flatShare / s.flatWeight : null;
  }

  /** Forecasts judged that do not overlap: n / h. */
  get effective(): number {
    return this.sums.effective;
  }

  flat(): void {
    this.flatness(1);
    this.sums.flat++;
    this.told = null;
  }

  move(pUp: number, up: boolean, madeAt: number, weight: number): void {
    const s = this.sums;
    const y = up ? 1 : 0;
    const error = (pUp - y) ** 2;
    this.flatness(0);
    this.told = null;
    s.n++;
    s.effective += weight;
    s.brier += error;
    if (pUp !== 0.5) {
      s.called++;
      if (pUp > 0.5 === up) s.hits++;
    }
    this.block(1 - error / 0.25, madeAt);
    const bin = 3 * fineBin(pUp);
    this.bins[bin] = (this.bins[bin] as number) + 1;
    this.bins[bin + 1] = (this.bins[bin + 1] as number) + pUp;
    this.bins[bin + 2] = (this.bins[bin + 2] as number) + y;
  }

  read(open: number): SentimentTrack {
    const { n, flat, hit, hitLo, hitHi, brier, bss, bssLo, ece } = (this.told ??= this.compute());
    return { n, hit, hitLo, hitHi, brier, bss, bssLo, ece, void: this.voided, flat, open };
  }

  state(): TrackState {
    return { sums: { ...this.sums }, voids: VOID_REASONS.map((reason) => this.voids[reason]), bins: [...this.bins] };
  }

  restore(state: TrackState): boolean {
    const names = Object.keys(this.sums) as (keyof Sums)[];
    const all = [...names.map((name) => state.sums[name]), ...state.voids, ...state.bins];
    if (state.bins.length !== this.bins.length || state.voids.length !== VOID_REASONS.length || !all.every(Number.isFinite)) return false;
    this.sums = { ...state.sums };
    VOID_REASONS.forEach((reason, i) => (this.voids[reason] = state.voids[i] as number));
    this.bins.set(state.bins);
    this.told = null;
    return true;
  }

  private flatness(flat: 0 | 1): void {
    const s = this.sums;
    s.flatShare = FLAT_KEEP * s.flatShare + flat;
    s.flatWeight = FLAT_KEEP * s.flatWeight + 1;
  }

  private block(skill: number, madeAt: number): void {
    const s = this.sums;
    if (madeAt >= s.blockEnd) {
      s.skillSquares += s.blockSkill ** 2;
      s.skillCounts += s.blockSkill * s.blockCount;
      s.counts += s.blockCount ** 2;
      s.blockSkill = 0;
      s.blockCount = 0;
      s.blockEnd = madeAt + BLOCK_HORIZONS * this.seconds * 1000;
    }
    s.skill += skill;
    s.blockSkill += skill;
    s.blockCount++;
  }

  private compute(): Omit<SentimentTrack, 'void' | 'open'> {
    const s = this.sums;
    const hit = s.called > 0 ? s.hits / s.called : null;
    // Overlapping forecasts count as the independent ones among them.
    const interval = hit === null ? null : wilson(hit, Math.min(s.called, s.effective));
    const bss = s.effective >= LEAST_SKILL ? s.skill / s.n : null;
    return {
      n: s.n, flat: s.flat, hit, hitLo: interval?.lo ?? null, hitHi: interval?.hi ?? null, brier: s.n > 0 ? s.brier / s.n : null,
      bss, bssLo: bss === null ? null : bss - Z95 * this.skillError(bss), ece: s.n > 0 ? this.calibrationError() : null,
    };
  }

  /** Standard error of the mean skill from the spread of the block sums. */
  private skillError(mean: number): number {
    const s = this.sums;
    const squares = s.skillSquares + s.blockSkill ** 2;
    const products = s.skillCounts + s.blockSkill * s.blockCount;
    const counts = s.counts + s.blockCount ** 2;
    return Math.sqrt(Math.max(0, squares - 2 * mean * products + mean * mean * counts)) / s.n;
  }

  /** Over ten bins of equal count, as near as the fine ones allow. */
  private calibrationError(): number {
    const { n } = this.sums;
    let sum = 0, seen = 0, difference = 0, bin = 1;
    for (let k = 0; k < FINE; k++) {
      seen += this.bins[3 * k] as number;
      difference += (this.bins[3 * k + 1] as number) - (this.bins[3 * k + 2] as number);
      if (seen < (bin * n) / BINS && k < FINE - 1) continue;
      sum += Math.abs(difference);
      difference = 0;
      bin = Math.floor((seen * BINS) / n) + 1;
    }
    return sum / n;
  }
}
