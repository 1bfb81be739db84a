import type { ChartLook } from './look';

const HEAD = 44;

/** The chart as a PNG with what it shows written on it: a picture without source and kind could pass for a market. */
export function captioned(chart: HTMLCanvasElement, lines: readonly [title: string, detail: string], look: ChartLook, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = chart.width;
  canvas.height = chart.height + HEAD * scale;
  const context = canvas.getContext('2d');
  if (!context) return chart;
  context.fillStyle = look.panel;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'middle';
  context.fillStyle = look.text;
  context.font = `600 ${String(14 * scale)}px ${look.font}`;
  context.fillText(lines[0], 12 * scale, 15 * scale, canvas.width - 24 * scale);
  context.fillStyle = look.muted;
  context.font = `${String(11 * scale)}px ${look.font}`;
  context.fillText(lines[1], 12 * scale, 33 * scale, canvas.width - 24 * scale);
  context.drawImage(chart, 0, HEAD * scale);
  return canvas;
}

/** Hands a canvas to the user as a file. false: the browser could not make one. */
export function download(canvas: HTMLCanvasElement, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    canvas.toBlob((blob) => {
      if (!blob) return resolve(false);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
      resolve(true);
    }, 'image/png');
  });
}
