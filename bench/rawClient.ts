import { connect, type Socket } from 'node:net';
import { ACK_BYTES } from '../server/hub/greeting';

/** All clients read into one buffer: one made for each read would cost this side as much as its server. */
const INBOX = Buffer.allocUnsafe(65_536);
const NOTHING = Buffer.alloc(0);
/** The beginning of a frame of rows, in which its times are, bytes. */
const STAMP_BYTES = 200;

/** A masked frame with a mask of zeros, so that the payload is written as it is. */
function frame(first: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? [first, 0x80 | payload.length] : [first, 0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

const request = ({ port, path, protocol }: RawClientOptions): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`;

export interface RawClientOptions {
  readonly port: number;
  readonly path: string;
  /** Subprotocol; empty = none. */
  readonly protocol?: string;
  /** Sent at once after the handshake. */
  readonly greeting?: readonly string[];
  /** Says how far it is, as a client does whose greeting names the feature `ack`. */
  readonly acks?: boolean;
  /** What the text of a data frame begins with; these are counted. */
  readonly counts?: string;
  /** Told of data frames as they arrive. */
  readonly counted?: (frames: number) => void;
  /** Note how old rows are when they arrive (rows only). */
  readonly stamps?: boolean;
}

/**
 * A client below the WebSocket library that walks over frames without decoding them, so that little but the server is measured. It
 * answers pings and, where it is to, says how far it is.
 */
export class RawClient {
  /** Bytes of the line since the handshake, payload bytes of text, and data frames. */
  bytes = 0;
  text = 0;
  frames = 0;
  /** Time from the receipt of a value by the server to its arrival here, ms; both ends have the same clock. */
  readonly delays: number[] = [];
  private told = 0;
  private rest: Buffer = NOTHING;
  private skip = 0;
  private readonly prefix: Buffer;
  private readonly socket: Socket;
  private opened: (() => void) | null = null;

  private constructor(private readonly options: RawClientOptions) {
    this.prefix = Buffer.from(options.counts ?? '');
    const callback = (bytes: number): boolean => {
      this.read(INBOX.subarray(0, bytes));
      return true;
    };
    this.socket = connect({ port: options.port, host: '127.0.0.1', onread: { buffer: INBOX, callback } });
  }

  static open(options: RawClientOptions): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const client = new RawClient(options);
      const { socket } = client;
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed in the handshake')));
      client.opened = () => resolve(client);
      socket.write(request(options));
    });
  }

  private read(chunk: Buffer): void {
    if (this.opened) return this.shakeHands(chunk, this.opened);
    if (this.options.stamps) this.stamp(chunk);
    const before = this.frames;
    this.bytes += chunk.length;
    this.walk(chunk);
    if (this.frames > before) this.options.counted?.(this.frames - before);
    if (!this.options.acks || this.text - this.told < ACK_BYTES) return;
    this.told = this.text;
    this.socket.write(frame(0x81, Buffer.from(`{"type":"ack","bytes":${this.told}}`)));
  }

  private shakeHands(chunk: Buffer, opened: () => void): void {
    const end = chunk.indexOf('\r\n\r\n');
    if (!chunk.subarray(0, 12).includes('101') || end < 0) return void this.socket.destroy(new Error(chunk.toString('latin1').split('\r\n')[0]));
    this.opened = null;
    for (const text of this.options.greeting ?? []) this.socket.write(frame(0x81, Buffer.from(text)));
    this.read(chunk.subarray(end + 4));
    opened();
  }

  private stamp(chunk: Buffer): void {
    const [, sent, age] = /"ts":(\d+),"r":\[\[\d+,\d+,(\d+)/.exec(chunk.toString('latin1', 0, STAMP_BYTES)) ?? [];
    if (sent && age) this.delays.push(Date.now() - Number(sent) + Number(age));
  }

  private walk(chunk: Buffer): void {
    const data = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    this.rest = NOTHING;
    let at = 0;
    while (at < data.length) {
      const skipped = Math.min(this.skip, data.length - at);
      this.skip -= skipped;
      at += skipped;
      if (at === data.length) return;
      const used = this.head(data, at);
      if (used === 0) return void (this.rest = Buffer.from(data.subarray(at)));
      at += used;
    }
  }

  /** Takes the head of a frame, and the whole of a control frame; 0 = more is needed. */
  private head(data: Buffer, at: number): number {
    const left = data.length - at;
    const short = (data[at + 1] ?? 0) & 0x7f;
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (left < size) return 0;
    const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
    const opcode = (data[at] ?? 0) & 0x0f;
    if (left < size + Math.min(length, opcode < 8 ? this.prefix.length : length)) return 0;
    if (opcode < 8) {
      this.text += length;
      this.skip = length;
      if (this.isData(data, at + size, length)) this.frames++;
      return size;
    }
    if (opcode === 9) this.socket.write(frame(0x8a, data.subarray(at + size, at + size + length)));
    return size + length;
  }

  private isData(data: Buffer, at: number, length: number): boolean {
    const { prefix } = this;
    if (length < prefix.length) return false;
    for (let i = 0; i < prefix.length; i++) if (data[at + i] !== prefix[i]) return false;
    return true;
  }

  close(): void {
    this.socket.removeAllListeners('close').destroy();
  }
}
