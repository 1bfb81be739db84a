import {
  CandlestickSeries, createChartEx, CrosshairMode, HistogramSeries, LineSeries, LineStyle, PriceScaleMode,
  type CandlestickData, type IChartApiBase, type IPriceLine, type ISeriesApi, type ISeriesPrimitive, type Logical, type MouseEventParams, type SeriesType, type Time, type UTCTimestamp, type WhitespaceData,
} from 'lightweight-charts';
import type { ChartModel, ChartPoint } from '@/core/market/chartBars';
import { zonedTime, type ZoneClock } from '@/core/market/chartTime';
import { shadesOf, type IndicatorLines } from './lines';
import { faded, type ChartLook } from './look';
import { ZoneScale } from './zoneScale';

/** A price that is drawn as a line across the chart. */
export interface PriceMark {
  readonly price: number;
  readonly title: string;
  readonly tone: 'up' | 'down' | 'accent' | 'muted';
}
/** Where the pointer is: place on the axis, and price when it is over the candles. */
export interface Hover {
  readonly place: number;
  readonly price: number | null;
}
/** Draws over the candles; sizes in CSS pixels. */
export type Painter = (context: CanvasRenderingContext2D, size: { readonly width: number; readonly height: number }) => void;
export interface ScaleChoice {
  readonly log: boolean;
  /** Percent from the first candle in sight: what two symbols are compared in. */
  readonly percent: boolean;
}
export interface RendererOptions {
  readonly look: ChartLook;
  readonly clock: ZoneClock;
  readonly price: (value: number) => string;
  readonly minMove: number;
}

const timeOf = (point: ChartPoint): UTCTimestamp => Math.round(point.time / 1_000) as UTCTimestamp;
const MAIN_SHARE = 300;
const PANE_SHARE = 90;

type Datum = { readonly time: UTCTimestamp; readonly value?: number; readonly color?: string };
/** One drawn line and where its values are. */
interface Track {
  readonly series: ISeriesApi<SeriesType, Time>;
  readonly at: (place: number, point: ChartPoint) => Datum;
}

/** The one place that touches lightweight-charts. It is told what to draw and knows nothing of stores, symbols or sockets. */
export class ChartRenderer {
  private readonly scale = new ZoneScale();
  private readonly chart: IChartApiBase<Time>;
  /**
   * Every time of the axis without a value, never drawn. With one series alone the library (5.2.1) throws its own index of times away when that series is given
   * the same times again, and hit tests then fail with "Value is null": this one keeps the candles from ever being alone.
   */
  private readonly axis: ISeriesApi<'Line', Time>;
  private readonly candles: ISeriesApi<'Candlestick', Time>;
  /** The newest price: the library would paint its label in the colour of the body, and rising candles are hollow. */
  private readonly last: IPriceLine;
  private title = '';
  private tracks: Track[] = [];
  private marks: IPriceLine[] = [];
  private model: ChartModel | null = null;
  /** Places given to the library. */
  private given = 0;
  private requests: (() => void)[] = [];

