import { err, ok, type Result } from '@/core/util/result';
import type { BudgetRule } from '../base/budget';
import type { HttpFailure } from '../base/http';
import { isRecord } from '../base/json';
import { unreadable, type RestSource } from '../base/restVenue';
import { mapPrices } from './mapper';
import { coinId, impossiblePair } from './symbols';

/** Three of its minutes. */
export const STALE_MS = 180_000;
/** Keyless calls are limited per address by a number nobody publishes (5 to 15 a minute were seen), shared by all behind it. */
const KEYLESS: readonly BudgetRule[] = [{ name: 'REST calls', per: 'minute', limit: 1 }];
/** Documented are 30 to 100 a minute and 10,000 a month; a day's share keeps the end of the month supplied. */
const KEYED: readonly BudgetRule[] = [{ name: 'REST calls', per: 'minute', limit: 10 }, { name: 'REST calls', per: 'day', limit: 320 }, { name: 'REST calls', per: 'month', limit: 10_000 }];
/** Codes of answers about the key: missing, of the other plan, of another host. */
const KEY_CODES: ReadonlySet<unknown> = new Set([10_002, 10_005, 10_010, 10_011]);
const LIMITED_MS = 120_000;

/** Error bodies come under HTTP 200 as well: `{"status":{"error_code":429,"error_message":".."}}` or `{"error":".."}`. null = no error. */
export function complaintOf(body: unknown): HttpFailure | null {
  if (!isRecord(body)) return null;
  const status = isRecord(body.status) ? body.status : {};
  const { error_code: code, error_message: message = body.error } = status;
  if (code === undefined && typeof message !== 'string') return null;
  const words = `CoinGecko says ${typeof message === 'string' ? message.slice(0, 160) : `error ${String(code).slice(0, 16)}`}`;
  const kind = KEY_CODES.has(code) ? 'refused' : code === 429 ? 'limited' : 'bad';
  return { kind, words, status: 200, retryAfterMs: kind === 'limited' ? LIMITED_MS : null, venueCode: typeof code === 'number' ? code : null };
}

/** Prices of all coins in one call; volume-weighted over many venues by the source, so they are nobody's bid or ask. */
export function coinGeckoSource(key: string | null, address: string): RestSource {
  const header = /\/\/pro-api\./.test(address) ? 'x-cg-pro-api-key' : 'x-cg-demo-api-key';
  return {
    id: 'coingecko',
    name: 'CoinGecko',
    rules: key === null ? KEYLESS : KEYED,
    batch: 100,
    spacingMs: key === null ? 60_000 : 6_000,
    staleMs: STALE_MS,
    headers: key === null ? {} : { [header]: key },
    note: 'averages over many venues, about a minute old; data provided by CoinGecko',
    impossible: ({ assetClass, base, quote }) => (assetClass === 'crypto' ? impossiblePair(base, quote) : undefined),
    async ask({ get, now }, instruments) {
      const list = (values: readonly string[]): string => [...new Set(values)].sort().join(',');
      const ids = list(instruments.map((i) => coinId(i.base) ?? ''));
      const answer = await get(`/simple/price?ids=${ids}&vs_currencies=${list(instruments.map((i) => i.quote.toLowerCase()))}&include_24hr_change=true&include_last_updated_at=true`);
      if (!answer.ok) return answer.error.venueCode !== null && KEY_CODES.has(answer.error.venueCode) ? err({ ...answer.error, kind: 'refused' }) : answer;
      const read = judged(answer.value.body);
      if (!read.ok) return read;
      const polled = mapPrices(read.value, instruments, now());
      return polled === null ? err(unreadable('CoinGecko')) : ok(polled);
    },
  };
}

/** The body, or the complaint it is. */
export function judged(body: unknown): Result<unknown, HttpFailure> {
  const complaint = complaintOf(body);
  return complaint === null ? ok(body) : err(complaint);
}
