/**
 * Multiples of a step size (tick, lot) as decimals. Counts are integers, so that text and number of a price are exact:
 * `count * step` in floating point is not.
 */
export class StepScale {
  readonly decimals: number;
  /** step = multiplier / 10^decimals. */
  readonly #multiplier: number;
  readonly #divisor: number;

  constructor(readonly step: number) {
    this.decimals = decimalsOf(step);
    this.#divisor = 10 ** this.decimals;
    this.#multiplier = Math.max(1, Math.round(step * this.#divisor));
  }

  /** Nearest whole count of a value. */
  count(value: number): number {
    return Math.round(value / this.step);
  }

  value(count: number): number {
    return (count * this.#multiplier) / this.#divisor;
  }

  /** Fixed notation with all decimals of the step: `61800.00`. For counts >= 0. */
  text(count: number): string {
    const digits = String(count * this.#multiplier);
    const d = this.decimals;
    if (d === 0) return digits;
    const padded = digits.length > d ? digits : digits.padStart(d + 1, '0');
    const point = padded.length - d;
    return `${padded.slice(0, point)}.${padded.slice(point)}`;
  }
}

/** Decimals needed to write multiples of a step size: 2 for 0.01, 1 for 0.5. */
function decimalsOf(step: number): number {
  for (let d = 0; d < 12; d++) {
    const scaled = step * 10 ** d;
    if (scaled >= 0.5 && Math.abs(scaled - Math.round(scaled)) < 1e-9 * scaled) return d;
  }
  return 12;
}
