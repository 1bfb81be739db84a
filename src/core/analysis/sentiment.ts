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
  readonly #states = new Map<string, SymbolState>();
  readonly #breadth = new BreadthTracker();
  #kind: DataKind | null = null;
  #marketSentAt = -Infinity;

  constructor(private readonly everyMs: number) {}

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
    else if (state.price !== null) for (const h of state.horizons) h.mature(now, false, state.price, state.priceTime);
    Object.assign(state, { venue: input.venue, px, price, priceTime: now });
    this.#breadth.quote(input.symbol, price, now);
  }

  /** A one-minute candle closed, or its history came in (`warm`). */
  minute(input: CandleInput, out: AnalysisSink): void {
    this.#breadth.candles(input.symbol, input.candles, input.warm);
    const state = this.#states.get(`${input.kind}|${input.symbol}`);
    if (!input.warm && state) this.#send(state, input.now, out);
  }

  clock(now: number, out: AnalysisSink): void {
    if (this.#kind === null) return;
    for (const state of this.#states.values()) {
      if (state.kind !== this.#kind || state.price === null) continue;
      for (const h of state.horizons) h.mature(now, true, state.price, state.priceTime);
      if (now - state.sentAt >= this.everyMs) this.#send(state, now, out);
    }
    if (now - this.#marketSentAt < this.everyMs) return;
    this.#marketSentAt = now;
    out({ type: 'sentiment', symbol: null, data: this.#market(now, this.#kind) });
  }

  reset(): void {
    for (const state of this.#states.values()) {
      voidAll(state, 'mode');
      state.price = null;
      state.sentAt = -Infinity;
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
    const active = [...this.#states.values()].filter((s) => s.kind === kind && s.price !== null && now - s.priceTime <= SILENT_MS);
    const up = active.filter((s) => (s.horizons.find((h) => h.seconds === MAIN_HORIZON)?.present().pUp ?? 0.5) > 0.5);
    return {
      ...base(kind, now), up: null, down: null, venue: '', mid: null, px: 'mid', horizons: [], drivers: [],
      ...this.#breadth.read(now, active.length > 0 ? up.length / active.length : null),
    };
  }

  #state({ kind, symbol, venue }: QuoteInput): SymbolState {
    const key = `${kind}|${symbol}`;
    let state = this.#states.get(key);
    if (!state) {
      const horizons = HORIZONS.map((seconds) => new HorizonModel(seconds));
      state = { symbol, kind, horizons, venue, px: 'mid', price: null, priceTime: -Infinity, sentAt: -Infinity };
      this.#states.set(key, state);
    }
    return state;
  }
}

function voidAll(state: SymbolState, reason: VoidReason): void {
  for (const h of state.horizons) h.void(reason);
}

function base(kind: DataKind, now: number): Pick<BinaryData, 'v' | 'method' | 'source' | 'ts' | 'seq' | 'prev' | 'hash'> {
  return { v: 1, method: SENTIMENT_METHOD, source: kind, ts: now, seq: null, prev: null, hash: null };
}
