import type { Anchor, Drawing } from '@/stores/drawings';

export interface Point {
  readonly x: number;
  readonly y: number;
}
/** From time and price to pixels of the candles' pane; null where that is not known. */
export type Project = (anchor: Anchor) => Point | null;
/** What of a drawing was hit: one of its ends or the whole. */
export type Grip = 'a' | 'b' | 'body';

/** Distance in which a drawing can be taken hold of, CSS pixels. */
const REACH = 7;
/** Room a text takes: characters are about this wide and high. */
const CHARACTER = { width: 7, height: 16 };

const distance = (p: Point, q: Point): number => Math.hypot(p.x - q.x, p.y - q.y);

/** Distance of a point from a stretch. */
export function toSegment(p: Point, a: Point, b: Point): number {
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length));
  return distance(p, { x: a.x + along * (b.x - a.x), y: a.y + along * (b.y - a.y) });
}

function onBox(p: Point, a: Point, b: Point, inside: boolean): boolean {
  const [left, right, top, bottom] = [Math.min(a.x, b.x), Math.max(a.x, b.x), Math.min(a.y, b.y), Math.max(a.y, b.y)];
  if (p.x < left - REACH || p.x > right + REACH || p.y < top - REACH || p.y > bottom + REACH) return false;
  return inside || Math.min(Math.abs(p.x - left), Math.abs(p.x - right), Math.abs(p.y - top), Math.abs(p.y - bottom)) <= REACH;
}

function gripOf(drawing: Drawing, p: Point, project: Project): Grip | null {
  const a = project(drawing.a);
  const b = project(drawing.b);
  if (!a) return null;
  if (drawing.kind === 'horizontal') return Math.abs(p.y - a.y) <= REACH ? 'body' : null;
  if (drawing.kind === 'text') return onBox(p, a, { x: a.x + CHARACTER.width * drawing.text.length, y: a.y + CHARACTER.height }, true) ? 'body' : null;
  if (!b) return null;
  if (distance(p, a) <= REACH) return 'a';
  if (distance(p, b) <= REACH) return 'b';
  const hit = drawing.kind === 'trend' ? toSegment(p, a, b) <= REACH : onBox(p, a, b, drawing.kind === 'measure');
  return hit ? 'body' : null;
}

/** The drawing under a point, the newest first; null when there is none. */
export function hitTest(drawings: readonly Drawing[], p: Point, project: Project): { readonly drawing: Drawing; readonly grip: Grip } | null {
  for (const drawing of [...drawings].reverse()) {
    const grip = gripOf(drawing, p, project);
    if (grip) return { drawing, grip };
  }
  return null;
}

/** A drawing taken by a grip and moved. Times are whole ms. */
export function moved(drawing: Drawing, grip: Grip, by: { readonly time: number; readonly price: number }): Drawing {
  const shift = (anchor: Anchor): Anchor => ({ time: Math.round(anchor.time + by.time), price: anchor.price + by.price });
  return { ...drawing, a: grip === 'b' ? drawing.a : shift(drawing.a), b: grip === 'a' ? drawing.b : shift(drawing.b) };
}

/** What a measure says. `places` may have fractions; a span of time in words. */
export interface Measure {
  readonly change: number;
  /** null when it starts at nothing. */
  readonly percent: number | null;
  readonly bars: number;
  readonly ms: number;
}

export function measureOf({ a, b }: Drawing, placeOf: (time: number) => number | null): Measure {
  const change = b.price - a.price;
  return { change, percent: a.price > 0 ? (100 * change) / a.price : null, bars: Math.round((placeOf(b.time) ?? 0) - (placeOf(a.time) ?? 0)), ms: b.time - a.time };
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1_000]] as const;
/** A span in its two largest units: `1 d 4 h`, `35 min`. */
export function spanWords(ms: number): string {
  const parts: string[] = [];
  let rest = Math.abs(ms);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${String(count)} ${unit}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.length === 0 ? '0 s' : `${ms < 0 ? '\u2212' : ''}${parts.join(' ')}`;
}
