import { ok } from '@/core/util/result';
import type { RestSource } from '../base/restVenue';
import { mapLatest, readLatest } from './mapper';

/** Two days: an update may be late, and then the last one is still what everybody uses. */
export const STALE_MS = 48 * 3_600_000;
const CODE = /^[A-Z]{3}$/;

/** One call per base currency and day. Once an hour is never limited, so even a wrong clock cannot make us a nuisance. */
export const exchangeRateSource: RestSource = {
  id: 'exchangerate',
  name: 'ExchangeRate-API',
  rules: [{ name: 'REST calls', per: 'hour', limit: 30 }],
  batch: Number.MAX_SAFE_INTEGER,
  spacingMs: 5_000,
  staleMs: STALE_MS,
  note: 'daily reference rates, not for redistribution',
  impossible: ({ assetClass, base, quote }) => (assetClass !== 'fx' ? undefined : CODE.test(base) && CODE.test(quote) ? null : 'not a pair of currencies'),
  async ask({ get, now }, instruments) {
    const [first] = instruments;
    const base = first?.base ?? '';
    const answer = await get(`/v6/latest/${base}`);
    const latest = answer.ok ? readLatest(answer.value.body) : answer;
    // A base that is not theirs, with HTTP 404 or 200; the others stay due.
    if (!latest.ok) return latest.error.words.includes('unsupported-code') ? ok(unsupported(base)) : latest;
    return ok(mapLatest(latest.value, instruments, now()));

    function unsupported(code: string) {
      const reason = `ExchangeRate-API does not know ${code}`;
      return { events: [], freshForMs: () => 0, missing: new Map(instruments.filter((i) => i.base === code).map((i) => [i.symbol, reason])) };
    }
  },
};
