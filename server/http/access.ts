import { createHash, timingSafeEqual } from 'node:crypto';

export type Role = 'admin' | 'viewer';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Who may read: everybody when no token is set, else the bearer of one of the two. Tokens are compared as digests in constant time, both of
 * them always, so that the time of an answer tells nothing. (Sessions and the login page come with the access feature.)
 */
export function createAccess(token: string | null, viewerToken: string | null): (authorization: string | undefined) => Role | null {
  if (token === null) return () => 'admin';
  const admin = digest(token);
  const viewer = viewerToken === null ? null : digest(viewerToken);
  return (authorization) => {
    const given = digest(/^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1] ?? '');
    const isAdmin = timingSafeEqual(given, admin);
    const isViewer = viewer !== null && timingSafeEqual(given, viewer);
    if (isAdmin) return 'admin';
    return isViewer ? 'viewer' : null;
  };
}
