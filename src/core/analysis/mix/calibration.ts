import { sigmoid } from './kalman';

/** A group of forecasts: how many, their mean, and how often the event came. */
export interface CalibrationBin {
  readonly n: number;
  readonly meanP: number;
  readonly freq: number;
}
export interface Scored {
  readonly p: number;
  readonly y: 0 | 1;
}

const binOf = (items: readonly Scored[]): CalibrationBin => ({
  n: items.length,
  meanP: items.reduce((sum, x) => sum + x.p, 0) / Math.max(1, items.length),
  freq: items.reduce((sum, x) => sum + x.y, 0) / Math.max(1, items.length),
});

/** Bins of equal width: floor(10 p), 1 goes to the last. Empty ones have n = 0. */
export function equalWidthBins(items: readonly Scored[], count = 10): CalibrationBin[] {
  const groups = Array.from({ length: count }, (): Scored[] => []);
  for (const x of items) groups[Math.min(count - 1, Math.floor(x.p * count))]?.push(x);
  return groups.map(binOf);
}

/** Bins of equal count, as near as whole numbers allow. */
export function equalCountBins(items: readonly Scored[], count = 10): CalibrationBin[] {
  const sorted = [...items].sort((a, b) => a.p - b.p);
  const at = (k: number): number => Math.floor((k * sorted.length) / count);
  return Array.from({ length: count }, (_, k) => binOf(sorted.slice(at(k), at(k + 1)))).filter((bin) => bin.n > 0);
}

/** Expected and largest calibration error over bins. */
export function calibrationErrors(bins: readonly CalibrationBin[]): { ece: number; mce: number } {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  let ece = 0, mce = 0;
  for (const bin of bins) {
    if (bin.n === 0) continue;
    const error = Math.abs(bin.meanP - bin.freq);
    ece += (bin.n / n) * error;
    mce = Math.max(mce, error);
  }
  return { ece, mce };
}

/** Murphy's decomposition over bins: Brier = reliability - resolution + uncertainty (but for the spread inside the bins). */
export function murphy(bins: readonly CalibrationBin[]): { reliability: number; resolution: number; uncertainty: number } {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  const base = bins.reduce((sum, bin) => sum + bin.n * bin.freq, 0) / n;
  let reliability = 0, resolution = 0;
  for (const bin of bins) {
    reliability += (bin.n / n) * (bin.meanP - bin.freq) ** 2;
    resolution += (bin.n / n) * (bin.freq - base) ** 2;
  }
  return { reliability, resolution, uncertainty: base * (1 - base) };
}

/** Platt's scaling: unregularised maximum likelihood of y on a x + b, by Newton's method. */
export function platt(x: readonly number[], y: readonly number[]): { a: number; b: number } {
  let a = 1, b = 0;
  for (let round = 0; round < 100; round++) {
    let ga = 0, gb = 0, haa = 0, hab = 0, hbb = 0;
    x.forEach((xi, i) => {
      const p = sigmoid(a * xi + b);
      const w = p * (1 - p);
      ga += ((y[i] as number) - p) * xi;
      gb += (y[i] as number) - p;
      haa += w * xi * xi;
      hab += w * xi;
      hbb += w;
    });
    const det = haa * hbb - hab * hab;
    if (!(det > 0)) break;
    const [da, db] = [(hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det];
    a += da;
    b += db;
    if (Math.abs(da) + Math.abs(db) < 1e-14) break;
  }
  return { a, b };
}

/** Isotonic regression (pool adjacent violators); the result reads it off with straight lines between its points, level beyond them. */
export function isotonic(items: readonly Scored[]): (p: number) => number {
  const ys = new Map<number, { sum: number; n: number }>();
  for (const { p, y } of items) {
    const at = ys.get(p) ?? { sum: 0, n: 0 };
    ys.set(p, { sum: at.sum + y, n: at.n + 1 });
  }
  const xs = [...ys.keys()].sort((a, b) => a - b);
  const pools: { sum: number; n: number; size: number }[] = [];
  for (const x of xs) {
    let pool = { ...(ys.get(x) as { sum: number; n: number }), size: 1 };
    for (let before = pools.at(-1); before && before.sum * pool.n >= pool.sum * before.n; before = pools.at(-1)) {
      pools.pop();
      pool = { sum: pool.sum + before.sum, n: pool.n + before.n, size: pool.size + before.size };
    }
    pools.push(pool);
  }
  const values = pools.flatMap((pool) => Array.from({ length: pool.size }, () => pool.sum / pool.n));
  return (p) => {
    const right = xs.findIndex((x) => x >= p);
    if (right <= 0) return (right === 0 ? values[0] : values.at(-1)) ?? 0.5;
    const [x0, x1] = [xs[right - 1] as number, xs[right] as number];
    const [y0, y1] = [values[right - 1] as number, values[right] as number];
    return y0 + ((y1 - y0) * (p - x0)) / (x1 - x0);
  };
}
