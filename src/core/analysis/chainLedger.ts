import type { ForecastCounts } from '../contract';
import type { ChainRecord } from './chain';
import { publicationKey, readPlan, type ForecastMark } from './chainRecords';
import type { Plan } from './scorecard';

/** A forecast without an outcome. */
export interface OpenForecast extends ForecastMark {
  readonly method: string;
  readonly source: string;
  readonly symbol: string;
  readonly ts: number;
  /** Signals: timeframe, close time of its candle, side. Sentiment: empty and 0. */
  readonly id: string;
  readonly tf: string;
  readonly asOf: number;
  readonly side: 1 | -1;
  /** Signals: what it takes to judge it; NaN and null where the record does not say. */
  readonly atr: number;
  readonly plan: Plan | null;
  /** Sentiment: horizons still open, seconds, with the probability said. */
  readonly left: Map<number, number>;
}

/**
 * Keeps account of forecasts and their ends from the records of one chain, live or read back: forecasts = outcomes + void + open
 * after every record. An end of a forecast that is not known is not counted (its forecast is in a part of the log that was not read).
 */
export class ChainLedger {
  /** By the hash of their record: after a restart a simulator may make the same forecast again. */
  readonly #open = new Map<string, OpenForecast>();
  /** Newest hash of a signal's id or a publication's key. */
  readonly #hashes = new Map<string, string>();
  /** Marks of signals whose random entries may still come. */
  readonly #ended = new Map<string, ForecastMark>();
  #counts = { forecasts: 0, outcomes: 0, void: 0 };

  get counts(): ForecastCounts {
    const { forecasts, outcomes, void: voids } = this.#counts;
    return { forecasts, outcomes, void: voids, open: forecasts - outcomes - voids };
  }

  open(): readonly OpenForecast[] {
    return [...this.#open.values()];
  }

  /** The open forecast of a signal's id or a publication's key. */
  find(key: string): OpenForecast | undefined {
    return this.#open.get(this.#hashes.get(key) ?? '');
  }

  /** The open forecast of a record. */
  get(hash: string): OpenForecast | undefined {
    return this.#open.get(hash);
  }

  /** Place of a signal, open or ended a short time ago. */
  mark(id: string): ForecastMark | undefined {
    return this.find(id) ?? this.#ended.get(id);
  }

  read({ body, seq, hash }: ChainRecord): void {
    if (body.type === 'signal' && body['scored'] === true) this.#signal(body, { seq, hash });
    else if (body.type === 'forecast') this.#forecast(body, { seq, hash });
    else if (body.type === 'outcome') this.#end(String(body['of']), 0, body['result'] === 'void');
    else if (body.type === 'random') this.#ended.delete(String(body['id']));
    else if (body.type === 'outcomes') for (const end of list(body['ends'])) this.#end(String(end[0]), Number(end[3]), end[4] === 'void');
  }

  #signal(body: Readonly<Record<string, unknown>>, mark: ForecastMark): void {
    const id = String(body['id']);
    this.#counts.forecasts++;
    this.#add(id, { ...mark, ...common(body), id, tf: String(body['tf']), asOf: Number(body['asOf']), side: body['action'] === 'SELL' ? -1 : 1, atr: Number(body['atr'] ?? NaN), plan: readPlan(body['plan']), left: new Map() });
  }

  #forecast(body: Readonly<Record<string, unknown>>, mark: ForecastMark): void {
    const left = new Map(list(body['horizons']).map(([h, pUp]) => [Number(h), Number(pUp)]));
    const forecast = { ...mark, ...common(body), id: '', tf: '', asOf: 0, side: 1, atr: NaN, plan: null, left } as const;
    this.#counts.forecasts += left.size;
    if (left.size > 0) this.#add(publicationKey(forecast.symbol, forecast.ts), forecast);
  }

  #add(key: string, forecast: OpenForecast): void {
    this.#open.set(forecast.hash, forecast);
    this.#hashes.set(key, forecast.hash);
  }

  /** `h` = 0: a signal. */
  #end(hash: string, h: number, isVoid: boolean): void {
    const forecast = this.#open.get(hash);
    if (!forecast || (h > 0 && !forecast.left.delete(h))) return;
    if (isVoid) this.#counts.void++;
    else this.#counts.outcomes++;
    if (h > 0 && forecast.left.size > 0) return;
    this.#open.delete(hash);
    const key = h > 0 ? publicationKey(forecast.symbol, forecast.ts) : forecast.id;
    if (this.#hashes.get(key) === hash) this.#hashes.delete(key);
    if (h === 0 && !isVoid) this.#remember(key, forecast);
  }

  #remember(id: string, { seq, hash }: ForecastMark): void {
    this.#ended.set(id, { seq, hash });
    // Random entries end within some 120 candles; those cut off by a gap never come.
    if (this.#ended.size > 50_000) this.#ended.delete(this.#ended.keys().next().value ?? id);
  }
}

const common = (body: Readonly<Record<string, unknown>>): Pick<OpenForecast, 'method' | 'source' | 'symbol' | 'ts'> => ({
  method: String(body['method']), source: String(body['source']), symbol: String(body['symbol']), ts: Number(body['ts']),
});

const list = (value: unknown): readonly (readonly unknown[])[] => (Array.isArray(value) ? value.filter((entry): entry is unknown[] => Array.isArray(entry)) : []);
