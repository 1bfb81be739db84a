import { err } from '@/core/util/result';
import type { Answer, Api, FetchLike } from '@/service';

type Method = (...args: unknown[]) => Answer<unknown>;

/** The plain requests, with their schemas fetched at the first one: the table needs none of them. */
export function lazyApi(server: string, get?: FetchLike): Api {
  let loading: Promise<Api> | null = null;
  async function ask(name: keyof Api, args: unknown[]): Answer<unknown> {
    try {
      loading ??= import('@/service/api').then(({ createApi }) => createApi(server, get));
      return await ((await loading)[name] as Method)(...args);
    } catch {
      loading = null; // asked again with the next request
      return err({ code: 'unreachable', words: 'A part of this page could not be loaded; reload it' });
    }
  }
  // Every method of the interface, and none is listed here: it has only methods of this kind.
  return new Proxy({} as Api, { get: (_none, name: keyof Api) => (...args: unknown[]) => ask(name, args) });
}
