import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { INTERVAL_MS } from '@/core/contract';
import { placeOf, timeAt, type ChartModel } from '@/core/market/chartBars';
import { useDrawingStore, type Anchor, type Drawing, type DrawingKind } from '@/stores/drawings';
import { hitTest, moved, type Grip, type Point, type Project } from './geometry';
import type { ChartRenderer } from './renderer';

export interface DrawingHost {
  /** Key of the drawings shown. */
  readonly key: () => string;
  readonly model: () => ChartModel;
  readonly renderer: () => ChartRenderer | null;
  /** Smallest price step. */
  readonly tick: () => number;
  /** The tool in hand; null = none. */
  readonly tool: ShallowRef<DrawingKind | null>;
  readonly redraw: () => void;
}
export interface DrawingTools {
  readonly selected: ShallowRef<string | null>;
  /** What is to be painted: what is kept, and what is being drawn or moved. */
  readonly drawings: ComputedRef<readonly Drawing[]>;
  readonly project: Project;
  remove(id: string): void;
  setText(id: string, text: string): void;
  /** true: the key was for a drawing. */
  key(event: KeyboardEvent): boolean;
  /** Listens on the chart's element; call once. */
  attach(element: HTMLElement): void;
}

interface Drag {
  readonly drawing: Drawing;
  readonly grip: Grip;
  readonly from: Anchor;
  readonly isNew: boolean;
}

let count = 0;
const newId = (): string => `${Date.now().toString(36)}-${String(++count)}`;
/** A drag shorter than this in both directions, pixels, was a click. */
const CLICK = 4;

/** The nearest price there is, without the noise of a product: 62011.71, not 62011.71000000001. */
const onTick = (price: number, tick: number): number => Number((Math.round(price / tick) * tick).toPrecision(12));

class Tools implements DrawingTools {
  readonly selected = shallowRef<string | null>(null);
  readonly drawings: ComputedRef<readonly Drawing[]>;
  private readonly tool: ShallowRef<DrawingKind | null>;
  private readonly store = useDrawingStore();
  /** What is being drawn or moved. */
  private readonly draft = shallowRef<Drawing | null>(null);
  private drag: Drag | null = null;
  private element: HTMLElement | null = null;

  constructor(private readonly host: DrawingHost) {
    this.tool = host.tool;
    this.drawings = computed(() => {
      const [kept, shown] = [this.kept, this.draft.value];
      if (!shown) return kept;
      return kept.some((d) => d.id === shown.id) ? kept.map((d) => (d.id === shown.id ? shown : d)) : [...kept, shown];
    });
  }

  get kept(): readonly Drawing[] {
    return this.store.of(this.host.key());
  }

  readonly project: Project = ({ time, price }) => {
    const place = placeOf(this.host.model(), time);
    const x = place === null ? null : (this.host.renderer()?.x(place) ?? null);
    const y = this.host.renderer()?.y(price) ?? null;
    return x === null || y === null ? null : { x, y };
  };

  /** Another symbol, another kind of data. */
  forget(): void {
    this.drag = null;
    this.selected.value = this.draft.value = null;
  }

  remove(id: string): void {
    this.store.remove(this.host.key(), id);
    if (this.selected.value === id) this.selected.value = null;
  }

  setText(id: string, text: string): void {
    const drawing = this.kept.find((d) => d.id === id);
    if (drawing) this.store.put(this.host.key(), { ...drawing, text });
  }

  key(event: KeyboardEvent): boolean {
    if (event.key === 'Escape' && (this.tool.value !== null || this.selected.value !== null)) {
      this.tool.value = this.selected.value = null;
      return true;
    }
    if (event.key === 'Enter') return this.place();
    const drawing = this.kept.find((d) => d.id === this.selected.value);
    if (!drawing) return false;
    if (event.key === 'Delete' || event.key === 'Backspace') {
      this.remove(drawing.id);
      return true;
    }
    const step = event.shiftKey ? 10 : 1;
    const [bars = 0, ticks = 0] = new Map([['ArrowLeft', [-step, 0]], ['ArrowRight', [step, 0]], ['ArrowUp', [0, step]], ['ArrowDown', [0, -step]]]).get(event.key) ?? [];
    if (bars === 0 && ticks === 0) return false;
    const by = { time: bars * INTERVAL_MS[this.host.model().interval], price: ticks * this.host.tick() };
    this.store.put(this.host.key(), moved(drawing, event.altKey ? 'b' : 'body', by));
    return true;
  }

