import { WebSocket } from 'ws';
import { createClient, type ActivityNote, type Client, type StreamState, type WebSocketConstructor } from '@/service';
import type { ReceiptMessage, StreamName } from '@/core/contract';

/** What a frame says of its place: rows and objects spell it differently. */
interface Placed {
  readonly type?: string;
  readonly channel?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly prev?: number;
  readonly e?: string;
  readonly q?: number;
  readonly p?: number;
  readonly c?: number;
  readonly sid?: number;
  readonly part?: number;
  readonly parts?: number;
  readonly retry_after_ms?: number;
  readonly resumed?: Record<string, boolean>;
  readonly ids?: readonly string[];
}

function parse(text: string): Placed | null {
  try {
    return JSON.parse(text) as Placed;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export interface Step {
  readonly state: StreamState;
  readonly at: number;
  readonly reason: string;
}

/**
 * The product's own client on a real socket, with a second pair of eyes on the wire: frames in order, numbers that never go back within an epoch,
 * states and their times.
 */
export class Watch {
  readonly client: Client;
  readonly steps: Step[] = [];
  readonly receipts: ReceiptMessage[] = [];
  readonly notes: ActivityNote[] = [];
  /** What was wrong with the order of the frames. */
  readonly disorder: string[] = [];
  readonly sockets: Tapped[] = [];
  /** Times at which a price of the symbol arrived, by price. */
  readonly arrivals = new Map<number, number>();
  private readonly places = new Map<string, { epoch: string; seq: number }>();
  private readonly symbol: string;

  constructor(server: string, options: { readonly stream?: StreamName; readonly symbol?: string; readonly random?: () => number; readonly localAddress?: string } = {}) {
    const { stream = 'market', symbol = 'BTC/USDT', random, localAddress } = options;
    this.symbol = symbol;
    this.client = createClient({ server, streams: [stream], WebSocket: this.tap(localAddress), fetch: () => Promise.reject(new Error('only the socket is watched')), ...(random ? { random } : {}) });
    this.client.on('stream', ({ state, reason }) => {
      if (this.steps.at(-1)?.state !== state) this.steps.push({ state, reason, at: performance.now() });
    });
    this.client.on('receipt', ({ receipt }) => this.receipts.push(receipt));
    this.client.on('activity', (note) => this.notes.push(note));
    this.client.on('change', (change) => {
      if (change.family !== 'market') return;
      for (const { key, value } of change.updates) if (key === symbol && typeof value?.price === 'number' && !this.arrivals.has(value.price)) this.arrivals.set(value.price, performance.now());
    });
    this.client.connect();
  }

  get state(): StreamState {
    return this.steps.at(-1)?.state ?? 'idle';
  }
  get price(): number | null {
    return this.client.getPrice(this.symbol)?.data.price ?? null;
  }
  /** Is the shown price marked as not to be trusted? */
  get marked(): boolean {
    return this.client.getPrice(this.symbol)?.stale ?? true;
  }
  /** States since a time, one after the other. */
  since(at: number): StreamState[] {
    return this.steps.filter((step) => step.at >= at).map((step) => step.state);
  }
  when(state: StreamState, since: number): number {
    return this.steps.find((step) => step.state === state && step.at >= since)?.at ?? NaN;
  }
  close(): void {
    this.client.disconnectAll();
  }

  private tap(localAddress: string | undefined): WebSocketConstructor {
    const made = (socket: Tapped): void => {
      this.sockets.push(socket);
      socket.on('message', (data: Buffer) => this.look(socket, data.toString('utf8')));
    };
    class Tap extends Tapped {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols, localAddress);
        made(this);
      }
    }
    // Its listeners are typed by name; the service asks for fewer.
    return Tap as unknown as WebSocketConstructor;
  }

  private look(socket: Tapped, text: string): void {
    socket.frames += 1;
    socket.bytes += text.length;
    const frame = parse(text);
    if (frame === null) return void this.disorder.push(`not JSON: ${text.slice(0, 200)}`);
    if (frame.type === 'goaway') socket.goaway = frame.retry_after_ms ?? 0;
    if (frame.type === 'hello') socket.resumed = frame.resumed ?? {};
    if (frame.type === 'initial_data') socket.snapshots += 1;
    if (frame.type === 'schema' && frame.sid !== undefined) socket.names.set(frame.sid, frame.channel ?? '');
    // What still comes over a socket that the client has given up is not its business any more: it goes on from what it took before.
    if (socket.readyState === WebSocket.OPEN) this.place(socket, frame);
    else socket.late += 1;
  }

  private place(socket: Tapped, frame: Placed): void {
    const epoch = frame.epoch ?? frame.e;
    const seq = frame.seq ?? frame.q;
    if (epoch === undefined || seq === undefined || frame.type === 'receipt') return;
    const channel = frame.channel ?? socket.names.get(frame.c ?? -1) ?? '';
    const before = this.places.get(channel);
    const whole = frame.type === 'initial_data';
    if (before?.epoch === epoch) {
      if (seq < before.seq) this.disorder.push(`${channel} went back from ${before.seq} to ${seq}`);
      const prev = frame.prev ?? frame.p;
      if (!whole && prev !== undefined && prev > before.seq) this.disorder.push(`${channel} has a hole from ${before.seq} to ${prev}`);
    }
    this.places.set(channel, { epoch, seq });
  }
}

/** A socket that can be told where it comes from and remembers what came. */
class Tapped extends WebSocket {
  readonly made = performance.now();
  frames = 0;
  /** Those that came after the client had given it up. */
  late = 0;
  bytes = 0;
  snapshots = 0;
  goaway: number | null = null;
  resumed: Record<string, boolean> | null = null;
  code: number | null = null;
  readonly names = new Map<number, string>();
  constructor(url: string, protocols?: string[], localAddress?: string) {
    super(url, protocols, localAddress === undefined ? {} : { localAddress });
    this.on('error', () => undefined);
    this.on('close', (code: number) => (this.code = code));
  }
}
