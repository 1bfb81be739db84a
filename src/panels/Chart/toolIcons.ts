import type { DrawingKind } from '@/stores/drawings';

/** Tools in the order of the bar, each with its key, on a 16 px grid. */
export const TOOLS: readonly { readonly kind: DrawingKind; readonly title: string; readonly path: string }[] = [
  { kind: 'trend', title: 'Trend line', path: 'M3 13 13 3M3 13h.01M13 3h.01' },
  { kind: 'horizontal', title: 'Horizontal line', path: 'M1.5 8h13M8 8h.01' },
  { kind: 'rectangle', title: 'Rectangle', path: 'M2.5 4h11v8h-11Z' },
  { kind: 'text', title: 'Text', path: 'M3.5 4h9M8 4v9' },
  { kind: 'measure', title: 'Measure', path: 'M2 11 11 2l3 3-9 9ZM5 8l1.5 1.5M8 5l1.5 1.5' },
];
