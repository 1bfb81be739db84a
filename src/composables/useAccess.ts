import { computed, onScopeDispose, shallowRef, type ComputedRef, type ShallowRef } from 'vue';
import type { SessionAnswer } from '@/core/contract';
import { useClient } from './useClient';

export interface Access {
  /** null while it is not known. */
  readonly session: Readonly<ShallowRef<SessionAnswer | null>>;
  /** false for a viewer: what would only be refused is not offered. */
  readonly mayChange: ComputedRef<boolean>;
  /** Ends the session; gives the words of a failure, empty when it worked. */
  readonly signOut: () => Promise<string>;
}

/** Who is signed in here. Asked once for each part of the page that wants to know. */
export function useAccess(): Access {
  const client = useClient();
  const session = shallowRef<SessionAnswer | null>(null);
  const gone = new AbortController();
  onScopeDispose(() => gone.abort());
  void client.access().then(async (api) => {
    const answer = await api.session(gone.signal);
    if (answer.ok) session.value = answer.value;
  });
  return {
    session,
    mayChange: computed(() => session.value?.role !== 'viewer'),
    async signOut() {
      const answer = await (await client.access()).signOut(new AbortController().signal);
      return answer.ok ? '' : answer.error.words;
    },
  };
}
