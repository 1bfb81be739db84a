import { SESSION_LIMITS } from './sessions';

/**
 * Name of the session cookie. Behind TLS the prefix `__Host-` makes browsers refuse one that another host or path of the same domain has planted; over plain http
 * browsers keep no such cookie.
 */
export const cookieName = (secure: boolean): string => (secure ? '__Host-tickglass' : 'tickglass');

/** Value of a cookie; null when there is none, or more than one. */
export function readCookie(header: string, name: string): string | null {
  const found = header.split(';').map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`));
  const [pair] = found;
  return pair === undefined || found.length > 1 ? null : pair.slice(name.length + 1);
}

/** `Set-Cookie` for a session; an empty secret takes the cookie back. Scripts cannot read it, other sites do not send it. */
export function writeCookie(secret: string, secure: boolean): string {
  const life = secret === '' ? 0 : SESSION_LIMITS.wholeMs / 1_000;
  return `${cookieName(secure)}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${life}${secure ? '; Secure' : ''}`;
}
