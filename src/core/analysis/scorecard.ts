import type { Candle } from '../market/outputs';
import { crc32 } from '../util/crc32';

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
  /** Worst and best excursion so far, in units of the risk. */
  mae: number;
  mfe: number;
  /** CRC-32 over the candles seen: equal marks, equal candles. */
  path: number;
}

export interface Outcome {
  readonly reason: 'stop' | 'target' | 'expiry';
  readonly bars: number;
  readonly entry: number;
  readonly exit: number;
  /** side (exit - entry) / entry. */
  readonly ret: number;
  /** Return of holding from the entry to the close of the last candle, whatever the side. */
  readonly hold: number;
  /** In units of the risk, stopAtr x ATR; mae <= 0 <= mfe, over the candles up to the last, by high and low. */
  readonly r: number;
  readonly mae: number;
  readonly mfe: number;
  /** Mark of the candles it was judged by. */
  readonly path: number;
}

export function openPosition(side: 1 | -1, atr: number, plan: Plan): Position {
  return { side, atr, plan, entry: null, bars: 0, mae: 0, mfe: 0, path: 0 };
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
  const risk = plan.stopAtr * atr;
  const stop = entry - side * risk;
  const target = entry + side * plan.targetAtr * atr;
  const [worst, best] = side > 0 ? [candle.low, candle.high] : [candle.high, candle.low];
  p.mae = Math.min(p.mae, (side * (worst - entry)) / risk);
  p.mfe = Math.max(p.mfe, (side * (best - entry)) / risk);
  p.path = crc32(`${p.path}|${candle.openTime}|${candle.open}|${candle.high}|${candle.low}|${candle.close}`);
  const end = (reason: Outcome['reason'], exit: number): Outcome => ({
    reason, bars: p.bars, entry, exit, ret: (side * (exit - entry)) / entry, hold: (candle.close - entry) / entry,
    r: (side * (exit - entry)) / risk, mae: p.mae, mfe: p.mfe, path: p.path,
  });
  if (side * (worst - stop) <= 0) return end('stop', side * (candle.open - stop) < 0 ? candle.open : stop);
  if (side * (best - target) >= 0) return end('target', target);
  return p.bars >= plan.expiryBars ? end('expiry', candle.close) : null;
}

/** The outcome over candles that begin with the first after the signal; null when they end before it does. */
export function judge(side: 1 | -1, atr: number, plan: Plan, candles: Iterable<Candle>): Outcome | null {
  const position = openPosition(side, atr, plan);
  for (const candle of candles) {
    const outcome = advance(position, candle);
    if (outcome) return outcome;
  }
  return null;
}
