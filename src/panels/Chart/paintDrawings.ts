import type { Drawing } from '@/stores/drawings';
import type { Point, Project } from './geometry';
import { faded, type ChartLook } from './look';
import type { Painter } from './renderer';

export interface DrawingScene {
  readonly drawings: readonly Drawing[];
  readonly selected: string | null;
  readonly project: Project;
  readonly look: ChartLook | null;
  /** Words of a measure. */
  readonly words: (drawing: Drawing) => string;
}

/** Drawings, the chosen one with its handles. */
export function paintDrawings(scene: () => DrawingScene): Painter {
  return (context, size) => {
    const { drawings, selected, project, look, words } = scene();
    if (!look) return;
    context.save();
    context.font = `12px ${look.font}`;
    context.textBaseline = 'top';
    for (const drawing of drawings) {
      const chosen = drawing.id === selected;
      const a = project(drawing.a);
      const b = project(drawing.b);
      if (!a || !b) continue;
      context.strokeStyle = context.fillStyle = chosen ? look.accent : look.text;
      context.lineWidth = chosen ? 2 : 1.25;
      paintOne(context, drawing, a, b, size.width, look, words);
      if (chosen) for (const point of drawing.kind === 'horizontal' || drawing.kind === 'text' ? [a] : [a, b]) handle(context, point, look);
    }
    context.restore();
  };
}

function paintOne(context: CanvasRenderingContext2D, drawing: Drawing, a: Point, b: Point, width: number, look: ChartLook, words: (drawing: Drawing) => string): void {
  const stroke = (...points: readonly Point[]): void => {
    context.beginPath();
    points.forEach(({ x, y }, i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.stroke();
  };
  const box = (opacity: number): void => {
    const colour = context.strokeStyle;
    context.fillStyle = faded(look.accent, opacity);
    context.fillRect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y));
    context.fillStyle = colour;
  };
  switch (drawing.kind) {
    case 'trend':
      return stroke(a, b);
    case 'horizontal':
      return stroke({ x: 0, y: Math.round(a.y) + 0.5 }, { x: width, y: Math.round(a.y) + 0.5 });
    case 'rectangle':
      box(0.1);
      return context.strokeRect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y));
    case 'text':
      return label(context, drawing.text, a, look);
    case 'measure':
      box(0.08);
      context.setLineDash([4, 3]);
      stroke(a, { x: b.x, y: a.y }, b);
      context.setLineDash([]);
      return label(context, words(drawing), { x: Math.min(a.x, b.x), y: Math.max(a.y, b.y) + 6 }, look);
  }
}

/** Words on a ground of their own, so that they can be read over candles. */
function label(context: CanvasRenderingContext2D, text: string, { x, y }: Point, look: ChartLook): void {
  const colour = context.fillStyle;
  context.fillStyle = faded(look.panel, 0.86);
  context.fillRect(x - 3, y - 2, context.measureText(text).width + 6, 18);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

function handle(context: CanvasRenderingContext2D, { x, y }: Point, look: ChartLook): void {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = look.panel;
  context.fill();
  context.strokeStyle = look.accent;
  context.stroke();
}
