import type { BookStateName, DataKind } from '../contract';
import { compareDecimals, parsePositive, parseZeroable } from '../util/decimal';
import type { BookEvent, LevelChange } from './events';
import { numberProblem, shown, type Problem } from './validate';

/** Levels kept per side (a whole book of Coinbase has 28,000); a venue that sends more is cut at the far end. */
const MAX_LEVELS = 60_000;

interface Level {
  readonly value: number;
  readonly price: string;
  size: string;
}

/** One side, best level last: changes happen near the touch, so the moved part is short. Prices are compared exactly. */
class Side {
  readonly levels: Level[] = [];

  /** @param sign 1 = bids (the best is the highest), -1 = asks. */
  constructor(private readonly sign: 1 | -1) {}

  set(value: number, price: string, size: string, empty: boolean): void {
    const index = this.find(value, price);
    const found = this.levels[index];
    // Nearly always the text is the same too: nothing to read, nothing to make.
    const spelt = found?.price === price;
    const same = spelt || (found !== undefined && found.value === value && compareDecimals(found.price, price) === 0);
    if (empty) {
      if (same) this.levels.splice(index, 1);
    } else if (spelt) found.size = size;
    else if (same) this.levels[index] = { value, price, size };
    else {
      this.levels.splice(index, 0, { value, price, size });
      if (this.levels.length > MAX_LEVELS) this.levels.shift();
    }
  }

  /** Takes changes in their order. */
  change({ levels, values, empty }: Readings): void {
    for (let i = 0; i < levels.length; i += 1) {
      const [price, size] = levels[i] as LevelChange;
      this.set(values[i] as number, price, size, empty[i] === 1);
    }
  }

  /** Takes the levels of a snapshot. Venues send them best first: then there is nothing to search and nothing to move. */
  fill(readings: Readings): void {
    const { levels, values, empty } = readings;
    for (let i = levels.length - 1; i >= 0; i -= 1) {
      const [price, size] = levels[i] as LevelChange;
      const value = values[i] as number;
      const better = this.levels.at(-1);
      if (empty[i] === 1 || (better && !this.before(better, value, price))) {
        this.levels.length = 0;
        this.change(readings);
        return;
      }
      this.levels.push({ value, price, size });
    }
    if (this.levels.length > MAX_LEVELS) this.levels.splice(0, this.levels.length - MAX_LEVELS);
  }

  best(): Level | undefined {
    return this.levels.at(-1);
  }

  /** Best first, as the venue wrote them. */
  top(depth: number): LevelChange[] {
    const out: LevelChange[] = [];
    for (let i = this.levels.length - 1; i >= 0 && out.length < depth; i -= 1) {
      const level = this.levels[i];
      if (level) out.push([level.price, level.size]);
    }
    return out;
  }

