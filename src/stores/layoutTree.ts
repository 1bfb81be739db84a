import * as v from 'valibot';

/**
 * How the panels of an instrument's page stand: a tree of splits with groups of tabs as leaves. Pure: every change gives a new tree in normal form
 * (no split with one child, no split directly in one of the same kind, every panel once, shares that sum to 1).
 */
export const PANEL_IDS = ['chart', 'book', 'tape', 'depth', 'compare', 'analysis', 'hour'] as const;
export type PanelId = (typeof PANEL_IDS)[number];

export interface Tabs {
  readonly kind: 'tabs';
  readonly panels: readonly PanelId[];
  readonly active: PanelId;
}
export interface Split {
  readonly kind: 'row' | 'column';
  readonly children: readonly Layout[];
  /** Share of each child, 0..1. */
  readonly sizes: readonly number[];
}
export type Layout = Tabs | Split;
/** `left` … `bottom` split the target there; `centre` joins its tabs. */
export type Zone = 'left' | 'right' | 'top' | 'bottom' | 'centre';
export type Side = Exclude<Zone, 'centre'>;

const MAX_DEPTH = 8;
/** No part gets smaller than this share of its split. */
export const MIN_SHARE = 0.08;

const isPanel = (x: unknown): x is PanelId => typeof x === 'string' && (PANEL_IDS as readonly string[]).includes(x);
export const tabs = (...panels: [PanelId, ...PanelId[]]): Tabs => ({ kind: 'tabs', panels, active: panels[0] });
export const split = (kind: Split['kind'], ...parts: readonly (readonly [size: number, child: Layout])[]): Split => ({ kind, children: parts.map(([, child]) => child), sizes: parts.map(([size]) => size) });

/** Shares that sum to 1, none below the least. */
function evened(sizes: readonly number[]): number[] {
  const least = Math.min(MIN_SHARE, 1 / Math.max(1, sizes.length));
  // What is even already stays as it is, to the last bit: reading a saved tree changes nothing.
  if (sizes.every((s) => s >= least - 1e-9) && Math.abs(sizes.reduce((a, b) => a + b, 0) - 1) < 1e-9) return [...sizes];
  const safe = sizes.map((s) => (Number.isFinite(s) && s > 0 ? s : least));
  const sum = safe.reduce((a, b) => a + b, 0);
  const held = safe.map((s) => Math.max(least, s / sum));
  const over = held.reduce((a, b) => a + b, 0) - 1;
  const room = held.reduce((a, s) => a + (s - least), 0);
  return held.map((s) => (room > 0 ? s - (over * (s - least)) / room : 1 / held.length));
}

/** The tree in normal form, or null when nothing is left of it. Panels met before are left out. */
function normal(node: Layout, seen: Set<PanelId>, depth = 0): Layout | null {
  if (node.kind === 'tabs') {
    const panels = node.panels.filter((p) => !seen.has(p) && seen.add(p));
    const [first] = panels;
    return first === undefined ? null : { kind: 'tabs', panels, active: panels.includes(node.active) ? node.active : first };
  }
  const parts = node.children.flatMap((child, i): (readonly [number, Layout])[] => {
    const kept = depth >= MAX_DEPTH ? flat(child, seen) : normal(child, seen, depth + 1);
    if (!kept) return [];
    const size = node.sizes[i] ?? 1 / node.children.length;
    return kept.kind === node.kind ? kept.children.map((inner, k) => [size * (kept.sizes[k] ?? 0), inner] as const) : [[size, kept]];
  });
  if (parts.length < 2) return parts[0]?.[1] ?? null;
  return { kind: node.kind, children: parts.map(([, child]) => child), sizes: evened(parts.map(([size]) => size)) };
}
/** All panels beneath as one group. */
function flat(node: Layout, seen: Set<PanelId>): Layout | null {
  const [first, ...rest] = panelsOf(node);
  return first === undefined ? null : normal(tabs(first, ...rest), seen);
}
export const normalise = (node: Layout): Layout | null => normal(node, new Set());

