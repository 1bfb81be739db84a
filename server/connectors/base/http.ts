import { err, ok, type Result } from '@/core/util/result';
import type { Clock } from '../../observability/clock';
import type { Budget } from './budget';
import { Hosts } from './hosts';
import { isRecord, parseJson } from './json';
import { memoryLedger } from './ledger';
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
  /** The body as it came, keys taken out. */
  readonly text: string;
  readonly headers: Headers;
  /** Wall time after the body arrived, ms since the epoch. */
  readonly receivedAt: number;
}

export interface HttpOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxRedirects: number;
}
/** Wait after 429 or 418 without a date, ms. */
const LIMITED_MS = 60_000;
export const HTTP_DEFAULTS: HttpOptions = { timeoutMs: 10_000, maxBytes: 2 * 2 ** 20, maxRedirects: 3 };

/** What a venue's calls share with others of the process, and what they carry. */
export interface HttpAccess {
  /** Manners per host; without it these calls have gates of their own. */
  readonly hosts?: Hosts;
  /** Least time between the starts of two calls to one host, ms. */
  readonly spacingMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keys that may stand in an address or be echoed by the venue: taken out of every text that comes back. */
  readonly secrets?: readonly string[];
}

/** GET requests of one venue: bounded in time, size and budget, one at a time per host; every failure comes back as a value with words. */
export class VenueHttp {
  private readonly hosts: Hosts;
  private readonly scrub: (text: string) => string;

  constructor(
    private readonly venue: string,
    private readonly clock: Clock,
    readonly budget: Budget,
    private readonly defaults: HttpOptions = HTTP_DEFAULTS,
    private readonly access: HttpAccess = {},
  ) {
    this.hosts = access.hosts ?? new Hosts(clock, memoryLedger());
    this.scrub = scrubber(access.secrets ?? []);
  }

  /** Gets JSON. `weight` is what the call costs in the venue's own count; over budget it is refused without a call. */
  async getJson(url: string, weight: number, signal: AbortSignal, options: Partial<HttpOptions> = {}): Promise<Result<HttpAnswer, HttpFailure>> {
    const gate = this.hosts.gate(url);
    const answer = await gate.run(this.access.spacingMs ?? 0, signal, async () => {
      const quiet = gate.quietMs();
      if (quiet > 0) return err(failure('limited', `${this.venue} asked us to wait`, null, quiet));
      const wait = this.budget.take(weight);
      if (wait > 0) return err(overBudget(this.venue, this.budget.words(weight), wait));
      const result = await this.request(url, signal, { ...this.defaults, ...options });
      if (!result.ok && result.error.kind === 'limited') gate.quietFor(result.error.retryAfterMs ?? LIMITED_MS);
      return result;
    });
    return answer ?? err(failure('lost', 'stopped', null));
  }

  private async request(url: string, signal: AbortSignal, options: HttpOptions): Promise<Result<HttpAnswer, HttpFailure>> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
    try {
      const response = await this.follow(url, limit, options.maxRedirects);
      if (!response) return err(failure('bad', `${this.venue} redirects to another host or too often`, null));
      const text = await readText(response, options.maxBytes);
      if (text === null) return err(failure('bad', `the answer of ${this.venue} is larger than ${options.maxBytes} bytes`, response.status));
      return this.judge(response, this.scrub(text));
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
      const response = await fetch(address, { signal, redirect: 'manual', headers: { accept: 'application/json', ...this.access.headers } });
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
    const { code: venueCode, said } = complaintOf(body);
    if (response.ok) {
      if (body !== undefined) return ok({ body, text, headers: response.headers, receivedAt: this.clock.now() });
      const page = text.trimStart().startsWith('<');
      return err(failure('bad', page ? `${this.venue} answered with a web page instead of data` : `${this.venue} answered with broken JSON`, response.status));
    }
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), this.clock.now());
    const refusal = refusalOf(this.venue, response.status, said);
    const kind = refusal.kind === 'lost' && response.status >= 400 && response.status < 500 ? 'bad' : refusal.kind;
    return err({ kind, words: refusal.words, status: response.status, retryAfterMs, venueCode });
  }
}

function overBudget(venue: string, words: string | null, wait: number): HttpFailure {
  const ever = Number.isFinite(wait);
  return failure(ever ? 'limited' : 'bad', `${venue}: our own ${words ?? 'budget is used'}`, null, ever ? wait : null);
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

/** What a refusal says, in the forms venues use: `code` and `msg`, `message`, `error`, `error-type`, or both in `status`. */
function complaintOf(body: unknown): { readonly code: number | null; readonly said: string } {
  if (!isRecord(body)) return { code: null, said: '' };
  const inner = isRecord(body.status) ? body.status : {};
  const code = [body.code, inner.error_code].find((value) => typeof value === 'number');
  const said = [body.msg, body.message, body.error, body['error-type'], inner.error_message].find((value) => typeof value === 'string');
  return { code: typeof code === 'number' ? code : null, said: typeof said === 'string' ? said.slice(0, 160) : '' };
}

/** Shorter texts are no keys, and would be found inside of data. */
const SHORTEST_SECRET = 6;

/** Takes keys out of a text: as they are, percent-encoded and in base64, also where the text was cut off in the midst of one. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.filter((s) => s.length >= SHORTEST_SECRET).flatMap((s) => [s, encodeURIComponent(s), Buffer.from(s).toString('base64').replace(/=+$/, '')]);
  return (text) => forms.reduce((clean, form) => withoutEnd(clean.replaceAll(form, '[key]'), form), text);
}

/** `text` without the begin of `form` at its end, if enough of it is there to be one. */
function withoutEnd(text: string, form: string): string {
  for (let length = form.length - 1; length >= SHORTEST_SECRET; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return `${text.slice(0, -length)}[key]`;
  }
  return text;
}
