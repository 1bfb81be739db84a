import type { Candle, EngineOutput } from '../../market/outputs';
import { Sentiment } from '../sentiment';
import type { Scored } from './calibration';
import { evaluate, type Evaluation } from './metrics';
import type { HorizonSpec } from './symbolModel';

/** One minute of a price, its time the open time, ms. */
export type MinuteRow = Candle;
/** Best bid and ask with their sizes at one second, ms. */
export interface TouchRow {
  readonly time: number;
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** A forecast that has ended in a move, in the order of forecasting. */
export interface PrequentialForecast extends Scored {
  readonly madeAt: number;
}
export interface PrequentialRun {
  readonly forecasts: ReadonlyMap<number, readonly PrequentialForecast[]>;
  readonly flat: ReadonlyMap<number, number>;
  readonly void: ReadonlyMap<number, number>;
  /** Share of published forecasts with an arrow, by horizon. */
  readonly called: ReadonlyMap<number, number>;
}

export const MINUTE_SPECS: readonly HorizonSpec[] = [60, 300, 900, 3600].map((seconds) => ({ seconds, features: 'candle' }));
export const TOUCH_SPECS: readonly HorizonSpec[] = [1, 5, 10, 30, 60].map((seconds) => ({ seconds, features: 'book' }));
const MINUTE = 60_000;
const SYMBOL = 'X';

/** Gathers what a run publishes and what becomes of it. The first `burnIn` publications are left out. */
class Gatherer {
  readonly forecasts = new Map<number, PrequentialForecast[]>();
  readonly flat = new Map<number, number>();
  readonly void = new Map<number, number>();
  private readonly arrows = new Map<number, number>();
  private readonly pending = new Map<string, number>();
  private published = 0;
  /** Publications from this time on count. */
  private from = Infinity;

  constructor(private readonly burnIn: number) {}

  readonly take = (o: EngineOutput): void => {
    if (o.type === 'sentiment' && o.symbol !== null) {
      if (this.published++ === this.burnIn) this.from = o.data.ts;
      for (const { h, pUp, call } of o.data.horizons) {
        this.pending.set(`${o.data.ts}|${h}`, pUp);
        if (call !== 'NONE' && o.data.ts >= this.from) add(this.arrows, h);
      }
    } else if (o.type === 'outcome' && o.of === 'sentiment') {
      for (const { forecast, h, result } of o.outcomes) {
        const key = `${forecast}|${h}`;
        const p = this.pending.get(key);
        this.pending.delete(key);
        if (p === undefined || forecast < this.from) continue;
        if (result === 'void') add(this.void, h);
        else if (result === 'flat') add(this.flat, h);
        else this.scored(h, { p, y: result === 'up' ? 1 : 0, madeAt: forecast });
      }
    }
  };

  private scored(h: number, forecast: PrequentialForecast): void {
    const list = this.forecasts.get(h);
    if (list) list.push(forecast);
    else this.forecasts.set(h, [forecast]);
  }

  run(): PrequentialRun {
    const counted = Math.max(1, this.published - this.burnIn);
    return { forecasts: this.forecasts, flat: this.flat, void: this.void, called: new Map(Array.from(this.arrows, ([h, n]) => [h, n / counted])) };
  }
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/**
 * The live model over minutes of mid prices: at each close it forecasts, later it judges and learns, by the same code as in the server.
 * Forecast, then label, then update (Dawid's prequential order).
 *
 * @param burnIn publications left out at the start. @param closes prices to judge by, instead of those of the rows: for showing that a leak is seen.
 */
export function overMinutes(rows: readonly MinuteRow[], burnIn: number, specs: readonly HorizonSpec[] = MINUTE_SPECS, closes?: readonly number[]): PrequentialRun {
  const model = new Sentiment(Infinity, specs);
  const gathered = new Gatherer(burnIn);
  const candles: Candle[] = [];
  for (const [i, row] of rows.entries()) {
    const close = closes?.[i] ?? row.close;
    const now = row.openTime + MINUTE;
    candles.push(row);
    // The longest look-back of breadth and features is far below that.
    if (candles.length > 3_000) candles.splice(0, 1_500);
    model.quote({ symbol: SYMBOL, mid: close, last: close, spread: null, venue: 'file', kind: 'replay', now });
    model.minute({ symbol: SYMBOL, interval: '1m', candles, kind: 'replay', venue: 'file', now, mid: close, warm: false }, gathered.take);
    model.clock(now, gathered.take);
  }
  return gathered.run();
}

/** The live model over best bids and asks second by second. */
export function overTouch(rows: readonly TouchRow[], burnIn: number, specs: readonly HorizonSpec[] = TOUCH_SPECS): PrequentialRun {
  const model = new Sentiment(1_000, specs);
  const gathered = new Gatherer(burnIn);
  for (const { time, bid, ask, bidSize, askSize } of rows) {
    model.quote({ symbol: SYMBOL, mid: (bid + ask) / 2, last: null, spread: ask - bid, bidSize, askSize, venue: 'file', kind: 'replay', now: time });
    model.clock(time, gathered.take);
  }
  return gathered.run();
}

/** Evaluation per horizon. @param everySeconds time between two forecasts. */
export function evaluateRun(run: PrequentialRun, everySeconds: number): Evaluation[] {
  return [...run.forecasts].sort(([a], [b]) => a - b).map(([h, items]) =>
    evaluate(h, items, Math.max(1, h / everySeconds), run.flat.get(h) ?? 0, run.void.get(h) ?? 0));
}
