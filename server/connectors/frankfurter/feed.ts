import { err, ok } from '@/core/util/result';
import { unreadable, type RestSource } from '../base/restVenue';
import { mapRates, readRates } from './mapper';

/** Five days: from Thursday to Tuesday at Easter there is no banking day. The date of a rate is the truth, not its age. */
export const STALE_MS = 5 * 86_400_000;
const CODE = /^[A-Z]{3}$/;

/** The rates of the European Central Bank, all in one call: v2 first, the frozen v1 when v2 answers with a fault. */
export const frankfurterSource: RestSource = {
  id: 'frankfurter',
  name: 'Frankfurter',
  rules: [{ name: 'REST calls', per: 'hour', limit: 30 }],
  batch: Number.MAX_SAFE_INTEGER,
  spacingMs: 1_000,
  staleMs: STALE_MS,
  note: 'daily reference rates of the ECB; a pair without the euro is the cross of two of them',
  impossible: ({ assetClass, base, quote }) => (assetClass !== 'fx' ? undefined : CODE.test(base) && CODE.test(quote) ? null : 'not a pair of currencies'),
  async ask({ get, now }, instruments) {
    const codes = [...new Set(instruments.flatMap(({ base, quote }) => [base, quote]))].filter((code) => code !== 'EUR').sort().join(',');
    const first = await get(`/v2/rates?base=EUR&quotes=${codes}&providers=ECB`);
    const read = first.ok ? readRates(first.value.body) : null;
    if (read !== null && read.rates.size > 0) return ok(mapRates(read, instruments, now()));
    // Unreachable, refused or limited would be v1 as well.
    if (!first.ok && (first.error.status === null || first.error.kind === 'refused' || first.error.kind === 'limited')) return first;
    const second = await get(`/v1/latest?base=EUR&symbols=${codes}`);
    if (!second.ok) return second;
    const old = readRates(second.value.body);
    return old === null ? err(unreadable('Frankfurter')) : ok(mapRates(old, instruments, now()));
  },
};
