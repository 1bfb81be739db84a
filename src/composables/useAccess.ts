import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import type { SessionAnswer } from '@/core/contract';
import { useClient } from './useClient';

/** Who is signed in here; null while that is not known. Asked once for each part of the page that wants to know. */
export function useAccess(): { readonly session: Readonly<ShallowRef<SessionAnswer | null>>; readonly signOut: () => Promise<string> } {
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
    /** Ends the session; gives the words of a failure, empty when it worked. */
    async signOut() {
      const answer = await (await client.access()).signOut(new AbortController().signal);
      return answer.ok ? '' : answer.error.words;
    },
  };
}
