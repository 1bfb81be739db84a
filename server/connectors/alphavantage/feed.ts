import { err, ok, type Result } from '@/core/util/result';
import type { Instrument } from '@/core/market/instrument';
import type { HttpFailure } from '../base/http';
import { unreadable, type Polled, type RestAccess, type RestSource } from '../base/restVenue';
import { freshFor, mapValue, readAnswer } from './mapper';
import type { AlphaVantageComplaint } from './raw';

/** Four days: from Friday's close to Tuesday's, over a long weekend. The trading day of the value is the truth, not its age. */
export const STALE_MS = 4 * 86_400_000;
/** "1 request per second": two seconds later it listens again. */
const BURST_MS = 2_000;

/** The venue takes the key in the address only; every text that comes back is cleaned of it. */
function pathOf({ assetClass, symbol, base, quote }: Instrument, key: string): string {
  const asked = assetClass === 'equity' ? `function=GLOBAL_QUOTE&symbol=${encodeURIComponent(symbol)}` : `function=CURRENCY_EXCHANGE_RATE&from_currency=${base}&to_currency=${quote}`;
  return `/query?${asked}&apikey=${encodeURIComponent(key)}`;
}

async function ask(access: RestAccess, [instrument]: readonly Instrument[]): Promise<Result<Polled, HttpFailure>> {
  if (!instrument) return ok({ events: [], freshForMs: () => 0 });
  const { symbol, assetClass } = instrument;
  const answer = await access.get(pathOf(instrument, access.key ?? ''));
  if (!answer.ok) return answer;
  const read = readAnswer(answer.value.body);
  if (read.type === 'unreadable') return err(unreadable('Alpha Vantage'));
  if (read.type === 'unknown') return ok(absent(symbol, 'Alpha Vantage does not know it'));
  if (read.type === 'complaint') return judge(read.complaint, read.text, symbol, access);
  const event = mapValue(read.value, instrument, access.now());
  return ok({ events: [event], freshForMs: () => freshFor(assetClass, read.value.time.slice(0, 10), access.now()) });
}

function judge(complaint: AlphaVantageComplaint, text: string, symbol: string, { budget }: RestAccess): Result<Polled, HttpFailure> {
  const failure = (kind: HttpFailure['kind'], words: string, retryAfterMs: number | null): Result<Polled, HttpFailure> => err({ kind, words, status: 200, retryAfterMs, venueCode: null });
  switch (complaint) {
    case 'day':
      budget.exhaust('day');
      return failure('limited', 'Alpha Vantage says the daily budget of this key is used', budget.waitMs(1));
    case 'burst':
      return failure('limited', 'Alpha Vantage asks for one call a second', BURST_MS);
    case 'minute':
      return failure('limited', 'Alpha Vantage says too many calls in this minute', 60_000);
    case 'key':
      return failure('refused', 'Alpha Vantage does not accept the key in ALPHA_VANTAGE_API_KEY', null);
    case 'premium':
      return ok(absent(symbol, 'only with a premium key of Alpha Vantage'));
    case 'call':
      return ok(absent(symbol, `Alpha Vantage says: ${text}`));
  }
}

function absent(symbol: string, reason: string): Polled {
  return { events: [], freshForMs: () => 0, missing: new Map([[symbol, reason]]) };
}

export const alphaVantageSource: RestSource = {
  id: 'alphavantage',
  name: 'Alpha Vantage',
  rules: [{ name: 'REST calls', per: 'second', limit: 1 }, { name: 'REST calls', per: 'day', limit: 25 }],
  batch: 1,
  // A second by the venue's clock, not by ours.
  spacingMs: 1_500,
  staleMs: STALE_MS,
  note: 'prices of the last trading day',
  impossible: ({ assetClass, base, quote }) => {
    if (assetClass === 'equity') return null;
    if (assetClass === 'fx') return /^[A-Z]{3}$/.test(base) && /^[A-Z]{3}$/.test(quote) ? null : 'not a pair of currencies';
    return undefined;
  },
  ask,
};
