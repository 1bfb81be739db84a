import { indicatorOf, type Column, type Indicator, type IndicatorSpec, type ParamValues } from '@/core/analysis/indicators/registry';
import type { ChartChange, ChartModel } from '@/core/market/chartBars';
import type { IndicatorLines } from './lines';

/** Short name with the parameters, as the legend and the pane show it. */
export function titleOf(spec: IndicatorSpec, params: ParamValues): string {
  const numbers = Object.entries(spec.params).map(([name, { default: usual }]) => params[name] ?? usual);
  return [spec.name.toUpperCase().replaceAll('_', ' '), ...numbers].join(' ');
}

/**
 * One indicator along a chart. Closed candles are taken in once; the last one is only looked at, so that the forming candle costs the same
 * whatever the length of the past. Candles on both sides of a hole count as neighbours, as everywhere in the analysis.
 */
export class IndicatorTrack implements IndicatorLines {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly values: number[][];
  private engine: Indicator;
  /** Places of the axis taken in. */
  private taken = 0;
  private readonly preview: Float64Array;

  constructor(readonly spec: IndicatorSpec, private readonly params: ParamValues) {
    this.title = titleOf(spec, params);
    this.columns = spec.columns(params);
    this.values = this.columns.map(() => []);
    this.preview = new Float64Array(this.columns.length);
    this.engine = spec.create(params);
  }

  /** Follows the model; `tail`: only its end is new. */
  follow({ points }: ChartModel, change: Exclude<ChartChange, 'none'>): void {
    if (change === 'all') {
      this.engine = this.spec.create(this.params);
      this.taken = 0;
    }
    for (const column of this.values) column.length = this.taken;
    for (let i = this.taken; i < points.length; i++) {
      const candle = points[i]?.candle ?? null;
      const last = i === points.length - 1;
      const row = candle === null ? null : last ? this.engine.peek(candle, this.preview) : this.engine.next(candle);
      this.values.forEach((column, k) => column.push(row?.[k] ?? NaN));
      if (!last) this.taken = i + 1;
    }
  }
}

/** A track for a wanted indicator; null when its name or its parameters are not known here (a newer page saved them). */
export function trackOf({ name, params }: { readonly name: string; readonly params: ParamValues }): IndicatorTrack | null {
  const spec = indicatorOf(name);
  try {
    return spec ? new IndicatorTrack(spec, params) : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
