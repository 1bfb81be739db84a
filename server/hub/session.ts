import type { WebSocket } from 'ws';
import type { Socket } from 'node:net';

/** Payloads of text frames, in their order. */
export type Payloads = readonly { readonly data: Buffer }[];

/** What the hub needs of one client's connection; tests give it an object, the server a WebSocket. */
export interface Session {
  readonly id: string;
  /** Hands a text frame over. `done` runs when the operating system has taken it, or when it never will. */
  send(data: Buffer | string, done?: () => void): void;
  /** Hands text frames over that many clients get alike: the same list of the same buffers is put together once for all of them. */
  sendAll(frames: Payloads): void;
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

/** What of a list of payloads goes over the line, headers included. */
const lines = new WeakMap<Payloads, Buffer>();

/** Header of an unmasked, final text frame (RFC 6455, section 5.2). */
function header(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, length]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

function lineOf(frames: Payloads): Buffer {
  let line = lines.get(frames);
  if (!line) lines.set(frames, (line = Buffer.concat(frames.flatMap(({ data }) => [header(data.length), data]))));
  return line;
}

/** The session of a real socket. */
export function socketSession(id: string, ws: WebSocket, socket: Socket): Session {
  let held = -1; // bytes in the present batch; -1 = no batch
  function hold(bytes: number): void {
    if (held < 0 || (held += bytes) <= HOLD_BYTES) return;
    socket.uncork();
    socket.cork();
    held = bytes;
  }
  return {
    id,
    send(data, done) {
      hold(data.length);
      if (ws.readyState !== ws.OPEN) done?.();
      else if (done) ws.send(data, { binary: false }, done);
      else ws.send(data, { binary: false });
    },
    sendAll(frames) {
      if (ws.readyState !== ws.OPEN) return;
      // Past the library, which would write each header and each payload of each client by itself. It neither compresses nor queues here,
      // so what it writes and what is written here keep their order, and it counts both as buffered.
      const line = lineOf(frames);
      hold(line.length);
      socket.write(line);
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
