import type { SimulatedInstrument } from './market';
import { RandomStream } from './random';

/** Levels a side. */
export const BOOK_LEVELS = 20;
/** Depth of the hump in `g(k) = k exp(-k / HUMP)`, levels from the touch. */
const HUMP = 8;
/** Places that sizes are remembered for; prices this many steps apart share one. A power of two. */
const PLACES = 64;
/** Places that are filled anew each second, in turn. */
const REFILLED = 8;
/** What is left of a place's (log) size after its refill, and the spread of these sizes. */
const REFILL_KEEP = 0.6;
const SIZE_SPREAD = 0.6;

/** The next of 1, 2, 5, 10, 20, ... at or above a value, at least 1. */
export function niceStep(value: number): number {
  for (let power = 1; ; power *= 10) for (const step of [1, 2, 5]) if (step * power >= value || !Number.isFinite(value)) return step * power;
}

/** Levels of one side in whole ticks and lots, best first; valid up to `count`. */
export interface BookSideState {
  count: number;
  readonly ticks: Float64Array;
  readonly lots: Float64Array;
}

const side = (): BookSideState => ({ count: 0, ticks: new Float64Array(BOOK_LEVELS), lots: new Float64Array(BOOK_LEVELS) });

/**
 * Order book of one instrument around its quoted touch (analysis.md section 4): sizes are q g(k) times a lognormal that is remembered per price and
 * filled anew a little each second, so that a level keeps its size while the touch walks past. Deeper levels stand on a grid of
 * round prices about half a spread apart. The best level of each side is the quote itself.
 */
export class BookProcess {
  readonly bids = side();
  readonly asks = side();
  readonly #random: RandomStream;
  readonly #noise = new Float64Array(PLACES);
  readonly #step: number;
  #next = 0;

  /** @param key `seed|symbol`; @param spreadTicks usual width of the quote, ticks. */
  constructor(key: string, spreadTicks: number) {
    this.#random = new RandomStream(`${key}|levels`);
    this.#step = niceStep(spreadTicks / 2);
    for (let i = 0; i < PLACES; i++) this.#noise[i] = SIZE_SPREAD * this.#random.normal();
  }

  /** One second: some sizes are renewed. */
  step(): void {
    const scale = SIZE_SPREAD * Math.sqrt(1 - REFILL_KEEP ** 2);
    for (let n = 0; n < REFILLED; n++) {
      this.#noise[this.#next] = REFILL_KEEP * (this.#noise[this.#next] ?? 0) + scale * this.#random.normal();
      this.#next = (this.#next + 1) % PLACES;
    }
  }

  /** Sets the levels around the instrument's touch. */
  place({ bidTicks, askTicks, bidLots, askLots }: Pick<SimulatedInstrument, 'bidTicks' | 'askTicks' | 'bidLots' | 'askLots'>): void {
    const queue = (bidLots + askLots) / 2;
    this.#fill(this.bids, bidTicks, bidLots, queue, -1);
    this.#fill(this.asks, askTicks, askLots, queue, 1);
  }

  #fill(levels: BookSideState, touch: number, touchLots: number, queue: number, sign: 1 | -1): void {
    const step = this.#step;
    levels.ticks[0] = touch;
    levels.lots[0] = touchLots;
    let k = 1;
    // First round price beyond the touch, then one after the other; a price is at least one tick.
    let place = sign > 0 ? Math.floor(touch / step) + 1 : Math.ceil(touch / step) - 1;
    for (; k < BOOK_LEVELS && place > 0; k++, place += sign) {
      const hump = (k + 1) * Math.exp(-k / HUMP);
      levels.ticks[k] = place * step;
      levels.lots[k] = Math.max(1, Math.round(queue * hump * Math.exp(this.#noise[place % PLACES] ?? 0)));
    }
    levels.count = k;
  }
}
