import { multiplesFor, niceCeil, rowOf, spreadOf, type LadderBook, type SideName } from './ladder';

/**
 * Recent depth of a book as columns of time and cells of price. Pure. A cell covers prices from `index * tick * multiple` to the next index; its
 * sizes are those the ladder shows at that grouping. What was not held, and moments without a good book, are not empty but unknown.
 */

/** A good book at one moment. */
export interface HeatSample extends LadderBook {
  /** Number of the moment; neighbours differ by one. */
  readonly step: number;
  /** Feed time, ms. */
  readonly time: number;
}

/** Moments kept at most: ten minutes of one a second, about 2 MB at 100 levels a side. */
export const HEAT_STEPS = 600;

/** Books of the last moments, oldest first; a moment without a good book is left out. */
export class DepthHeat {
  private list: HeatSample[] = [];

  constructor(private readonly most = HEAT_STEPS) {}

  get samples(): readonly HeatSample[] {
    return this.list;
  }

  /** Keeps the arrays of the book as they are: they must not change later. The second book of a moment takes the place of the first. */
  add(step: number, time: number, { bids, asks }: LadderBook): void {
    const kept = this.list.filter((sample) => sample.step < step && sample.step > step - this.most);
    this.list = [...kept, { step, time, bids: { prices: bids.prices, sizes: bids.sizes }, asks: { prices: asks.prices, sizes: asks.sizes } }];
  }

  clear(): void {
    this.list = [];
  }
}

/** Which prices are shown, in how many cells. */
export interface HeatFrame {
  readonly tick: number;
  /** Height of a cell, ticks. */
  readonly multiple: number;
  /** Index of the lowest cell. */
  readonly low: number;
  readonly rows: number;
}

/** The range follows the price no farther than so many times the depth that is held now. */
const WIDEST = 5;
/** The frame stays while the mid is within these shares of its height, and what is needed fills between those of it. */
const STAYS = { mid: [0.3, 0.7], fill: [0.5, 1.2] } as const;

const least = (...values: readonly number[]): number => Math.min(...values.filter((value) => value > 0));

/** Half of the price range that shows the held depth of now and where the touch has been. */
function reachOf(samples: readonly HeatSample[], mid: number): number {
  const { bids, asks } = samples.at(-1) ?? { bids: { prices: [] }, asks: { prices: [] } };
  const held = least(mid - (bids.prices[bids.prices.length - 1] ?? mid), (asks.prices[asks.prices.length - 1] ?? mid) - mid);
  const walked = samples.map((sample) => Math.max(Math.abs((sample.bids.prices[0] ?? mid) - mid), Math.abs((sample.asks.prices[0] ?? mid) - mid)));
  return Math.min(held * WIDEST, held + Math.max(0, ...walked));
}

/** The frame for `samples` in at most `mostRows` cells; `kept`, the same object, while it still fits. null while there is no book with both sides. */
export function heatFrame(samples: readonly HeatSample[], tick: number, mostRows: number, kept: HeatFrame | null): HeatFrame | null {
  const newest = samples.at(-1);
  const spread = newest ? spreadOf(newest, tick) : null;
  if (!spread) return null;
  const reach = reachOf(samples, spread.mid);
  if (!Number.isFinite(reach)) return null;
  if (kept?.tick === tick && kept.rows <= mostRows) {
    const cell = kept.tick * kept.multiple;
    const place = (spread.mid / cell - kept.low) / kept.rows;
    const fill = (2 * reach) / cell / kept.rows;
    if (place >= STAYS.mid[0] && place <= STAYS.mid[1] && fill >= STAYS.fill[0] && fill <= STAYS.fill[1]) return kept;
  }
  const multiples = multiplesFor(tick, spread.mid);
  const multiple = multiples.find((m) => (2 * reach) / (tick * m) <= mostRows) ?? multiples.at(-1) ?? 1;
  const rows = Math.max(2, Math.min(mostRows, Math.ceil((2 * reach) / (tick * multiple))));
  return { tick, multiple, low: Math.round(spread.mid / (tick * multiple)) - Math.floor(rows / 2), rows };
}

/** What is known of a cell. */
export const HEAT_CELL = { hole: 0, beyond: 1, known: 2 } as const;

