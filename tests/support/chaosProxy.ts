import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { seeded } from './seeded';

/** What a direction of the link does to its bytes; none of it by default. */
export interface Weather {
  /** Every byte arrives this much later, ms. */
  readonly delayMs: number;
  /** Up to this much more, drawn for each piece; order is kept, as TCP keeps it. */
  readonly jitterMs: number;
  /** Bytes per second that pass; 0 = no limit. */
  readonly bytesPerSecond: number;
  /** Nothing passes, ends of connections neither: a partition. What is under way arrives when it heals, as TCP sends it again. */
  readonly hold: boolean;
  /** Pieces of at most this many random bytes; 0 = as they come. */
  readonly splitBytes: number;
  /** Waits this long for more and writes it as one piece, ms; 0 = at once. */
  readonly mergeMs: number;
}
export type Direction = 'up' | 'down';

const FAIR: Weather = { delayMs: 0, jitterMs: 0, bytesPerSecond: 0, hold: false, splitBytes: 0, mergeMs: 0 };
/** Bytes that wait inside one direction; beyond it the sender is not read any more. */
const DEFAULT_QUEUE_BYTES = 65_536;

interface Piece {
  readonly data: Buffer;
  readonly due: number;
}

/** One direction of one connection. */
class Pipe {
  passed = 0;
  private readonly queue: Piece[] = [];
  private waiting = 0;
  private ended = false;
  private lastDue = 0;
  private timer: NodeJS.Timeout | null = null;
  private resetAt = Infinity;
  /** The cut was made: what comes after it in the stream never arrives. */
  private broken = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly weather: () => Weather,
    private readonly random: () => number,
    private readonly queueBytes: number,
    mutate: (data: Buffer) => Buffer,
  ) {
    from.on('data', (data) => this.take(mutate(data)));
    from.on('end', () => this.end());
    to.on('drain', () => this.pump());
  }

  /** Cuts with RST when this many more bytes have passed. */
  resetAfter(bytes: number): void {
    this.resetAt = this.passed + bytes;
  }

  /** The weather changed. */
  changed(): void {
    this.pump();
  }

  private take(data: Buffer): void {
    const { splitBytes } = this.weather();
    for (let at = 0; at < data.length;) {
      const size = splitBytes > 0 ? 1 + Math.floor(this.random() * splitBytes) : data.length;
      this.push(data.subarray(at, at + size));
      at += size;
    }
    if (this.waiting > this.queueBytes) this.from.pause();
    this.pump();
  }

  private push(data: Buffer): void {
    const { delayMs, jitterMs, bytesPerSecond, mergeMs } = this.weather();
    const onLine = bytesPerSecond > 0 ? (data.length / bytesPerSecond) * 1_000 : 0;
    const arrival = performance.now() + delayMs + mergeMs + this.random() * jitterMs;
    const due = Math.max(arrival, this.lastDue) + onLine;
    this.lastDue = mergeMs > 0 ? Math.max(this.lastDue, due - mergeMs) : due;
    this.queue.push({ data, due });
    this.waiting += data.length;
  }

  private end(): void {
    this.ended = true;
    this.pump();
  }

  private pump(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.weather().hold || this.to.destroyed || this.broken) return;
    const now = performance.now();
    const ready: Buffer[] = [];
    while (this.queue[0] && this.queue[0].due <= now && !this.to.writableNeedDrain && !this.broken) {
      const { data } = this.queue.shift() as Piece;
      this.waiting -= data.length;
      if (this.weather().mergeMs > 0) ready.push(data);
      else this.write(data);
    }
    if (ready.length > 0) this.write(Buffer.concat(ready));
    if (this.waiting <= this.queueBytes) this.from.resume();
    const next = this.queue[0];
    if (next) this.timer = setTimeout(() => this.pump(), Math.max(1, next.due - now));
    else if (this.ended && !this.to.writableEnded) this.to.end();
  }

  private write(data: Buffer): void {
    const rest = this.resetAt - this.passed;
    if (data.length < rest) {
      this.passed += data.length;
      this.to.write(data);
      return;
    }
    this.passed += rest;
    this.resetAt = Infinity;
    this.broken = true;
    this.to.write(data.subarray(0, rest));
    // The bytes before the cut leave first.
    setImmediate(() => {
      this.to.resetAndDestroy();
      this.from.resetAndDestroy();
    });
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
}

