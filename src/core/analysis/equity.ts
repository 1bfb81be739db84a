import { ENOUGH_OUTCOMES, type EquityPoint } from '../contract';
import type { RandomTrade, Trade } from './scorecardFigures';

/** Points of a curve: more would not be seen. */
const MOST_POINTS = 200;

/**
 * Running result of risking 1 R in each signal, oldest outcome first; empty below 30 outcomes. Beside it the same number of random entries (their
 * running mean times the number of signals, from the 30th on: they end later than the signals they belong to) and holding over the same candles, in the same unit.
 */
export function equityCurve(trades: readonly Trade[], random: readonly RandomTrade[]): EquityPoint[] {
  if (trades.length < ENOUGH_OUTCOMES) return [];
  const entries = [...random].sort((a, b) => a.ts - b.ts);
  let [signals, hold, drawn, seen] = [0, 0, 0, 0];
  const points = [...trades].sort((a, b) => a.ts - b.ts).map((trade, i): EquityPoint => {
    signals += trade.r;
    // r / ret is the reciprocal of the risked share of the price; a trade that ended where it began does not tell it.
    if (trade.ret !== 0) hold += (trade.hold * trade.r) / trade.ret;
    for (let next = entries[seen]; next && next.ts <= trade.ts; next = entries[++seen]) drawn += next.r;
    return [trade.ts, signals, seen < ENOUGH_OUTCOMES ? null : (drawn / seen) * (i + 1), hold];
  });
  const step = (points.length - 1) / (MOST_POINTS - 1);
  return step <= 1 ? points : Array.from({ length: MOST_POINTS }, (_, k) => points[Math.round(k * step)] as EquityPoint);
}
