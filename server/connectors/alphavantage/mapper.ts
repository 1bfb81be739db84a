import { sessionAt } from '@/core/market/calendar';
import type { Instrument } from '@/core/market/instrument';
import { parsePositive } from '@/core/util/decimal';
import { isRecord } from '../base/json';
import { delayedTicker } from '../base/restVenue';
import type { TickerEvent } from '@/core/market/events';
import type { AlphaVantageComplaint, AlphaVantageValue } from './raw';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** End of day prices are there some time after the close. */
const SETTLED_MS = 2 * HOUR;
/** The day's price is not there yet, or the day was no trading day: looked for again after this. */
const AGAIN_MS = 4 * HOUR;
/** Currency pairs move all day; three calls a day for each pair are what the daily budget bears. */
const PAIR_MS = 8 * HOUR;

/** What the body says: a value, that the symbol is unknown, a complaint with its text, or nothing readable. */
export type AlphaVantageAnswer =
  | { readonly type: 'value'; readonly value: AlphaVantageValue }
  | { readonly type: 'unknown' }
  | { readonly type: 'complaint'; readonly complaint: AlphaVantageComplaint; readonly text: string }
  | { readonly type: 'unreadable' };

export function readAnswer(body: unknown): AlphaVantageAnswer {
  if (!isRecord(body)) return { type: 'unreadable' };
  const text = [body['Error Message'], body.Information, body.Note].find((value) => typeof value === 'string');
  if (typeof text === 'string') return { type: 'complaint', complaint: complaintOf(text, typeof body['Error Message'] === 'string'), text: text.slice(0, 160) };
  const quote = body['Global Quote'];
  if (isRecord(quote)) return Object.keys(quote).length === 0 ? { type: 'unknown' } : valueOf(quote['05. price'], quote['07. latest trading day']);
  const rate = body['Realtime Currency Exchange Rate'];
  return isRecord(rate) && rate['7. Time Zone'] === 'UTC' ? valueOf(rate['5. Exchange Rate'], rate['6. Last Refreshed']) : { type: 'unreadable' };
}

function valueOf(price: unknown, time: unknown): AlphaVantageAnswer {
  if (typeof price !== 'string' || parsePositive(price) === undefined || typeof time !== 'string' || !/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(time)) return { type: 'unreadable' };
  return Number.isFinite(Date.parse(`${time.replace(' ', 'T')}Z`.replace(/^(\d{4}-\d\d-\d\d)Z$/, '$1'))) ? { type: 'value', value: { price, time } } : { type: 'unreadable' };
}

/** Texts of bursts name the daily limit too, in what they sell: so the burst is looked for first, the day by its own sentence. */
function complaintOf(text: string, isError: boolean): AlphaVantageComplaint {
  if (/sparingly|per second/i.test(text) && !/our standard API rate limit is \d+ requests per day/i.test(text)) return 'burst';
  if (/requests per day/i.test(text)) return 'day';
  if (/calls? per minute/i.test(text)) return 'minute';
  if (/premium/i.test(text)) return 'premium';
  return /apikey|api key/i.test(text) && isError && /invalid or missing|is invalid/i.test(text) && !/Invalid API call/i.test(text) ? 'key' : 'call';
}

/** The value as an event: a share carries the close of its trading day (or our present, while that session lasts). */
export function mapValue({ price, time }: AlphaVantageValue, { symbol, assetClass }: Instrument, receivedAt: number): TickerEvent {
  const venueTime = assetClass === 'equity' ? Math.min(closeOf(time) ?? Date.parse(time) + 21 * HOUR, receivedAt) : Date.parse(`${time.replace(' ', 'T')}Z`);
  return delayedTicker('alphavantage', symbol, price, venueTime, receivedAt);
}

/** Close of the regular session in New York of a day `YYYY-MM-DD`, ms; null when there is none. */
export function closeOf(day: string): number | null {
  const start = Date.parse(day) + 5 * HOUR;
  for (let at = start; at < start + DAY; ) {
    const { state, nextChange } = sessionAt('equity', at);
    if (nextChange === null) return null;
    if (state === 'open') return nextChange;
    at = nextChange;
  }
  return null;
}

/** Time until a newer value may be there, ms. `day`: the trading day of the value received. */
export function freshFor(assetClass: Instrument['assetClass'], day: string, now: number): number {
  if (assetClass !== 'equity') return PAIR_MS;
  // The first close after that of the value at hand: a week reaches over every holiday.
  for (let next = Date.parse(day) + DAY; next < Date.parse(day) + 7 * DAY; next += DAY) {
    const close = closeOf(new Date(next).toISOString().slice(0, 10));
    if (close !== null) return close + SETTLED_MS > now ? close + SETTLED_MS - now : AGAIN_MS;
  }
  return AGAIN_MS;
}
