import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { medianOf } from './figure';
import { hasPeer } from './peers/installed';
import type { Arrived, Dialect, LoadOrder } from './peers/load';
import type { Order, SubjectName, Used } from './peers/serve';
import { OWN_SYMBOLS, SYMBOLS } from './peers/subject';

/** Longest wait for what was sent to arrive, ms: then the round does not count. */
const PATIENCE_MS = 15_000;
/** Time in which the greetings of new clients are answered, ms. */
const SETTLE_MS = 500;

/** A process of this folder that answers messages; what it says in vain is an error here. */
export class Helper {
  private constructor(private readonly child: ChildProcess) {}

  static start(file: string, args: readonly string[] = [], execArgv: readonly string[] = []): Helper {
    return new Helper(fork(fileURLToPath(new URL(file, import.meta.url)), [...args], { execArgv: [...process.execArgv, ...execArgv] }));
  }
  tell(message: Order | LoadOrder): void {
    this.child.send(message);
  }
  async answer<T>(): Promise<T> {
    const [message] = (await once(this.child, 'message')) as [T & { failed?: string }];
    if (message.failed) throw new Error(message.failed);
    return message;
  }
  async ask<T>(message: Order | LoadOrder): Promise<T> {
    const answered = this.answer<T>();
    this.tell(message);
    return answered;
  }
  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.disconnect();
    await once(this.child, 'exit');
  }
}

export const startLoad = (): Helper => Helper.start('./peers/load.ts');

/** A server of its own process; `execArgv` are options of Node. */
export async function startSubject(name: SubjectName, options: object = {}, execArgv: readonly string[] = []): Promise<{ readonly server: Helper; readonly port: number }> {
  const server = Helper.start('./peers/serve.ts', [name, JSON.stringify(options)], execArgv);
  const { port } = await server.answer<{ port: number }>();
  return { server, port };
}

/** One that takes part. */
export interface Entry {
  readonly subject: SubjectName;
  readonly dialect: Dialect;
  /** Ticks of one round: as many as make its processor time well measurable. */
  readonly ticks: number;
  /** Shortest time between two ticks, ms. */
  readonly everyMs?: number;
  readonly options?: object;
}
export interface RaceOptions {
  readonly clients: number;
  /** Each client reads OWN_SYMBOLS symbols of its own instead of all. */
  readonly own?: boolean;
  readonly rounds?: number;
}
export interface Result {
  /** Updates that reached a client, per second of the server's processor. NaN: its peer is not installed, or no round counted. */
  readonly perSecond: number;
  readonly spread: number;
  readonly bytesPerUpdate: number;
  readonly bytesPerTick: number;
  /** Largest of the rounds, ms. */
  readonly loopP99: number;
  /** Rounds in which what arrived was not what was sent. */
  readonly invalid: number;
}

/** Data frames a client gets of one tick. */
const framesOf = (dialect: Dialect, updates: number): number => (dialect === 'plain' || dialect === 'naive ws' || dialect === 'Socket.IO' ? updates : 1);

const ABSENT: Result = { perSecond: NaN, spread: NaN, bytesPerUpdate: NaN, bytesPerTick: NaN, loopP99: NaN, invalid: 0 };

/** One server and the group of clients that reads it. */
class Lane {
  private readonly rates: number[] = [];
  private bytesPerTick = NaN;
  private loopP99 = 0;
  private invalid = 0;

  constructor(private readonly entry: Entry, private readonly server: Helper, private readonly load: Helper, private readonly name: string, private readonly clients: number, private readonly updates: number) {}

  /** Each tick is sent when the one before it has reached everybody. */
  async round(ticks: number): Promise<{ readonly used: Used; readonly arrived: Arrived }> {
    const { load, server, name } = this;
    await load.ask({ order: 'begin', name });
    server.tell({ order: 'begin' });
    const frames = framesOf(this.entry.dialect, this.updates);
    let arrived: Arrived = { exact: true, bytes: 0, delays: [] };
    for (let tick = 1; tick <= ticks && arrived.exact; tick++) {
      const paced = new Promise((resolve) => setTimeout(resolve, this.entry.everyMs ?? 0));
      server.tell({ order: 'tick' });
      arrived = await load.ask({ order: 'await', name, frames: tick * frames, withinMs: PATIENCE_MS });
      if (this.entry.everyMs) await paced;
    }
    return { used: await server.ask<Used>({ order: 'end' }), arrived };
  }

  /** The snapshots go out, the code becomes hot. */
  async warm(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const { ticks } = this.entry;
    const { arrived } = await this.round(ticks);
    this.bytesPerTick = arrived.bytes / ticks / this.clients;
  }

  async measured(): Promise<void> {
    const { ticks } = this.entry;
    const { used, arrived } = await this.round(ticks);
    this.loopP99 = Math.max(this.loopP99, used.loopP99);
    if (!arrived.exact) return void this.invalid++;
    this.bytesPerTick = arrived.bytes / ticks / this.clients;
    this.rates.push((this.clients * this.updates * ticks) / (used.cpuMs / 1_000));
  }

  result(): Result {
    const { value, spread } = medianOf(this.rates);
    return { perSecond: value, spread, bytesPerUpdate: this.bytesPerTick / this.updates, bytesPerTick: this.bytesPerTick, loopP99: this.loopP99, invalid: this.invalid };
  }
  end(): Promise<void> {
    return this.server.end();
  }
}

/**
 * Servers that do the same job, each in a process of its own, taking turns round by round, so that what else happens on the machine
 * meets all of them. Processor time is that of the server's process alone; one process holds the clients of all.
 */
export async function race(entries: readonly Entry[], { clients, own = false, rounds = 3 }: RaceOptions): Promise<Result[]> {
  const load = startLoad();
  const updates = own ? OWN_SYMBOLS : SYMBOLS;
  const lanes: (Lane | null)[] = [];
  try {
    for (const [n, entry] of entries.entries()) {
      if (entry.subject === 'Socket.IO' && !hasPeer('socket.io')) {
        lanes.push(null);
        continue;
      }
      // The floor writes as many bytes as the first of the others did.
      const bytes = Math.round(lanes[0]?.result().bytesPerTick ?? 0);
      const { server, port } = await startSubject(entry.subject, entry.subject === 'floor' ? { bytes } : entry.options);
      const lane = new Lane(entry, server, load, String(n), clients, updates);
      lanes.push(lane);
      await load.ask({ order: 'open', group: { name: String(n), dialect: entry.dialect, port, count: clients, own } });
      await lane.warm();
    }
    for (let round = 0; round < rounds; round++) for (const lane of lanes) await lane?.measured();
    return lanes.map((lane) => lane?.result() ?? ABSENT);
  } finally {
    for (const lane of lanes) await lane?.end();
    await load.end();
  }
}
