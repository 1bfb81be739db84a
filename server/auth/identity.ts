export type Role = 'admin' | 'viewer';

/** A sign-in. Its secret is known to the browser only. */
export interface Session {
  /** Public name, for limits and the audit log. */
  readonly name: string;
  readonly role: Role;
  readonly openedAt: number;
  usedAt: number;
  /** Signed out, here or elsewhere. */
  ended: boolean;
}

/** Who makes a request or reads a stream. */
export interface Identity {
  readonly role: Role;
  /** `open`: no token is set here. `token`: `Authorization: Bearer TOKEN`. `cookie` and `bearer`: a session, by cookie or by header. */
  readonly via: 'open' | 'token' | 'cookie' | 'bearer';
  readonly session: Session | null;
  /** Name for limits and the audit log; never a secret. */
  readonly user: string;
}

/** Nobody is asked who they are: the server is reached over loopback only. */
export const EVERYBODY: Identity = { role: 'admin', via: 'open', session: null, user: 'local' };
