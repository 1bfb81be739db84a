import { onScopeDispose, shallowRef, type Ref } from 'vue';
import { PANEL_IDS, type GroupBox, type PanelId } from '@/stores/layoutTree';
import { zoneAt, type Drop } from './drop';

/** A press becomes a drag after this way, px; before it, it is a click. */
const SLOP = 6;

/** Dragging a panel by its tab, with mouse, pen or finger. Escape gives up. */
export function usePanelDrag(root: Readonly<Ref<HTMLElement | null>>, groups: () => readonly GroupBox[], head: number, done: (panel: PanelId, drop: Drop) => void) {
  const dragged = shallowRef<PanelId | null>(null);
  const drop = shallowRef<Drop | null>(null);
  let pressed: { readonly panel: PanelId; readonly x: number; readonly y: number } | null = null;

  function dropAt(clientX: number, clientY: number): Drop | null {
    const box = root.value?.getBoundingClientRect();
    if (!box || box.width === 0 || box.height === 0) return null;
    const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    const over = groups().find((g) => x >= g.x && x < g.x + g.w && y >= g.y && y < g.y + g.h);
    if (!over) return null;
    const target = over.group.active;
    if ((y - over.y) * box.height >= head) return { target, zone: zoneAt((x - over.x) / over.w, (y - over.y) / over.h), before: null };
    // Over the tabs: before the first one whose middle lies to the right.
    const before = over.group.panels.find((panel) => {
      const tab = root.value?.querySelector(`[data-tab="${panel}"]`)?.getBoundingClientRect();
      return tab !== undefined && clientX < tab.left + tab.width / 2;
    });
    return { target, zone: 'centre', before: before ?? null };
  }

  const move = (event: PointerEvent): void => {
    if (!pressed) return;
    if (dragged.value === null && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < SLOP) return;
    dragged.value = pressed.panel;
    drop.value = dropAt(event.clientX, event.clientY);
    event.preventDefault();
  };
  const end = (event: Event): void => {
    const { value: panel } = dragged;
    const { value: to } = drop;
    stop();
    if (panel !== null && to && event.type === 'pointerup') done(panel, to);
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') stop();
  };
  function stop(): void {
    pressed = null;
    dragged.value = drop.value = null;
    document.removeEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel', 'blur'] as const) document.removeEventListener(name, end);
    document.removeEventListener('keydown', escape, true);
  }
  function press(event: PointerEvent): void {
    const id = (event.target as Element | null)?.closest('[data-tab]')?.getAttribute('data-tab');
    const panel = PANEL_IDS.find((known) => known === id);
    if (event.button !== 0 || panel === undefined) return;
    stop();
    pressed = { panel, x: event.clientX, y: event.clientY };
    document.addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel', 'blur'] as const) document.addEventListener(name, end);
    document.addEventListener('keydown', escape, true);
  }
  onScopeDispose(stop);
  return { dragged, drop, press };
}
