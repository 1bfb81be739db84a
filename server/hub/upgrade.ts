import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { ANY_STREAM_PATH, ERRORS, STREAM_NAMES, STREAMS, SUBPROTOCOLS, type ErrorName } from '@/core/contract';
import { OPEN_PASS, type Pass } from '../auth/pass';
import type { Clock } from '../observability/clock';
import type { Metrics } from '../observability/metrics';
import type { Dialect, EndpointName } from './reader';
import { Admissions, type Admission } from './limits';
import type { HubOptions } from './options';
import { checkOrigin } from './origin';
import { Turns } from './turns';

const ENDPOINTS: ReadonlyMap<string, EndpointName> = new Map<string, EndpointName>([
  ...STREAM_NAMES.map((name) => [STREAMS[name].path, name] as const),
  [ANY_STREAM_PATH, 'any'],
]);
const DIALECTS: Readonly<Record<string, Dialect>> = { '': 'plain', 'tickglass.v2.json': 'objects', 'tickglass.v2.rows': 'rows' };

/** An accepted socket and what was found out about it. */
export interface Accepted {
  readonly ws: WebSocket;
  readonly socket: Socket;
  readonly address: string;
  readonly endpoint: EndpointName;
  readonly dialect: Dialect;
  /** Not let in, because no subprotocol offered is known or a limit is reached. Told by a close code: browsers hide the HTTP status of a refused upgrade. */
  readonly turnedAway: 'subprotocol' | Exclude<Admission, 'ok' | 'rate'> | null;
  readonly pass: Pass;
}

export interface DoorParts {
  readonly options: HubOptions;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly passOf: (request: IncomingMessage, endpoint: EndpointName, dialect: Dialect) => Pass;
  readonly addressOf: (request: IncomingMessage) => string;
  /** An upgrade was refused; called besides the count. */
  readonly refused: (request: IncomingMessage, reason: string) => void;
}

export interface UpgradeDoor {
  readonly admissions: Admissions;
  handle(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** From now on every upgrade is refused with 503. */
  shut(): void;
}

/** Answers an upgrade with an HTTP error and ends the socket. */
function refuse(socket: Duplex, status: string, code: ErrorName, extra = ''): void {
  const body = JSON.stringify({ error: { code, message: ERRORS[code].words } });
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${extra}\r\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(head + body);
}

/** First of the offered subprotocols, in the client's order, that the server speaks. */
export function chooseProtocol(offered: Iterable<string>): string | false {
  for (const name of offered) if ((SUBPROTOCOLS as readonly string[]).includes(name)) return name;
  return false;
}

/** Time that upgrades may take of one turn of the event loop, ms: a thousand of them at once hold up nothing. */
const TURN_MS = 10;

/** The door of the hub: path, Host, Origin, rates and numbers of connections, then the WebSocket handshake. */
export function createUpgradeDoor({ options, clock, metrics, passOf, addressOf, refused }: DoorParts, accept: (accepted: Accepted) => void): UpgradeDoor {
  const admissions = new Admissions(options, clock.monotonic());
  // Limits of reliability.md, section 4.3. The last two are younger than the type definitions.
  const limits: ServerOptions & { maxPendingAutoPongs: number; closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.frameBytes,
    maxFragments: 16,
    maxBufferedChunks: 1_024,
    maxPendingAutoPongs: 60,
    closeTimeout: options.closeTimeoutMs,
    handleProtocols: chooseProtocol,
  };
  const server = new WebSocketServer(limits);
  let open = true;

  function note(request: IncomingMessage, reason: string): void {
    metrics.upgradesRefused.inc({ reason });
    refused(request, reason);
  }
  function reject(request: IncomingMessage, socket: Duplex, reason: string, status: string, code: ErrorName, extra?: string): void {
    note(request, reason);
    refuse(socket, status, code, extra);
  }
  server.on('wsClientError', (_error: Error, socket: Duplex, request: IncomingMessage) => reject(request, socket, 'bad_handshake', '400 Bad Request', 'bad_request', 'Sec-WebSocket-Version: 13\r\n'));

  const turns = new Turns(clock, TURN_MS);
  function decide(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    // It has gone while it waited.
    if (socket.destroyed) return;
    const endpoint = ENDPOINTS.get((req.url ?? '').split('?', 1)[0] ?? '');
    if (!open) return reject(req, socket, 'closing', '503 Service Unavailable', 'overloaded', 'Retry-After: 3\r\n');
    const { host, origin, cookie } = req.headers;
    const verdict = checkOrigin({ host, origin, cookie }, options);
    if (verdict === 'bad_host') return reject(req, socket, verdict, '421 Misdirected Request', verdict);
    if (verdict === 'bad_origin') return reject(req, socket, verdict, '403 Forbidden', verdict);
    if (!endpoint) return reject(req, socket, 'not_found', '404 Not Found', 'not_found');
    const address = addressOf(req);
    const admission = admissions.ask(address, clock.monotonic());
    if (admission === 'rate') return reject(req, socket, 'rate', '429 Too Many Requests', 'rate_limited', 'Retry-After: 2\r\n');
    server.handleUpgrade(req, socket, head, (ws) => {
      const unsupported = ws.protocol === '' && req.headers['sec-websocket-protocol'] !== undefined;
      const dialect = DIALECTS[ws.protocol] ?? 'plain';
      const turnedAway = unsupported ? 'subprotocol' : admission === 'ok' ? null : admission;
      if (turnedAway !== null) note(req, turnedAway);
      accept({ ws, socket: req.socket, address, endpoint, dialect, turnedAway, pass: turnedAway === null ? passOf(req, endpoint, dialect) : OPEN_PASS });
    });
  }

  return {
    admissions,
    handle(req, socket, head) {
      // A peer that resets while it is being refused must not become an unhandled error.
      socket.on('error', () => socket.destroy());
      if (turns.length >= options.total) return reject(req, socket, 'queue', '503 Service Unavailable', 'overloaded', 'Retry-After: 5\r\n');
      turns.run(() => decide(req, socket, head));
    },
    shut() {
      open = false;
    },
  };
}
