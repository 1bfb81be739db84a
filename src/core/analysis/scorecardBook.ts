import { INTERVAL_MS, isInterval, type ForecastCounts, type Interval, type ScorecardReport, type ScorecardWindow, type SentimentCell, type SignalCell } from '../contract';
import type { ChainRecord } from './chain';
import type { OpenForecast } from './chainLedger';
import { equityCurve } from './equity';
import { SIGNAL_PLAN } from './ratings';
import { signalFigures, type RandomTrade, type Trade } from './scorecardFigures';
import { ForecastRecord, forecastFigures } from './scorecardForecasts';

/** Outcomes kept per series, the newest; some weeks of one-minute signals. */
const KEPT = 10_000;
const DAY = 86_400_000;
const WINDOW_MS: Readonly<Record<ScorecardWindow, number>> = { '24h': DAY, '7d': 7 * DAY, all: Infinity };

interface Series {
  readonly method: string;
  readonly symbol: string;
  readonly tf: Interval;
  trades: Trade[];
  random: RandomTrade[];
  voids: number[];
}
interface Forecasts {
  readonly method: string;
  readonly symbol: string;
  readonly h: number;
  readonly record: ForecastRecord;
}

export interface ScorecardQuery {
  readonly window: ScorecardWindow;
  /** null = all. */
  readonly symbol: string | null;
  readonly tf: Interval | null;
  readonly now: number;
  readonly open: readonly OpenForecast[];
}
/** Times between which outcomes count, ms. */
interface Span {
  readonly from: number;
  readonly now: number;
}
type Cells = Pick<ScorecardReport, 'since' | 'trials' | 'plan' | 'signals' | 'pooledSignals' | 'sentiment' | 'pooledSentiment' | 'equity'>;

/** The scorecard of one kind of data, made of the records of its log and of nothing else: what is shown can be recomputed by anybody who has the log. */
export class ScorecardBook {
  readonly #series = new Map<string, Series>();
  readonly #forecasts = new Map<string, Forecasts>();

  read({ body }: ChainRecord): void {
    if (body.type === 'outcome') this.#outcome(body);
    else if (body.type === 'random') this.#random(body);
    else if (body.type === 'outcomes' && Array.isArray(body['ends'])) for (const end of body['ends']) if (Array.isArray(end)) this.#end(String(body['method']), end);
  }

  report({ window, symbol, tf, now, open }: ScorecardQuery): Cells {
    const from = now - WINDOW_MS[window];
    const span = { from, now };
    const signals = this.#signals(span, open);
    const shown = <C extends { symbol: string | null }>(cells: readonly C[]): C[] => cells.filter((cell) => symbol === null || cell.symbol === symbol);
    const cells = signals.cells.filter((cell) => tf === null || cell.tf === tf);
    const sentiment = this.#sentiment(from, open);
    const since = [...signals.pooled, ...sentiment.pooled].flatMap((cell) => cell.since ?? []);
    return {
      since: since.length > 0 ? Math.min(...since) : null, trials: signals.trials, plan: SIGNAL_PLAN, signals: shown(cells), pooledSignals: signals.pooled,
      sentiment: shown(sentiment.cells), pooledSentiment: sentiment.pooled,
      equity: this.#equity(span, symbol, tf),
    };
  }

  #equity({ from, now }: Span, symbol: string | null, tf: Interval | null): ScorecardReport['equity'] {
    const chosen = [...this.#series.values()].filter((s) => (symbol === null || s.symbol === symbol) && (tf === null || s.tf === tf));
    const later = <T extends { readonly ts: number }>(items: readonly T[]): T[] => items.filter((t) => t.ts >= from && t.ts <= now);
    return [...new Set(chosen.map((s) => s.method))].map((method) => {
      const own = chosen.filter((s) => s.method === method);
      return { method, points: equityCurve(own.flatMap((s) => later(s.trades)), own.flatMap((s) => later(s.random))) };
    });
  }

