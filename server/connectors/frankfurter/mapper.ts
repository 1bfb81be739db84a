import { parsePositive, plainDecimal, scaled, scaleOf } from '@/core/util/decimal';
import type { Instrument } from '@/core/market/instrument';
import { isRecord } from '../base/json';
import { delayedTicker, type Polled } from '../base/restVenue';
import type { FrankfurterRates } from './raw';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** ECB publishes about 16:00 in Frankfurt: 15:00 UTC in winter, 14:00 in summer. The earlier one is never in the future. */
const PUBLISHED_MS = 14 * HOUR;
/** The new rate of a day is looked for from this time of the day (UTC), then once an hour until it is there. */
const LOOK_MS = PUBLISHED_MS + 15 * 60_000;
/** Digits of a cross rate: one more than the bank publishes, so that no rounding of ours shows. */
const DIGITS = 6;

/** Reads an answer of v2 or v1; null when it is neither. Rates are JSON numbers of few digits, so their shortest text is what was sent. */
export function readRates(body: unknown): FrankfurterRates | null {
  const rows = Array.isArray(body) ? (body as readonly unknown[]) : isRecord(body) && isRecord(body.rates) ? Object.entries(body.rates).map(([quote, rate]) => ({ date: body.date, base: body.base, quote, rate })) : null;
  if (rows === null) return null;
  const rates = new Map<string, { date: string; rate: string }>();
  for (const row of rows) {
    if (!isRecord(row)) continue;
    const { date, base, quote, rate } = row;
    if (base !== 'EUR' || typeof quote !== 'string' || typeof rate !== 'number' || parsePositive(rate) === undefined || typeof date !== 'string' || !isDay(date)) continue;
    rates.set(quote, { date, rate: plainDecimal(rate) });
  }
  return { rates, refused: rows.length - rates.size };
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(Date.parse(text));
}

/** What one `base` costs in `quote`, from what one euro costs in each; six significant digits, half to even. Both texts positive. */
export function crossRate(quotePerEuro: string, basePerEuro: string): string {
  const scale = Math.max(scaleOf(quotePerEuro), scaleOf(basePerEuro));
  const [numerator, denominator] = [scaled(quotePerEuro, scale), scaled(basePerEuro, scale)];
  // These decimals leave one digit too many at most.
  for (let decimals = DIGITS + denominator.toString().length - numerator.toString().length; ; decimals -= 1) {
    const shift = 10n ** BigInt(Math.abs(decimals));
    const [n, d] = decimals >= 0 ? [numerator * shift, denominator] : [numerator, denominator * shift];
    const [whole, twice] = [n / d, 2n * (n % d)];
    const rounded = twice > d || (twice === d && whole % 2n === 1n) ? whole + 1n : whole;
    if (rounded < 10n ** BigInt(DIGITS)) return placed(rounded, decimals);
  }
}

function placed(units: bigint, decimals: number): string {
  if (decimals <= 0) return (units * 10n ** BigInt(-decimals)).toString();
  const text = units.toString().padStart(decimals + 1, '0');
  return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`.replace(/\.?0+$/, '');
}

/** Events of the instruments: the bank's own number where the base is the euro, else the cross of two of them of the same day. */
export function mapRates({ rates, refused }: FrankfurterRates, instruments: readonly Instrument[], receivedAt: number): Polled {
  const euro = (date: string) => ({ date, rate: '1' });
  const missing = new Map<string, string>();
  let newest = 0;
  const events = instruments.flatMap(({ symbol, base, quote }) => {
    const [b, q] = [base === 'EUR' ? euro(rates.get(quote)?.date ?? '') : rates.get(base), quote === 'EUR' ? euro(rates.get(base)?.date ?? '') : rates.get(quote)];
    if (!b || !q || b.date !== q.date) {
      missing.set(symbol, b && q ? 'its two rates are of different days' : `no reference rate of ${b ? quote : base}`);
      return [];
    }
    const day = Date.parse(b.date);
    newest = Math.max(newest, day);
    return [delayedTicker('frankfurter', symbol, base === 'EUR' ? q.rate : crossRate(q.rate, b.rate), day + PUBLISHED_MS, receivedAt)];
  });
  const fresh = nextLook(receivedAt, newest) - receivedAt;
  return { events, missing, unknown: refused, freshForMs: () => fresh };
}

/** When a newer rate than that of `day` (ms of its 00:00 UTC) may be there, ms. */
export function nextLook(now: number, day: number): number {
  const today = Math.floor(now / DAY) * DAY;
  if (day >= today) return today + DAY + LOOK_MS;
  return now < today + LOOK_MS ? today + LOOK_MS : now + HOUR;
}
