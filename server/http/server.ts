import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIMITS } from '@/core/contract';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Auth } from '../auth/auth';
import type { Logger } from '../observability/logger';
import { analysisRoutes, marketRoutes, stateRoutes } from './api';
import { backtestRoutes } from './backtests';
import { venueMarketRoutes } from './books';
import { serveBundle } from './bundle';
import { fail, failureBody } from './failure';
import { isPrivate, isRead, OWN_ROUTES, refuse, type Refusal } from './guard';
import { HSTS, SECURITY_HEADERS } from './headers';
import { historyRoutes } from './history';
import { overviewRoute } from './overview';
import type { HttpOptions, HttpPorts, Note } from './ports';
import { REPLAY_PATH } from './replays';
import { scorecardRoutes } from './scorecard';
import { sessionRoutes } from './session';
import { venueRoutes } from './venues';

/** Limits of reliability section 4.3. */
const HTTP_LIMITS = { headerBytes: 8_192, headersMs: 5_000, requestMs: 10_000, checkMs: 1_000, bodyBytes: 65_536 } as const;

/** The HTTP side: interface, health, metrics and the page. Does not listen yet. */
export async function createHttpServer(ports: HttpPorts, options: HttpOptions, log: Logger): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = log;
  const app = Fastify({
    loggerInstance: logger, logController: new LogController({ disableRequestLogging: true }), trustProxy: false, bodyLimit: HTTP_LIMITS.bodyBytes, requestTimeout: HTTP_LIMITS.requestMs,
    routerOptions: { maxParamLength: LIMITS.channelLength * 3 }, forceCloseConnections: true, clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, auth),
    frameworkErrors: (_error, _request, reply) => void fail(reply.headers(SECURITY_HEADERS), 'bad_request'),
    http: { maxHeaderSize: HTTP_LIMITS.headerBytes, headersTimeout: HTTP_LIMITS.headersMs, connectionsCheckingInterval: HTTP_LIMITS.checkMs },
  });
  // Only JSON: a form or a plain text is what another page can send without being asked.
  app.removeContentTypeParser('text/plain');
  const { auth } = options;
  const noted = new WeakSet<FastifyRequest>();
  const note: Note = (request, action, outcome, target) => {
    noted.add(request);
    auth.note(request.raw, action, outcome, target);
  };
  app.addHook('onRequest', async (request, reply) => {
    // A room is a server of its own, with its own checks of host, origin and token.
    if (ports.rooms?.request(request.raw, reply.raw) === true) return reply.hijack();
    reply.headers(SECURITY_HEADERS);
    if (auth.peer(request.raw).secure) reply.header('strict-transport-security', HSTS);
    if (isPrivate(request)) reply.header('cache-control', 'no-store');
    const refusal = refuse(request, reply, ports, auth);
    if (refusal) return answerRefusal(request, reply, refusal, auth);
    if (request.method === 'OPTIONS' && reply.hasHeader('access-control-allow-origin')) return reply.code(204).send();
    return undefined;
  });
  // What no handler has written down itself is written down here, so that no change goes unseen.
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url;
    if (isRead(request) || noted.has(request) || route === undefined || OWN_ROUTES.has(route) || route === REPLAY_PATH || reply.statusCode === 401 || reply.statusCode === 403) return;
    auth.note(request.raw, `${request.method} ${route}`, String(reply.statusCode));
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  marketRoutes(app, ports);
  venueMarketRoutes(app, ports);
  analysisRoutes(app, ports);
  venueRoutes(app, ports, note, (request) => auth.identify(request.raw)?.role === 'admin');
  overviewRoute(app, ports);
  historyRoutes(app, ports);
  scorecardRoutes(app, ports);
  backtestRoutes(app, ports);
  sessionRoutes(app, auth, note);
  stateRoutes(app, ports, options);
  ports.routes?.(app, note);
  await serveBundle(app, { folder: options.bundleDir, base: options.base ?? '/', signedIn: (request) => auth.identify(request) !== null });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (ports.rooms?.upgrade(request, socket, head) !== true) ports.upgrade(request, socket, head);
  });
  return app;
}

/** Answers a refusal and writes it down where it tells something: a wrong secret, an attempt beyond the own rights, a foreign page. */
function answerRefusal(request: FastifyRequest, reply: FastifyReply, { code, detail, waitMs }: Refusal, auth: Auth): FastifyReply {
  const action = `${request.method} ${request.url.split('?')[0] ?? ''}`;
  const brought = request.headers.authorization !== undefined || request.headers.cookie !== undefined;
  if (code !== 'unauthorized' || brought) auth.refused(request.raw, action, code, { route: `${request.method} ${request.routeOptions.url ?? ''}` });
  if (waitMs !== undefined) reply.header('retry-after', String(Math.ceil(waitMs / 1_000)));
  return fail(reply, code, detail);
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return fail(reply, 'payload_too_large');
  if (status === 404) return fail(reply, 'not_found');
  if (status === 415) return fail(reply, 'bad_request', 'a body is application/json');
  if (status >= 400 && status < 500) return fail(reply, 'bad_request');
  request.log.error({ err: error, route: request.routeOptions.url }, 'a request failed');
  return fail(reply, 'internal');
}

/** Answers what is not HTTP, too large or too slow, and writes it down; the socket is closed either way. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, auth: Auth): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large', ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout' }[error.code ?? ''] ?? '400 Bad Request';
  auth.refused({ headers: {}, socket }, 'broken request', 'bad_request', { outcome: status });
  const body = JSON.stringify(failureBody('bad_request', status.slice(4).toLowerCase()));
  socket.end(`HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
