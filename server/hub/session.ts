import type { WebSocket } from 'ws';
import type { Socket } from 'node:net';
import type { Frame, Push } from './push';

/** What the hub needs of one client's connection; tests give it an object, the server a WebSocket. */
export interface Session {
  readonly id: string;
  /** Hands text frames over. `done` runs when the operating system has taken them, or when it never will. */
  send(frames: Frame | Push, done?: () => void): void;
  /** Runs work whose frames go to the operating system together: one system call instead of one per frame. */
  batch(work: () => void): void;
  /** Asks the peer to close; a peer that does not answer is cut after the close timeout. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
  /** RFC 6455 ping; its pong brings the same text back. */
  ping(text: string): void;
  /** Bytes handed over and not yet taken by the operating system. */
  buffered(): number;
  /** Bytes taken by the operating system so far; it stands still when the peer does not read. */
  delivered(): number;
}

/** Held back at most inside a batch, bytes: well below the window, so that what is held is not taken for a slow link. */
const HOLD_BYTES = 16_384;

/**
 * The session of a real socket. Text frames go past the library, which would make a header for each client and write it by itself. It
 * neither compresses nor queues here, so what it writes and what is written here keep their order, and it counts both as buffered.
 */
export function socketSession(id: string, ws: WebSocket, socket: Socket): Session {
  let batching = false;
  /** The first of a batch waits for a second one: alone it is written as it is, without the cost of a cork. */
  let first: Buffer | null = null;
  let corked = false;
  let held = 0;

  function release(): void {
    if (first) socket.write(first);
    if (corked) socket.uncork();
    first = null;
    corked = false;
    held = 0;
  }
  function hold(line: Buffer): void {
    held += line.length;
    if (corked) socket.write(line);
    else if (first) {
      corked = true;
      socket.cork();
      socket.write(first);
      socket.write(line);
      first = null;
    } else first = line;
    if (held > HOLD_BYTES) release();
  }
  return {
    id,
    send({ line }, done) {
      if (ws.readyState !== ws.OPEN) done?.();
      else if (done) {
        release();
        socket.write(line, () => done());
      } else if (batching) hold(line);
      else socket.write(line);
    },
    batch(work) {
      if (batching) return work();
      batching = true;
      try {
        work();
      } finally {
        batching = false;
        release();
      }
    },
    close(code, reason) {
      release();
      ws.close(code, reason);
    },
    terminate: () => ws.terminate(),
    ping(text) {
      release();
      if (ws.readyState === ws.OPEN) ws.ping(text);
    },
    buffered: () => ws.bufferedAmount + (first?.length ?? 0),
    delivered: () => socket.bytesWritten - socket.writableLength,
  };
}
