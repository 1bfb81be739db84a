import { effectScope, shallowRef, watch, type ShallowRef } from 'vue';
import type { DrawingPlace } from './drawingKit';
import type { ChartRenderer } from './renderer';
import type { DrawingTools } from './useDrawing';

export interface LateDrawingHost extends DrawingPlace {
  readonly renderer: ShallowRef<ChartRenderer | null>;
  readonly element: Readonly<ShallowRef<HTMLElement | null>>;
}

/** The drawing tools of a chart, fetched when there is one to draw on: its candles do not wait for them. null until then; a tool taken in hand asks for them again. */
export function useLateDrawing(host: LateDrawingHost): Readonly<ShallowRef<DrawingTools | null>> {
  const { renderer, element, tool } = host;
  const tools = shallowRef<DrawingTools | null>(null);
  // Of the component: what the tools watch ends with it.
  const scope = effectScope();
  let loading = false;
  watch([renderer, tool], async () => {
    if (!renderer.value || tools.value || loading) return;
    loading = true;
    const kit = await import('./drawingKit').catch(() => null);
    loading = false;
    const [made, over] = [renderer.value, element.value];
    if (kit && made && over) scope.run(() => (tools.value = kit.drawingsOver(made, over, host)));
  });
  return tools;
}
