import { BarController, BarElement, Chart, LinearScale, LineController, LineElement, PointElement, Tooltip, type ChartConfiguration, type ChartOptions, type Scale } from 'chart.js';

// Only the parts in use: the whole library is twice the size.
Chart.register(BarController, BarElement, LinearScale, LineController, LineElement, PointElement, Tooltip);

/** What a canvas takes from the style sheets. */
export interface ChartStyle {
  /** Lines in order of weight: the subject, what it is compared with, a third. */
  readonly line: string;
  readonly second: string;
  readonly third: string;
  readonly up: string;
  readonly down: string;
  readonly grid: string;
  readonly text: string;
  readonly panel: string;
  readonly font: string;
  /** Writes a time for the axis, and in full for the tooltip. */
  readonly time: (t: number) => string;
  readonly moment: (t: number) => string;
}
export interface DrawnChart<T> {
  update(data: T): void;
  destroy(): void;
}
export type ChartMaker<T> = (canvas: HTMLCanvasElement, style: ChartStyle) => DrawnChart<T>;
export interface Point { readonly x: number; readonly y: number | null }
export type MixedConfig = ChartConfiguration<'bar' | 'line', Point[]>;
type Options = ChartOptions<'bar' | 'line'>;
type TooltipPart = NonNullable<NonNullable<Options['plugins']>['tooltip']>;
export type AxisOptions = NonNullable<Options['scales']>[string];

const fontOf = (style: ChartStyle): { family: string; size: number } => ({ family: style.font, size: 11 });

/** Times at the quarters of the axis: round numbers of milliseconds are no round times. */
function evenTicks(axis: Scale): void {
  axis.ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => ({ value: axis.min + part * (axis.max - axis.min) }));
}

/** A linear time axis with our own labels. */
export const timeAxis = (style: ChartStyle): AxisOptions => ({
  type: 'linear', offset: false, grid: { color: style.grid, offset: false }, border: { display: false }, afterBuildTicks: evenTicks,
  ticks: { color: style.text, font: fontOf(style), maxRotation: 0, align: 'inner', callback: (value) => style.time(Number(value)) },
});

/** An axis of numbers; `label` writes a tick, empty = none. */
export const numberAxis = (style: ChartStyle, label: (value: number) => string, stepSize?: number): AxisOptions => ({
  type: 'linear', grid: { color: style.grid }, border: { display: false }, ticks: { color: style.text, font: fontOf(style), maxTicksLimit: 6, ...(stepSize === undefined ? {} : { stepSize }), callback: (value) => label(Number(value)) },
});

/** Options all charts share; nothing moves. */
export function baseOptions(style: ChartStyle, tooltip: TooltipPart): Options {
  const font = fontOf(style);
  return {
    animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: 'index', intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: { animation: false, backgroundColor: style.panel, borderColor: style.grid, borderWidth: 1, titleColor: style.text, bodyColor: style.line, titleFont: font, bodyFont: font, displayColors: false, cornerRadius: 3, ...tooltip },
    },
  };
}

/** A chart of one configuration; `range`: the ends of its time axis are those of the data. */
export function drawn<T>(canvas: HTMLCanvasElement, options: Options, data: (value: T) => MixedConfig['data'], range?: (value: T) => readonly [number | undefined, number | undefined]): DrawnChart<T> {
  const chart = new Chart<'bar' | 'line', Point[]>(canvas, { type: 'line', data: { datasets: [] }, options });
  return {
    update(value) {
      chart.data = data(value);
      const x = chart.options.scales?.['x'];
      if (x && range) [x.min, x.max] = range(value);
      chart.update('none');
    },
    destroy: () => chart.destroy(),
  };
}
