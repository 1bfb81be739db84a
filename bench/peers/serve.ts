/** A server in a process of its own: `tsx bench/peers/serve.ts NAME [JSON]`. It ends when its parent does. */
import { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HubOptions } from '../../server/hub/options';
import { startFloor } from './floor';
import { startNaiveWs } from './naiveWs';
import { startProduct } from './product';
import { startSocketIo } from './socketIo';
import type { Subject } from './subject';

/** What the server is asked to do. */
export type Order = { readonly order: 'tick' } | { readonly order: 'run'; readonly ticks: number; readonly everyMs: number } | { readonly order: 'begin' } | { readonly order: 'end' };
/** What the process has used since `begin`. */
export interface Used {
  readonly cpuMs: number;
  /** Bytes put on the heap; only true in a process whose young generation holds them all. */
  readonly heapBytes: number;
  /** Writes handed to the operating system. */
  readonly writes: number;
  /** Delay of the event loop, ms. */
  readonly loopP99: number;
  readonly loopMax: number;
}

export type SubjectName = 'product' | 'naive ws' | 'Socket.IO' | 'floor';

const RESOLUTION_MS = 1;

const START: Readonly<Record<SubjectName, (options: unknown) => Promise<Subject>>> = {
  product: (options) => startProduct(options as Partial<HubOptions>),
  'naive ws': startNaiveWs,
  'Socket.IO': startSocketIo,
  floor: (options) => startFloor((options as { bytes: number }).bytes),
};

/** Counts what goes to the operating system: a list of buffers written together is one. */
function countWrites(): () => number {
  let writes = 0;
  const patched = Socket.prototype as unknown as Record<'_write' | '_writev', (...args: unknown[]) => void>;
  for (const name of ['_write', '_writev'] as const) {
    const original = patched[name];
    patched[name] = function (...args) {
      writes++;
      original.apply(this, args);
    };
  }
  return () => writes;
}

async function main(name: SubjectName, options: unknown): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  const writes = countWrites();
  const subject = await START[name](options);
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const counts = () => ({ cpu: process.cpuUsage(), heap: process.memoryUsage().heapUsed, writes: writes() });
  let before = counts();
  const delayMs = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  function used(): Used {
    const now = counts();
    const cpu = process.cpuUsage(before.cpu);
    return { cpuMs: (cpu.user + cpu.system) / 1_000, heapBytes: now.heap - before.heap, writes: now.writes - before.writes, loopP99: delayMs(loop.percentile(99)), loopMax: delayMs(loop.max) };
  }
  function run(ticks: number, everyMs: number): void {
    const timer = setInterval(() => {
      subject.tick();
      if (--ticks === 0) clearInterval(timer);
    }, everyMs);
  }
  process.on('message', (message: Order) => {
    switch (message.order) {
      case 'tick':
        return subject.tick();
      case 'run':
        return run(message.ticks, message.everyMs);
      case 'begin':
        loop.enable();
        loop.reset();
        before = counts();
        return;
      case 'end':
        loop.disable();
        return void process.send?.(used());
    }
  });
  process.send?.({ port: subject.port });
}

void main(process.argv[2] as SubjectName, JSON.parse(process.argv[3] ?? '{}')).catch((error: unknown) => {
  process.send?.({ failed: String(error) });
  process.exit(1);
});
