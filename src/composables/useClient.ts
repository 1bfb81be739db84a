import { inject, type InjectionKey } from 'vue';
import type { StreamName } from '@/core/contract';

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
}

export const CLIENT: InjectionKey<ClientPort> = Symbol('client');

const NOTHING: ClientPort = { subscribeChannel: () => () => undefined, retry: () => undefined, server: '' };

/** The app's client; outside the app (component tests) one that does nothing. */
export function useClient(): ClientPort {
  return inject(CLIENT, NOTHING);
}