export const panelsOf = (node: Layout): PanelId[] => (node.kind === 'tabs' ? [...node.panels] : node.children.flatMap(panelsOf));
const mapTabs = (node: Layout, change: (group: Tabs) => Layout): Layout => (node.kind === 'tabs' ? change(node) : { ...node, children: node.children.map((child) => mapTabs(child, change)) });
export function groupOf(node: Layout, panel: PanelId): Tabs | null {
  if (node.kind === 'tabs') return node.panels.includes(panel) ? node : null;
  return node.children.map((child) => groupOf(child, panel)).find((found) => found !== null) ?? null;
}

/** Shows a panel of a group. */
export const activate = (node: Layout, panel: PanelId): Layout => mapTabs(node, (group) => (group.panels.includes(panel) && group.active !== panel ? { ...group, active: panel } : group));

const without = (node: Layout, panel: PanelId): Layout =>
  mapTabs(node, (group) => {
    const at = group.panels.indexOf(panel);
    if (at < 0) return group;
    const panels = group.panels.filter((p) => p !== panel);
    return { ...group, panels, active: group.active === panel ? (panels[Math.max(0, at - 1)] ?? panel) : group.active };
  });

/** Takes a panel away; the last one stays. */
export const closePanel = (node: Layout, panel: PanelId): Layout => normalise(without(node, panel)) ?? node;

/** Puts `panel` (wherever it is now, or new) at a zone of the group that holds `target`; into its tabs before the panel `before`. */
export function movePanel(node: Layout, panel: PanelId, target: PanelId, zone: Zone, before: PanelId | null = null): Layout {
  const home = groupOf(node, target);
  if (!home || (panel === target && home.panels.length === 1)) return node;
  // A neighbour in the group stands for the target, when the target itself is what moves.
  const anchor = target === panel ? home.panels.find((p) => p !== panel) : target;
  const moved = mapTabs(without(node, panel), (group) => {
    if (anchor === undefined || !group.panels.includes(anchor)) return group;
    if (zone === 'centre') {
      const at = before === null ? -1 : group.panels.indexOf(before);
      return { ...group, panels: at < 0 ? [...group.panels, panel] : group.panels.toSpliced(at, 0, panel), active: panel };
    }
    const pair: readonly (readonly [number, Layout])[] = [[0.5, tabs(panel)], [0.5, group]];
    return split(zone === 'left' || zone === 'right' ? 'row' : 'column', ...(zone === 'left' || zone === 'top' ? pair : pair.toReversed()));
  });
  return normalise(moved) ?? node;
}

/** Shows a panel that is not there yet, beside the largest group's tabs; one that is there comes to the front. */
export function openPanel(node: Layout, panel: PanelId): Layout {
  if (groupOf(node, panel)) return activate(node, panel);
  const largest = boxesOf(node).groups.toSorted((a, b) => b.w * b.h - a.w * a.h)[0];
  return largest ? movePanel(node, panel, largest.group.active, 'centre') : node;
}

/** Moves the line after child `at` of the split at `path` so that this child gets `share` of the two it divides. */
export function resize(node: Layout, path: readonly number[], at: number, share: number): Layout {
  if (node.kind === 'tabs') return node;
  const [next, ...rest] = path;
  if (next !== undefined) return { ...node, children: node.children.map((child, i) => (i === next ? resize(child, rest, at, share) : child)) };
  const both = (node.sizes[at] ?? 0) + (node.sizes[at + 1] ?? 0);
  const least = Math.min(MIN_SHARE, both / 2);
  const first = Math.min(both - least, Math.max(least, both * share));
  return { ...node, sizes: node.sizes.map((s, i) => (i === at ? first : i === at + 1 ? both - first : s)) };
}

