import type { WebSocket } from 'ws';
import type { Socket } from 'node:net';

/** What the hub needs of one client's connection; tests give it an object, the server a WebSocket. */
export interface Session {
  readonly id: string;
  /** Hands a text frame over. `done` runs when the operating system has taken it, or when it never will. */
  send(data: Buffer | string, done?: () => void): void;
  /** Runs work whose frames go to the operating system together: one system call instead of one per frame. */
  batch(work: () => void): void;
  /** Asks the peer to close; a peer that does not answer is cut after the close timeout. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
  /** RFC 6455 ping; its pong brings the same text back. */
  ping(text: string): void;
  stats(): SessionStats;
}

export interface SessionStats {
  /** Bytes handed over and not yet taken by the operating system. */
  readonly buffered: number;
  /** Bytes taken by the operating system so far; it stands still when the peer does not read. */
  readonly delivered: number;
}

/** Held back at most inside a batch, bytes: well below the window, so that what is held is not taken for a slow link. */
const HOLD_BYTES = 16_384;

/** The session of a real socket. */
export function socketSession(id: string, ws: WebSocket, socket: Socket): Session {
  let held = -1; // bytes in the present batch; -1 = no batch
  return {
    id,
    send(data, done) {
      if (held >= 0 && (held += data.length) > HOLD_BYTES) {
        socket.uncork();
        socket.cork();
        held = data.length;
      }
      if (ws.readyState !== ws.OPEN) done?.();
      else if (done) ws.send(data, { binary: false }, done);
      else ws.send(data, { binary: false });
    },
    batch(work) {
      if (held >= 0) return work();
      held = 0;
      socket.cork();
      try {
        work();
      } finally {
        held = -1;
        socket.uncork();
      }
    },
    close: (code, reason) => ws.close(code, reason),
    terminate: () => ws.terminate(),
    ping: (text) => {
      if (ws.readyState === ws.OPEN) ws.ping(text);
    },
    stats: () => ({ buffered: ws.bufferedAmount, delivered: socket.bytesWritten - socket.writableLength }),
  };
}
