import { INTERVAL_MS, type RatingData, type SignalRecord, type Strength } from '../contract';
import type { Candle } from '../market/outputs';
import { ratingInputs } from './ratingInputs';
import { Scorecard } from './scorecard';
import type { AnalysisSink, CandleInput } from './types';
import { rate, type Rating } from './votes';

/** Method id of ratings and signals. A change of any rule is a new id with a fresh track record. */
export const RATING_METHOD = 'ma-osc@0';
const PLAN = { stopAtr: 1.5, targetAtr: 3, expiryBars: 20 } as const;
const FIRST_TARGET_ATR = 1.5;
/** Past scores behind the percentile, and the fewest it is told for. */
const SCORES = 500;
const LEAST_SCORES = 30;
/** A series that pauses longer than a long weekend has a hole. */
const LONGEST_PAUSE_MS = 4 * 86_400_000;
/** Candles of the history rated to fill the percentile at the start. */
const WARM_SCORES = 60;

interface State {
  strength: Strength | null;
  score: number;
  asOf: number;
  scores: number[];
  readonly card: Scorecard;
}

interface Rated {
  readonly rating: Rating;
  readonly atr: number | null;
  readonly candle: Candle;
}

/** One sum is finite only if every part is; prices and volumes are far from overflow. */
const usable = (c: Candle): boolean => Number.isFinite(c.open + c.high + c.low + c.close + c.volume) && c.low > 0;

/** Rates the last candle; null with too few votes or a candle that is none. */
function rateLast(candles: readonly Candle[]): Rated | null {
  const candle = candles.at(-1);
  if (!candle || !candles.every(usable)) return null;
  const last = candles.length - 1;
  const inputs = ratingInputs(candles, last);
  const rating = rate(inputs, last);
  const atr = inputs.atr[last] ?? NaN;
  return rating && { rating, atr: atr > 0 ? atr : null, candle };
}

/** Ratings of the newest candles, oldest first. */
function pastScores(candles: readonly Candle[], count: number): Rating[] {
  if (!candles.every(usable)) return [];
  const first = Math.max(0, candles.length - count);
  const inputs = ratingInputs(candles, first);
  return candles.slice(first).flatMap((_, k) => rate(inputs, first + k) ?? []);
}

function percentile(scores: readonly number[], score: number): number | null {
  if (scores.length < LEAST_SCORES) return null;
  return (100 * scores.filter((s) => s <= Math.abs(score)).length) / scores.length;
}

function actionOf(strength: Strength): RatingData['action'] {
  return strength === 'NEUTRAL' ? 'NEUTRAL' : strength.endsWith('BUY') ? 'BUY' : 'SELL';
}

/** Ratings of all symbols and timeframes, the signals made of them, and their record. */
export class Ratings {
  /** By kind, symbol and timeframe: records of two kinds of data never mix. */
  readonly #states = new Map<string, State>();

  closed(input: CandleInput, out: AnalysisSink): void {
    const rated = rateLast(input.candles);
    const state = this.#state(input);
    const candle = input.candles.at(-1);
    if (!candle) return;
    if (input.warm) return this.#warm(input, state, rated, out);
    const asOf = candle.openTime + INTERVAL_MS[input.interval];
    if (asOf <= state.asOf) return;
    // Outcomes inside a hole cannot be known.
    if (state.asOf > 0 && candle.openTime - state.asOf > LONGEST_PAUSE_MS) state.card.drop();
    state.card.candle(candle);
    state.asOf = asOf;
    if (!rated) return;
    const data = this.#data(input, state, rated, true);
    out({ type: 'rating', rating: data });
    const before = state.strength;
    this.#remember(state, rated.rating);
    if (before !== null && before !== data.strength) out({ type: 'signal', record: this.#signal(input, state, rated, data) });
  }

  preview(input: CandleInput, out: AnalysisSink): void {
    const rated = rateLast(input.candles);
    if (rated) out({ type: 'rating', rating: this.#data(input, this.#state(input), rated, false) });
  }

  /** Open signals can no longer be judged; ratings start anew. */
  reset(): void {
    for (const state of this.#states.values()) {
      state.card.drop();
      state.strength = null;
      state.asOf = 0;
      state.scores = [];
    }
  }

  #warm(input: CandleInput, state: State, rated: Rated | null, out: AnalysisSink): void {
    const past = pastScores(input.candles, WARM_SCORES);
    // A longer memory than this history gives is kept.
    if (state.scores.length < past.length) state.scores = past.map((p) => Math.abs(p.score));
    if (!rated) return;
    const before = past.at(-2) ?? rated.rating;
    state.strength = before.strength;
    state.score = before.score;
    out({ type: 'rating', rating: this.#data(input, state, rated, true) });
    state.strength = rated.rating.strength;
    state.score = rated.rating.score;
  }

  #remember(state: State, rating: Rating): void {
    state.strength = rating.strength;
    state.score = rating.score;
    state.scores.push(Math.abs(rating.score));
    if (state.scores.length > SCORES) state.scores.shift();
  }

  #data(input: CandleInput, state: State, { rating, candle }: Rated, final: boolean): RatingData {
    const asOf = candle.openTime + INTERVAL_MS[input.interval];
    const side = Math.sign(rating.score) || Math.sign(state.score);
    const change = state.strength === null ? 0 : side * (rating.score - state.score);
    const dir = change > 1e-9 ? 'strengthening' : change < -1e-9 ? 'weakening' : 'steady';
    return {
      method: RATING_METHOD, source: input.kind, venue: input.venue, symbol: input.symbol, tf: input.interval, asOf,
      ts: final ? Math.max(input.now, asOf) : input.now, final, action: actionOf(rating.strength), strength: rating.strength,
      score: rating.score, ma: rating.ma, osc: rating.osc, dir, pct: percentile(state.scores, rating.score),
      counts: rating.counts, rationale: [...rating.votes], price: candle.close,
    };
  }

  #signal(input: CandleInput, state: State, { atr, candle }: Rated, data: RatingData): SignalRecord {
    const { price: _, ...shared } = data;
    const entry = input.mid ?? candle.close;
    const side = data.action === 'BUY' ? 1 : data.action === 'SELL' ? -1 : 0;
    const track = state.card.track();
    const planned = side !== 0 && atr !== null;
    if (planned) state.card.add(side, atr, data.ts);
    return {
      v: 1, id: `${RATING_METHOD}|${input.symbol}|${input.interval}|${data.asOf}`, ...shared, entry,
      stop: planned ? entry - side * PLAN.stopAtr * atr : null,
      targets: planned ? [FIRST_TARGET_ATR, PLAN.targetAtr].map((distance) => entry + side * distance * atr) : [],
      atr, expiry: planned ? data.asOf + PLAN.expiryBars * INTERVAL_MS[input.interval] : null,
      track, seq: null, prev: null, hash: null,
    };
  }

  #state({ kind, symbol, interval }: CandleInput): State {
    const key = `${kind}|${symbol}|${interval}`;
    let state = this.#states.get(key);
    if (!state) this.#states.set(key, (state = { strength: null, score: 0, asOf: 0, scores: [], card: new Scorecard(PLAN) }));
    return state;
  }
}
