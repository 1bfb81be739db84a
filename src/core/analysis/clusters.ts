import { mean, Z95 } from './statistics';

/** A value and the stretch of time it belongs to. */
export interface Clustered {
  readonly value: number;
  readonly cluster: string;
}

/** A mean whose values come in clusters that move together, such as the signals of many symbols at one time. */
export interface ClusteredMean {
  readonly mean: number;
  /** Variance of the mean with clusters, not values, as the independent cases; at least that of independent values. */
  readonly variance: number;
  /** The same over that of independent values: so many values count as one. 1 or more. */
  readonly inflation: number;
  readonly clusters: number;
}

/**
 * Mean and its cluster-robust variance (Liang and Zeger 1986, with G / (G - 1) for few clusters). Never below the variance of independent values:
 * by chance a few clusters look more alike than that. null with fewer than two clusters: nothing can be said about chance.
 */
export function clusteredMean(items: readonly Clustered[]): ClusteredMean | null {
  const n = items.length;
  const m = mean(items.map(({ value }) => value));
  const sums = new Map<string, number>();
  let squares = 0;
  for (const { value, cluster } of items) {
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - m);
    squares += (value - m) ** 2;
  }
  const clusters = sums.size;
  if (clusters < 2) return null;
  const plain = squares / (n - 1) / n;
  const robust = ([...sums.values()].reduce((total, sum) => total + sum * sum, 0) / n / n) * (clusters / (clusters - 1));
  return { mean: m, variance: Math.max(plain, robust), inflation: plain > 0 ? Math.max(1, robust / plain) : 1, clusters };
}

/** Sums over one cluster. */
export interface ClusterSums {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

/** Inflation of `clusteredMean` from sums: variance of the mean with clusters as the cases over that of independent values, 1 or more. */
export function clusterInflation(parts: readonly ClusterSums[]): number {
  const n = parts.reduce((total, part) => total + part.n, 0);
  const m = parts.reduce((total, part) => total + part.sum, 0) / n;
  const plain = (parts.reduce((total, part) => total + part.squares, 0) - n * m * m) / (n - 1);
  const robust = (parts.reduce((total, part) => total + (part.sum - part.n * m) ** 2, 0) / n) * (parts.length / (parts.length - 1));
  return plain > 0 && parts.length > 1 ? Math.max(1, robust / plain) : 1;
}

/** Two-sided 95% quantile of Student's t with `df` degrees of freedom (exact for 1 and 2, else Fisher's expansion to the fourth order). */
export function t95(df: number): number {
  if (df < 1) return Infinity;
  if (df < 2) return 12.7062;
  if (df < 3) return 4.3027;
  const z = Z95;
  const terms = [
    (z ** 3 + z) / 4, (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96, (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return terms.reduce((sum, term, k) => sum + term / df ** (k + 1), z);
}
