import { connect, type Socket } from 'node:net';

/** Bytes after which a client says how far it is, as `hello.ack_bytes` asks. */
const ACK_BYTES = 8_192;

/** A masked frame with a mask of zeros, so that the payload is written as it is. */
function frame(first: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? [first, 0x80 | payload.length] : [first, 0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

export interface RawClientOptions {
  readonly port: number;
  readonly path: string;
  /** Empty = plain. */
  readonly protocol: string;
  /** Features its greeting names. */
  readonly features?: readonly string[];
  /** Note how old rows are when they arrive (sparse rows only). */
  readonly stamps?: boolean;
}

/**
 * A client below the WebSocket library that walks over frames without decoding them, so that little but the server is measured. It
 * answers pings and, where it greeted with `ack`, says how far it is.
 */
export class RawClient {
  /** Bytes of the line since the handshake, and payload bytes of text. */
  bytes = 0;
  text = 0;
  /** Time from the receipt of a value by the server to its arrival here, ms; both ends have the same clock. */
  readonly delays: number[] = [];
  private told = 0;
  private rest: Buffer = Buffer.alloc(0);
  private skip = 0;

  private constructor(private readonly socket: Socket, private readonly acks: boolean, private readonly stamps: boolean) {}

  static open({ port, path, protocol, features = [], stamps = false }: RawClientOptions): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      const client = new RawClient(socket, features.includes('ack'), stamps);
      let opened = false;
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed in the handshake')));
      socket.on('data', (chunk) => {
        if (opened) return client.read(chunk);
        opened = true;
        const end = chunk.indexOf('\r\n\r\n');
        if (!chunk.subarray(0, 12).includes('101') || end < 0) return void reject(new Error(chunk.toString('latin1').split('\r\n')[0]));
        if (protocol) socket.write(frame(0x81, Buffer.from(JSON.stringify({ type: 'hello', v: 2, features }))));
        client.read(chunk.subarray(end + 4));
        resolve(client);
      });
      const offer = protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : '';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${offer}\r\n`);
    });
  }

  private read(chunk: Buffer): void {
    if (this.stamps) {
      const [, sent, age] = /"ts":(\d+),"r":\[\[\d+,\d+,(\d+)/.exec(chunk.subarray(0, 200).toString('latin1')) ?? [];
      if (sent && age) this.delays.push(Date.now() - Number(sent) + Number(age));
    }
    this.bytes += chunk.length;
    let data = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    this.rest = Buffer.alloc(0);
    while (data.length > 0) {
      if (this.skip > 0) {
        const n = Math.min(this.skip, data.length);
        this.skip -= n;
        data = data.subarray(n);
        continue;
      }
      const used = this.head(data);
      if (used === 0) {
        this.rest = data;
        break;
      }
      data = data.subarray(used);
    }
    if (!this.acks || this.text - this.told < ACK_BYTES) return;
    this.told = this.text;
    this.socket.write(frame(0x81, Buffer.from(`{"type":"ack","bytes":${this.told}}`)));
  }

  /** Takes the head of a frame, and the whole of a control frame; 0 = more is needed. */
  private head(data: Buffer): number {
    const short = (data[1] ?? 0) & 0x7f;
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (data.length < size) return 0;
    const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
    const opcode = (data[0] ?? 0) & 0x0f;
    if (opcode < 8) {
      this.text += length;
      this.skip = length;
      return size;
    }
    if (data.length < size + length) return 0;
    if (opcode === 9) this.socket.write(frame(0x8a, data.subarray(size, size + length)));
    return size + length;
  }

  close(): void {
    this.socket.removeAllListeners('close').destroy();
  }
}
