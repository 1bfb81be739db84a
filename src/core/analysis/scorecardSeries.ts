import { INTERVAL_MS, type DataKind, type Interval, type SignalTrack } from '../contract';
import type { Candle, SignalOutcome } from '../market/outputs';
import { RandomStream } from '../util/random';
import { advance, openPosition, type Plan, type Position } from './scorecard';
import { wilson } from './statistics';
import type { AnalysisSink } from './types';

/** Random entries per scored signal, and the candles after it over which they are spread. */
export const RANDOM_ENTRIES = 3;
export const RANDOM_SPAN = 100;

export interface SeriesName {
  readonly method: string;
  readonly source: DataKind;
  readonly symbol: string;
  readonly tf: Interval;
}

interface Scored {
  readonly id: string;
  readonly asOf: number;
  readonly position: Position;
}
/** A random entry: waits `wait` candles, then is a position like any other. */
interface Shadow {
  wait: number;
  position: Position | null;
  done: { ret: number; r: number } | null;
}
interface ShadowSet {
  readonly id: string;
  /** Candles until the last of them is surely over: all sets are told that long after their signal, or those that end early would be seen first. */
  left: number;
  readonly side: 1 | -1;
  readonly atr: number;
  readonly shadows: readonly Shadow[];
}

/**
 * Running record of the signals of one series. One signal is open at a time; every one that is taken ends as an outcome or void, and
 * each comes with random entries of the same side and exits, drawn from the signal's id.
 */
export class SeriesScore {
  #open: Scored | null = null;
  #random: ShadowSet[] = [];
  /** Ended early: counted when all of their time is over. */
  #settling: { left: number; readonly ret: number; readonly r: number }[] = [];
  #n = 0;
  #wins = 0;
  #sumR = 0;
  #gain = 0;
  #loss = 0;
  #since: number | null = null;
  #randomN = 0;
  #randomWins = 0;
  #randomR = 0;

  constructor(private readonly name: SeriesName, private readonly plan: Plan) {}

  /** Takes a signal published at `ts` on the close at `asOf`; false = another one is open, this one is not scored. */
  add(id: string, side: 1 | -1, atr: number, asOf: number, ts: number): boolean {
    if (this.#open) return false;
    this.#open = { id, asOf, position: openPosition(side, atr, this.plan) };
    const random = new RandomStream(`${this.name.source}|${id}`);
    const shadows = Array.from({ length: RANDOM_ENTRIES }, (): Shadow => ({ wait: 1 + Math.floor(random.uniform() * RANDOM_SPAN), position: null, done: null }));
    this.#random.push({ id, left: RANDOM_SPAN + this.plan.expiryBars, side, atr, shadows });
    this.#since ??= ts;
    return true;
  }

  /** The next candle closed, seen at feed time `now`; `atr` is that of the candle before it, NaN while unknown. */
  candle(candle: Candle, atr: number, now: number, out: AnalysisSink): void {
    const ts = Math.max(now, candle.openTime + INTERVAL_MS[this.name.tf]);
    const open = this.#open;
    const outcome = open && advance(open.position, candle);
    if (open && outcome) {
      const { reason, ...figures } = outcome;
      this.#open = null;
      this.#settling.push({ left: this.plan.expiryBars - outcome.bars, ...outcome });
      out({ type: 'outcome', of: 'signal', outcome: { ...this.#head(open, ts), result: reason, reason: '', ...figures } });
    }
    if (this.#settling.length > 0) this.#settling = this.#settling.filter((ended) => {
      if (ended.left-- > 0) return true;
      this.#count(ended);
      return false;
    });
    if (this.#random.length > 0) this.#random = this.#random.filter((set) => !this.#advance(set, candle, atr, ts, out));
  }

  /** The series broke off: what is open cannot be judged. */
  drop(reason: SignalOutcome['reason'], now: number, out: AnalysisSink): void {
    const open = this.#open;
    this.#open = null;
    this.#random = [];
    if (!open) return;
    const ts = Math.max(now, open.asOf);
    out({ type: 'outcome', of: 'signal', outcome: { ...this.#head(open, ts), result: 'void', reason, entry: null, exit: null, bars: null, ret: null, hold: null, r: null, mae: null, mfe: null, path: null } });
  }

  track(): SignalTrack {
    const n = this.#n;
    const hit = n > 0 ? this.#wins / n : null;
    const interval = hit === null ? null : wilson(hit, n);
    const drawn = this.#randomN;
    return {
      n, hit, lo: interval?.lo ?? null, hi: interval?.hi ?? null, avgR: n > 0 ? this.#sumR / n : null, pf: this.#loss > 0 ? this.#gain / this.#loss : null,
      random: { hit: drawn > 0 ? this.#randomWins / drawn : null, avgR: drawn > 0 ? this.#randomR / drawn : null }, since: this.#since,
    };
  }

  #head({ id, asOf, position }: Scored, ts: number): SeriesName & Pick<SignalOutcome, 'id' | 'asOf' | 'side' | 'ts'> {
    return { ...this.name, id, asOf, side: position.side, ts };
  }

  #count({ ret, r }: { readonly ret: number; readonly r: number }): void {
    this.#n++;
    this.#sumR += r;
    if (ret > 0) {
      this.#wins++;
      this.#gain += ret;
    } else {
      this.#loss -= ret;
    }
  }

  /** Moves one set of random entries on; true when all of it is over. */
  #advance(set: ShadowSet, candle: Candle, present: number, ts: number, out: AnalysisSink): boolean {
    const { id, side, atr, shadows } = set;
    for (const shadow of shadows) {
      if (shadow.done !== null || shadow.wait-- > 0) continue;
      shadow.position ??= openPosition(side, present > 0 ? present : atr, this.plan);
      const outcome = advance(shadow.position, candle);
      if (outcome) shadow.done = { ret: outcome.ret, r: outcome.r };
    }
    if (--set.left > 0) return false;
    const done = shadows.flatMap((shadow) => shadow.done ?? []);
    this.#randomN += done.length;
    this.#randomWins += done.filter(({ ret }) => ret > 0).length;
    this.#randomR += done.reduce((sum, { r }) => sum + r, 0);
    out({ type: 'outcome', of: 'random', entries: { ...this.name, id, ts, ret: done.map(({ ret }) => ret), r: done.map(({ r }) => r) } });
    return true;
  }
}
