import * as v from 'valibot';
import { EpochMs, Finite, MaybeFinite, Quality, ShortText } from '../primitives';
import { QUOTE_STATES, ROUTES } from './market';

/**
 * How a venue's stream of one symbol flows, against its own usual rate:
 * - `usual`: as it always does; `thin`: far slower than usual; `silent`: connected, but nothing comes;
 * - `unknown`: not watched for long enough.
 */
export const ACTIVITIES = ['usual', 'thin', 'silent', 'unknown'] as const;
export type ActivityName = (typeof ACTIVITIES)[number];

/** What one venue says of one symbol (`quote:SYMBOL` channel, key = venue id). null = not known. */
export const VenueQuoteData = v.object({
  /** Last traded price there. */
  price: MaybeFinite,
  bid: MaybeFinite,
  ask: MaybeFinite,
  bid_size: MaybeFinite,
  ask_size: MaybeFinite,
  /** Base volume of the last 24 h there. */
  volume_24h: MaybeFinite,
  quality: Quality,
  route: v.fallback(v.picklist(ROUTES), 'socket'),
  state: v.fallback(v.picklist(QUOTE_STATES), 'suspect'),
  activity: v.fallback(v.picklist(ACTIVITIES), 'unknown'),
  /** Messages a minute, now and usually; null while unknown. */
  per_minute: MaybeFinite,
  usual_per_minute: MaybeFinite,
  /** true for the venue whose values the `market` channel shows. */
  leads: v.boolean(),
  venue_time: v.nullable(EpochMs),
  /** Time since receipt, ms, at the moment of sending. */
  age_ms: v.nullable(v.pipe(Finite, v.minValue(0))),
  /** In words, where there is something to say: why it does not lead, what it waits for. */
  note: v.optional(ShortText, ''),
});
export type VenueQuoteData = v.InferOutput<typeof VenueQuoteData>;
