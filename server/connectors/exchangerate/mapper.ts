import { parsePositive, plainDecimal } from '@/core/util/decimal';
import type { Instrument } from '@/core/market/instrument';
import type { HttpFailure } from '../base/http';
import { isRecord } from '../base/json';
import { delayedTicker, unreadable, type Polled } from '../base/restVenue';
import { err, ok, type Result } from '@/core/util/result';
import type { ExchangeRateLatest } from './raw';

const HOUR = 3_600_000;
/** The next update is asked for this much after its announced time, ms. */
const LATE_MS = 60_000;
const isSeconds = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0;

/** Reads an answer; error bodies become failures with words. */
export function readLatest(body: unknown): Result<ExchangeRateLatest, HttpFailure> {
  if (!isRecord(body)) return err(unreadable('ExchangeRate-API'));
  const { result, 'error-type': type, base_code: base, rates, time_last_update_unix: updated, time_next_update_unix: nextUpdate, time_eol_unix: endOfLife } = body;
  if (result === 'error') return err(complaint(typeof type === 'string' ? type.slice(0, 80) : 'unknown'));
  if (result !== 'success' || typeof base !== 'string' || !isRecord(rates) || !isSeconds(updated)) return err(unreadable('ExchangeRate-API'));
  return ok({ base, rates, updated, nextUpdate: isSeconds(nextUpdate) ? nextUpdate : updated + 86_400, endOfLife: isSeconds(endOfLife) ? endOfLife : 0 });
}

function complaint(type: string): HttpFailure {
  const kind = type === 'quota-reached' ? 'limited' : type === 'invalid-key' || type === 'inactive-account' ? 'refused' : 'bad';
  return { kind, words: `ExchangeRate-API says ${type}`, status: 200, retryAfterMs: kind === 'limited' ? 24 * HOUR : null, venueCode: null };
}

/** Events of the instruments that are quoted against the answer's base: the provider's own numbers, nothing computed. */
export function mapLatest({ base, rates, updated, nextUpdate }: ExchangeRateLatest, instruments: readonly Instrument[], receivedAt: number): Polled {
  const asked = instruments.filter((instrument) => instrument.base === base);
  const missing = new Map<string, string>();
  const events = asked.flatMap(({ symbol, quote }) => {
    const rate = rates[quote];
    if (parsePositive(rate) !== undefined && typeof rate === 'number') return [delayedTicker('exchangerate', symbol, plainDecimal(rate), updated * 1_000, receivedAt)];
    missing.set(symbol, `ExchangeRate-API has no rate of ${base} in ${quote}`);
    return [];
  });
  const fresh = Math.min(25 * HOUR, Math.max(HOUR, nextUpdate * 1_000 + LATE_MS - receivedAt));
  return { events, missing, freshForMs: () => fresh };
}
