import type { ChartModel } from '@/core/market/chartBars';
import { faded, type ChartLook } from './look';
import type { Painter } from './renderer';

/** Distance of the strokes of a hatch, pixels. */
const HATCH = 7;

/** Holes: an amber hatch where the server knows that it missed something, a quiet one where no trade is known, a plain edge where the market was shut. */
export function paintHoles(model: () => ChartModel | null, x: (place: number) => number | null, look: () => ChartLook | null): Painter {
  return (context, { width, height }) => {
    const { holes = [] } = model() ?? {};
    const colours = look();
    if (!colours) return;
    context.save();
    for (const { start, end, kind, cause } of holes) {
      const left = x(start - 0.5);
      const right = x(end - 0.5);
      if (left === null || right === null || right < 0 || left > width) continue;
      context.strokeStyle = kind === 'closed' ? colours.grid : cause ? faded(colours.amber, 0.55) : colours.hatch;
      context.lineWidth = 1;
      context.beginPath();
      if (kind === 'closed') {
        context.setLineDash([2, 3]);
        context.moveTo(Math.round((left + right) / 2) + 0.5, 0);
        context.lineTo(Math.round((left + right) / 2) + 0.5, height);
        context.stroke();
        continue;
      }
      context.setLineDash([]);
      context.save();
      context.rect(left, 0, Math.max(2, right - left), height);
      context.clip();
      context.beginPath();
      for (let at = left - height; at < right; at += HATCH) {
        context.moveTo(at, height);
        context.lineTo(at + height, 0);
      }
      context.stroke();
      context.restore();
    }
    context.restore();
  };
}
