import type { BinaryData, SignalRecord } from '../contract';
import type { OutcomeOutput } from '../market/outputs';
import type { ChainBody } from './chain';
import { SIGNAL_PLAN } from './ratings';
import type { Plan } from './scorecard';

/** Signals and sentiment have chains of their own, each kind of data too. */
export const CHAIN_FAMILIES = ['signals', 'sentiment'] as const;
export type ChainFamily = (typeof CHAIN_FAMILIES)[number];

/** A forecast's place in the log, which its outcome quotes. */
export interface ForecastMark {
  readonly seq: number;
  readonly hash: string;
}

/** Key of a sentiment publication. */
export const publicationKey = (symbol: string, ts: number): string => `${symbol}|${ts}`;

/** A signal as it is logged: what it said, and what it takes to judge it. Votes are `name` with +, - or 0. */
export function signalBody(s: SignalRecord): ChainBody {
  const { id, method, source, venue, symbol, tf, asOf, ts, action, strength, score, ma, osc, dir, pct, entry, stop, targets, atr, expiry } = s;
  const votes = s.rationale.map(({ k, vote }) => `${k}${vote > 0 ? '+' : vote < 0 ? '-' : '0'}`).join(' ');
  return {
    type: 'signal', id, method, source, venue, symbol, tf, asOf, ts, action, strength, score, ma, osc, dir, pct, entry, stop, targets, atr, expiry,
    scored: s.scored === true, plan: s.scored === true ? SIGNAL_PLAN : null, votes,
  };
}

/** The plan in the record of a signal; null when it is none. */
export function readPlan(value: unknown): Plan | null {
  const plan: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const [stopAtr, targetAtr, expiryBars] = [Number(plan['stopAtr']), Number(plan['targetAtr']), Number(plan['expiryBars'])];
  return stopAtr > 0 && targetAtr > 0 && expiryBars >= 1 ? { stopAtr, targetAtr, expiryBars } : null;
}

/** A sentiment publication of a symbol: horizons as [seconds, P(up | move), P(no move), call]. */
export function forecastBody(symbol: string, data: BinaryData): ChainBody {
  const { method, source, venue, ts, mid, px } = data;
  return { type: 'forecast', method, source, venue, symbol, ts, mid, px, horizons: data.horizons.map(({ h, pUp, pFlat, call }) => [h, pUp, pFlat, call]) };
}

/** What became of a signal, or of its random entries. */
export function endBody(output: Extract<OutcomeOutput, { of: 'signal' | 'random' }>, mark: ForecastMark): ChainBody {
  const ref = { of: mark.hash, at: mark.seq };
  return output.of === 'signal' ? { type: 'outcome', ...ref, ...output.outcome } : { type: 'random', ...ref, ...output.entries };
}

/** One horizon's end: [hash of the forecast, symbol, its `ts`, horizon, result, price, reason, time it was due, P(up) it had said]. */
export type SentimentEnd = readonly [of: string, symbol: string, forecast: number, h: number, result: string, price: number | null, reason: string, due: number, pUp: number];

/** Ends of several horizons known at once. */
export function endsBody(method: string, source: string, ts: number, ends: readonly SentimentEnd[]): ChainBody {
  return { type: 'outcomes', method, source, ts, ends };
}