  private find(value: number, price: string): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.levels[middle];
      if (level && this.before(level, value, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private before(level: Level, value: number, price: string): boolean {
    const order = level.value === value ? compareDecimals(level.price, price) : level.value - value;
    return order * this.sign < 0;
  }
}

/**
 * One venue's order book of one symbol. Only a snapshot makes it good again after a gap: until then deltas are ignored. It is
 * `crossed` exactly while its best bid is at or above its best ask.
 */
export class OrderBook {
  state: BookStateName = 'syncing';
  reason = 'waiting for a snapshot';
  updateId: number | null = null;
  /** Kind of its newest content. */
  kind: DataKind = 'live';
  /** Newest change on the venue's clock, ms; null where the venue gives none. */
  venueTime: number | null = null;
  /** Feed time at which its content was last changed or confirmed, ms; null before the first snapshot. */
  receiveTime: number | null = null;
  /** Gaps that a snapshot has made good. */
  gapsRepaired = 0;
  /** Marked stale for want of news, not for a fault: the next delta, sequenced by its connector, makes it good. */
  private waiting = false;
  private gap = false;
  private crossedAt = 0;
  private told = false;
  private bids = new Side(1);
  private asks = new Side(-1);

  /** Takes a snapshot or delta; `now` is feed time. `ignored`: it cannot be applied to what is held; a problem leaves the book in a gap. */
  apply(event: Pick<BookEvent, 'action' | 'bids' | 'asks' | 'updateId' | 'venueTime'>, now: number): 'applied' | 'ignored' | Problem {
    const broken = this.state === 'syncing' || this.state === 'gap';
    if (event.action !== 'snapshot' && broken) return 'ignored';
    const bids = readLevels(event.bids);
    const asks = 'code' in bids ? bids : readLevels(event.asks);
    if ('code' in bids || 'code' in asks) {
      const problem = 'code' in bids ? bids : (asks as Problem);
      this.setState('gap', `a level was refused: ${problem.detail}`);
      return problem;
    }
    if (event.action === 'snapshot') {
      this.bids = new Side(1);
      this.asks = new Side(-1);
      this.bids.fill(bids);
      this.asks.fill(asks);
      if (this.gap) this.gapsRepaired += 1;
      this.setState('ok', '');
    } else {
      this.bids.change(bids);
      this.asks.change(asks);
    }
    if (this.waiting) this.setState('ok', '');
    this.updateId = event.updateId;
    this.venueTime = typeof event.venueTime === 'number' && Number.isFinite(event.venueTime) ? event.venueTime : event.action === 'snapshot' ? null : this.venueTime;
    this.receiveTime = now;
    this.judgeTouch(now);
    return 'applied';
  }

  setState(state: BookStateName, reason: string): void {
    this.state = state;
    this.reason = reason;
    this.waiting = false;
    if (state === 'gap') this.gap = true;
    else if (state === 'ok') this.gap = false;
  }

  /** Nothing is known to be wrong, but nothing confirms it any more; false when it was not good before either. */
  expire(reason: string): boolean {
    if (this.state !== 'ok' && this.state !== 'crossed') return false;
    this.setState('stale', reason);
    this.waiting = true;
    return true;
  }

  /** Its connector says that it is as it was: there is nothing new. */
  confirm(now: number): void {
    this.receiveTime = now;
  }

  /** Says in the reason that it has been crossed for longer than `limitMs`; true when that is new. */
  lasting(now: number, limitMs: number): boolean {
    if (this.state !== 'crossed' || this.told || now - this.crossedAt <= limitMs) return false;
    this.told = true;
    this.reason += ` for more than ${limitMs / 1000} s`;
    return true;
  }

  /** Best bid and ask, whatever the state. */
  touch(): readonly [bid: LevelChange | null, ask: LevelChange | null] {
    return [pair(this.bids.best()), pair(this.asks.best())];
  }

  /** Number of levels: bids, asks. */
  counts(): readonly [number, number] {
    return [this.bids.levels.length, this.asks.levels.length];
  }

  top(depth: number): { bids: LevelChange[]; asks: LevelChange[] } {
    return { bids: this.bids.top(depth), asks: this.asks.top(depth) };
  }

  private judgeTouch(now: number): void {
    const bid = this.bids.best();
    const ask = this.asks.best();
    const crossed = bid !== undefined && ask !== undefined && (bid.value === ask.value ? compareDecimals(bid.price, ask.price) >= 0 : bid.value > ask.value);
    if (!crossed) {
      if (this.state === 'crossed') this.setState('ok', '');
      return;
    }
    if (this.state !== 'crossed') {
      this.crossedAt = now;
      this.told = false;
    }
    this.setState('crossed', `best bid ${bid.price} is not below best ask ${ask.price}`);
  }
}

function pair(level: Level | undefined): LevelChange | null {
  return level ? [level.price, level.size] : null;
}

/** Levels with their prices as numbers, and which of them are empty: each text is read once, a snapshot has tens of thousands. */
interface Readings {
  readonly levels: readonly LevelChange[];
  readonly values: Float64Array;
  readonly empty: Uint8Array;
}

function readLevels(levels: readonly LevelChange[]): Readings | Problem {
  if (!Array.isArray(levels)) return { code: 'bad_payload', detail: 'levels are missing' };
  const values = new Float64Array(levels.length);
  const empty = new Uint8Array(levels.length);
  for (let i = 0; i < levels.length; i += 1) {
    const level: unknown = levels[i];
    if (!Array.isArray(level)) return { code: 'bad_payload', detail: `level ${shown(level)}` };
    const [price, size] = level as readonly unknown[];
    const value = typeof price === 'string' ? parsePositive(price) : undefined;
    if (value === undefined) return numberProblem('level price', price);
    const held = typeof size === 'string' ? parseZeroable(size) : undefined;
    if (typeof held !== 'number') return numberProblem('level size', size);
    values[i] = value;
    empty[i] = held === 0 ? 1 : 0;
  }
  return { levels, values, empty };
}
