import { type ErrorName } from '@/core/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Auth } from '../auth/auth';
import type { Identity } from '../auth/identity';
import { BACKTESTS_PATH } from './backtests';
import type { HttpPorts } from './ports';
import { REPLAY_PATH } from './replays';

/** Why a request goes no further: code of the answer, what exactly, and the time to wait, ms. */
export interface Refusal {
  readonly code: ErrorName;
  readonly detail?: string;
  readonly waitMs?: number;
}

export const SESSION_PATHS = { session: '/api/v1/session', login: '/api/v1/login', logout: '/api/v1/logout', ticket: '/api/v1/ws-ticket', audit: '/api/v1/audit' } as const;

/** Asked before anybody is known. */
const OPEN_ROUTES: ReadonlySet<string> = new Set([SESSION_PATHS.session, SESSION_PATHS.login]);
/** Changes nothing that others see, so that viewers may as well; by no means an action worth writing down. */
export const OWN_ROUTES: ReadonlySet<string> = new Set([BACKTESTS_PATH, SESSION_PATHS.login, SESSION_PATHS.logout, SESSION_PATHS.ticket, '/api/v1/client-metrics']);
/** Read by administrators only. */
const ADMIN_READS: ReadonlySet<string> = new Set([SESSION_PATHS.audit]);
/** Not counted among the changes of a minute: a replay is sought in many times a second. */
const UNCOUNTED: ReadonlySet<string> = new Set([...OWN_ROUTES, REPLAY_PATH]);

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
export const isRead = ({ method }: Pick<FastifyRequest, 'method'>): boolean => SAFE.has(method);
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? '';

/**
 * Does the address need a token? The route that was found decides, not the text of the address: `/%61pi` finds the same route as `/api`. Where none
 * was found the text does, so that nobody learns without a token what exists.
 */
export function isPrivate(request: FastifyRequest): boolean {
  return [request.routeOptions.url, request.url.split('?')[0]].some((path) => path?.startsWith('/api') === true || path === '/metrics');
}

/** Host, origin, who it is, role, and whether a page of ours meant it, in this order; null = go on. Sets the headers another allowed origin needs. */
export function refuse(request: FastifyRequest, reply: FastifyReply, ports: Pick<HttpPorts, 'hostAllowed' | 'originAllowed'>, auth: Auth): Refusal | null {
  const { host, origin } = request.headers;
  if (!ports.hostAllowed(host)) return { code: 'bad_host' };
  const foreign = origin !== undefined && origin !== `http://${host ?? ''}` && origin !== `https://${host ?? ''}`;
  const allowed = origin === undefined || ports.originAllowed(origin, host);
  if (foreign && allowed) {
    reply.headers({ 'access-control-allow-origin': origin, vary: 'origin', 'access-control-allow-headers': 'authorization, content-type', 'access-control-allow-methods': 'GET, POST, DELETE' });
  }
  // A browser says where a request comes from; a page that is not ours changes nothing here.
  const site = request.headers['sec-fetch-site'];
  if (!isRead(request) && (!allowed || (!foreign && (site === 'cross-site' || site === 'same-site')))) return { code: 'bad_origin' };
  if (!isPrivate(request) || request.method === 'OPTIONS' || OPEN_ROUTES.has(routeOf(request))) return null;
  const identity = auth.identify(request.raw);
  if (!identity) return { code: 'unauthorized' };
  return byRole(request, identity, foreign) ?? (isRead(request) ? null : change(request, identity, auth));
}

function byRole(request: FastifyRequest, { role, via }: Identity, foreign: boolean): Refusal | null {
  // Cookies are for our own page; another origin shows what it has been given.
  if (foreign && via === 'cookie') return { code: 'unauthorized', detail: 'a page of another origin signs in with Authorization: Bearer' };
  const forAdmins = isRead(request) ? ADMIN_READS.has(routeOf(request)) : !OWN_ROUTES.has(routeOf(request));
  return forAdmins && role !== 'admin' ? { code: 'forbidden' } : null;
}

function change(request: FastifyRequest, identity: Identity, auth: Auth): Refusal | null {
  if (!auth.isMeant(identity, request.raw)) return { code: 'forbidden', detail: `the header X-CSRFToken must carry what ${SESSION_PATHS.session} tells` };
  const waitMs = UNCOUNTED.has(routeOf(request)) ? 0 : auth.changes.take(identity.user);
  return waitMs > 0 ? { code: 'rate_limited', detail: 'too many changes in a minute', waitMs } : null;
}
