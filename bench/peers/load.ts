/** The other end of many connections, in a process of its own: `tsx bench/peers/load.ts`. It ends when its parent does. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { STREAMS } from '@/core/contract';
import { RawClient, type RawClientOptions } from '../rawClient';
import type { SubjectName } from './serve';
import { symbolsOf } from './subject';

/** What the clients of a group speak: those of the product by their encoding, the others by their server. */
export type Dialect = 'sparse' | 'rows' | 'objects' | 'plain' | Exclude<SubjectName, 'product'>;

export interface Group {
  readonly name: string;
  readonly dialect: Dialect;
  readonly port: number;
  readonly count: number;
  /** Each client reads a set of symbols of its own (OWN_SYMBOLS). */
  readonly own?: boolean;
  /** Every nth client notes how old rows are. */
  readonly stampEvery?: number;
  /** Position every client comes back with. */
  readonly resume?: { readonly epoch: string; readonly seq: number };
  /** What the frames that are counted begin with; updates by default. */
  readonly counts?: string;
}
/** What the process is asked to do; each is answered by one message. */
export type LoadOrder =
  | { readonly order: 'open'; readonly group: Group }
  /** From now on the frames of this group are counted. */
  | { readonly order: 'begin'; readonly name: string }
  /** Answered when every client of the group had so many data frames since `begin`, or `withinMs` have passed. */
  | { readonly order: 'await'; readonly name: string; readonly frames: number; readonly withinMs: number }
  | { readonly order: 'close'; readonly name: string };
export interface Arrived {
  /** Every client had exactly as many frames as were awaited. */
  readonly exact: boolean;
  readonly bytes: number;
  readonly delays: readonly number[];
}

/** Handshakes under way at once. */
const AT_ONCE = 50;

const hello = (features: readonly string[], market: object | null): string => JSON.stringify({ type: 'hello', v: 2, features, ...(market ? { resume: { market } } : {}) });

/** How client `n` of a group connects. */
function optionsOf({ dialect, port, own, stampEvery = 0, resume }: Group, n: number): Omit<RawClientOptions, 'counted'> {
  const symbols = own ? symbolsOf(n) : null;
  const stamps = stampEvery > 0 && n % stampEvery === 0;
  const subscribe = symbols ? [JSON.stringify({ type: 'subscribe', symbols })] : [];
  switch (dialect) {
    case 'naive ws':
      return { port, path: '/', greeting: subscribe, counts: '{"type":"m' };
    case 'Socket.IO':
      return { port, path: '/socket.io/?EIO=4&transport=websocket', greeting: ['40'], counts: '42["m' };
    case 'floor':
      return { port, path: '/', counts: '{"t":"b"', stamps };
    case 'plain':
      return { port, path: STREAMS.market.path, greeting: subscribe, counts: '{"type":"m' };
    default: {
      const from = resume ?? (symbols ? { epoch: 'none', seq: 0 } : null);
      const market = from && { ...from, ...(symbols ? { symbols } : {}) };
      const greeting = [hello(dialect === 'sparse' ? ['ack', 'sparse'] : ['ack'], market)];
      const protocol = dialect === 'objects' ? 'tickglass.v2.json' : 'tickglass.v2.rows';
      return { port, path: STREAMS.market.path, protocol, greeting, acks: true, counts: dialect === 'objects' ? '{"type":"b' : '{"t":"b"', stamps };
    }
  }
}

interface Open {
  readonly clients: RawClient[];
  total: number;
}

class Load {
  private readonly groups = new Map<string, Open>();

  async handle(message: LoadOrder): Promise<unknown> {
    if (message.order === 'open') return this.open(message.group);
    const group = this.groups.get(message.name);
    if (!group) throw new Error(`no group ${message.name}`);
    if (message.order === 'begin') return this.begin(group);
    if (message.order === 'await') return this.arrived(group, message.frames, message.withinMs);
    for (const client of group.clients) client.close();
    this.groups.delete(message.name);
    return { closed: true };
  }

  private async open(group: Group): Promise<unknown> {
    const open: Open = { clients: [], total: 0 };
    const counted = (frames: number): void => void (open.total += frames);
    this.groups.set(group.name, open);
    let begun = 0;
    const one = async (): Promise<void> => {
      while (begun < group.count) open.clients.push(await RawClient.open({ ...optionsOf(group, begun++), ...(group.counts ? { counts: group.counts } : {}), counted }));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    return { opened: open.clients.length };
  }

  private begin(group: Open): unknown {
    group.total = 0;
    for (const client of group.clients) {
      client.frames = client.bytes = 0;
      client.delays.length = 0;
    }
    return { begun: true };
  }

  private async arrived(group: Open, frames: number, withinMs: number): Promise<Arrived> {
    const end = performance.now() + withinMs;
    // It never sleeps here: waking it for each write would be charged to the server, as clients on other machines are not.
    while (group.total < frames * group.clients.length && performance.now() < end) await nextTurn();
    return { exact: group.clients.every((client) => client.frames === frames), bytes: group.clients.reduce((n, client) => n + client.bytes, 0), delays: group.clients.flatMap((client) => client.delays) };
  }
}

const load = new Load();
process.once('disconnect', () => process.exit(0));
process.on('message', (message: LoadOrder) => {
  void load.handle(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
