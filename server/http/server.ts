import type { IncomingMessage } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { LIMITS, type ErrorName } from '@/core/contract';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../observability/logger';
import { createAccess } from './access';
import { analysisRoutes, marketRoutes, stateRoutes } from './api';
import { BACKTESTS_PATH, backtestRoutes } from './backtests';
import { venueMarketRoutes } from './books';
import { serveBundle } from './bundle';
import { fail, failureBody } from './failure';
import { SECURITY_HEADERS } from './headers';
import { historyRoutes } from './history';
import { overviewRoute } from './overview';
import type { HttpOptions, HttpPorts } from './ports';
import { scorecardRoutes } from './scorecard';
import { venueRoutes } from './venues';

/** Limits of reliability section 4.3. */
const HTTP_LIMITS = { headerBytes: 8_192, headersMs: 5_000, requestMs: 10_000, checkMs: 1_000, bodyBytes: 65_536 } as const;

/** The HTTP side: interface, health, metrics and the page. Does not listen yet. */
export async function createHttpServer(ports: HttpPorts, options: HttpOptions, log: Logger): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = log;
  const app = Fastify({
    loggerInstance: logger, logController: new LogController({ disableRequestLogging: true }), trustProxy: false, bodyLimit: HTTP_LIMITS.bodyBytes, requestTimeout: HTTP_LIMITS.requestMs,
    routerOptions: { maxParamLength: LIMITS.channelLength * 3 }, forceCloseConnections: true, clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_error, _request, reply) => void fail(reply.headers(SECURITY_HEADERS), 'bad_request'),
    http: { maxHeaderSize: HTTP_LIMITS.headerBytes, headersTimeout: HTTP_LIMITS.headersMs, connectionsCheckingInterval: HTTP_LIMITS.checkMs },
  });
  const access = createAccess(options.token, options.viewerToken);
  app.addHook('onRequest', async (request, reply) => {
    // A room is a server of its own, with its own checks of host, origin and token.
    if (ports.rooms?.request(request.raw, reply.raw) === true) return reply.hijack();
    reply.headers(SECURITY_HEADERS);
    if (isPrivate(request)) reply.header('cache-control', 'no-store');
    const refusal = refuse(request, reply, ports, access);
    if (refusal === 'forbidden') log.info({ audit: true, who: 'viewer', address: request.ip, action: `${request.method} ${request.url.slice(0, 120)}`, outcome: refusal }, 'control refused');
    if (refusal) return fail(reply, refusal);
    if (request.method === 'OPTIONS' && reply.hasHeader('access-control-allow-origin')) return reply.code(204).send();
    return undefined;
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  marketRoutes(app, ports);
  venueMarketRoutes(app, ports);
  analysisRoutes(app, ports);
  venueRoutes(app, ports, access, log);
  overviewRoute(app, ports);
  historyRoutes(app, ports);
  scorecardRoutes(app, ports);
  backtestRoutes(app, ports);
  stateRoutes(app, ports, options);
  ports.routes?.(app, access);
  await serveBundle(app, options.bundleDir, options.base);
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (ports.rooms?.upgrade(request, socket, head) === true) return;
    if (options.token !== null && access(request.headers.authorization) === null) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    ports.upgrade(request, socket, head);
  });
  return app;
}

/** Host, origin, token and role, in this order; the reason of the refusal or null. Sets the headers another allowed origin needs. */
function refuse(request: FastifyRequest, reply: FastifyReply, ports: HttpPorts, access: ReturnType<typeof createAccess>): ErrorName | null {
  const { host, origin, authorization } = request.headers;
  if (!ports.hostAllowed(host)) return 'bad_host';
  const foreign = origin !== undefined && origin !== `http://${host ?? ''}` && origin !== `https://${host ?? ''}`;
  const allowed = origin === undefined || ports.originAllowed(origin, host);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (foreign && allowed) {
    reply.headers({ 'access-control-allow-origin': origin, vary: 'origin', 'access-control-allow-headers': 'authorization, content-type', 'access-control-allow-methods': 'GET, POST' });
  }
  // A browser says where a request comes from; a page that is not ours changes nothing here.
  const site = request.headers['sec-fetch-site'];
  if (!isRead && (!allowed || (origin === undefined && (site === 'cross-site' || site === 'same-site')))) return 'bad_origin';
  if (!isPrivate(request) || request.method === 'OPTIONS') return null;
  const role = access(authorization);
  if (role === null) return 'unauthorized';
  // A backtest changes nothing that others see.
  return isRead || role === 'admin' || request.routeOptions.url === BACKTESTS_PATH ? null : 'forbidden';
}

/**
 * Does the address need a token? The route that was found decides, not the text of the address: `/%61pi` finds the same route as `/api`. Where none
 * was found the text does, so that nobody learns without a token what exists.
 */
function isPrivate(request: FastifyRequest): boolean {
  return [request.routeOptions.url, request.url.split('?')[0]].some((path) => path?.startsWith('/api') === true || path === '/metrics');
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return fail(reply, 'payload_too_large');
  if (status === 404) return fail(reply, 'not_found');
  if (status >= 400 && status < 500) return fail(reply, 'bad_request');
  request.log.error({ err: error, route: request.routeOptions.url }, 'a request failed');
  return fail(reply, 'internal');
}

/** Answers what is not HTTP, too large or too slow; the socket is closed either way. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Writable): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large', ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout' }[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify(failureBody('bad_request', status.slice(4).toLowerCase()));
  socket.end(`HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
