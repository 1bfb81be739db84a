import * as v from 'valibot';
import { DecimalText, EpochMs, Quality, Seq, ShortText } from '../primitives';

/** Side of the taker (the order that took liquidity). `unknown` where the venue does not say. */
export const TRADE_SIDES = ['buy', 'sell', 'unknown'] as const;
export type TradeSide = (typeof TRADE_SIDES)[number];

/** One public trade (`trades:SYMBOL` channel). */
export const TradeItem = v.object({
  seq: Seq,
  id: ShortText,
  price: DecimalText,
  size: DecimalText,
  side: v.fallback(v.picklist(TRADE_SIDES), 'unknown'),
  /** Venue time, ms since epoch. */
  t: EpochMs,
  venue: ShortText,
  quality: Quality,
});
export type TradeItem = v.InferOutput<typeof TradeItem>;
