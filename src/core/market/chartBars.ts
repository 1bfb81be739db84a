import { INTERVAL_MS, type Interval } from '../contract';
import { sessionAt } from './calendar';
import { sameCandle } from './candleList';
import type { AssetClass } from './instrument';
import type { Candle } from './outputs';

/** Places a hole takes on the axis at most: enough to be seen, not so many that a night pushes the market off the screen. */
const HOLE_PLACES = 12;
/** Seconds without a trade are usual; only a longer silence is marked, in candles. */
const QUIET_SECONDS = 10;
/** Candles one chart holds. Beyond it a longer interval is the way back. */
export const MOST_BARS = 50_000;

/** What a server says of a stretch that it did not receive: `open` is being repaired, `kept` cannot be. */
export interface MissingStretch {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly state: 'open' | 'kept';
  /** What came of the repair, in words. */
  readonly note: string;
}

/** A stretch in which nothing is known. `closed`: its market was shut all the time; `gap`: trades should have come, or did and were not heard. */
export interface ChartHole {
  /** First and last moment, [from, to), ms. */
  readonly from: number;
  readonly to: number;
  /** Candles that would fit. */
  readonly missing: number;
  readonly kind: 'closed' | 'gap';
  /** What the server says of it; absent where it says nothing: nothing was traded, or nobody knows. */
  readonly cause?: MissingStretch;
  /** Places on the axis: of its first point, and behind its last. */
  readonly start: number;
  readonly end: number;
}

/** One place on the axis. */
export interface ChartPoint {
  /** Open time, ms. */
  readonly time: number;
  /** null = nothing is drawn here. */
  readonly candle: Candle | null;
}

/** What is to be drawn: the axis place by place, and its holes. */
export interface ChartModel {
  readonly interval: Interval;
  readonly points: readonly ChartPoint[];
  readonly holes: readonly ChartHole[];
}

/** `tail`: the last candle changed or newer ones came; everything before is as it was. */
export type ChartChange = 'none' | 'tail' | 'all';

/** Was the market shut from `from` to `to`? Hours before and after the main session count as shut: few trade in them. */
function shut(assetClass: AssetClass, from: number, to: number): boolean {
  for (let time = from, steps = 0; time < to; steps++) {
    const { state, nextChange } = sessionAt(assetClass, time);
    if (state === 'open' || steps > 60) return false;
    if (nextChange === null) return true;
    time = Math.max(nextChange, time + 1);
  }
  return true;
}

function holeAfter(before: Candle, next: Candle, length: number, assetClass: AssetClass): Pick<ChartHole, 'from' | 'to' | 'missing' | 'kind'> | null {
  const from = before.openTime + length;
  const missing = Math.round((next.openTime - from) / length);
  return missing > 0 ? { from, to: next.openTime, missing, kind: shut(assetClass, from, next.openTime) ? 'closed' : 'gap' } : null;
}

/** Times of the empty places of a hole, spread evenly over the candles that are missing. */
function placesOf({ from, missing, kind }: Pick<ChartHole, 'from' | 'missing' | 'kind'>, length: number): number[] {
  const places = kind === 'closed' ? 1 : Math.min(missing, HOLE_PLACES);
  return Array.from({ length: places }, (_, k) => from + Math.floor((k * missing) / places) * length);
}

/** Candles of one series as a chart needs them: pages from the server and the live ones joined, each open time once. */
export class ChartSeries {
  /** Oldest first. */
  private list: Candle[] = [];
  /** Open times that the stream said are closed: an answer that was under way meanwhile must not undo them. */
  private readonly settled = new Set<number>();
  /** Oldest first. */
  private missing: readonly MissingStretch[] = [];
  private made: ChartModel | null = null;

  constructor(readonly interval: Interval, readonly assetClass: AssetClass) {}

  get candles(): readonly Candle[] {
    return this.list;
  }

  /** Takes a page of the server in, in any order and overlapping what is known. */
  page(candles: readonly Candle[]): ChartChange {
    return this.join(candles.filter((candle) => !this.settled.has(candle.openTime)));
  }

  /** Takes candles of the stream in; the newest word counts. */
  live(candles: readonly (Candle & { readonly closed: boolean })[]): ChartChange {
    const change = this.join(candles.map(({ openTime, open, high, low, close, volume }) => ({ openTime, open, high, low, close, volume })));
    for (const { openTime, closed } of candles) if (closed) this.settled.add(openTime);
    return change;
  }

