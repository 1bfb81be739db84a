import { onScopeDispose, shallowRef } from 'vue';
import { COLUMN_PX, useSettingsStore } from '@/stores/settings';
import type { ColumnId } from './columns';

/** Dragging the right edge of a column's head; the width is kept when it is let go. */
export function useColumnWidth() {
  const settings = useSettingsStore();
  const drag = shallowRef<{ readonly id: ColumnId; readonly width: number } | null>(null);
  let start = { x: 0, width: 0 };

  const move = (event: PointerEvent): void => {
    if (drag.value) drag.value = { id: drag.value.id, width: Math.round(Math.min(COLUMN_PX.max, Math.max(COLUMN_PX.min, start.width + event.clientX - start.x))) };
  };
  const end = (event: PointerEvent): void => {
    const done = drag.value;
    stop();
    if (done && event.type === 'pointerup' && event.clientX !== start.x) settings.update({ columnWidths: { ...settings.columnWidths, [done.id]: done.width } });
  };
  function stop(): void {
    drag.value = null;
    document.removeEventListener('pointermove', move);
    document.removeEventListener('pointerup', end);
    document.removeEventListener('pointercancel', end);
  }
  function press(id: ColumnId, event: PointerEvent): void {
    const cell = (event.target as Element | null)?.closest('[role="columnheader"]');
    if (event.button !== 0 || !cell) return;
    event.preventDefault();
    start = { x: event.clientX, width: cell.getBoundingClientRect().width };
    drag.value = { id, width: Math.round(start.width) };
    document.addEventListener('pointermove', move);
    document.addEventListener('pointerup', end);
    document.addEventListener('pointercancel', end);
  }
  function free(id: ColumnId): void {
    const { [id]: _own, ...rest } = settings.columnWidths;
    settings.update({ columnWidths: rest });
  }
  onScopeDispose(stop);
  return { drag, press, free };
}
