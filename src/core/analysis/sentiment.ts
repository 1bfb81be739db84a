import type { BinaryData, DataKind } from '../contract';
import { BreadthTracker } from './breadth';
import { MIX_HORIZONS, SymbolModel, type HorizonSpec, type SymbolState } from './mix/symbolModel';
import type { AnalysisSink, CandleInput, QuoteInput } from './types';

/** Method id of the model. A change of any rule is a new id with a fresh track record. */
export const SENTIMENT_METHOD = 'mix@1';
/** Without a price for this long nothing is forecast: the last message ages on screen. */
const SILENT_MS = 60_000;
/** Least time between two published forecasts of one symbol. */
const LEAST_MS = 1_000;
/** Symbols publish in turns of this many groups, each a little earlier than the one before: not all in the same moment. */
const GROUPS = 10;
const GROUP_STEP = 0.03;

/** What a restart needs, to go on with what was learned and with the record. */
export interface SentimentState {
  readonly method: string;
  /** Each is made when it is asked for: all at once would take long with many symbols. */
  readonly symbols: Iterable<SymbolState>;
}

/** Probability of a rise per symbol and horizon, with its record, and the breadth of the watch list. */
export class Sentiment {
  /** By kind and symbol: records of two kinds of data never mix. */
  private readonly models = new Map<DataKind, Map<string, SymbolModel>>();
  private readonly breadth = new BreadthTracker();
  private kind: DataKind | null = null;
  private now = -Infinity;
  private marketSentAt = -Infinity;
  private pace = 1;
  /** Models with outcomes not told yet. */
  private readonly ended = new Set<SymbolModel>();

  /** @param everyMs longest time between two published forecasts of one symbol, ms of feed time. */
  constructor(private readonly everyMs: number, private readonly specs: readonly HorizonSpec[] = MIX_HORIZONS) {}

  setPace(pace: number): void {
    this.pace = pace;
  }

  quote(input: QuoteInput): void {
    if (this.kind !== null && this.kind !== input.kind) this.reset();
    const model = this.model(input.kind, input.symbol);
    if (!model.quote(input)) return;
    this.kind = input.kind;
    if (input.now > this.now) this.now = input.now;
    if (model.ended.length > 0) this.ended.add(model);
    this.breadth.quote(model);
  }

  /** A one-minute candle closed, or its history came in (`warm`). */
  minute(input: CandleInput, out: AnalysisSink): void {
    this.breadth.candles(input.symbol, input.candles, input.warm);
    const model = this.model(input.kind, input.symbol);
    model.minute(input);
    if (input.warm || !model.priced) return;
    // What is due is learned before the next forecast is made.
    if (model.due <= input.now) this.mature(model, input.now);
    model.second(input.now, true);
    this.flush(out);
    this.publish(model, input.now, true, out);
  }

  clock(now: number, out: AnalysisSink): void {
    this.now = now;
    if (this.kind !== null) {
      for (const model of this.models.get(this.kind)?.values() ?? []) {
        if (!model.priced) continue;
        if (model.due <= now) this.mature(model, now);
        const publishes = now - model.sentAt >= this.everyMs * model.haste && now - model.priceTime <= SILENT_MS;
        model.second(now, publishes);
        if (publishes) this.publish(model, now, false, out);
      }
    }
    this.flush(out);
    if (this.kind !== null) this.breadth.sample(now);
    if (this.kind === null || now - this.marketSentAt < this.everyMs * this.pace) return;
    this.marketSentAt = now;
    out({ type: 'sentiment', symbol: null, data: this.market(now, this.kind) });
  }

  /** The newest forecast of the shortest horizon, made each second; null without one. Asking changes nothing. */
  short(symbol: string): BinaryData | null {
    const model = this.kind === null ? undefined : this.models.get(this.kind)?.get(symbol);
    const short = model?.short();
    if (!model || !short) return null;
    return { ...base(model.kind, short.ts), up: null, down: null, venue: model.venue, mid: model.price, px: model.px, horizons: short.horizons, drivers: [], breadth: null, mood: null };
  }

  /** Another market is shown: what is open is void, at the feed time `now` of the market before. */
  reset(now = this.now, out?: AnalysisSink): void {
    for (const models of this.models.values()) {
      for (const model of models.values()) {
        model.forget(Number.isFinite(now) ? now : 0);
        if (model.ended.length > 0) this.ended.add(model);
      }
    }
    if (out) this.flush(out);
    this.breadth.reset();
    this.kind = null;
    this.now = -Infinity;
    this.marketSentAt = -Infinity;
  }

  state(): SentimentState {
    return { method: SENTIMENT_METHOD, symbols: this.states() };
  }

  /** Goes on from a state of before a restart. What does not fit (another method, other features) starts anew: number of symbols that go on. */
  restore(state: SentimentState): number {
    if (state.method !== SENTIMENT_METHOD) return 0;
    let count = 0;
    for (const s of state.symbols) if (this.model(s.kind, s.symbol).restore(s)) count++;
    return count;
  }

  private *states(): Generator<SymbolState> {
    for (const models of this.models.values()) for (const model of models.values()) yield model.state();
  }

  private mature(model: SymbolModel, now: number): void {
    model.mature(now, true);
    if (model.ended.length > 0) this.ended.add(model);
  }

  /** Publishes and, in the same moment, records the forecasts published. A fast feed tells its readers as often as a slow one. */
  private publish(model: SymbolModel, now: number, closed: boolean, out: AnalysisSink): void {
    if (now - model.priceTime > SILENT_MS || now - model.sentAt < LEAST_MS) return;
    const data = model.forecast(now, closed);
    const quiet: boolean = now - model.toldAt < (closed ? LEAST_MS : this.everyMs * model.haste) * this.pace;
    if (!quiet) model.toldAt = now;
    out({ type: 'sentiment', symbol: model.symbol, data, ...(quiet ? { quiet: true as const } : {}) });
  }

  /** Tells the outcomes that came in since. */
  private flush(out: AnalysisSink): void {
    for (const model of this.ended) {
      out({ type: 'outcome', of: 'sentiment', outcomes: model.ended });
      model.ended = [];
    }
    this.ended.clear();
  }

  private market(now: number, kind: DataKind): BinaryData {
    const active = [...(this.models.get(kind)?.values() ?? [])].filter((m) => m.priced && now - m.priceTime <= SILENT_MS);
    const up = active.filter((m) => (m.up ?? 0.5) > 0.5);
    return {
      ...base(kind, now), up: null, down: null, venue: '', mid: null, px: 'mid', horizons: [], drivers: [],
      ...this.breadth.read(now, active.length > 0 ? up.length / active.length : null),
    };
  }

  private model(kind: DataKind, symbol: string): SymbolModel {
    let models = this.models.get(kind);
    if (!models) this.models.set(kind, (models = new Map()));
    let model = models.get(symbol);
    if (!model) models.set(symbol, (model = new SymbolModel({ method: SENTIMENT_METHOD, source: kind, symbol }, this.specs, 1 - GROUP_STEP * (models.size % GROUPS))));
    return model;
  }
}

function base(kind: DataKind, now: number): Pick<BinaryData, 'v' | 'method' | 'source' | 'ts' | 'seq' | 'prev' | 'hash'> {
  return { v: 1, method: SENTIMENT_METHOD, source: kind, ts: now, seq: null, prev: null, hash: null };
}
