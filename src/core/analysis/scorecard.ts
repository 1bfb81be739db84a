import type { SignalTrack } from '../contract';
import type { Candle } from '../market/outputs';
import { wilson } from './statistics';

/** Plan of a signal: distances in ATR, expiry in candles. */
export interface Plan {
  readonly stopAtr: number;
  readonly targetAtr: number;
  readonly expiryBars: number;
}

/** A scored signal waiting for its outcome. */
export interface Position {
  readonly side: 1 | -1;
  readonly atr: number;
  readonly plan: Plan;
  /** Open of the first candle after the signal; null before it. */
  entry: number | null;
  bars: number;
}

export interface Outcome {
  readonly reason: 'stop' | 'target' | 'expiry';
  readonly bars: number;
  readonly entry: number;
  readonly exit: number;
  /** side (exit - entry) / entry. */
  readonly ret: number;
  /** In units of the risk, stopAtr x ATR. */
  readonly r: number;
}

/**
 * Takes the next candle; the outcome when the position ends in it, else null. Fill rules of the reference set: entry at the next
 * open, stop checked before target, a stop jumped over by the open is filled at the open, a target never better than its price,
 * else the close of the last candle.
 */
export function advance(p: Position, candle: Candle): Outcome | null {
  p.entry ??= candle.open;
  p.bars++;
  const { side, entry, atr, plan } = p;
  const stop = entry - side * plan.stopAtr * atr;
  const target = entry + side * plan.targetAtr * atr;
  const end = (reason: Outcome['reason'], exit: number): Outcome => ({
    reason, bars: p.bars, entry, exit, ret: (side * (exit - entry)) / entry, r: (side * (exit - entry)) / (plan.stopAtr * atr),
  });
  const [worst, best] = side > 0 ? [candle.low, candle.high] : [candle.high, candle.low];
  if (side * (worst - stop) <= 0) return end('stop', side * (candle.open - stop) < 0 ? candle.open : stop);
  if (side * (best - target) >= 0) return end('target', target);
  return p.bars >= plan.expiryBars ? end('expiry', candle.close) : null;
}

/** Running record of the signals of one method, symbol and timeframe. Every directional signal is scored, each on its own. */
export class Scorecard {
  #open: Position[] = [];
  #n = 0;
  #wins = 0;
  #sumR = 0;
  #gain = 0;
  #loss = 0;
  #since: number | null = null;

  constructor(private readonly plan: Plan) {}

  /** A signal was published at `ts` on the close of a candle; `atr` > 0. */
  add(side: 1 | -1, atr: number, ts: number): void {
    this.#open.push({ side, atr, plan: this.plan, entry: null, bars: 0 });
    this.#since ??= ts;
  }

  /** The next candle closed. */
  candle(candle: Candle): void {
    this.#open = this.#open.filter((position) => {
      const outcome = advance(position, candle);
      if (outcome) this.#count(outcome);
      return outcome === null;
    });
  }

  /** The series broke off: what is open cannot be judged. */
  drop(): void {
    this.#open = [];
  }

  track(): SignalTrack {
    const n = this.#n;
    const hit = n > 0 ? this.#wins / n : null;
    const interval = hit === null ? null : wilson(hit, n);
    return {
      n, hit, lo: interval?.lo ?? null, hi: interval?.hi ?? null, avgR: n > 0 ? this.#sumR / n : null,
      pf: this.#loss > 0 ? this.#gain / this.#loss : null, random: { hit: null, avgR: null }, since: this.#since,
    };
  }

  #count({ ret, r }: Outcome): void {
    this.#n++;
    this.#sumR += r;
    if (ret > 0) {
      this.#wins++;
      this.#gain += ret;
    } else {
      this.#loss -= ret;
    }
  }
}
