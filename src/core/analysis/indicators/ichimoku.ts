import type { Candle } from '../../market/outputs';
import { candles, define, Indicator } from './indicator';
import { Past, Range } from './nodes';

/** The spans shown at a candle were made `shift` candles before. */
class Ichimoku extends Indicator {
  private readonly fast: Range;
  private readonly slow: Range;
  private readonly slowest: Range;
  private readonly spansA: Past;
  private readonly spansB: Past;

  constructor(conversion: number, base: number, span: number, private readonly shift: number) {
    super(4);
    this.fast = new Range(conversion);
    this.slow = new Range(base);
    this.slowest = new Range(span);
    this.spansA = new Past(shift);
    this.spansB = new Past(shift);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const conversion = this.fast.middle(c, commit);
    const base = this.slow.middle(c, commit);
    const span = this.slowest.middle(c, commit);
    out[0] = conversion;
    out[1] = base;
    out[2] = this.spansA.ago(this.shift);
    out[3] = this.spansB.ago(this.shift);
    if (!commit) return;
    this.spansA.put((conversion + base) / 2);
    this.spansB.put(span);
  }
}

export const ICHIMOKU = define({
  name: 'ichi', title: 'Ichimoku cloud', unit: 'price', pane: 'overlay',
  params: { conversion: candles(9, 'Conversion'), base: candles(26, 'Base'), span: candles(52, 'Span B'), shift: candles(26, 'Shift', 1) },
  columns: () => [['ichi_tenkan', 'Conversion'], ['ichi_kijun', 'Base'], ['ichi_senkou_a', 'Span A'], ['ichi_senkou_b', 'Span B']],
  create: ({ conversion, base, span, shift }) => new Ichimoku(conversion, base, span, shift),
});
