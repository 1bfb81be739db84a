import { inject, type InjectionKey } from 'vue';
import type { StreamName } from '@/core/contract';
import { err } from '@/core/util/result';
import type { AccessApi, Answer, Api } from '@/service';

export type { AccessApi };

/**
 * What views may ask of the client service. Given by src/app through injection, so that no view knows the service and a test
 * can hand in its own.
 */
export interface ClientPort {
  /** Asks for a channel by name; ref-counted. The result gives it back. */
  subscribeChannel(channel: string): () => void;
  /** Connects at once instead of waiting, also after a final refusal. */
  retry(stream?: StreamName): void;
  /** Where the server is, as the user may read it. */
  readonly server: string;
  /** Plain requests. */
  readonly api: Api;
  /** Who is signed in, and signing out; loaded when first asked for. */
  access(): Promise<AccessApi>;
}

export const CLIENT: InjectionKey<ClientPort> = Symbol('client');

const noAnswer = (): Answer<never> => Promise.resolve(err({ code: 'unreachable', words: 'There is no server' }));
/** A server that never answers. */
export const NO_API: Api = { venues: noAnswer, switchVenue: noAnswer, compare: noAnswer, overview: noAnswer, candles: noAnswer, scorecard: noAnswer, moodHistory: noAnswer, history: noAnswer };
/** A server that never says who is signed in. */
export const NO_ACCESS: AccessApi = { session: noAnswer, signIn: noAnswer, signOut: noAnswer };
const NOTHING: ClientPort = { subscribeChannel: () => () => undefined, retry: () => undefined, server: '', api: NO_API, access: () => Promise.resolve(NO_ACCESS) };

/** The app's client; outside the app (component tests) one that does nothing. */
export function useClient(): ClientPort {
  return inject(CLIENT, NOTHING);
}
