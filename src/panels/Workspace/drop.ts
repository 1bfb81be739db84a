import type { PanelId, Zone } from '@/stores/layoutTree';

/** This part of a box at each edge means "beside it", the rest "into its tabs". */
const EDGE = 0.28;

/** Where in a box a point lies, as the place a dragged panel would take. `x` and `y` are fractions of the box. */
export function zoneAt(x: number, y: number): Zone {
  const edges: readonly (readonly [Zone, number])[] = [['left', x], ['right', 1 - x], ['top', y], ['bottom', 1 - y]];
  const [zone, distance] = edges.reduce((best, edge) => (edge[1] < best[1] ? edge : best));
  return distance < EDGE ? zone : 'centre';
}

/** What a drop here would do. */
export interface Drop {
  readonly target: PanelId;
  readonly zone: Zone;
  /** In tabs: before this one; null = at the end. */
  readonly before: PanelId | null;
}

/** The part of its target that a dropped panel would cover, in fractions of the target. */
export function coverOf(zone: Zone): { readonly x: number; readonly y: number; readonly w: number; readonly h: number } {
  const row = zone === 'left' || zone === 'right';
  if (zone === 'centre') return { x: 0, y: 0, w: 1, h: 1 };
  return { x: zone === 'right' ? 0.5 : 0, y: zone === 'bottom' ? 0.5 : 0, w: row ? 0.5 : 1, h: row ? 1 : 0.5 };
}
