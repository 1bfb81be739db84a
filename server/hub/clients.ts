import { randomBytes } from 'node:crypto';
import { CLOSE, closeCode, encode, type CloseName, type ServerMessage } from '@/core/contract';
import { Connection } from './connection';
import type { HubContext } from './context';
import type { Admissions } from './limits';
import { Frame } from './push';
import { SocketSession } from './session';
import type { Accepted } from './upgrade';

/** The open connections of a hub and the wiring of each to its socket. */
export interface Clients {
  readonly all: ReadonlySet<Connection>;
  accept(accepted: Accepted, admissions: Admissions): void;
  /** Runs work for one connection; a fault in it ends that connection, not the others. */
  guarded(connection: Connection, work: (connection: Connection) => void): void;
  /** Runs it for every connection. */
  each(work: (connection: Connection) => void): void;
  broadcast(message: ServerMessage): void;
}

/** Close code behind an error of the `ws` receiver; the others are protocol errors. */
const RECEIVER_CODES: Readonly<Record<string, CloseName>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'tooBig',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'tooBig',
  WS_ERR_INVALID_UTF8: 'badText',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'policy',
};
const RETURN_MS: Readonly<Record<string, number>> = { tooManyConnections: 60_000, overloaded: 5_000 };

/** Metric label of an end: the code we chose, else the peer's if it is one of the protocol. */
function closeLabel(ours: CloseName | null, peers: number): string {
  if (ours) return String(CLOSE[ours].code);
  return closeCode(peers).name === 'unknown' ? 'other' : String(peers);
}

export function createClients(hub: HubContext): Clients {
  const { log, metrics } = hub;
  const all = new Set<Connection>();

  function guarded(connection: Connection, work: (connection: Connection) => void): void {
    try {
      work(connection);
    } catch (error) {
      log.error({ err: error, connection: connection.session.id }, 'a connection failed');
      metrics.clientErrors.inc({ code: 'internal' });
      connection.close('internal');
    }
  }

  function each(work: (connection: Connection) => void): void {
    for (const connection of all) guarded(connection, work);
  }

  function turnAway(connection: Connection, reason: NonNullable<Accepted['turnedAway']>): void {
    if (reason === 'subprotocol') connection.error('unsupported_version', '');
    const name = reason === 'subprotocol' ? 'unknownSubprotocol' : reason === 'address' ? 'tooManyConnections' : 'overloaded';
    // Not all who were turned away at once are to come back at once.
    const spread = name === 'overloaded' ? Math.round(hub.random() * hub.spreadMs()) : 0;
    connection.close(name, RETURN_MS[name] === undefined ? undefined : RETURN_MS[name] + spread);
  }

  function accept(accepted: Accepted, admissions: Admissions): void {
    const { ws, endpoint, address } = accepted;
    const id = `c_${randomBytes(6).toString('hex')}`;
    const connection = new Connection(hub, new SocketSession(id, ws, accepted.socket), endpoint, accepted.dialect, accepted.pass);
    let failure: CloseName | null = null;
    ws.on('error', (error: Error & { code?: string }) => {
      if (error.code?.startsWith('WS_ERR')) failure = RECEIVER_CODES[error.code] ?? 'protocol';
    });
    ws.on('close', (code: number) => {
      const label = closeLabel(connection.closedWith ?? failure, code);
      metrics.clientCloses.inc({ code: label });
      log.info({ connection: id, stream: endpoint, code: label }, 'client gone');
      if (!all.delete(connection)) return;
      connection.gone();
      admissions.leave(address);
      metrics.clients.dec({ stream: endpoint });
    });
    if (accepted.turnedAway !== null) return turnAway(connection, accepted.turnedAway);
    all.add(connection);
    admissions.enter(address);
    metrics.clients.inc({ stream: endpoint });
    log.info({ connection: id, stream: endpoint, dialect: accepted.dialect }, 'client connected');
    ws.on('message', (data, isBinary) => guarded(connection, () => (isBinary || !Buffer.isBuffer(data) ? connection.receiveBinary() : connection.receive(data.toString('utf8')))));
    ws.on('ping', () => connection.heard());
    ws.on('pong', (data) => guarded(connection, () => connection.ponged(data.toString('latin1'))));
    if (!accepted.pass.ok) setTimeout(() => guarded(connection, () => connection.endGrace()), accepted.pass.graceMs).unref();
    guarded(connection, () => connection.start());
  }

  return {
    all,
    accept,
    guarded,
    each,
    broadcast(message) {
      const frame = new Frame(encode(message));
      each((connection) => connection.broadcast(frame));
    },
  };
}
