import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { quantile, type Figure } from './figure';
import { startFloor } from './peers/floor';
import type { Arrived, Dialect } from './peers/load';
import { startProduct } from './peers/product';
import { SYMBOLS, type Subject } from './peers/subject';
import { startLoad } from './race';

const CLIENTS = 10_000;
/** Pushes of 50 symbols, twice a second. */
const TICKS = 20;
const TICK_MS = 500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Bytes. */
interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** Memory that is really in use: what the process holds after a collection. */
function resident(): Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

interface Measured {
  readonly before: Memory;
  readonly idle: Memory;
  readonly busy: Memory;
  readonly arrived: Arrived;
  /** Percent of a core. */
  readonly cpu: number;
  /** Delay of the event loop, ms. */
  readonly loopP99: number;
  readonly loopMax: number;
}

/** 10,000 connections that have the state and wait, then 50 symbols twice a second to all of them. */
async function measure(subject: Subject, dialect: Dialect): Promise<Measured> {
  const before = resident();
  const load = startLoad();
  try {
    await load.ask({ order: 'open', group: { name: 'all', dialect, port: subject.port, count: CLIENTS, stampEvery: 20 } });
    await sleep(3_000);
    const idle = resident();
    await load.ask({ order: 'begin', name: 'all' });
    const arrived = load.ask<Arrived>({ order: 'await', name: 'all', frames: TICKS, withinMs: TICKS * TICK_MS + 5_000 });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const cpu = process.cpuUsage();
    for (let n = 1; n <= TICKS; n++) {
      subject.tick();
      await sleep(TICK_MS);
    }
    const used = process.cpuUsage(cpu);
    delay.disable();
    return { before, idle, arrived: await arrived, busy: resident(), cpu: (used.user + used.system) / 10 / TICKS / TICK_MS, loopP99: delay.percentile(99) / 1e6 - 1, loopMax: delay.max / 1e6 - 1 };
  } finally {
    await load.end();
  }
}

async function measureProduct(): Promise<Measured> {
  const product = await startProduct();
  try {
    return await measure(product, 'sparse');
  } finally {
    await product.close();
  }
}

export async function measureManyClients(): Promise<Figure[]> {
  const { before, idle, busy, arrived, cpu, loopP99, loopMax } = await measureProduct();
  const floor = await measure(await startFloor(Math.round(arrived.bytes / CLIENTS / TICKS)), 'floor');
  const each = (after: Memory, what: keyof Memory): number => (after[what] - before[what]) / 1_024 / CLIENTS;
  const name = (what: string): string => `${CLIENTS} clients x ${SYMBOLS} symbols x 2 Hz: ${what}`;
  const { delays, exact } = arrived;
  return [
    { name: `${CLIENTS} idle clients: memory of each`, value: each(idle, 'rss'), unit: 'KiB', budget: 25, bound: 'at most', note: `resident; ${each(idle, 'heap').toFixed(1)} KiB of it in the heap` },
    { name: `${CLIENTS} clients after traffic: memory of each`, value: each(busy, 'rss'), unit: 'KiB', budget: 25, bound: 'at most', note: `resident; ${each(busy, 'heap').toFixed(1)} KiB of it in the heap` },
    { name: name('input to arrival, p99'), value: exact ? quantile(delays, 0.99) : NaN, unit: 'ms', budget: 150, bound: 'at most', note: exact ? `${delays.length} samples, p50 ${quantile(delays, 0.5).toFixed(0)} ms; net sockets p50 ${quantile(floor.arrived.delays, 0.5).toFixed(0)}, p99 ${quantile(floor.arrived.delays, 0.99).toFixed(0)} ms` : 'what arrived was not what was sent' },
    { name: name('processor'), value: cpu, unit: '% of a core', budget: null, bound: 'at most', note: `net sockets ${floor.cpu.toFixed(1)} %` },
    { name: name('event-loop delay, p99'), value: loopP99, unit: 'ms', budget: 20, bound: 'at most', note: `longest ${loopMax.toFixed(0)} ms; net sockets ${floor.loopP99.toFixed(0)}, longest ${floor.loopMax.toFixed(0)} ms` },
  ];
}