  constructor(element: HTMLElement, private options: RendererOptions) {
    this.scale.clock = options.clock;
    this.chart = createChartEx<Time, ZoneScale>(element, this.scale, {
      autoSize: true,
      localization: { locale: 'en-US', dateFormat: 'yyyy-MM-dd' },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, rightOffset: 4, minBarSpacing: 0.5 },
      // Its notice stands beneath the chart in words: the logo brings a style element that the content security policy refuses.
      layout: { attributionLogo: false, fontSize: 11 },
    });
    this.axis = this.chart.addSeries(LineSeries, { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false });
    this.candles = this.chart.addSeries(CandlestickSeries, { priceLineVisible: false, lastValueVisible: false });
    this.last = this.candles.createPriceLine({ price: 0, lineStyle: LineStyle.Dotted, lineWidth: 1, lineVisible: false, axisLabelVisible: false });
    this.restyle(options);
  }

  /** New colours, zone or number format. */
  restyle(options: RendererOptions): void {
    const zoneChanged = options.clock.zone !== this.options.clock.zone;
    this.options = options;
    const { look, clock, price, minMove } = options;
    this.scale.clock = clock;
    this.chart.applyOptions({
      layout: { background: { color: look.panel }, textColor: look.muted, fontFamily: look.font, panes: { separatorColor: look.grid, separatorHoverColor: faded(look.accent, 0.2) } },
      grid: { vertLines: { color: look.grid }, horzLines: { color: look.grid } },
      crosshair: { vertLine: { color: look.line, labelBackgroundColor: look.text }, horzLine: { color: look.line, labelBackgroundColor: look.text } },
      localization: { timeFormatter: (time: Time) => (typeof time === 'number' ? zonedTime(time * 1_000, clock, { seconds: this.model?.interval === '1s' }) : '') },
    });
    this.candles.applyOptions({
      upColor: look.panel, downColor: look.down, wickUpColor: look.up, wickDownColor: look.down, borderVisible: true, borderUpColor: look.up, borderDownColor: look.down,
      priceFormat: { type: 'custom', formatter: price, minMove },
    });
    if (zoneChanged && this.model) this.draw(this.model, 'all');
    this.showLast();
  }

  /** Draws the model. `tail`: only its end is new. */
  draw(model: ChartModel, change: 'tail' | 'all'): void {
    const sameAxis = change === 'tail' && this.model?.interval === model.interval && this.given > 0;
    const intervalChanged = this.model?.interval !== model.interval;
    this.model = model;
    if (intervalChanged) this.chart.timeScale().applyOptions({ timeVisible: model.interval !== '1d', secondsVisible: model.interval === '1s' });
    if (sameAxis) {
      for (let place = Math.max(0, this.given - 1); place < model.points.length; place++) this.update(place, model);
    } else {
      this.axis.setData(model.points.map((point) => ({ time: timeOf(point) })));
      this.candles.setData(model.points.map(candleAt));
      for (const { series, at } of this.tracks) series.setData(model.points.map((point, place) => at(place, point)));
    }
    this.given = model.points.length;
    this.showLast();
    for (const request of this.requests) request();
  }

  /** Replaces every line: indicators over the candles and in panes of their own, volume, the other symbol. Values are drawn with the next `draw`. */
  setLines(lines: readonly IndicatorLines[], volume: boolean, other: { readonly title: string; readonly values: readonly number[] } | null): void {
    for (const { series } of [...this.tracks].reverse()) this.chart.removeSeries(series);
    this.tracks = [];
    if (volume) this.addVolume();
    const { look } = this.options;
    const shades = shadesOf(lines, look.series.length);
    lines.forEach((line, i) => {
      const pane = line.spec.pane === 'overlay' ? 0 : this.chart.panes().length;
      shades[i]?.forEach((shade, k) => {
        if (shade >= 0) this.addLine(line, k, pane, look.series[shade] ?? look.text);
      });
    });
    if (other) {
      const series = this.chart.addSeries(LineSeries, { color: look.accent, lineWidth: 2, title: other.title, priceLineVisible: false, crosshairMarkerVisible: false });
      this.tracks.push({ series, at: (place, point) => lineAt(other.values, place, point) });
    }
    this.chart.panes().forEach((pane, i) => pane.setStretchFactor(i === 0 ? MAIN_SHARE : PANE_SHARE));
    if (this.model) this.draw(this.model, 'all');
  }

  private addVolume(): void {
    const { look } = this.options;
    const series = this.chart.addSeries(HistogramSeries, { priceFormat: { type: 'volume' }, priceLineVisible: false, lastValueVisible: false }, this.chart.panes().length);
    const [up, down] = [faded(look.up, 0.55), faded(look.down, 0.55)];
    this.tracks.push({ series, at: (_place, point) => ({ ...valueAt(point.candle?.volume, point), color: (point.candle?.close ?? 0) >= (point.candle?.open ?? 0) ? up : down }) });
  }

  private addLine(line: IndicatorLines, k: number, pane: number, color: string): void {
    const column = line.columns[k];
    if (!column) return;
    const common = { color, priceLineVisible: false, lastValueVisible: line.spec.pane === 'own', title: '', priceFormat: this.formatOf(line) };
    const series: ISeriesApi<SeriesType, Time> = column.draw === 'histogram'
      ? this.chart.addSeries(HistogramSeries, common, pane)
      : this.chart.addSeries(LineSeries, {
        ...common, lineWidth: 1, crosshairMarkerVisible: false,
        ...(column.draw === 'dots' ? { lineVisible: false, pointMarkersVisible: true, pointMarkersRadius: 1.5 } : {}),
      }, pane);
    if (k === 0) for (const price of line.spec.levels) series.createPriceLine({ price, color: this.options.look.line, lineStyle: LineStyle.Dotted, lineWidth: 1, axisLabelVisible: false });
    const values = line.values[k] ?? [];
    this.tracks.push({ series, at: (place, point) => (column.draw === 'line' ? lineAt(values, place, point) : valueAt(values[place], point)) });
  }

  private formatOf({ spec }: IndicatorLines) {
    const { price, minMove } = this.options;
    if (spec.unit === 'price' || spec.unit === 'change') return { type: 'custom' as const, formatter: price, minMove };
    return spec.unit === 'volume' ? { type: 'volume' as const } : { type: 'price' as const, precision: 2, minMove: 0.01 };
  }

  private update(place: number, model: ChartModel): void {
    const point = model.points[place];
    if (!point) return;
    // Each update costs as much as there are bars: a place that the axis has needs none.
    if (place >= this.given) this.axis.update({ time: timeOf(point) });
    this.candles.update(candleAt(point));
    for (const { series, at } of this.tracks) series.update(at(place, point));
  }

  /** Words beside the last price: the time until its candle closes. */
  setTitle(title: string): void {
    this.title = title;
    this.showLast();
  }

  private showLast(): void {
    const candle = this.model?.points.at(-1)?.candle;
    const { look } = this.options;
    const shown = { lineVisible: !!candle, axisLabelVisible: !!candle };
    this.last.applyOptions(candle ? { ...shown, price: candle.close, color: candle.close >= candle.open ? look.up : look.down, title: this.title } : shown);
  }

  setMarks(marks: readonly PriceMark[]): void {
    for (const mark of this.marks) this.candles.removePriceLine(mark);
    const { look } = this.options;
    this.marks = marks.map(({ price, title, tone }) => this.candles.createPriceLine({ price, title, color: tone === 'muted' ? look.muted : look[tone], lineStyle: LineStyle.Dashed, lineWidth: 1, axisLabelVisible: true }));
  }

  setScale({ log, percent }: ScaleChoice): void {
    this.chart.priceScale('right', 0).applyOptions({ mode: percent ? PriceScaleMode.Percentage : log ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal, autoScale: true });
    // New panes take the choice of the first one over, but an index has no percent of its own.
    for (let pane = 1; pane < this.chart.panes().length; pane++) this.chart.priceScale('right', pane).applyOptions({ mode: PriceScaleMode.Normal });
  }

  /** Keeps the candles clear of what stands over the top of their pane, CSS pixels; half of it is theirs in any case. */
  setHeadroom(px: number): void {
    const { height } = this.size();
    if (height > 0) this.candles.priceScale().applyOptions({ scaleMargins: { top: Math.min(0.5, Math.max(0.1, px / height)), bottom: 0.1 } });
  }

  /** Prices fill the height again, whatever was dragged. */
  autoScale(): void {
    this.chart.priceScale('right').applyOptions({ autoScale: true });
  }

  /** Adds a layer beneath or above the candles; the result asks for it to be drawn again. */
  addLayer(order: 'bottom' | 'top', paint: Painter): () => void {
    let request = (): void => undefined;
    const layer: ISeriesPrimitive<Time> = {
      attached: (param) => (request = param.requestUpdate),
      paneViews: () => [{ zOrder: () => order, renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace(({ context, mediaSize }) => paint(context, mediaSize)) }) }],
    };
    this.candles.attachPrimitive(layer);
    const ask = (): void => request();
    this.requests.push(ask);
    return ask;
  }

  onHover(listener: (hover: Hover | null) => void): void {
    this.chart.subscribeCrosshairMove((event: MouseEventParams<Time>) => {
      const { point, logical } = event;
      if (!point || logical === undefined) return listener(null);
      const place = this.chart.timeScale().coordinateToLogical(point.x) ?? logical;
      listener({ place, price: (event.paneIndex ?? 0) === 0 ? this.candles.coordinateToPrice(point.y) : null });
    });
  }

  onRange(listener: (from: number, to: number) => void): void {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range) listener(range.from, range.to);
    });
  }

  range(): { readonly from: number; readonly to: number } | null {
    return this.chart.timeScale().getVisibleLogicalRange();
  }

  /** Shows places `from` to `to`. */
  show(from: number, to: number): void {
    this.chart.timeScale().setVisibleLogicalRange({ from, to });
  }

  toNow(): void {
    this.chart.timeScale().scrollToRealTime();
  }

  /** The library knows whole places only: what lies between two of them is reckoned. */
  x(place: number): number | null {
    const scale = this.chart.timeScale();
    const whole = Math.floor(place);
    const [at, next] = [scale.logicalToCoordinate(whole as Logical), scale.logicalToCoordinate((whole + 1) as Logical)];
    return at === null || next === null ? null : at + (place - whole) * (next - at);
  }

  y(price: number): number | null {
    return this.candles.priceToCoordinate(price);
  }

  /** Place and price at a point of the candles' pane; null outside of it. */
  at(x: number, y: number): { readonly place: number; readonly price: number } | null {
    const place = this.x(0);
    const next = this.x(1);
    const price = this.candles.coordinateToPrice(y);
    if (place === null || next === null || price === null || next === place) return null;
    return { place: (x - place) / (next - place), price };
  }

  /** Height of the candles' pane and width without the price axis, CSS pixels. */
  size(): { readonly width: number; readonly height: number } {
    return { width: this.chart.timeScale().width(), height: this.chart.panes()[0]?.getHeight() ?? 0 };
  }

  /** Top of each pane below the candles, CSS pixels, in the order the lines were given; the second pane is volume's when there is one. */
  paneTops(): number[] {
    let top = 0;
    return this.chart.panes().map((pane) => {
      const own = top;
      top += pane.getHeight() + 1;
      return own;
    });
  }

  /** While something is dragged over it the chart itself stands still. */
  hold(on: boolean): void {
    this.chart.applyOptions({ handleScroll: !on, handleScale: !on });
  }

  picture(): HTMLCanvasElement {
    return this.chart.takeScreenshot(true);
  }

  destroy(): void {
    this.chart.remove();
  }
}

function candleAt(point: ChartPoint): CandlestickData<Time> | WhitespaceData<Time> {
  const { candle } = point;
  return candle ? { time: timeOf(point), open: candle.open, high: candle.high, low: candle.low, close: candle.close } : { time: timeOf(point) };
}

function valueAt(value: number | undefined, point: ChartPoint): Datum {
  return value === undefined || !Number.isFinite(value) ? { time: timeOf(point) } : { time: timeOf(point), value };
}

/** The library draws a line across places without a value, in the colour of the point before: that one is made invisible. */
function lineAt(values: readonly number[], place: number, point: ChartPoint): Datum {
  const ends = place + 1 < values.length && !Number.isFinite(values[place + 1]);
  const datum = valueAt(values[place], point);
  return ends && datum.value !== undefined ? { ...datum, color: 'rgba(0, 0, 0, 0)' } : datum;
}
