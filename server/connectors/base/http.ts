import { err, ok, type Result } from '@/core/util/result';
import type { Clock } from '../../observability/clock';
import { parseRetryAfter, refusalOf } from './refusal';

export interface HttpFailure {
  /** `refused`: permanent for this host; `limited`: has a date; `lost`: transient; `bad`: the request or the answer is wrong. */
  readonly kind: 'refused' | 'limited' | 'lost' | 'bad';
  readonly words: string;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** The venue's own error code, when its body has one. */
  readonly venueCode: number | null;
}

export interface HttpAnswer {
  readonly body: unknown;
  readonly headers: Headers;
  /** Wall time after the body arrived, ms since the epoch. */
  readonly receivedAt: number;
}

export interface HttpOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxRedirects: number;
}
export const HTTP_DEFAULTS: HttpOptions = { timeoutMs: 10_000, maxBytes: 2 * 2 ** 20, maxRedirects: 3 };

/** GET requests of one venue: bounded in time, size and weight; every failure comes back as a value with words. */
export class VenueHttp {
  private limitedUntil = 0;

  constructor(
    private readonly venue: string,
    private readonly clock: Clock,
    readonly budget: WeightBudget,
    private readonly defaults: HttpOptions = HTTP_DEFAULTS,
  ) {}

  /** Gets JSON. `weight` is what the call costs in the venue's own count; over budget it is refused without a call. */
  async getJson(url: string, weight: number, signal: AbortSignal, options: Partial<HttpOptions> = {}): Promise<Result<HttpAnswer, HttpFailure>> {
    const now = this.clock.monotonic();
    if (now < this.limitedUntil) return err(failure('limited', `${this.venue} asked us to wait`, null, this.limitedUntil - now));
    const wait = this.budget.take(weight, now);
    if (wait > 0) return err(failure('limited', `our own request budget for ${this.venue} is used up`, null, wait));
    const answer = await this.request(url, signal, { ...this.defaults, ...options });
    if (!answer.ok && answer.error.kind === 'limited') this.limitedUntil = this.clock.monotonic() + (answer.error.retryAfterMs ?? 60_000);
    return answer;
  }

  private async request(url: string, signal: AbortSignal, options: HttpOptions): Promise<Result<HttpAnswer, HttpFailure>> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
    try {
      const response = await this.follow(url, limit, options.maxRedirects);
      if (!response) return err(failure('bad', `${this.venue} redirects to another host or too often`, null));
      const text = await readText(response, options.maxBytes);
      if (text === null) return err(failure('bad', `the answer of ${this.venue} is larger than ${options.maxBytes} bytes`, response.status));
      return this.judge(response, text);
    } catch (error) {
      if (signal.aborted) return err(failure('lost', 'stopped', null));
      const timeout = error instanceof Error && error.name === 'TimeoutError';
      return err(failure('lost', timeout ? `${this.venue} did not answer within ${options.timeoutMs / 1_000} s` : `${this.venue} cannot be reached`, null));
    }
  }

  /** Redirects stay on the same host, so that a hijacked answer cannot send us elsewhere; null otherwise. */
  private async follow(url: string, signal: AbortSignal, redirects: number): Promise<Response | null> {
    let address = new URL(url);
    for (let i = 0; i <= redirects; i += 1) {
      const response = await fetch(address, { signal, redirect: 'manual', headers: { accept: 'application/json' } });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || !location) return response;
      await response.body?.cancel();
      const next = new URL(location, address);
      if (next.host !== address.host || next.protocol !== address.protocol) return null;
      address = next;
    }
    return null;
  }

  private judge(response: Response, text: string): Result<HttpAnswer, HttpFailure> {
    const body = parseJson(text);
    const venueCode = numberField(body, 'code');
    const said = textField(body, 'msg').slice(0, 160);
    if (response.ok) {
      if (body !== undefined) return ok({ body, headers: response.headers, receivedAt: this.clock.now() });
      const page = text.trimStart().startsWith('<');
      return err(failure('bad', page ? `${this.venue} answered with a web page instead of data` : `${this.venue} answered with broken JSON`, response.status));
    }
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), this.clock.now());
    const refusal = refusalOf(this.venue, response.status, said);
    const kind = refusal.kind === 'lost' && response.status >= 400 && response.status < 500 ? 'bad' : refusal.kind;
    return err({ kind, words: refusal.words, status: response.status, retryAfterMs, venueCode });
  }
}

/** Request weight per minute of one host, counted by us and corrected by what the venue reports. */
export class WeightBudget {
  private windowStart = -Infinity;
  private used = 0;

  /** `perMinute`: the weight we allow ourselves, below the venue's limit because others may share the address. */
  constructor(private readonly perMinute: number) {}

  /** Takes `weight` and returns 0, or the ms until it is available again without taking it. */
  take(weight: number, now: number): number {
    if (now - this.windowStart >= 60_000) {
      this.windowStart = now;
      this.used = 0;
    }
    if (this.used > 0 && this.used + weight > this.perMinute) return this.windowStart + 60_000 - now;
    this.used += weight;
    return 0;
  }

  /** The venue says how much of this minute is used. */
  report(used: number): void {
    if (Number.isFinite(used)) this.used = Math.max(this.used, used);
  }
}

function failure(kind: HttpFailure['kind'], words: string, status: number | null, retryAfterMs: number | null = null): HttpFailure {
  return { kind, words, status, retryAfterMs, venueCode: null };
}

async function readText(response: Response, maxBytes: number): Promise<string | null> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Parsed JSON, or undefined: JSON has no undefined, so the two cannot be confused. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function numberField(body: unknown, key: string): number | null {
  const value = isRecord(body) ? body[key] : null;
  return typeof value === 'number' ? value : null;
}

function textField(body: unknown, key: string): string {
  const value = isRecord(body) ? body[key] : null;
  return typeof value === 'string' ? value : '';
}

/** A JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
