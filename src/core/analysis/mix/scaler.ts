/** Past a week of minutes the running moments forget: a feature is judged by what is usual now. */
const MOST = 10_000;
const CLIP = 4;

/** What a restart needs of a scale. */
export interface ScalerState {
  readonly count: number;
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/** Brings features to mean 0 and variance 1 by what was seen of them so far. What is not defined becomes 0: it says nothing. */
export class Scaler {
  count = 0;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  private readonly out: Float32Array;

  constructor(readonly size: number) {
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size);
    this.out = new Float32Array(size + 1);
  }

  observe(raw: ArrayLike<number>): void {
    this.count = Math.min(MOST, this.count + 1);
    const share = 1 / this.count;
    for (let i = 0; i < this.size; i++) {
      const x = raw[i] as number;
      if (!Number.isFinite(x)) continue;
      const d = x - (this.mean[i] as number);
      this.mean[i] = (this.mean[i] as number) + share * d;
      this.variance[i] = (1 - share) * ((this.variance[i] as number) + share * d * d);
    }
  }

  /** The scaled features and, last, the constant 1 that carries the bias; the same array each time. */
  scale(raw: ArrayLike<number>): Float32Array {
    const { out } = this;
    for (let i = 0; i < this.size; i++) {
      const variance = this.variance[i] as number;
      const z = variance > 0 ? ((raw[i] as number) - (this.mean[i] as number)) / Math.sqrt(variance) : 0;
      out[i] = Number.isFinite(z) ? Math.min(CLIP, Math.max(-CLIP, z)) : 0;
    }
    out[this.size] = 1;
    return out;
  }

  state(): ScalerState {
    return { count: this.count, mean: [...this.mean], variance: [...this.variance] };
  }

  /** false (and nothing changed) when it is not the state of a scale of this size. */
  restore({ count, mean, variance }: ScalerState): boolean {
    if (mean.length !== this.size || variance.length !== this.size || ![count, ...mean, ...variance].every(Number.isFinite)) return false;
    this.count = count;
    this.mean.set(mean);
    this.variance.set(variance);
    return true;
  }
}
