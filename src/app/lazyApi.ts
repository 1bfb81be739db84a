import { err } from '@/core/util/result';
import type { Answer, Api } from '@/service';

/** The plain requests, with their schemas fetched at the first one: the table needs none of them. */
export function lazyApi(server: string): Api {
  let loading: Promise<Api> | null = null;
  async function ask<T>(request: (api: Api) => Answer<T>): Answer<T> {
    try {
      loading ??= import('@/service/api').then(({ createApi }) => createApi(server));
      return await request(await loading);
    } catch {
      loading = null; // asked again with the next request
      return err({ code: 'unreachable', words: 'A part of this page could not be loaded; reload it' });
    }
  }
  return {
    venues: (signal) => ask((api) => api.venues(signal)),
    switchVenue: (id, to, signal) => ask((api) => api.switchVenue(id, to, signal)),
    compare: (symbol, size, signal) => ask((api) => api.compare(symbol, size, signal)),
    overview: (signal) => ask((api) => api.overview(signal)),
    candles: (query, signal) => ask((api) => api.candles(query, signal)),
    history: (signal) => ask((api) => api.history(signal)),
    scorecard: (query, signal) => ask((api) => api.scorecard(query, signal)),
  };
}
