import * as v from 'valibot';
import { ANY_STREAM_PATH, STREAM_NAMES, type SessionAnswer } from '@/core/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Auth } from '../auth/auth';
import { writeCookie, cookieName, readCookie } from '../auth/cookie';
import type { Identity } from '../auth/identity';
import { limitKey } from '../auth/peer';
import { TICKET_LIMITS } from '../auth/tickets';
import { fail } from './failure';
import { SESSION_PATHS } from './guard';
import type { Note } from './ports';
import { query, whole } from './query';

/** `cookie: false`: for a page on another host, which can keep no cookie here; the session then comes in the answer. */
const Login = v.object({ token: v.pipe(v.string(), v.minLength(1), v.maxLength(512)), cookie: v.optional(v.boolean(), true) });
const Logout = v.nullish(v.object({ everywhere: v.optional(v.boolean(), false) }));
/** `any` is the endpoint of that path. */
const TicketFor = v.object({ stream: v.picklist([...STREAM_NAMES, 'any']) });

const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1_000)));

/** Signing in and out, tickets for sockets, and what administrators did. */
export function sessionRoutes(app: FastifyInstance, auth: Auth, note: Note): void {
  app.get(SESSION_PATHS.session, (request) => sessionAnswer(auth, auth.identify(request.raw)));
  app.post(SESSION_PATHS.login, (request, reply) => signIn(auth, request, reply));
  app.post(SESSION_PATHS.logout, (request, reply) => signOut(auth, request, reply, note));
  app.post(SESSION_PATHS.ticket, (request, reply) => {
    const asked = v.safeParse(TicketFor, request.body);
    if (!asked.success) return fail(reply, 'bad_request', `stream is one of ${STREAM_NAMES.join(' ')}, or any for ${ANY_STREAM_PATH}`);
    const identity = auth.identify(request.raw);
    if (!identity) return fail(reply, 'unauthorized');
    const ticket = auth.ticket(identity, request.raw, asked.output.stream);
    if (typeof ticket === 'string') return { ticket, expires_in_ms: TICKET_LIMITS.lifeMs };
    return fail(reply.header('retry-after', seconds(ticket)), 'rate_limited', 'too many tickets in a minute');
  });
  app.get(SESSION_PATHS.audit, async (request, reply) => {
    const count = whole(query(request)['limit'], 100, 1_000);
    return count === null ? fail(reply, 'bad_request', 'limit is 1 to 1000') : { entries: await auth.audit.recent(count) };
  });
}

function sessionAnswer(auth: Auth, identity: Identity | null): SessionAnswer {
  return {
    mode: auth.mode, role: identity?.role ?? null, via: identity?.via ?? null, csrf: auth.csrfOf(identity),
    expires_in_ms: identity?.session ? Math.round(auth.sessions.leftMs(identity.session)) : null,
  };
}

/** The same answer, after the same work, for every token that is wrong. A session that was there before ends: a cookie planted beforehand is worth nothing. */
function signIn(auth: Auth, request: FastifyRequest, reply: FastifyReply): unknown {
  if (auth.mode === 'none') return fail(reply, 'not_possible', 'no token is set here, nobody needs to sign in');
  const asked = v.safeParse(Login, request.body);
  if (!asked.success) return fail(reply, 'bad_request', 'token is a text; cookie is true or false');
  const { address, secure } = auth.peer(request.raw);
  const waitMs = auth.attempts.waitMs(limitKey(address));
  if (waitMs > 0) {
    auth.refused(request.raw, 'login', 'rate_limited', { outcome: 'too many attempts' });
    return fail(reply.header('retry-after', seconds(waitMs)), 'rate_limited', `too many attempts; try again in ${seconds(waitMs)} s`);
  }
  const role = auth.roleOf(asked.output.token);
  if (role === null) {
    auth.attempts.failed(limitKey(address));
    auth.refused(request.raw, 'login', 'unauthorized', { outcome: 'wrong token' });
    return fail(reply, 'unauthorized', 'this token is not known here');
  }
  auth.attempts.succeeded(limitKey(address));
  const before = auth.sessions.find(readCookie(request.headers.cookie ?? '', cookieName(secure)) ?? '');
  const { secret, session } = auth.sessions.open(role);
  auth.note(request.raw, 'login', 'done', '', { role, via: 'cookie', session, user: session.name });
  if (!asked.output.cookie) return { ...sessionAnswer(auth, { role, via: 'bearer', session, user: session.name }), session: secret };
  if (before) auth.sessions.end(before);
  return reply.header('set-cookie', writeCookie(secret, secure)).send(sessionAnswer(auth, { role, via: 'cookie', session, user: session.name }));
}

/** Ends the session of the request; an administrator may end all. Their sockets are closed within a quarter of a second. */
function signOut(auth: Auth, request: FastifyRequest, reply: FastifyReply, note: Note): unknown {
  const asked = v.safeParse(Logout, request.body);
  if (!asked.success) return fail(reply, 'bad_request', 'everywhere is true or false');
  const identity = auth.identify(request.raw);
  const everywhere = asked.output?.everywhere === true;
  if (everywhere && identity?.role !== 'admin') return fail(reply, 'forbidden');
  note(request, everywhere ? 'logout.everywhere' : 'logout', 'done');
  if (everywhere) auth.sessions.end('all');
  else if (identity?.session) auth.sessions.end(identity.session);
  return reply.header('set-cookie', writeCookie('', auth.peer(request.raw).secure)).code(204).send();
}