  /** What comes next is newer than all the stream said: nothing was heard for a while. */
  restart(): void {
    this.settled.clear();
  }

  /** What the server says it did not receive since `from`, ms, up to `to`; what was known of that stretch is replaced. */
  note(missing: readonly MissingStretch[], from: number, to: number): ChartChange {
    const next = [...this.missing.filter((m) => m.to <= from || m.from >= to), ...missing].sort((a, b) => a.from - b.from);
    const same = next.length === this.missing.length && next.every((m, i) => JSON.stringify(m) === JSON.stringify(this.missing[i]));
    this.missing = next;
    if (same) return 'none';
    this.made = null;
    return 'all';
  }

  model(): ChartModel {
    return (this.made ??= this.build());
  }

  private join(candles: readonly Candle[]): ChartChange {
    const last = this.list.at(-1)?.openTime ?? -Infinity;
    const known = candles.every((c) => c.openTime >= last) ? null : new Map(this.list.map((c) => [c.openTime, c]));
    const changed = candles.filter((c) => {
      const old = known ? known.get(c.openTime) : c.openTime === last ? this.list.at(-1) : undefined;
      return !old || !sameCandle(old, c);
    });
    if (changed.length === 0) return 'none';
    this.made = null;
    if (this.list.length > 0 && changed.every((c) => c.openTime >= last)) {
      for (const candle of [...changed].sort((a, b) => a.openTime - b.openTime)) {
        if (candle.openTime === this.list.at(-1)?.openTime) this.list.pop();
        this.list.push(candle);
      }
      return 'tail';
    }
    const all = new Map(this.list.map((c) => [c.openTime, c]));
    for (const candle of changed) all.set(candle.openTime, candle);
    this.list = [...all.values()].sort((a, b) => a.openTime - b.openTime);
    return 'all';
  }

  private build(): ChartModel {
    const length = INTERVAL_MS[this.interval];
    const points: ChartPoint[] = [];
    const holes: ChartHole[] = [];
    let before: Candle | null = null;
    for (const candle of this.list) {
      const hole = before && holeAfter(before, candle, length, this.assetClass);
      if (hole) {
        const start = points.length;
        for (const time of placesOf(hole, length)) points.push({ time, candle: null });
        const cause = hole.kind === 'gap' ? this.missing.find((m) => m.from < hole.to && m.to > hole.from) : undefined;
        if (this.interval !== '1s' || hole.missing > QUIET_SECONDS || cause) holes.push({ ...hole, ...(cause ? { cause } : {}), start, end: points.length });
      }
      points.push({ time: candle.openTime, candle });
      before = candle;
    }
    return { interval: this.interval, points, holes };
  }
}

/** Index of the first point at or after a time. */
export function indexFrom(points: readonly { readonly time: number }[], time: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.time ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Place of a time on the axis, with fractions between two points; beyond both ends as if candles went on. null without points. */
export function placeOf({ points, interval }: ChartModel, time: number): number | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  const length = INTERVAL_MS[interval];
  if (time <= first.time) return (time - first.time) / length;
  if (time >= last.time) return points.length - 1 + (time - last.time) / length;
  const index = indexFrom(points, time);
  const before = points[index - 1] ?? first;
  const after = points[index] ?? last;
  return after.time === time ? index : index - 1 + (time - before.time) / (after.time - before.time);
}

/** Time at a place of the axis: the inverse of `placeOf`. */
export function timeAt({ points, interval }: ChartModel, place: number): number | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  const length = INTERVAL_MS[interval];
  if (place <= 0) return first.time + place * length;
  if (place >= points.length - 1) return last.time + (place - (points.length - 1)) * length;
  const at = points[Math.floor(place)] ?? first;
  const next = points[Math.floor(place) + 1] ?? last;
  return at.time + (place - Math.floor(place)) * (next.time - at.time);
}

/** The hole at a place of the axis; null outside of holes. */
export function holeAt({ holes }: ChartModel, place: number): ChartHole | null {
  return holes.find((hole) => place >= hole.start - 0.5 && place < hole.end - 0.5) ?? null;
}
