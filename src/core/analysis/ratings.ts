import { INTERVAL_MS, type DataKind, type Interval, type RatingData, type SignalRecord, type Strength } from '../contract';
import type { Candle } from '../market/outputs';
import { Frame } from './frame';
import { Indicators } from './indicators';
import { SeriesScore } from './scorecardSeries';
import type { AnalysisSink, CandleInput } from './types';
import { ALL_VOTES, newTally, rationale, strengthOf, tally, type Tally } from './votes';

/** Method id of ratings and signals. A change of any rule is a new id with a fresh track record. */
export const RATING_METHOD = 'tr26@1';
/** Stop, scored target (the second one shown) and expiry of every signal. */
export const SIGNAL_PLAN = { stopAtr: 1.5, targetAtr: 3, expiryBars: 20 } as const;
const FIRST_TARGET_ATR = 1.5;
/** Past scores behind the percentile, and the fewest it is told for. */
const SCORES = 500;
const LEAST_SCORES = 30;
/** A series that pauses longer than a long weekend has a hole. */
const LONGEST_PAUSE_MS = 4 * 86_400_000;

/** The newest |scores| of one series. Single precision is enough: they are told apart by far more, and both sides of a comparison are rounded. */
class Scores {
  private readonly items = new Float32Array(SCORES);
  private count = 0;

  add(score: number): void {
    this.items[this.count % SCORES] = Math.abs(score);
    this.count++;
  }

  /** Share, in %, of past |scores| up to this one; null while there are too few. */
  percentile(score: number): number | null {
    const n = Math.min(this.count, SCORES);
    if (n < LEAST_SCORES) return null;
    const limit = Math.fround(Math.abs(score));
    let below = 0;
    for (let i = 0; i < n; i++) if ((this.items[i] as number) <= limit) below++;
    return (100 * below) / n;
  }
}

interface State {
  readonly kind: DataKind;
  readonly interval: Interval;
  indicators: Indicators;
  scores: Scores;
  /** Open time of the newest candle taken in. */
  fed: number;
  /** A candle before the newest was corrected or put in: the series is taken in anew when it is next looked at. */
  stale: boolean;
  /** Class and score of the last final rating; null before the first. */
  strength: Strength | null;
  score: number;
  /** Outcome of the preview last sent since the newest candle closed: the same one is not sent again. */
  readonly previewed: Tally;
  /** Close time of the newest candle that open signals were judged by, and the ATR there. */
  asOf: number;
  atr: number;
  readonly card: SeriesScore;
}

/** One sum is finite only if every part is; prices and volumes are far from overflow. */
const usable = (c: Candle): boolean => Number.isFinite(c.open + c.high + c.low + c.close + c.volume) && c.low > 0 && c.volume >= 0;

/** Both means and all counts are equal; NaN equals nothing. */
const sameVotes = (a: Tally, b: Tally): boolean => a.score === b.score && a.ma === b.ma && a.buy === b.buy && a.sell === b.sell && a.neutral === b.neutral;

function actionOf(strength: Strength): RatingData['action'] {
  return strength === 'NEUTRAL' ? 'NEUTRAL' : strength.endsWith('BUY') ? 'BUY' : 'SELL';
}

/**
 * Ratings of all symbols and timeframes, the signals made of them, and their record. Each series is taken in candle by candle, so
 * a rating costs the same whatever came before and however late it is asked for.
 */
export class Ratings {
  /** By symbol, then by kind and timeframe: records of two kinds of data never mix. */
  readonly #states = new Map<string, State[]>();
  /** All of them in the order in which they were made. */
  readonly #all: State[] = [];
  readonly #ahead = new Frame();
  readonly #tally = newTally();