  attach(element: HTMLElement): void {
    this.element = element;
    for (const [name, handler] of this.handlers) element.addEventListener(name, handler, { capture: true });
  }

  detach(): void {
    for (const [name, handler] of this.handlers) this.element?.removeEventListener(name, handler, { capture: true });
    this.element = null;
  }

  private readonly handlers = ([['pointerdown', (e) => this.down(e)], ['pointermove', (e) => this.move(e)], ['pointerup', (e) => this.up(e)], ['pointercancel', (e) => this.up(e)]] satisfies [string, (event: PointerEvent) => void][])
    .map(([name, handle]) => [name, (event: Event) => (event instanceof PointerEvent ? handle(event) : undefined)] as const);

  private pointOf(event: PointerEvent): Point {
    const box = this.element?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  }

  private anchorAt({ x, y }: Point): Anchor | null {
    const at = this.host.renderer()?.at(x, y);
    const time = at ? timeAt(this.host.model(), at.place) : null;
    return at && time !== null ? { time: Math.round(time), price: onTick(at.price, this.host.tick()) } : null;
  }

  private down(event: PointerEvent): void {
    // The library keeps the browser from moving the focus; keys belong to the chart that was touched last.
    this.element?.focus({ preventScroll: true });
    const p = this.pointOf(event);
    const from = this.anchorAt(p);
    const size = this.host.renderer()?.size();
    if (event.button !== 0 || !from || !size || p.x < 0 || p.x >= size.width || p.y < 0 || p.y >= size.height) return;
    if (this.tool.value === null) {
      const hit = hitTest(this.kept, p, this.project);
      this.selected.value = hit?.drawing.id ?? null;
      if (!hit) return;
      this.drag = { ...hit, from, isNew: false };
    } else {
      const drawing = newDrawing(this.tool.value, from, from);
      this.drag = { drawing, grip: 'b', from, isNew: true };
      this.draft.value = drawing;
    }
    this.host.renderer()?.hold(true);
    this.element?.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const { drag } = this;
    const to = drag && this.anchorAt(this.pointOf(event));
    if (!drag || !to) return;
    this.draft.value = drag.isNew ? { ...drag.drawing, b: to } : moved(drag.drawing, drag.grip, { time: to.time - drag.from.time, price: to.price - drag.from.price });
  }

  private up(event: PointerEvent): void {
    const { drag } = this;
    if (!drag) return;
    // A quick finger lifts before its last way was told.
    if (event.type === 'pointerup') this.move(event);
    const made = this.draft.value;
    this.drag = this.draft.value = null;
    this.host.renderer()?.hold(false);
    if (this.element?.hasPointerCapture(event.pointerId)) this.element.releasePointerCapture(event.pointerId);
    if (drag.isNew) this.tool.value = null;
    const start = this.project(drag.from);
    const p = this.pointOf(event);
    const small = !start || (Math.abs(start.x - p.x) < CLICK && Math.abs(start.y - p.y) < CLICK);
    // A line or a box without a size is a slip of the hand.
    if (!made || (small && !(drag.isNew && (made.kind === 'horizontal' || made.kind === 'text')))) return;
    this.store.put(this.host.key(), made);
    this.selected.value = made.id;
  }

  /** Puts a drawing of the tool in hand into the middle of the view: how one is made without a pointer. */
  private place(): boolean {
    const size = this.host.renderer()?.size();
    const a = size && this.anchorAt({ x: size.width * 0.4, y: size.height * 0.5 });
    const b = size && this.anchorAt({ x: size.width * 0.6, y: size.height * 0.4 });
    if (this.tool.value === null || !a || !b) return false;
    const drawing = newDrawing(this.tool.value, a, b);
    this.store.put(this.host.key(), drawing);
    this.selected.value = drawing.id;
    this.tool.value = null;
    return true;
  }
}

const newDrawing = (kind: DrawingKind, a: Anchor, b: Anchor): Drawing => ({ id: newId(), kind, a, b, text: kind === 'text' ? 'Note' : '' });

/** Drawing tools over a chart: draw by dragging, choose by a click, move by dragging, delete; everything by keyboard too. */
export function useDrawing(host: DrawingHost): DrawingTools {
  const tools = new Tools(host);
  watch([tools.drawings, tools.selected], host.redraw, { flush: 'post' });
  watch(host.key, () => tools.forget());
  onScopeDispose(() => tools.detach());
  return tools;
}