export interface Box {
  /** Fractions of the whole, 0..1. */
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
export interface GroupBox extends Box { readonly group: Tabs }
/** The line between two children: what it divides, where it stands, and the share of the first. */
export interface LineBox extends Box {
  readonly kind: Split['kind'];
  readonly path: readonly number[];
  readonly at: number;
  readonly share: number;
  /** Length of the two it divides together, along the split. */
  readonly span: number;
  /** A panel of either side, to name it. */
  readonly between: readonly [PanelId, PanelId];
}

/** Where every group and every dividing line stands. A line has no width of its own. */
export function boxesOf(root: Layout): { readonly groups: readonly GroupBox[]; readonly lines: readonly LineBox[] } {
  const groups: GroupBox[] = [];
  const lines: LineBox[] = [];
  const place = (node: Layout, box: Box, path: readonly number[]): void => {
    if (node.kind === 'tabs') return void groups.push({ ...box, group: node });
    const row = node.kind === 'row';
    let from = row ? box.x : box.y;
    node.children.forEach((child, i) => {
      const length = (node.sizes[i] ?? 0) * (row ? box.w : box.h);
      place(child, row ? { ...box, x: from, w: length } : { ...box, y: from, h: length }, [...path, i]);
      from += length;
      const after = node.children[i + 1];
      const first = panelsOf(child)[0];
      const second = after && panelsOf(after)[0];
      if (first === undefined || second === undefined) return;
      const span = ((node.sizes[i] ?? 0) + (node.sizes[i + 1] ?? 0)) * (row ? box.w : box.h);
      lines.push({ ...(row ? { x: from, y: box.y, w: 0, h: box.h } : { x: box.x, y: from, w: box.w, h: 0 }), kind: node.kind, path, at: i, share: length / span, span, between: [first, second] });
    });
  };
  place(root, { x: 0, y: 0, w: 1, h: 1 }, []);
  return { groups, lines };
}

/** The group that touches `panel`'s group on a side, with the longest common edge; null at the rim. */
export function neighbour(root: Layout, panel: PanelId, side: Side): Tabs | null {
  const { groups } = boxesOf(root);
  const own = groups.find(({ group }) => group.panels.includes(panel));
  if (!own) return null;
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;
  const touches = (g: Box): boolean => ({ left: near(g.x + g.w, own.x), right: near(g.x, own.x + own.w), top: near(g.y + g.h, own.y), bottom: near(g.y, own.y + own.h) })[side];
  const common = (g: Box): number =>
    side === 'left' || side === 'right' ? Math.min(g.y + g.h, own.y + own.h) - Math.max(g.y, own.y) : Math.min(g.x + g.w, own.x + own.w) - Math.max(g.x, own.x);
  return groups.filter((g) => g !== own && touches(g) && common(g) > 1e-6).toSorted((a, b) => common(b) - common(a))[0]?.group ?? null;
}

/** One step by keyboard: out of its tabs to that side, or, when it stands alone, into the tabs of the neighbour there. Repeated, it reaches every place. */
export function stepPanel(root: Layout, panel: PanelId, side: Side): Layout {
  const group = groupOf(root, panel);
  if (!group) return root;
  if (group.panels.length > 1) return movePanel(root, panel, panel, side);
  const next = neighbour(root, panel, side);
  return next ? movePanel(root, panel, next.active, 'centre') : root;
}

/** Trees from outside: unknown panels and broken branches are left out, a tree without any panel is refused. */
const Raw: v.GenericSchema<unknown, unknown> = v.unknown();
export const LayoutSchema: v.GenericSchema<unknown, Layout> = v.pipe(Raw, v.rawTransform(({ dataset, addIssue, NEVER }) => {
  const read = readTree(dataset.value, 0);
  const tree = read && normalise(read);
  if (tree) return tree;
  addIssue({ message: 'not a layout' });
  return NEVER;
}));

function readTree(x: unknown, depth: number): Layout | null {
  if (typeof x !== 'object' || x === null || depth > 2 * MAX_DEPTH) return null;
  const { kind, panels, active, children, sizes } = x as Readonly<Record<string, unknown>>;
  if (kind === 'tabs' && Array.isArray(panels)) {
    const [first, ...rest] = panels.slice(0, 64).filter(isPanel);
    return first === undefined ? null : { ...tabs(first, ...rest), active: isPanel(active) ? active : first };
  }
  if ((kind !== 'row' && kind !== 'column') || !Array.isArray(children)) return null;
  const given: readonly unknown[] = Array.isArray(sizes) ? sizes : [];
  const parts = children.slice(0, 64).flatMap((child: unknown, i): (readonly [number, Layout])[] => {
    const node = readTree(child, depth + 1);
    const size = given[i];
    return node ? [[typeof size === 'number' && Number.isFinite(size) && size > 0 ? Math.min(1, size) : 0.1, node]] : [];
  });
  return parts.length === 0 ? null : split(kind, ...parts);
}
