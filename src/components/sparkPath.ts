/**
 * SVG path of a small line on a `width` x `height` grid with integer coordinates (cheap to compare, to set and to paint).
 * A minute without a trade (null) breaks the line: a gap is drawn as a gap. Empty below two points.
 */
export function sparkPath(closes: readonly (number | null)[], width: number, height: number): string {
  let low = Infinity;
  let high = -Infinity;
  let known = 0;
  for (const c of closes) {
    if (c === null) continue;
    known++;
    if (c < low) low = c;
    if (c > high) high = c;
  }
  if (known < 2) return '';
  const x = (width - 2) / (closes.length - 1);
  const y = high > low ? (height - 4) / (high - low) : 0;
  let path = '';
  let pen = false;
  closes.forEach((c, i) => {
    if (c === null) {
      pen = false;
      return;
    }
    const py = y === 0 ? Math.round(height / 2) : Math.round(height - 2 - (c - low) * y);
    path += `${pen ? 'L' : 'M'}${String(Math.round(1 + i * x))} ${String(py)}`;
    pen = true;
  });
  return path;
}
