import type { BinaryData, DataKind } from '../contract';
import { BreadthTracker } from './breadth';
import { HorizonModel, HORIZONS, type VoidReason } from './horizon';
import type { AnalysisSink, CandleInput, QuoteInput } from './types';

/**
 * Method id: two naive experts. It says what it is; on most markets the record will show no edge, and then no arrow is drawn.
 */
export const SENTIMENT_METHOD = 'naive2@0';
/** Horizon plain clients read as up and down, seconds. */
const MAIN_HORIZON = 60;
/** Without a price for this long nothing is forecast: the last message ages on screen. */
const SILENT_MS = 60_000;
/** Least time between two forecasts of one symbol. */
const LEAST_MS = 1_000;

interface SymbolState {
  readonly symbol: string;
  readonly kind: DataKind;
  readonly horizons: readonly HorizonModel[];
  /** Time at which the next open forecast is due, ms; Infinity when none is open. */
  due: number;
  venue: string;
  px: 'mid' | 'trade';
  price: number | null;
  priceTime: number;
  sentAt: number;
}

const usable = (price: number | null): price is number => price !== null && Number.isFinite(price) && price > 0;

/** Probability of a rise per symbol and horizon, with its record, and the breadth of the watch list. */
export class Sentiment {
  /** By kind and symbol: records of two kinds of data never mix. */
  readonly #states = new Map<DataKind, Map<string, SymbolState>>();
  readonly #breadth = new BreadthTracker();
  #kind: DataKind | null = null;
  #marketSentAt = -Infinity;
  #pace = 1;

  constructor(private readonly everyMs: number) {}

  setPace(pace: number): void {
    this.#pace = pace;
  }

  quote(input: QuoteInput): void {
    const px = usable(input.mid) ? 'mid' : 'trade';
    const price = usable(input.mid) ? input.mid : input.last;
    if (!usable(price) || !Number.isFinite(input.now)) return;
    if (this.#kind !== null && this.#kind !== input.kind) this.reset();
    this.#kind = input.kind;
    const state = this.#state(input);
    const now = Math.max(input.now, state.priceTime);
    if (state.price !== null && (state.venue !== input.venue || state.px !== px)) voidAll(state, 'feed');
    // Labels are due up to now: the price before this one held until here.
    else if (state.price !== null && state.due < now) matureAll(state, now, false, state.price);
    state.venue = input.venue;
    state.px = px;
    state.price = price;
    state.priceTime = now;
    this.#breadth.quote(input.symbol, price, now);
  }

  /** A one-minute candle closed, or its history came in (`warm`). */
  minute(input: CandleInput, out: AnalysisSink): void {
    this.#breadth.candles(input.symbol, input.candles, input.warm);
    const state = this.#states.get(input.kind)?.get(input.symbol);
    if (!input.warm && state) this.#send(state, input.now, out);
  }

  clock(now: number, out: AnalysisSink): void {
    if (this.#kind === null) return;
    const everyMs = this.everyMs * this.#pace;
    for (const state of this.#states.get(this.#kind)?.values() ?? []) {
      if (state.price === null) continue;
      if (state.due <= now) matureAll(state, now, true, state.price);
      if (now - state.sentAt >= everyMs) this.#send(state, now, out);
    }
    if (now - this.#marketSentAt < everyMs) return;
    this.#marketSentAt = now;
    out({ type: 'sentiment', symbol: null, data: this.#market(now, this.#kind) });
  }

  reset(): void {
    for (const states of this.#states.values()) {
      for (const state of states.values()) {
        voidAll(state, 'mode');
        state.price = null;
        state.sentAt = -Infinity;
      }
    }
    this.#breadth.reset();
    this.#kind = null;
    this.#marketSentAt = -Infinity;
  }

  /** Publishes and, in the same moment, records the forecasts published. */
  #send(state: SymbolState, now: number, out: AnalysisSink): void {
    const age = now - state.priceTime;
    if (state.price === null || age > SILENT_MS || now - state.sentAt < LEAST_MS) return;
    state.sentAt = now;
    const main = state.horizons.find((h) => h.seconds === MAIN_HORIZON)?.present();
    for (const h of state.horizons) h.issue(now, state.price, age);
    state.due = nextDue(state);
    out({
      type: 'sentiment',
      symbol: state.symbol,
      data: {
        ...base(state.kind, now), up: main ? main.pUp : null, down: main ? 1 - main.pUp : null, venue: state.venue, mid: state.price, px: state.px,
        horizons: state.horizons.map((h) => h.message()),
        drivers: main ? [{ k: 'last_move', value: main.last, effect: main.effect }] : [], breadth: null, mood: null,
      },
    });
  }

  #market(now: number, kind: DataKind): BinaryData {
    const active = [...(this.#states.get(kind)?.values() ?? [])].filter((s) => s.price !== null && now - s.priceTime <= SILENT_MS);
    const up = active.filter((s) => (s.horizons.find((h) => h.seconds === MAIN_HORIZON)?.present().pUp ?? 0.5) > 0.5);
    return {
      ...base(kind, now), up: null, down: null, venue: '', mid: null, px: 'mid', horizons: [], drivers: [],
      ...this.#breadth.read(now, active.length > 0 ? up.length / active.length : null),
    };
  }

  #state({ kind, symbol, venue }: QuoteInput): SymbolState {
    let states = this.#states.get(kind);
    if (!states) this.#states.set(kind, (states = new Map()));
    let state = states.get(symbol);
    if (!state) {
      const horizons = HORIZONS.map((seconds) => new HorizonModel(seconds));
      state = { symbol, kind, horizons, due: Infinity, venue, px: 'mid', price: null, priceTime: -Infinity, sentAt: -Infinity };
      states.set(symbol, state);
    }
    return state;
  }
}

function voidAll(state: SymbolState, reason: VoidReason): void {
  for (const h of state.horizons) h.void(reason);
  state.due = Infinity;
}

function matureAll(state: SymbolState, until: number, inclusive: boolean, price: number): void {
  for (const h of state.horizons) h.mature(until, inclusive, price, state.priceTime);
  state.due = nextDue(state);
}

function nextDue(state: SymbolState): number {
  let due = Infinity;
  for (const h of state.horizons) due = Math.min(due, h.due);
  return due;
}

function base(kind: DataKind, now: number): Pick<BinaryData, 'v' | 'method' | 'source' | 'ts' | 'seq' | 'prev' | 'hash'> {
  return { v: 1, method: SENTIMENT_METHOD, source: kind, ts: now, seq: null, prev: null, hash: null };
}
