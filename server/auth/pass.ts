import type { CloseName } from '@/core/contract';

/** A client's right to read a stream, as its connection asks for it. Decisions are made here, the hub only obeys. */
export interface Pass {
  /** Told in the greeting: `none` = nobody is asked for anything. */
  readonly mode: 'none' | 'token';
  /** May data flow? Until it may, not one byte is sent. */
  readonly ok: boolean;
  /** Time in which a client that is not let in yet may bring a ticket in its hello, ms; 0 = none. */
  readonly graceMs: number;
  /** Time until it must be renewed by an `auth` message, ms; null = never. */
  expiresInMs(): number | null;
  /** Takes a one-time ticket; false when it is worth nothing here. */
  redeem(ticket: string): boolean;
  /** Why the connection must end now; null = it may stay. Cheap: asked several times a second. */
  verdict(): Extract<CloseName, 'unauthenticated' | 'credentialExpired' | 'tooManyConnections'> | null;
  /** The connection is gone. */
  end(): void;
}

/** Where no token is set, everybody who passed the checks of Host and Origin may read. */
export const OPEN_PASS: Pass = { mode: 'none', ok: true, graceMs: 0, expiresInMs: () => null, redeem: () => true, verdict: () => null, end: () => undefined };
