import type { WebSocket } from 'ws';
import type { Socket } from 'node:net';
import type { Frame, Push } from './push';

/** What the hub needs of one client's connection; tests give it an object, the server a WebSocket. */
export interface Session {
  readonly id: string;
  /** Hands text frames over. `done` runs when the operating system has taken them, or when it never will. */
  send(frames: Frame | Push, done?: () => void): void;
  /** What is sent from here to `release` goes to the operating system together: one system call instead of one per frame. */
  hold(): void;
  release(): void;
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

/** Held back at most, bytes: well below the window, so that what is held is not taken for a slow link. */
const HOLD_BYTES = 16_384;

/**
 * The session of a real socket. Text frames go past the library, which would make a header for each client and write it by itself. It
 * neither compresses nor queues here, so what it writes and what is written here keep their order, and what waits of both is at the socket.
 */
export class SocketSession implements Session {
  private holding = false;
  /** The first one held waits for a second: alone it is written as it is, without the cost of a cork. */
  private first: Buffer | null = null;
  private corked = false;
  private held = 0;

  constructor(
    readonly id: string,
    private readonly ws: WebSocket,
    private readonly socket: Socket,
  ) {}

  send({ line }: Frame | Push, done?: () => void): void {
    const { socket } = this;
    if (!this.open()) done?.();
    else if (done) {
      this.flush();
      socket.write(line, () => done());
    } else if (this.holding) this.keep(line);
    else socket.write(line);
  }

  /** No close was said. A socket on which nothing waits is ended as soon as one was: then the WebSocket, one more place in memory, is not asked. */
  private open(): boolean {
    return this.socket.writable && (this.socket.writableLength === 0 || this.ws.readyState === this.ws.OPEN);
  }

  hold(): void {
    this.holding = true;
  }

  release(): void {
    this.holding = false;
    if (this.held > 0) this.flush();
  }

  private keep(line: Buffer): void {
    const { socket, first } = this;
    this.held += line.length;
    if (this.corked) socket.write(line);
    else if (first) {
      this.corked = true;
      socket.cork();
      socket.write(first);
      socket.write(line);
      this.first = null;
    } else this.first = line;
    if (this.held > HOLD_BYTES) this.flush();
  }

  private flush(): void {
    if (this.first) this.socket.write(this.first);
    if (this.corked) this.socket.uncork();
    this.first = null;
    this.corked = false;
    this.held = 0;
  }

  close(code: number, reason: string): void {
    this.flush();
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }

  ping(text: string): void {
    this.flush();
    if (this.open()) this.ws.ping(text);
  }

  buffered(): number {
    return this.socket.writableLength + (this.first?.length ?? 0);
  }

  delivered(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }
}
