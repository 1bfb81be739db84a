import { setTimeout as delay } from 'node:timers/promises';
import { INTERVAL_MS, type Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import { isRecord, type HttpFailure, type VenueHttp } from '../base/http';
import { toRestName } from './symbols';

/** Wait after a limit without a date, ms. */
const LIMITED_MS = 30_000;

/** Whether the body is one of Kraken's refusals, which come with HTTP 200: `{"error":["EAPI:Rate limit exceeded"]}`. */
export function isHttpFault(body: unknown): boolean {
  return !isRecord(body) || !Array.isArray(body.error) || body.error.length > 0;
}

/** The rows of an answer about one pair, whatever name the venue gives it; null when it has not that form. */
export function rowsOf(body: unknown): readonly unknown[] | null {
  const result = isRecord(body) && isRecord(body.result) ? Object.entries(body.result) : [];
  const rows = result.find(([name]) => name !== 'last')?.[1];
  return Array.isArray(rows) ? (rows as readonly unknown[]) : null;
}

/** The REST calls a terminal needs, about one in `paceMs`: Kraken counts calls by the second. */
export class KrakenRest {
  constructor(
    private readonly host: string,
    private readonly http: VenueHttp,
    private readonly signal: AbortSignal,
    private readonly paceMs: number,
  ) {}

  /** At most 720 rows, the newest ones, from `start` (ms) when given. */
  async candles(venueSymbol: string, interval: Interval, start: number | null): Promise<Result<readonly unknown[], HttpFailure>> {
    // Not our own deadline but the politeness of the host: the wait precedes every call.
    await delay(this.paceMs, undefined, { signal: this.signal, ref: false }).catch(() => this.signal.aborted);
    const since = start === null ? '' : `&since=${Math.floor(start / 1_000) - 1}`;
    const path = `/0/public/OHLC?pair=${toRestName(venueSymbol)}&interval=${INTERVAL_MS[interval] / 60_000}${since}`;
    const answer = await this.http.getJson(this.host + path, 1, this.signal);
    if (!answer.ok) return answer;
    const { body } = answer.value;
    if (isHttpFault(body)) return err(faultOf(body));
    const rows = rowsOf(body);
    return rows ? ok(rows) : err(failure('bad', 'the answer of Kraken has not the expected form', null));
  }
}

/** The venue's first error word: `E<category>:<text>`. */
function faultOf(body: unknown): HttpFailure {
  const [first] = isRecord(body) && Array.isArray(body.error) ? (body.error as readonly unknown[]) : [];
  if (typeof first !== 'string') return failure('bad', 'the answer of Kraken has not the expected form', null);
  const words = `Kraken says ${first.slice(0, 160)}`;
  if (/rate limit|too many|lockout/i.test(first)) return failure('limited', words, LIMITED_MS);
  return failure(first.startsWith('EService') ? 'lost' : 'bad', words, null);
}

function failure(kind: HttpFailure['kind'], words: string, retryAfterMs: number | null): HttpFailure {
  return { kind, words, status: 200, retryAfterMs, venueCode: null };
}
