import { setTimeout as delay } from 'node:timers/promises';
import { INTERVAL_MS, type Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import type { HttpFailure, VenueHttp } from '../base/http';
import { isRecord } from '../base/json';
import { toRestName } from './symbols';

/** Wait after a limit without a date, ms. */
const LIMITED_MS = 30_000;

/** All pairs: over a thousand of 400 bytes. */
const TICKERS_BYTES = 4 * 2 ** 20;

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
  private allTickers = false;

  constructor(
    private readonly host: string,
    private readonly http: VenueHttp,
    private readonly signal: AbortSignal,
    private readonly paceMs: number,
  ) {}

  /** At most 720 rows, the newest ones, from `start` (ms) when given. */
  async candles(venueSymbol: string, interval: Interval, start: number | null): Promise<Result<readonly unknown[], HttpFailure>> {
    const since = start === null ? '' : `&since=${Math.floor(start / 1_000) - 1}`;
    const answer = await this.get(`/0/public/OHLC?pair=${toRestName(venueSymbol)}&interval=${INTERVAL_MS[interval] / 60_000}${since}`);
    if (!answer.ok) return answer;
    const rows = rowsOf(answer.value);
    return rows ? ok(rows) : err(failure('bad', 'the answer of Kraken has not the expected form', null));
  }

  /** Last price, best prices and 24 h values. One unknown pair spoils the list: then all pairs are asked for, from there on. */
  async tickers(venueSymbols: readonly string[]): Promise<Result<unknown, HttpFailure>> {
    const listed = this.allTickers ? '' : `?pair=${venueSymbols.map(toRestName).join(',')}`;
    const answer = await this.get(`/0/public/Ticker${listed}`, TICKERS_BYTES);
    if (answer.ok || this.allTickers || !/unknown asset pair/i.test(answer.error.words)) return answer;
    this.allTickers = true;
    return this.tickers(venueSymbols);
  }

  private async get(path: string, maxBytes?: number): Promise<Result<unknown, HttpFailure>> {
    // Not our own deadline but the politeness of the host: the wait precedes every call.
    await delay(this.paceMs, undefined, { signal: this.signal, ref: false }).catch(() => this.signal.aborted);
    const answer = await this.http.getJson(this.host + path, 1, this.signal, maxBytes === undefined ? {} : { maxBytes });
    if (!answer.ok) return answer;
    const { body } = answer.value;
    return isHttpFault(body) ? err(faultOf(body)) : ok(body);
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
