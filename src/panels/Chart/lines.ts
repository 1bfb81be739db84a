import type { Column, IndicatorSpec } from '@/core/analysis/indicators/registry';

/** An indicator to be drawn, column by column. */
export interface IndicatorLines {
  /** `RSI 14`. */
  readonly title: string;
  readonly spec: IndicatorSpec;
  readonly columns: readonly Column[];
  /** By column, then by place of the axis; NaN = nothing there. */
  readonly values: readonly (readonly number[])[];
}

/** Index of the colour of each column of each indicator, in the order they are drawn; -1 = not drawn. */
export function shadesOf(lines: readonly IndicatorLines[], shades: number): number[][] {
  let next = 0;
  return lines.map(({ columns }) => columns.map(({ draw }) => (draw === 'none' ? -1 : next++ % shades)));
}