  closed(input: CandleInput, out: AnalysisSink): void {
    const state = this.#state(input);
    const candle = input.candles.at(-1);
    if (!candle) return;
    this.#catchUp(state, input, input.candles.length - 1, input.warm, out);
    if (candle.openTime <= state.fed) return;
    const frame = this.#take(state, candle, input, out);
    if (!frame) return;
    const strength = strengthOf(this.#tally.score);
    const before = state.strength;
    const data = this.#data(input, state, candle, frame, true);
    const { score } = this.#tally;
    out({ type: 'rating', rating: data });
    state.strength = strength;
    state.score = score;
    state.scores.add(score);
    if (!input.warm && before !== null && before !== strength) out({ type: 'signal', record: this.#signal(input, state, candle, frame.atr, data) });
  }

  preview(input: CandleInput, forming: Candle, out: AnalysisSink): void {
    const state = this.#state(input);
    if (state.stale) this.#catchUp(state, input, input.candles.length, false, out);
    // What closed before is rated first, by its own call.
    if (state.fed !== input.candles.at(-1)?.openTime || forming.openTime <= state.fed || !usable(forming)) return;
    const frame = state.indicators.peek(forming, this.#ahead);
    if (!tally(frame, this.#tally) || sameVotes(this.#tally, state.previewed)) return;
    Object.assign(state.previewed, this.#tally);
    out({ type: 'rating', rating: this.#data(input, state, forming, frame, false) });
  }

  /** A candle was corrected, or put in between: nothing is sent, the next rating knows it. */
  revised(input: CandleInput, candle: Candle): void {
    const state = this.#state(input);
    if (candle.openTime > state.fed || state.stale) return;
    if (candle.openTime === state.fed && usable(candle) && state.indicators.undo()) state.indicators.next(candle);
    else state.stale = true;
  }

  /** Open signals can no longer be judged, which is told at feed time `now`; ratings start anew. */
  reset(now: number, out: AnalysisSink): void {
    for (const state of this.#all) {
      state.card.drop('mode', now, out);
      restart(state);
      state.strength = null;
      state.asOf = 0;
      state.atr = NaN;
    }
  }

  /** Takes in what is new of the first `count` candles. `passing`: their class becomes the one that a change is told from. */
  #catchUp(state: State, input: CandleInput, count: number, passing: boolean, out: AnalysisSink): void {
    if (state.stale) restart(state);
    let k = count;
    while (k > 0 && (input.candles.at(k - 1) as Candle).openTime > state.fed) k--;
    for (; k < count; k++) {
      if (!this.#take(state, input.candles.at(k) as Candle, input, out)) continue;
      const { score } = this.#tally;
      state.scores.add(score);
      if (!passing) continue;
      state.strength = strengthOf(score);
      state.score = score;
    }
  }

  /** Takes in one candle and counts its votes; null with too few or a candle that is none. */
  #take(state: State, candle: Candle, { interval, now }: CandleInput, out: AnalysisSink): Readonly<Frame> | null {
    state.fed = candle.openTime;
    state.previewed.score = NaN;
    if (!usable(candle)) {
      state.indicators = new Indicators();
      state.atr = NaN;
      state.card.drop('gap', now, out);
      return null;
    }
    const asOf = candle.openTime + INTERVAL_MS[interval];
    if (asOf > state.asOf) {
      // Outcomes inside a hole cannot be known.
      if (state.asOf > 0 && candle.openTime - state.asOf > LONGEST_PAUSE_MS) state.card.drop('gap', now, out);
      state.card.candle(candle, state.atr, now, out);
      state.asOf = asOf;
    }
    const frame = state.indicators.next(candle);
    state.atr = frame.atr;
    return tally(frame, this.#tally) ? frame : null;
  }

  /** The rating in `#tally`. */
  #data(input: CandleInput, state: State, candle: Candle, frame: Readonly<Frame>, final: boolean): RatingData {
    const { ma, osc, score, buy, neutral, sell } = this.#tally;
    const strength = strengthOf(score);
    const asOf = candle.openTime + INTERVAL_MS[input.interval];
    const side = Math.sign(score) || Math.sign(state.score);
    const change = state.strength === null ? 0 : side * (score - state.score);
    const dir = change > 1e-9 ? 'strengthening' : change < -1e-9 ? 'weakening' : 'steady';
    return {
      method: RATING_METHOD, source: input.kind, venue: input.venue, symbol: input.symbol, tf: input.interval, asOf,
      ts: final ? Math.max(input.now, asOf) : input.now, final, action: actionOf(strength), strength,
      score, ma, osc, dir, pct: state.scores.percentile(score),
      counts: { buy, neutral, sell, na: ALL_VOTES - buy - neutral - sell }, rationale: rationale(frame), price: candle.close,
    };
  }

  #signal(input: CandleInput, state: State, candle: Candle, range: number, data: RatingData): SignalRecord {
    const { price: _, ...shared } = data;
    const atr = range > 0 ? range : null;
    const entry = input.mid ?? candle.close;
    const side = data.action === 'BUY' ? 1 : data.action === 'SELL' ? -1 : 0;
    const track = state.card.track();
    const planned = side !== 0 && atr !== null;
    const id = `${RATING_METHOD}|${input.symbol}|${input.interval}|${data.asOf}`;
    // Told after the next candle is over, its outcome could be known already.
    const inTime = data.ts < data.asOf + INTERVAL_MS[input.interval];
    const scored = planned && inTime && state.card.add(id, side, atr, data.asOf, data.ts);
    return {
      v: 1, id, ...shared, entry,
      stop: planned ? entry - side * SIGNAL_PLAN.stopAtr * atr : null,
      targets: planned ? [FIRST_TARGET_ATR, SIGNAL_PLAN.targetAtr].map((distance) => entry + side * distance * atr) : [],
      atr, expiry: planned ? data.asOf + SIGNAL_PLAN.expiryBars * INTERVAL_MS[input.interval] : null,
      track, scored, seq: null, prev: null, hash: null,
    };
  }

  #state({ kind, symbol, interval }: CandleInput): State {
    let states = this.#states.get(symbol);
    if (!states) this.#states.set(symbol, (states = []));
    let state = states.find((s) => s.kind === kind && s.interval === interval);
    if (!state) {
      state = { kind, interval, indicators: new Indicators(), scores: new Scores(), fed: -Infinity, stale: false, strength: null, score: 0, previewed: newTally(), asOf: 0, atr: NaN,
        card: new SeriesScore({ method: RATING_METHOD, source: kind, symbol, tf: interval }, SIGNAL_PLAN),
      };
      states.push(state);
      this.#all.push(state);
    }
    return state;
  }
}

/** The series is taken in from its beginning; its record and the class last told stay. */
function restart(state: State): void {
  state.indicators = new Indicators();
  state.scores = new Scores();
  state.fed = -Infinity;
  state.stale = false;
}
