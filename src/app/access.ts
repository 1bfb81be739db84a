import type { AccessApi } from '@/service';
import { createAccessApi } from '@/service/access';
import { heldFor, letGo } from './held';
import { loginUrl } from './signedOut';

/** Signing out of the app: this tab goes to the page where one signs in; the others are told by their streams. */
export function accessOf(base: URL, server: string): AccessApi {
  const api = createAccessApi(server, heldFor(base, server)?.fetch);
  return {
    ...api,
    async signOut(signal) {
      const answer = await api.signOut(signal);
      if (answer.ok) {
        letGo();
        const login = loginUrl(base, new URL(location.href));
        login.searchParams.set('out', '');
        location.assign(login);
      }
      return answer;
    },
  };
}
