import * as v from 'valibot';
import { SessionAnswer } from '@/core/contract';
import { createAsk, type Answer } from './ask';
import type { FetchLike } from './types';

/** Signing in and out (docs/http.md). Loaded by the views that show it only. */
export interface AccessApi {
  /** Whom the server takes this page for. */
  session(signal: AbortSignal): Answer<SessionAnswer>;
  /** @param keepCookie false on another host, which can keep none: the answer then has the session itself. */
  signIn(token: string, keepCookie: boolean, signal: AbortSignal): Answer<SessionAnswer>;
  signOut(signal: AbortSignal): Answer<null>;
}

export function createAccessApi(server: string, get: FetchLike = (url, init) => fetch(url, init)): AccessApi {
  const ask = createAsk(server, get);
  return {
    session: (signal) => ask('GET', 'api/v1/session', SessionAnswer, signal),
    signIn: (token, cookie, signal) => ask('POST', 'api/v1/login', SessionAnswer, signal, { body: { token, cookie } }),
    signOut: (signal) => ask('POST', 'api/v1/logout', v.null(), signal),
  };
}
