import type { IncomingMessage } from 'node:http';
import { Audit } from '../../../server/auth/audit';
import { Auth, type AuthOptions } from '../../../server/auth/auth';
import { createMetrics } from '../../../server/observability/metrics';
import { silentLog } from '../hub/support';

export const ADMIN = 'admin-'.padEnd(40, 'a');
export const VIEWER = 'viewer-'.padEnd(40, 'v');

/** Time that is moved by hand; the wall clock apart from it. */
export class HandClock {
  mono = 0;
  wall = 1_780_000_000_000;
  now = (): number => this.wall;
  monotonic = (): number => this.mono;
}

export function authOf(clock: HandClock, over: Partial<AuthOptions> = {}): Auth {
  return new Auth({ token: ADMIN, viewerToken: VIEWER, trustedProxies: [], connectionsPerUser: 3, clock, audit: new Audit({ dataDir: ':memory:', log: silentLog, clock }), metrics: createMetrics(), ...over });
}

/** A request as far as anything here reads one. */
export const requestOf = (headers: Record<string, string>, remoteAddress = '127.0.0.1', url = '/'): IncomingMessage => ({ headers, socket: { remoteAddress }, url }) as unknown as IncomingMessage;
