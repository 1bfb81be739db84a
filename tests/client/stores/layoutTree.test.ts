import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { PRESETS, PRESET_NAMES } from '@/stores/layout';
import { activate, boxesOf, closePanel, groupOf, LayoutSchema, movePanel, neighbour, normalise, openPanel, PANEL_IDS, panelsOf, resize, split, stepPanel, tabs, type Layout, type PanelId, type Side, type Zone } from '@/stores/layoutTree';

const panel = fc.constantFrom(...PANEL_IDS);
const zone = fc.constantFrom<Zone>('left', 'right', 'top', 'bottom', 'centre');
const side = fc.constantFrom<Side>('left', 'right', 'top', 'bottom');
type Step = (tree: Layout) => Layout;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(panel, panel, zone, fc.option(panel)).map(([p, t, z, b]): Step => (tree) => movePanel(tree, p, t, z, b)),
  panel.map((p): Step => (tree) => closePanel(tree, p)),
  panel.map((p): Step => (tree) => openPanel(tree, p)),
  panel.map((p): Step => (tree) => activate(tree, p)),
  fc.tuple(panel, side).map(([p, s]): Step => (tree) => stepPanel(tree, p, s)),
  fc.tuple(fc.nat(4), fc.double({ min: -1, max: 2, noNaN: true })).map(([n, share]): Step => (tree) => {
    const { lines } = boxesOf(tree);
    const line = lines[n % Math.max(1, lines.length)];
    return line ? resize(tree, line.path, line.at, share) : tree;
  }),
);
const anyTree = fc.tuple(fc.constantFrom(...PRESET_NAMES), fc.array(step, { maxLength: 12 })).map(([name, steps]) => steps.reduce<Layout>((tree, change) => change(tree), PRESETS[name].tree));

describe('the tree of panels', () => {
  it('stays in normal form whatever is done to it: every panel once, shares of 1, the whole place taken', () => {
    fc.assert(fc.property(anyTree, (tree) => {
      const panels = panelsOf(tree);
      expect(new Set(panels).size).toBe(panels.length);
      expect(panels.length).toBeGreaterThan(0);
      const { groups } = boxesOf(tree);
      expect(groups.reduce((sum, g) => sum + g.w * g.h, 0)).toBeCloseTo(1, 6);
      for (const g of groups) {
        expect(g.group.panels).toContain(g.group.active);
        expect(Math.min(g.w, g.h)).toBeGreaterThan(0.0005);
      }
      expect(boxesOf(normalise(tree) ?? tree).groups.map((g) => g.group)).toEqual(groups.map((g) => g.group));
    }));
  });

  it('is what it was after being written and read', () => {
    fc.assert(fc.property(anyTree, (tree) => {
      const read = v.parse(LayoutSchema, JSON.parse(JSON.stringify(tree)));
      expect(panelsOf(read)).toEqual(panelsOf(tree));
      const [before, after] = [boxesOf(tree).groups, boxesOf(read).groups];
      before.forEach((box, i) => expect(after[i]?.w).toBeCloseTo(box.w, 6));
      expect(v.parse(LayoutSchema, read)).toEqual(read);
    }));
  });

  it('made of anything is a tree or refused, never a fault', () => {
    const raw = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 5 }, fc.anything(), fc.record({ kind: fc.constantFrom('row', 'column', 'tabs', 'x'), children: fc.array(tie('node'), { maxLength: 4 }), sizes: fc.anything(), panels: fc.array(fc.oneof(panel, fc.string())), active: fc.anything() }, { requiredKeys: [] })),
    })).node;
    fc.assert(fc.property(raw, (x) => {
      const read = v.safeParse(LayoutSchema, x);
      if (read.success) expect(panelsOf(read.output).length).toBeGreaterThan(0);
    }));
  });

  it('leaves out panels it does not know and refuses what holds none', () => {
    expect(v.parse(LayoutSchema, split('row', [0.5, tabs('nonsense' as PanelId)], [0.5, tabs('book')]))).toEqual(tabs('book'));
    expect(v.safeParse(LayoutSchema, { kind: 'row', children: [], sizes: [] }).success).toBe(false);
  });

  it('moves a panel to a side of another, into its tabs, and closes', () => {
    const start = split('row', [0.5, tabs('chart')], [0.5, tabs('book', 'tape')]);
    const beneath = movePanel(start, 'tape', 'chart', 'bottom');
    expect(beneath).toMatchObject({ kind: 'row', children: [{ kind: 'column', children: [tabs('chart'), tabs('tape')] }, tabs('book')] });
    const joined = movePanel(beneath, 'chart', 'book', 'centre', 'book');
    expect(joined).toMatchObject({ kind: 'row', children: [tabs('tape'), { panels: ['chart', 'book'], active: 'chart' }] });
    expect(closePanel(tabs('chart'), 'chart')).toEqual(tabs('chart'));
    expect(panelsOf(closePanel(joined, 'tape'))).toEqual(['chart', 'book']);
    expect(groupOf(openPanel(start, 'depth'), 'depth')?.active).toBe('depth');
  });

  it('by keyboard: a panel alone joins the neighbour, another step takes it out on that side', () => {
    const start = split('row', [0.5, tabs('chart')], [0.5, tabs('book')]);
    expect(neighbour(start, 'chart', 'right')).toEqual(tabs('book'));
    expect(neighbour(start, 'chart', 'left')).toBeNull();
    const joined = stepPanel(start, 'chart', 'right');
    expect(joined).toMatchObject({ kind: 'tabs', panels: ['book', 'chart'], active: 'chart' });
    expect(stepPanel(joined, 'chart', 'right')).toMatchObject({ kind: 'row', children: [{ panels: ['book'] }, { panels: ['chart'] }] });
    expect(stepPanel(start, 'chart', 'left')).toEqual(start);
  });

  it('a line moves the two it divides and nothing else, and never closes one of them', () => {
    const start = split('row', [0.5, tabs('chart')], [0.3, tabs('book')], [0.2, tabs('tape')]);
    expect(boxesOf(resize(start, [], 0, 0.25)).groups.map((g) => Number(g.w.toFixed(3)))).toEqual([0.2, 0.6, 0.2]);
    expect(boxesOf(resize(start, [], 1, -5)).groups.map((g) => Number(g.w.toFixed(3)))).toEqual([0.5, 0.08, 0.42]);
  });
});