export interface ChaosOptions {
  /** Port on loopback to which it leads; may change later with `lead`. */
  readonly target: number;
  readonly seed?: number;
  readonly queueBytes?: number;
  /** Ends by itself after this long, ms; ten minutes by default. */
  readonly lifeMs?: number;
}

/**
 * A TCP proxy on loopback that behaves like a bad link. Everything it draws comes from its seed. It never loses a byte of a connection that lives: TCP
 * does not either; what loss looks like from above is delay, a stop, or the end of the connection.
 */
export class ChaosProxy {
  /** Refuses new connections while true, as a host that is up without a server does. */
  refuse = false;
  /** Changes bytes on their way down, for venues in plain text. */
  mutate: ((data: Buffer) => Buffer) | null = null;
  accepted = 0;
  private readonly weather: Record<Direction, Weather> = { up: FAIR, down: FAIR };
  private readonly links = new Set<Link>();
  private readonly random: () => number;
  private readonly life: NodeJS.Timeout;
  private target: number;

  private constructor(
    private readonly server: Server,
    private readonly options: ChaosOptions,
  ) {
    this.target = options.target;
    this.random = seeded(options.seed ?? 1);
    this.life = setTimeout(() => void this.close(), options.lifeMs ?? 600_000).unref();
    server.on('connection', (socket) => this.accept(socket));
  }

  static async open(options: ChaosOptions): Promise<ChaosProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new ChaosProxy(server, options);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get open(): number {
    return this.links.size;
  }
  /** Bytes that passed on the links still open. */
  passed(direction: Direction): number {
    return [...this.links].reduce((sum, link) => sum + link[direction].passed, 0);
  }

  /** Changes the weather of one or both directions from now on. */
  set(weather: Partial<Weather>, direction?: Direction): void {
    for (const each of direction ? [direction] : (['up', 'down'] as const)) this.weather[each] = { ...this.weather[each], ...weather };
    for (const { up, down } of this.links) {
      up.changed();
      down.changed();
    }
  }
  clear(): void {
    this.set(FAIR);
  }
  lead(target: number): void {
    this.target = target;
  }

  /** RST to both ends of every connection, at once or after so many more bytes in a direction. */
  reset(after?: { readonly bytes: number; readonly direction: Direction }): void {
    for (const link of this.links) {
      if (after) link[after.direction].resetAfter(after.bytes);
      else for (const socket of [link.client, link.server]) socket.resetAndDestroy();
    }
  }
  /** FIN towards one end only; the other direction lives on. */
  halfClose(direction: Direction): void {
    for (const { client, server } of this.links) (direction === 'up' ? server : client).end();
  }
  /** Ends every connection in order. */
  cut(): void {
    for (const { client, server } of this.links) for (const socket of [client, server]) socket.destroy();
  }

  async close(): Promise<void> {
    clearTimeout(this.life);
    this.cut();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    if (this.refuse) {
      client.resetAndDestroy();
      return;
    }
    this.accepted += 1;
    const server = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    const queue = this.options.queueBytes ?? DEFAULT_QUEUE_BYTES;
    const up = new Pipe(client, server, () => this.weather.up, this.random, queue, (data) => data);
    const down = new Pipe(server, client, () => this.weather.down, this.random, queue, (data) => this.mutate?.(data) ?? data);
    const link: Link = { client, server, up, down };
    this.links.add(link);
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', (failed) => {
        if (client.destroyed && server.destroyed) {
          this.links.delete(link);
          up.stop();
          down.stop();
          // An end in order goes its way behind the bytes; only one without is told beside them.
        } else if (failed || !socket.readableEnded) this.follow(other, socket === client ? 'up' : 'down');
      });
    }
  }

  /** One end is gone; the other hears of it, but not through a partition. */
  private follow(other: Socket, direction: Direction): void {
    const look = (): void => {
      if (other.destroyed) return;
      if (this.weather[direction].hold) setTimeout(look, 20).unref();
      else other.destroySoon();
    };
    look();
  }
}
