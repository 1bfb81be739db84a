import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { STREAMS } from '@/core/contract';
import { frame } from '../../tests/support/rawFrames';

/** A socket whose peer reads at once and costs nothing: it counts what a real one would be given. */
export class Sink extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  bytesWritten = 0;
  /** Writes that a real socket would hand to the operating system. */
  writes = 0;


  override _read(): void { /* The peer speaks by `say` only. */ }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes++;
    this.bytesWritten += chunk.length;
    done();
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes++;
    for (const { chunk } of chunks) this.bytesWritten += chunk.length;
    done();
  }
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  /** The peer sends a message. */
  say(message: unknown): void {
    this.push(frame(0x81, JSON.stringify(message)));
  }
}

/** The request with which a client of a dialect asks for the market stream; '' = plain. */
export function upgradeRequest(socket: Sink, protocol: string): IncomingMessage {
  const headers = { host: '127.0.0.1', connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...(protocol ? { 'sec-websocket-protocol': protocol } : {}) };
  return { method: 'GET', url: STREAMS.market.path, headers, socket } as unknown as IncomingMessage;
}
