import type { ShallowRef } from 'vue';
import { formatChange, formatPercent } from '@/composables/format';
import { placeOf } from '@/core/market/chartBars';
import { drawingsKey } from '@/stores/drawings';
import { measureOf, spanWords } from './geometry';
import type { ChartLook } from './look';
import { paintDrawings } from './paintDrawings';
import type { ChartRenderer } from './renderer';
import { useDrawing, type DrawingHost, type DrawingTools } from './useDrawing';

/** What drawings need to know of their chart. */
export interface DrawingPlace extends Pick<DrawingHost, 'model' | 'tick' | 'tool'> {
  /** Whose drawings are shown: each symbol has its own, and each kind of its data. */
  readonly subject: () => { readonly symbol: string; readonly source: Parameters<typeof drawingsKey>[1] };
  readonly look: ShallowRef<ChartLook | null>;
  readonly decimals: () => number;
}

/** The drawing tools over a chart, painted by a layer of its own. Call in the scope that ends them. */
export function drawingsOver(chart: ChartRenderer, element: HTMLElement, { subject, model, tick, tool, look, decimals }: DrawingPlace): DrawingTools {
  const words = (drawing: Parameters<typeof measureOf>[0]): string => {
    const { change, percent, bars, ms } = measureOf(drawing, (time) => placeOf(model(), time));
    return `${formatChange(change, decimals())} (${formatPercent(percent)}) \u00b7 ${String(bars)} candles \u00b7 ${spanWords(ms)}`;
  };
  const key = (): string => drawingsKey(subject().symbol, subject().source);
  const tools = useDrawing({ key, model, renderer: () => chart, tick, tool, redraw: () => redraw() });
  const redraw = chart.addLayer('top', paintDrawings(() => ({ drawings: tools.drawings.value, selected: tools.selected.value, project: tools.project, look: look.value, words })));
  tools.attach(element);
  return tools;
}