  #signals({ from, now }: Span, open: readonly OpenForecast[]): { cells: SignalCell[]; pooled: SignalCell[]; trials: number } {
    const waiting = new Map<string, number>();
    for (const f of open) {
      if (f.id === '' || !isInterval(f.tf)) continue;
      this.#of(f.method, f.symbol, f.tf);
      const key = `${f.method}|${f.symbol}|${f.tf}`;
      waiting.set(key, (waiting.get(key) ?? 0) + 1);
    }
    const parts = [...this.#series].map(([key, s]) => ({
      ...s, open: waiting.get(key) ?? 0, trades: s.trades.filter((t) => t.ts >= from && t.ts <= now), pending: s.trades.filter((t) => t.ts > now).length,
      random: s.random.filter((t) => t.ts >= from), voids: s.voids.filter((ts) => ts >= from),
    }));
    const trials = Math.max(1, parts.filter((part) => part.trades.length > 0).length);
    const cell = (method: string, symbol: string | null, tf: Interval | null, of: typeof parts): SignalCell => {
      const total = (count: (part: (typeof parts)[number]) => number): number => of.reduce((n, part) => n + count(part), 0);
      const counts = { open: total((p) => p.open), void: total((p) => p.voids.length), pending: total((p) => p.pending), trials, series: of.length };
      return { method, symbol, tf, ...signalFigures(of.flatMap((p) => p.trades), of.flatMap((p) => p.random), counts) };
    };
    const pooled = [...new Set(parts.map((p) => p.method))].flatMap((method) => {
      const own = parts.filter((p) => p.method === method);
      const tfs = [...new Set(own.map((p) => p.tf))];
      return [cell(method, null, null, own), ...tfs.map((tf) => cell(method, null, tf, own.filter((p) => p.tf === tf)))];
    });
    return { cells: parts.map((p) => cell(p.method, p.symbol, p.tf, [p])), pooled, trials };
  }

  #sentiment(from: number, open: readonly OpenForecast[]): { cells: SentimentCell[]; pooled: SentimentCell[] } {
    const waiting = new Map<string, number>();
    for (const f of open) for (const h of f.left.keys()) waiting.set(`${f.method}|${f.symbol}|${h}`, (waiting.get(`${f.method}|${f.symbol}|${h}`) ?? 0) + 1);
    const parts = [...this.#forecasts].map(([key, f]) => ({ ...f, open: waiting.get(key) ?? 0 }));
    const cells = parts.map(({ method, symbol, h, record, open: n }) => ({ method, symbol, ...forecastFigures([record], h, from, n) }));
    const pooled = [...new Set(parts.map((p) => p.method))].flatMap((method) => [...new Set(parts.map((p) => p.h))].sort((a, b) => a - b).map((h) => {
      const own = parts.filter((p) => p.method === method && p.h === h);
      return { method, symbol: null, ...forecastFigures(own.map((p) => p.record), h, from, own.reduce((n, p) => n + p.open, 0)) };
    }));
    return { cells, pooled };
  }

  #of(method: string, symbol: string, tf: Interval): Series {
    const key = `${method}|${symbol}|${tf}`;
    let series = this.#series.get(key);
    if (!series) this.#series.set(key, (series = { method, symbol, tf, trades: [], random: [], voids: [] }));
    return series;
  }

  #outcome(body: Readonly<Record<string, unknown>>): void {
    const { method, symbol, ts, result, bars, ret, hold, r, mae, mfe } = body;
    const tf = String(body['tf']);
    if (typeof method !== 'string' || typeof symbol !== 'string' || !isInterval(tf) || typeof ts !== 'number') return;
    const series = this.#of(method, symbol, tf);
    const asOf = Number(body['asOf']);
    // It counts from the end of its time on: a stop comes sooner than a target, and counting each as it comes would show the losses first.
    const settled = Math.max(ts, asOf + SIGNAL_PLAN.expiryBars * INTERVAL_MS[tf]);
    if (result === 'void') series.voids = kept(series.voids, ts);
    else if (isResult(result)) series.trades = kept(series.trades, { tf, asOf, ts: settled, result, bars: Number(bars), ret: Number(ret), hold: Number(hold), r: Number(r), mae: Number(mae), mfe: Number(mfe) });
  }

  #random(body: Readonly<Record<string, unknown>>): void {
    const { method, symbol, ts, ret, r } = body;
    const tf = String(body['tf']);
    if (typeof method !== 'string' || typeof symbol !== 'string' || !isInterval(tf) || typeof ts !== 'number' || !Array.isArray(ret) || !Array.isArray(r)) return;
    const series = this.#of(method, symbol, tf);
    for (const [k, value] of ret.entries()) series.random = kept(series.random, { tf, ts, ret: Number(value), r: Number(r[k]) }, 3 * KEPT);
  }

  #end(method: string, [, symbol, , h, result, , , due, pUp]: readonly unknown[]): void {
    if (typeof symbol !== 'string' || typeof h !== 'number' || typeof due !== 'number' || typeof pUp !== 'number') return;
    const key = `${method}|${symbol}|${h}`;
    let forecasts = this.#forecasts.get(key);
    if (!forecasts) this.#forecasts.set(key, (forecasts = { method, symbol, h, record: new ForecastRecord() }));
    forecasts.record.add(due, pUp, String(result));
  }
}

const isResult = (value: unknown): value is Trade['result'] => value === 'target' || value === 'stop' || value === 'expiry';

/** The list with one more; the oldest tenth goes when it is full. */
function kept<T>(items: T[], item: T, most = KEPT): T[] {
  items.push(item);
  return items.length > most ? items.slice(most / 10) : items;
}

/** Accounts of several ledgers together. */
export function addCounts(counts: readonly ForecastCounts[]): ForecastCounts {
  const sum = (field: keyof ForecastCounts): number => counts.reduce((total, c) => total + c[field], 0);
  return { forecasts: sum('forecasts'), outcomes: sum('outcomes'), void: sum('void'), open: sum('open') };
}
