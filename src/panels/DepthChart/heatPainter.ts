import { HEAT_CELL, type HeatModel } from '@/core/market/depthHeat';

export interface HeatColours {
  /** As `rgb(…)` or `color(srgb …)`, resolved by the style sheets. */
  readonly bid: string;
  readonly ask: string;
  /** Where nothing is known. */
  readonly unknown: string;
}
type Rgba = readonly [r: number, g: number, b: number, a: number];

/** Reads any colour the browser knows by painting it. */
function rgba(context: CanvasRenderingContext2D, colour: string): Rgba {
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a];
}

/** Strength of a size, 0..255: the root keeps small ones visible beside walls. */
const strength = (size: number, top: number): number => Math.round(Math.sqrt(Math.min(1, size / top)) * 255);

/** Paints one dot per cell on a canvas of columns by rows; the style sheet stretches it. */
export function paintHeat(canvas: HTMLCanvasElement, { frame, columns, bids, asks, state, times, top }: HeatModel, colours: HeatColours): void {
  const { rows } = frame;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return;
  const [bid, ask, unknown] = [rgba(context, colours.bid), rgba(context, colours.ask), rgba(context, colours.unknown)];
  const image = context.createImageData(columns, rows);
  const dots = image.data;
  // Before the first book nobody listened: nothing is painted there.
  for (let column = Math.max(0, times.findIndex((time) => !Number.isNaN(time))); column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const cell = column * rows + row;
      const [b, a] = [bids[cell] as number, asks[cell] as number];
      const known = state[cell] === HEAT_CELL.known;
      const [red, green, blue, alpha] = known ? (b >= a ? bid : ask) : unknown;
      const at = ((rows - 1 - row) * columns + column) * 4;
      dots[at] = red;
      dots[at + 1] = green;
      dots[at + 2] = blue;
      // What lies beyond the held levels is a quiet grey; a moment without a book is hatched: every other dot of its column.
      dots[at + 3] = known ? strength(Math.max(b, a), top) : state[cell] === HEAT_CELL.beyond ? alpha : (row + column) % 2 === 0 ? Math.min(255, alpha * 2) : 0;
    }
  }
  context.putImageData(image, 0, 0);
}
