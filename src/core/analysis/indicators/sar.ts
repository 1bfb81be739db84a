import type { Candle } from '../../market/outputs';
import { define, Indicator, type Param } from './indicator';

/**
 * Parabolic stop and reverse with TA-Lib's start: short when the second candle moved down more than up, the stop at the extreme of
 * the first. The stop never enters the ranges of this candle and the one before.
 */
class StopAndReverse extends Indicator {
  private high = NaN;
  private low = NaN;
  /** 1 long, -1 short, 0 before the second candle. */
  private side = 0;
  private stop = NaN;
  private extreme = NaN;
  private speed = 0;

  constructor(private readonly acceleration: number, private readonly limit: number) {
    super(1);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    let { side, stop, extreme, speed, high, low } = this;
    if (side === 0 && !Number.isNaN(high)) {
      const fall = low - c.low;
      side = fall > 0 && fall > c.high - high ? -1 : 1;
      stop = side > 0 ? low : high;
      extreme = side > 0 ? c.high : c.low;
      speed = Math.min(this.acceleration, this.limit);
      // The ranges of the first candle do not bind its first stop.
      high = c.high;
      low = c.low;
    }
    if (side !== 0) {
      const hit = side > 0 ? c.low <= stop : c.high >= stop;
      if (hit) {
        side = -side;
        stop = side > 0 ? Math.min(extreme, low, c.low) : Math.max(extreme, high, c.high);
      }
      out[0] = stop;
      const reach = side > 0 ? c.high : c.low;
      const further = hit || (side > 0 ? reach > extreme : reach < extreme);
      if (further) {
        speed = Math.min(hit ? this.acceleration : speed + this.acceleration, this.limit);
        extreme = reach;
      }
      stop += speed * (extreme - stop);
      stop = side > 0 ? Math.min(stop, low, c.low) : Math.max(stop, high, c.high);
    } else out[0] = NaN;
    if (!commit) return;
    this.high = c.high;
    this.low = c.low;
    this.side = side;
    this.stop = stop;
    this.extreme = extreme;
    this.speed = speed;
  }
}

const speed = (usual: number, label: string): Param => ({ label, default: usual, min: 0.001, max: 1, step: 0.001 });

export const SAR = define({
  name: 'sar', title: 'Parabolic SAR', unit: 'price', pane: 'overlay', params: { acceleration: speed(0.02, 'Acceleration'), limit: speed(0.2, 'Limit') },
  columns: () => [['sar', 'SAR', 'dots']], create: ({ acceleration, limit }) => new StopAndReverse(acceleration, limit),
});
