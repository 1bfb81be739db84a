import { setTimeout as delay } from 'node:timers/promises';
import { err, ok, type Result } from '@/core/util/result';
import type { HttpFailure, VenueHttp } from '../base/http';
import { isRecord } from '../base/json';

/** "Requests too frequent": the limit is per endpoint and two seconds. */
const TOO_FREQUENT = '50011';
const LIMITED_MS = 2_000;
/** Faults of the venue that pass: unavailable, timeout, busy, system error. */
const TRANSIENT = new Set(['50001', '50004', '50005', '50013', '50026']);
/** The list of spot pairs has hundreds of entries of half a kilobyte. */
const INSTRUMENTS_BYTES = 8 * 2 ** 20;
/** Most rows of one answer of `/market/candles`. */
export const CANDLE_ROWS = 300;

/** The REST calls a terminal needs, at most one in `paceMs`. A host that refuses us for good is left out, the next one answers. */
export class OkxRest {
  private hosts: string[];
  private nextAt = 0;

  constructor(
    hosts: readonly string[],
    private readonly http: VenueHttp,
    private readonly signal: AbortSignal,
    private readonly paceMs: number,
  ) {
    this.hosts = [...hosts];
  }

  /** All spot pairs. */
  instruments(): Promise<Result<unknown, HttpFailure>> {
    return this.get('/api/v5/public/instruments?instType=SPOT', INSTRUMENTS_BYTES);
  }

  /** Last price, best prices and 24 h values of all spot pairs: the venue has no call for some of them. */
  tickers(): Promise<Result<unknown, HttpFailure>> {
    return this.get('/api/v5/market/tickers?instType=SPOT', INSTRUMENTS_BYTES);
  }

  /** The whole book of 400 levels. */
  book(instId: string): Promise<Result<unknown, HttpFailure>> {
    return this.get(`/api/v5/market/books?instId=${instId}&sz=400`);
  }

  /**
   * Candles opened after `newerThan` and before `olderThan` (ms, exclusive; null = no bound), at most 300, the newest of them.
   * `history` reaches further back than the last 1,440 bars.
   */
  candles(instId: string, bar: string, newerThan: number | null, olderThan: number | null, limit: number, history: boolean): Promise<Result<unknown, HttpFailure>> {
    // The venue names them by the direction of paging: `after` is older, `before` newer.
    const bounds = `${olderThan === null ? '' : `&after=${olderThan}`}${newerThan === null ? '' : `&before=${newerThan}`}`;
    return this.get(`/api/v5/market/${history ? 'history-candles' : 'candles'}?instId=${instId}&bar=${bar}${bounds}&limit=${limit}`);
  }

  private async get(path: string, maxBytes?: number): Promise<Result<unknown, HttpFailure>> {
    await this.turn();
    for (;;) {
      const host = this.hosts[0];
      if (host === undefined) return err(failure('refused', 'OKX refuses REST calls from here', null));
      const answer = await this.http.getJson(host + path, 1, this.signal, maxBytes ? { maxBytes } : {});
      if (answer.ok) return judge(answer.value.body);
      if (answer.error.kind !== 'refused') return answer;
      this.hosts = this.hosts.filter((h) => h !== host);
      if (this.hosts.length === 0) return answer;
    }
  }

  /** Not a deadline of ours but the politeness of the host: calls keep their distance. */
  private async turn(): Promise<void> {
    const now = performance.now();
    const wait = this.nextAt - now;
    this.nextAt = Math.max(now, this.nextAt) + this.paceMs;
    if (wait > 0) await delay(wait, undefined, { signal: this.signal, ref: false }).catch(() => this.signal.aborted);
  }
}

/** Refusals come with HTTP 200: `{"code":"51001","msg":"Instrument ID doesn't exist","data":[]}`. */
function judge(body: unknown): Result<unknown, HttpFailure> {
  if (!isRecord(body) || typeof body.code !== 'string') return err(failure('bad', 'the answer of OKX has not the expected form', null));
  if (body.code === '0') return ok(body);
  const words = `OKX says ${typeof body.msg === 'string' ? body.msg.slice(0, 160) : ''} (code ${body.code.slice(0, 16)})`;
  if (body.code === TOO_FREQUENT) return err(failure('limited', words, LIMITED_MS));
  return err(failure(TRANSIENT.has(body.code) ? 'lost' : 'bad', words, null));
}

function failure(kind: HttpFailure['kind'], words: string, retryAfterMs: number | null): HttpFailure {
  return { kind, words, status: 200, retryAfterMs, venueCode: null };
}
