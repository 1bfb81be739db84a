import { connect, type Socket } from 'node:net';
import { STREAMS } from '@/core/contract';
import { waitFor } from './waitFor';

export interface RawOptions {
  /** Over the usual ones of an upgrade; an empty text leaves the header out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** Each host below 127/8 counts as an address of its own. */
  readonly localAddress?: string;
  readonly timeoutMs?: number;
}

/** A client below the WebSocket library: it writes the bytes it is told to, masked with zeros so that they go as they are. */
export class Raw {
  received = Buffer.alloc(0);
  ended = false;
  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on('error', () => (this.ended = true));
    socket.on('end', () => (this.ended = true));
    socket.on('close', () => (this.ended = true));
  }

  /** A TCP connection. */
  static dial(port: number, localAddress = '127.0.0.1'): Raw {
    return new Raw(connect({ port, host: '127.0.0.1', localAddress }));
  }

  /** A WebSocket connection, or its refusal. */
  static async open(port: number, options: RawOptions = {}): Promise<Raw> {
    const raw = Raw.dial(port, options.localAddress);
    raw.socket.write(upgrade(port, options.headers, options.path));
    await waitFor(() => raw.received.includes('\r\n\r\n') || raw.ended, { timeoutMs: options.timeoutMs ?? 10_000, message: 'an answer to the upgrade' });
    return raw;
  }

  /** Close code that answers these bytes on a connection of their own; -1 when it ends without one. */
  static async judge(port: number, bytes: Buffer, options: RawOptions = {}): Promise<number> {
    const raw = await Raw.open(port, options);
    raw.socket.write(bytes);
    try {
      return await raw.verdict();
    } finally {
      raw.socket.destroy();
    }
  }

  get status(): number {
    return Number(this.received.toString('latin1', 9, 12));
  }
  /** Code of the server's close frame; null without one. */
  get closeCode(): number | null {
    let at = this.received.indexOf('\r\n\r\n') + 4;
    while (at + 2 <= this.received.length) {
      const first = this.received.readUInt8(at);
      let length = this.received.readUInt8(at + 1) & 0x7f;
      at += 2;
      if (length === 126) length = this.received.readUInt16BE((at += 2) - 2);
      else if (length === 127) length = Number(this.received.readBigUInt64BE((at += 8) - 8));
      if ((first & 0x0f) === 8) return at + 2 <= this.received.length ? this.received.readUInt16BE(at) : null;
      at += length;
    }
    return null;
  }
  /** The close code, or -1 when the connection ended without one. */
  verdict(timeoutMs = 10_000): Promise<number> {
    return waitFor(() => this.closeCode ?? (this.ended ? -1 : null), { timeoutMs, message: 'the end of the connection' });
  }
}

export function upgrade(port: number, headers: Readonly<Record<string, string>> = {}, path: string = STREAMS.market.path): string {
  const all = { Host: `127.0.0.1:${port}`, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers };
  return `GET ${path} HTTP/1.1\r\n${Object.entries(all).filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`;
}

export function frame(first: number, payload: Buffer | string, masked = true): Buffer {
  const body = Buffer.from(payload);
  const mark = masked ? 0x80 : 0;
  const head = body.length < 126 ? Buffer.from([first, mark | body.length]) : body.length < 65_536 ? Buffer.from([first, mark | 126, body.length >> 8, body.length & 0xff]) : declared(first, BigInt(body.length)).subarray(0, 10);
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}
/** Head of a masked frame that promises this many bytes. */
export function declared(first: number, bytes: bigint): Buffer {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0xff;
  head.writeBigUInt64BE(bytes, 2);
  return head;
}
export const repeat = (times: number, one: Buffer): Buffer => Buffer.concat(Array.from({ length: times }, () => one));

const TEXT = 0x81;
const close = (...payload: number[]): Buffer => frame(0x88, Buffer.from(payload));

/** Bytes that break the rules of RFC 6455 or our limits, with the close code each must get. */
export const BROKEN_FRAMES: readonly (readonly [name: string, bytes: Buffer, code: number])[] = [
  ['not masked', frame(TEXT, '{}', false), 1002],
  ['RSV1 without an extension', frame(0xc1, '{}'), 1002],
  ['RSV2', frame(0xa1, '{}'), 1002],
  ['RSV3', frame(0x91, '{}'), 1002],
  ['reserved opcode 3', frame(0x83, '{}'), 1002],
  ['reserved opcode 11', frame(0x8b, '{}'), 1002],
  ['long control frame', frame(0x89, Buffer.alloc(126)), 1002],
  ['fragmented control frame', frame(0x09, 'x'), 1002],
  ['continuation without a start', frame(0x80, 'x'), 1002],
  ['a message inside a fragmented one', Buffer.concat([frame(0x01, 'a'), frame(TEXT, 'b')]), 1002],
  ['close code 1005', close(0x03, 0xed), 1002],
  ['close code 999', close(0x03, 0xe7), 1002],
  ['close payload of one byte', close(3), 1002],
  ['bad UTF-8 in text', frame(TEXT, Buffer.from([0xc3, 0x28])), 1007],
  ['lone surrogate in UTF-8', frame(TEXT, Buffer.from([0xed, 0xa0, 0x80])), 1007],
  ['bad UTF-8 in a close reason', close(0x03, 0xe8, 0xff), 1007],
  ['17 fragments', Buffer.concat([frame(0x01, 'a'), repeat(16, frame(0x00, 'a'))]), 1008],
  ['200 empty continuations', Buffer.concat([frame(0x01, ''), repeat(200, frame(0x00, ''))]), 1008],
  ['16 KiB + 1', frame(TEXT, Buffer.alloc(16_385, 0x20)), 1009],
  ['16 KiB + 1 in fragments', Buffer.concat([frame(0x01, Buffer.alloc(16_000, 0x20)), frame(0x80, Buffer.alloc(385, 0x20))]), 1009],
  ['2^40 bytes declared', declared(TEXT, 1n << 40n), 1009],
  ['2^60 bytes declared', declared(TEXT, 1n << 60n), 1009],
  ['2^63 bytes declared', declared(TEXT, 1n << 63n), 1009],
];
