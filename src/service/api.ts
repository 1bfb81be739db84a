import * as v from 'valibot';
import { CandlesAnswer, CompareReport, ERRORS, OverviewAnswer, VenueInfo, VenueList, type Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import type { FetchLike } from './types';

const TIMEOUT_MS = 8_000;

/** Why a request brought nothing, in words for the user. */
export interface ApiFailure {
  /** Code of the server's answer, or `unreachable`, `unreadable`. */
  readonly code: string;
  readonly words: string;
}
export type Answer<T> = Promise<Result<T, ApiFailure>>;

/** What the page asks the server for by plain requests (docs/http.md). Never throws; an aborted request is `unreachable`. */
export interface Api {
  /** Every source, the preferred first. */
  venues(signal: AbortSignal): Answer<readonly VenueInfo[]>;
  /** Starts or stops a source; for administrators. */
  switchVenue(id: string, to: 'start' | 'stop', signal: AbortSignal): Answer<VenueInfo>;
  /** One instrument across venues, for a size in base units. */
  compare(symbol: string, size: string, signal: AbortSignal): Answer<CompareReport>;
  /** The market as a whole, by a source that counts it. */
  overview(signal: AbortSignal): Answer<OverviewAnswer>;
  /** The newest `limit` candles that opened at or before `end` (ms; null = now). */
  candles(query: { readonly symbol: string; readonly interval: Interval; readonly end: number | null; readonly limit: number }, signal: AbortSignal): Answer<CandlesAnswer>;
}

const Failure = v.object({ error: v.object({ code: v.string(), message: v.pipe(v.string(), v.maxLength(512)) }) });
const isKnown = (code: string): code is keyof typeof ERRORS => Object.hasOwn(ERRORS, code);

/** Failure of an answer that is not 2xx; a proxy in between may answer with anything. */
function refusal(status: number, body: unknown): ApiFailure {
  const told = v.safeParse(Failure, body);
  if (told.success) return { code: told.output.error.code, words: told.output.error.message };
  const code = status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : status === 404 ? 'not_found' : 'internal';
  return { code, words: isKnown(code) && status < 500 ? ERRORS[code].words : `The server answered with status ${status}` };
}

/** Requests to one server. */
export function createApi(server: string, get: FetchLike = (url, init) => fetch(url, init)): Api {
  const base = server.endsWith('/') ? server : `${server}/`;

  async function ask<T>(method: 'GET' | 'POST', path: string, schema: v.GenericSchema<unknown, T>, signal: AbortSignal): Answer<T> {
    let body: unknown;
    try {
      const response = await get(new URL(path, base).href, { method, headers: { accept: 'application/json' }, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
      body = await response.json().catch(() => null);
      if (!response.ok) return err(refusal(response.status, body));
    } catch {
      return err({ code: 'unreachable', words: 'The server did not answer' });
    }
    const parsed = v.safeParse(schema, body);
    return parsed.success ? ok(parsed.output) : err({ code: 'unreadable', words: 'The answer of the server could not be read; its version may differ from this page' });
  }

  return {
    venues: (signal) => ask('GET', 'api/v1/venues', VenueList, signal),
    switchVenue: (id, to, signal) => ask('POST', `api/v1/venues/${encodeURIComponent(id)}/${to}`, VenueInfo, signal),
    compare: (symbol, size, signal) => ask('GET', `api/v1/compare?${new URLSearchParams({ symbol, size }).toString()}`, CompareReport, signal),
    overview: (signal) => ask('GET', 'api/v1/overview', OverviewAnswer, signal),
    candles: ({ symbol, interval, end, limit }, signal) =>
      ask('GET', `api/v1/candles?${new URLSearchParams({ symbol, interval, limit: String(limit), ...(end === null ? {} : { end: String(end) }) }).toString()}`, CandlesAnswer, signal),
  };
}
