import { withToken, type Credential } from '@/service/credential';

/** A page on another host can keep no cookie of the server: its session lasts as long as the tab. */
const KEY = 'tickglass.session';

export const hold = (session: string): void => sessionStorage.setItem(KEY, session);
export const letGo = (): void => sessionStorage.removeItem(KEY);

/** The credential of a page on another host; undefined at home, where the cookie does it, and before a sign-in. */
export function heldFor(base: URL, server: string): Credential | undefined {
  const session = server === base.href ? null : sessionStorage.getItem(KEY);
  return session === null ? undefined : withToken(server, session);
}
