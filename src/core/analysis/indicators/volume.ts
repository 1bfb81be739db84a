import type { Candle } from '../../market/outputs';
import { candles, define, Indicator } from './indicator';
import { Sum, typical } from './nodes';

const DAY_MS = 86_400_000;

class OnBalance extends Indicator {
  private sum = 0;
  private close = NaN;

  constructor() {
    super(1);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const sum = this.sum + (c.close < this.close ? -c.volume : c.close === this.close ? 0 : c.volume);
    out[0] = sum;
    if (!commit) return;
    this.sum = sum;
    this.close = c.close;
  }
}

/** RSI of the money that changed hands: 50 where none moved the price. */
class MoneyFlow extends Indicator {
  private readonly gain: Sum;
  private readonly loss: Sum;
  private price = NaN;

  constructor(period: number) {
    super(1);
    this.gain = new Sum(period);
    this.loss = new Sum(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const price = typical(c);
    const first = Number.isNaN(this.price);
    const flow = price * c.volume;
    const gain = this.gain.step(first ? NaN : price > this.price ? flow : 0, commit);
    const loss = this.loss.step(first ? NaN : price < this.price ? flow : 0, commit);
    out[0] = gain + loss === 0 ? 50 : 100 * (gain / (gain + loss));
    if (commit) this.price = price;
  }
}

class Accumulation extends Indicator {
  private sum = 0;

  constructor() {
    super(1);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const range = c.high - c.low;
    const sum = range > 0 ? this.sum + ((c.close - c.low - (c.high - c.close)) / range) * c.volume : this.sum;
    out[0] = sum;
    if (commit) this.sum = sum;
  }
}

/** Not defined until something is traded on that day. */
class DayPrice extends Indicator {
  private day = NaN;
  private money = 0;
  private traded = 0;

  constructor() {
    super(1);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const day = Math.floor(c.openTime / DAY_MS);
    const same = day === this.day;
    const money = (same ? this.money : 0) + typical(c) * c.volume;
    const traded = (same ? this.traded : 0) + c.volume;
    out[0] = traded > 0 ? money / traded : NaN;
    if (!commit) return;
    this.day = day;
    this.money = money;
    this.traded = traded;
  }
}

/** Starts with the first volume. */
export const OBV = define({
  name: 'obv', title: 'On-balance volume', unit: 'volume', pane: 'own', volume: true, params: {}, columns: () => [['obv', 'OBV']], create: () => new OnBalance(),
});
export const MFI = define({
  name: 'mfi', title: 'Money flow index', unit: 'index', pane: 'own', volume: true, levels: [20, 80], params: { period: candles(14) },
  columns: ({ period }) => [[`mfi_${period}`, 'MFI']], create: ({ period }) => new MoneyFlow(period),
});
/** Chaikin's. */
export const AD = define({
  name: 'ad', title: 'Accumulation/distribution', unit: 'volume', pane: 'own', volume: true, params: {}, columns: () => [['ad', 'A/D']], create: () => new Accumulation(),
});
/** Of (high + low + close) / 3, starting anew with each day in UTC. */
export const VWAP = define({
  name: 'vwap', title: 'Volume-weighted price of the day (UTC)', unit: 'price', pane: 'overlay', volume: true, params: {},
  columns: () => [['vwap_utcday', 'VWAP']], create: () => new DayPrice(),
});