/** The picture, cell by cell: column after column, the lowest price first. */
export interface HeatModel {
  readonly frame: HeatFrame;
  readonly columns: number;
  readonly bids: Float32Array;
  readonly asks: Float32Array;
  /** One of HEAT_CELL. */
  readonly state: Uint8Array;
  /** Feed time of each column, ms; NaN = no good book at that moment. */
  readonly times: Float64Array;
  /** Size from which a cell is as strong as can be, base units. */
  readonly top: number;
}

/** The strongest cells do not make all others invisible: this share of them is below the top of the scale. */
const TOP_SHARE = 0.98;

/** Cell of a price: a row of the ladder names the price that its levels are not better than. */
const cellOf = (price: number, { tick, multiple }: HeatFrame, side: SideName): number => rowOf(price, tick, multiple, side) - (side === 'ask' ? 1 : 0);

function fill(model: HeatModel, column: number, { bids, asks }: HeatSample): void {
  const { frame } = model;
  const base = column * frame.rows;
  const low = Math.max(0, cellOf(bids.prices[bids.prices.length - 1] ?? Infinity, frame, 'bid') - frame.low);
  const high = Math.min(frame.rows - 1, cellOf(asks.prices[asks.prices.length - 1] ?? -Infinity, frame, 'ask') - frame.low);
  model.state.fill(HEAT_CELL.beyond, base, base + frame.rows);
  if (high >= low) model.state.fill(HEAT_CELL.known, base + low, base + high + 1);
  for (const [name, side, cells] of [['bid', bids, model.bids], ['ask', asks, model.asks]] as const) {
    for (let i = 0; i < side.prices.length; i++) {
      const row = cellOf(side.prices[i] as number, frame, name) - frame.low;
      if (row >= 0 && row < frame.rows) cells[base + row] = (cells[base + row] as number) + (side.sizes[i] as number);
    }
  }
}

function topOf(...sides: readonly Float32Array[]): number {
  const sizes = new Float32Array(sides.reduce((sum, side) => sum + side.length, 0));
  let count = 0;
  for (const side of sides) for (const size of side) if (size > 0) sizes[count++] = size;
  return niceCeil(sizes.subarray(0, count).sort()[Math.floor((count - 1) * TOP_SHARE)] ?? 1);
}

/** The last `columns` moments up to `newest` (a step) in a frame. */
export function heatModel(samples: readonly HeatSample[], frame: HeatFrame, newest: number, columns: number): HeatModel {
  const cells = columns * frame.rows;
  const model = { frame, columns, bids: new Float32Array(cells), asks: new Float32Array(cells), state: new Uint8Array(cells), times: new Float64Array(columns).fill(NaN), top: 1 };
  for (const sample of samples) {
    const column = columns - 1 - (newest - sample.step);
    if (column < 0 || column >= columns) continue;
    model.times[column] = sample.time;
    fill(model, column, sample);
  }
  return { ...model, top: topOf(model.bids, model.asks) };
}

/** Price by which a cell is named, as in the ladder: its lower edge for bids, its upper one for asks. */
export const heatPrice = ({ tick, multiple, low }: HeatFrame, row: number, side: SideName): number => (low + row + (side === 'ask' ? 1 : 0)) * multiple * tick;

/** The heaviest cell of a side by its mean size over the columns in which it is known. */
export interface HeatWall {
  readonly price: number;
  readonly mean: number;
}

/** Where most has stood on each side; null where nothing has. */
export function heatWalls(model: HeatModel): Readonly<Record<SideName, HeatWall | null>> {
  const { frame, columns, state } = model;
  const held = model.times.reduce((sum, time) => sum + (Number.isNaN(time) ? 0 : 1), 0);
  const best = (side: SideName): HeatWall | null => {
    const cells = side === 'bid' ? model.bids : model.asks;
    let found: HeatWall | null = null;
    for (let row = 0; row < frame.rows; row++) {
      let [sum, known] = [0, 0];
      for (let column = 0; column < columns; column++) {
        if (state[column * frame.rows + row] !== HEAT_CELL.known) continue;
        known++;
        sum += cells[column * frame.rows + row] as number;
      }
      // A cell that was known for a moment only has no mean worth telling.
      if (known * 4 < held || sum <= (found?.mean ?? 0) * known) continue;
      found = { price: heatPrice(frame, row, side), mean: sum / known };
    }
    return found;
  };
  return { bid: best('bid'), ask: best('ask') };
}
