import type { ChainBody } from '@/core/analysis/chain';
import type { OpenForecast } from '@/core/analysis/chainLedger';
import { advance, openPosition, type Outcome, type Plan } from '@/core/analysis/scorecard';
import { INTERVAL_MS, isInterval, type Interval } from '@/core/contract';
import type { HistoryArchive, HistoryReader } from '../history/port';

/** Stored candles of the live market, and what is known to be missing among them. */
export type StoredMarket = Pick<HistoryReader, 'candles'> & Pick<HistoryArchive, 'gaps'>;

/** A signal of an earlier run that stored candles can judge. */
export interface CarriedSignal extends OpenForecast {
  readonly tf: Interval;
  readonly plan: Plan;
}

/** `open`: its time is not over, or what is missing may still be loaded; `lost`: candles are missing for good. */
export type Verdict = { readonly state: 'open' } | { readonly state: 'lost' } | Ended;
export interface Ended {
  readonly state: 'ended';
  readonly outcome: Outcome;
  /** Close time of the candle that ended it, ms. */
  readonly ts: number;
}

/** As the engine: a series that pauses longer has a hole. */
const LONGEST_PAUSE_MS = 4 * 86_400_000;
const MOST_CANDLES = 20_000;

export const isCarried = (f: OpenForecast): f is CarriedSignal => f.id !== '' && isInterval(f.tf) && f.plan !== null && f.atr > 0;

/**
 * What became of a signal over stored candles, by the rules and the code of the live engine. Minutes that nobody was there to receive are in the ledger of
 * gaps: while one in the way may still be repaired the signal stays open, unless it is no longer `patient`. Rejects when history cannot be read.
 */
export async function judgeStored(f: CarriedSignal, market: StoredMarket, now: number, patient: boolean): Promise<Verdict> {
  const { symbol, tf, asOf, side, atr, plan } = f;
  const length = INTERVAL_MS[tf];
  const stored = await market.candles({ symbol, interval: tf, kind: 'live', start: asOf, end: now - length, limit: MOST_CANDLES });
  const position = openPosition(side, atr, plan);
  let outcome: Outcome | null = null;
  let seen = asOf;
  for (const candle of stored) {
    if (candle.openTime - seen > LONGEST_PAUSE_MS) return { state: 'lost' };
    seen = candle.openTime + length;
    outcome = advance(position, candle);
    if (outcome) break;
  }
  const gaps = await market.gaps({ kind: 'live', symbol, from: asOf, to: outcome ? seen : now, limit: 1_000 });
  const missing = gaps.filter((gap) => gap.state !== 'repaired' && gap.stop > asOf && gap.start < (outcome ? seen : now));
  if (missing.some((gap) => gap.state === 'kept' || !patient)) return { state: 'lost' };
  if (missing.length > 0) return { state: 'open' };
  if (outcome) return { state: 'ended', outcome, ts: seen };
  return now - seen > LONGEST_PAUSE_MS ? { state: 'lost' } : { state: 'open' };
}

/** The record of its end. `judged`: when that was, ms; records of what was seen live have none. */
export function carriedBody({ hash, seq, id, method, source, symbol, tf, asOf, side }: CarriedSignal, { outcome: { reason, ...figures }, ts }: Ended, judged: number): ChainBody {
  return { type: 'outcome', of: hash, at: seq, id, method, source, symbol, tf, asOf, side, ts, result: reason, reason: '', ...figures, judged };
}
