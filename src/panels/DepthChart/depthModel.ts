import { niceCeil, type LadderBook, type LadderSide } from '@/core/market/ladder';

/** Cumulated sizes of both sides as steps, in price and size; drawn by DepthChart. Pure. */
export interface DepthModel {
  readonly mid: number;
  /** Half of the price range shown. */
  readonly reach: number;
  /** Top of the scale of sizes. */
  readonly top: number;
  readonly bids: DepthSide;
  readonly asks: DepthSide;
}
export interface DepthSide {
  /** Distance from the mid, ascending, and the size up to there. */
  readonly distances: Float64Array;
  readonly sums: Float64Array;
}
/** What stands at a point of the chart. */
export interface DepthPoint {
  readonly side: 'bid' | 'ask';
  readonly price: number;
  /** Size from the touch to this price; null beyond the last level that is held. */
  readonly sum: number | null;
  /** Distance from the mid, percent, negative below. */
  readonly percent: number;
}

/** The range is kept while the held levels fill between these shares of it. */
const KEPT = { least: 0.5, most: 1.15 } as const;

function sideOf({ prices, sizes }: LadderSide, mid: number): DepthSide {
  const distances = new Float64Array(prices.length);
  const sums = new Float64Array(prices.length);
  let sum = 0;
  for (let i = 0; i < prices.length; i++) {
    distances[i] = Math.abs((prices[i] as number) - mid);
    sums[i] = sum += sizes[i] as number;
  }
  return { distances, sums };
}

/** The size up to a distance; null beyond the last level. */
function sumAt({ distances, sums }: DepthSide, distance: number): number | null {
  if (distances.length === 0 || distance > (distances.at(-1) ?? 0)) return null;
  let low = 0;
  let high = distances.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((distances[middle] as number) <= distance) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : (sums[low - 1] as number);
}

/**
 * The chart of a book. The range is that of the side that reaches less far, so that both can be compared, and is kept (`reach`) while it still fits:
 * the picture stands still. null while a side is empty.
 */
export function depthModel(book: LadderBook, reach: number | null): DepthModel | null {
  const [bid, ask] = [book.bids.prices[0], book.asks.prices[0]];
  if (bid === undefined || ask === undefined) return null;
  const mid = (bid + ask) / 2;
  const bids = sideOf(book.bids, mid);
  const asks = sideOf(book.asks, mid);
  const needed = Math.max(Math.min(bids.distances.at(-1) ?? 0, asks.distances.at(-1) ?? 0), (ask - bid) * 0.75);
  const kept = reach !== null && needed >= reach * KEPT.least && needed <= reach * KEPT.most ? reach : needed;
  const most = Math.max(...[bids, asks].map((side) => sumAt(side, Math.min(kept, side.distances.at(-1) ?? 0)) ?? 0));
  return { mid, reach: kept, top: niceCeil(most), bids, asks };
}

/** What stands at a price. */
export function depthAt({ mid, bids, asks }: DepthModel, price: number): DepthPoint {
  const side = price < mid ? 'bid' : 'ask';
  return { side, price, sum: sumAt(side === 'bid' ? bids : asks, Math.abs(price - mid)), percent: ((price - mid) / mid) * 100 };
}

/** Share of the height a size has, 0..1; by its logarithm over three decades when asked for. */
export function heightOf(sum: number, top: number, log: boolean): number {
  if (!(sum > 0) || !(top > 0)) return 0;
  return Math.max(0, Math.min(1, log ? 1 + Math.log10(sum / top) / 3 : sum / top));
}

/** SVG path of one side's area in a box of `width` by `height` px: steps from the mid outwards, to the last level held. */
export function depthPath(model: DepthModel, name: 'bid' | 'ask', { width, height, log }: { readonly width: number; readonly height: number; readonly log: boolean }): { readonly line: string; readonly area: string } {
  const { distances, sums } = name === 'bid' ? model.bids : model.asks;
  const sign = name === 'bid' ? -1 : 1;
  const x = (distance: number): string => (width / 2 + (sign * Math.min(distance, model.reach) * width) / (2 * model.reach)).toFixed(1);
  const y = (sum: number): string => (height - heightOf(sum, model.top, log) * height).toFixed(1);
  if (distances.length === 0) return { line: '', area: '' };
  let line = `M${x(distances[0] as number)} ${String(height)}`;
  let i = 0;
  for (; i < distances.length && (distances[i] as number) <= model.reach; i++) line += `H${x(distances[i] as number)}V${y(sums[i] as number)}`;
  // A further level beyond the range proves that the last step reaches the edge.
  if (i < distances.length) line += `H${x(model.reach)}`;
  return { line, area: `${line}V${String(height)}Z` };
}

/** Round prices for the axis, about `count` of them: distances of 1, 2 or 5 times a power of ten. */
export function axisPrices({ mid, reach }: Pick<DepthModel, 'mid' | 'reach'>, count: number): number[] {
  const step = niceCeil((2 * reach) / Math.max(1, count));
  const first = Math.ceil((mid - reach * 0.94) / step);
  const last = Math.floor((mid + reach * 0.94) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** Width of a sign of the axis at most, and of the room for one price, px. */
const SIGN = 6.8;
const LABEL = 110;

/** Prices along a chart so many px wide, those that have room: one cut off by the edge would read as another price. */
export function axisLabels(model: Pick<DepthModel, 'mid' | 'reach'>, width: number, text: (price: number) => string): { readonly x: number; readonly text: string }[] {
  const all = axisPrices(model, Math.max(2, Math.floor(width / LABEL))).map((price) => ({ x: ((1 + (price - model.mid) / model.reach) * width) / 2, text: text(price) }));
  return all.filter(({ x, text: { length } }) => Math.min(x, width - x) >= (length * SIGN) / 2);
}
