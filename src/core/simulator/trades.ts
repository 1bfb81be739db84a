import { RandomStream } from './random';

/** Excitation left after one second: decay 0.75 per second. */
const KEEP = Math.exp(-0.75);
/** Mean number of further trades on the same and on the other side caused by one trade (branching ratios). */
const SELF = 0.62 * (1 - KEEP);
const CROSS = 0.06 * (1 - KEEP);
/** Trades per side and second are capped here: a bound on memory and on the burst a reader must take. */
export const MAX_TRADES_PER_SIDE = 200;
const SIZE_SPREAD = 1.3;
/** Shares of the last return and of the book's lean in the tilt of the baseline between buyers and sellers. */
const TILT_RETURN = 0.25;
const TILT_BOOK = 0.35;

/** Trades of one instrument: a bivariate Hawkes process in bins of one second. Sizes are lognormal multiples of the lot. */
export class TradeProcess {
  readonly #counts: RandomStream;
  readonly #sizes: RandomStream;
  readonly #order: RandomStream;
  readonly #baseline: number;
  readonly #medianLots: number;
  #buyHeat = 0;
  #sellHeat = 0;
  /** Number of trades of the present second. */
  count = 0;
  /** 1 = buyer was the taker, 0 = seller; valid up to `count`, as is `lots`. */
  readonly buy = new Uint8Array(2 * MAX_TRADES_PER_SIDE);
  readonly lots = new Float64Array(2 * MAX_TRADES_PER_SIDE);

  constructor(key: string, tradesPerSecond: number, medianLots: number) {
    this.#counts = new RandomStream(`${key}|trades`);
    this.#sizes = new RandomStream(`${key}|sizes`);
    this.#order = new RandomStream(`${key}|sides`);
    this.#baseline = 0.35 * tradesPerSecond;
    this.#medianLots = Math.max(1, medianLots);
  }

  /** One second. `push` = this second's return in sigmas; `lean` = book imbalance, -1..1. */
  step(activity: number, logVolatility: number, push: number, lean: number): void {
    const base = 0.5 * this.#baseline * activity * Math.exp(0.9 * logVolatility);
    const tilt = Math.exp(TILT_RETURN * Math.max(-4, Math.min(4, push)) + TILT_BOOK * lean);
    const buys = Math.min(MAX_TRADES_PER_SIDE, this.#counts.poisson(base * tilt + this.#buyHeat));
    const sells = Math.min(MAX_TRADES_PER_SIDE, this.#counts.poisson(base / tilt + this.#sellHeat));
    this.#buyHeat = KEEP * this.#buyHeat + SELF * buys + CROSS * sells;
    this.#sellHeat = KEEP * this.#sellHeat + SELF * sells + CROSS * buys;
    this.#fill(buys, sells);
  }

  #fill(buys: number, sells: number): void {
    const count = buys + sells;
    let left = buys;
    for (let k = 0; k < count; k++) {
      const isBuy = this.#order.uniform() * (count - k) < left;
      if (isBuy) left--;
      this.buy[k] = isBuy ? 1 : 0;
      this.lots[k] = Math.max(1, Math.round(this.#medianLots * Math.exp(SIZE_SPREAD * this.#sizes.normal())));
    }
    this.count = count;
  }
}
