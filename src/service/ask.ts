import * as v from 'valibot';
import { ERRORS } from '@/core/contract';
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

const Failure = v.object({ error: v.object({ code: v.string(), message: v.pipe(v.string(), v.maxLength(512)) }) });
const isKnown = (code: string): code is keyof typeof ERRORS => Object.hasOwn(ERRORS, code);

/** Failure of an answer that is not 2xx; a proxy in between may answer with anything. */
function refusal(status: number, body: unknown): ApiFailure {
  const told = v.safeParse(Failure, body);
  if (told.success) return { code: told.output.error.code, words: told.output.error.message };
  const code = status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : status === 404 ? 'not_found' : 'internal';
  return { code, words: isKnown(code) && status < 500 ? ERRORS[code].words : `The server answered with status ${status}` };
}

/** One request; never throws. `body` is sent as JSON; an answer without content is null. */
export type Ask = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, schema: v.GenericSchema<unknown, T>, signal: AbortSignal, more?: { readonly body?: object; readonly timeoutMs?: number }) => Answer<T>;

const Csrf = v.object({ csrf: v.nullable(v.string()) });

/**
 * Requests to one server. What changes something carries the token that proves that this page means it (docs/http.md); it is asked for
 * before the first such request, and again when it is refused, as another tab may have signed in anew.
 */
export function createAsk(server: string, get: FetchLike): Ask {
  const base = server.endsWith('/') ? server : `${server}/`;
  let csrf: Promise<string | null> | null = null;
  const askCsrf = async (signal: AbortSignal): Promise<string | null> => {
    const response = await get(new URL('api/v1/session', base).href, { signal, headers: { accept: 'application/json' } });
    const told = v.safeParse(Csrf, response.ok ? await response.json() : null);
    return told.success ? told.output.csrf : null;
  };
  const proof = async (signal: AbortSignal): Promise<Record<string, string>> => {
    csrf ??= askCsrf(signal).catch(() => (csrf = null));
    const token = await csrf;
    return token === null ? {} : { 'x-csrftoken': token };
  };
  return async (method, path, schema, signal, { body: sent, timeoutMs = TIMEOUT_MS } = {}) => {
    let body: unknown;
    const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const once = async (): ReturnType<FetchLike> => get(new URL(path, base).href, {
      method, signal: either,
      headers: { accept: 'application/json', ...(sent ? { 'content-type': 'application/json' } : {}), ...(method === 'GET' ? {} : await proof(either)) }, ...(sent ? { body: JSON.stringify(sent) } : {}),
    });
    try {
      let response = await once();
      if (response.status === 403 && method !== 'GET' && (await csrf) !== null) {
        csrf = null;
        response = await once();
      }
      body = response.status === 204 ? null : await response.json().catch(() => null);
      if (!response.ok) return err(refusal(response.status, body));
    } catch {
      return err({ code: 'unreachable', words: 'The server did not answer' });
    }
    const parsed = v.safeParse(schema, body);
    return parsed.success ? ok(parsed.output) : err({ code: 'unreadable', words: 'The answer of the server could not be read; its version may differ from this page' });
  };
}
