import type { Candle } from '../../market/outputs';
import { candles, define, Indicator } from './indicator';
import { Ema } from './nodes';

class Convergence extends Indicator {
  private readonly fast: Ema;
  private readonly slow: Ema;
  private readonly signal: Ema;
  private count = 0;

  /**
   * @param late candles after which the fast average starts.
   * @param classic each average starts by itself, and MACD is shown before the signal line.
   */
  constructor(fast: number, slow: number, signal: number, private readonly late: number, private readonly classic: boolean) {
    super(3);
    this.fast = new Ema(fast, 2 / (fast + 1), classic);
    this.slow = new Ema(slow, 2 / (slow + 1), classic);
    this.signal = new Ema(signal, 2 / (signal + 1), classic);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const macd = this.fast.step(this.count < this.late ? NaN : c.close, commit) - this.slow.step(c.close, commit);
    const signal = this.signal.step(macd, commit);
    out[0] = this.classic || !Number.isNaN(signal) ? macd : NaN;
    out[1] = signal;
    out[2] = macd - signal;
    if (commit && this.count < this.late) this.count++;
  }
}

const params = { fast: candles(12, 'Fast'), slow: candles(26, 'Slow'), signal: candles(9, 'Signal') };
const columns = (name: string) => [[name, 'MACD'], [`${name}_signal`, 'Signal'], [`${name}_hist`, 'Histogram', 'histogram']] as const;

/** As TA-Lib: the fast average starts late, so that both are seeded at the same candle; nothing is shown before the signal line. */
export const MACD = define({
  name: 'macd', title: 'MACD', unit: 'change', pane: 'own', levels: [0], params, columns: () => columns('macd'),
  create: ({ fast, slow, signal }) => new Convergence(fast, slow, signal, Math.max(0, slow - fast), false),
});
/** Each average seeded by its own first closes, as most charts do; the one the rating uses. */
export const MACD_CLASSIC = define({
  name: 'macdc', title: 'MACD, classic start', unit: 'change', pane: 'own', levels: [0], params, columns: () => columns('macdc'),
  create: ({ fast, slow, signal }) => new Convergence(fast, slow, signal, 0, true),
});
