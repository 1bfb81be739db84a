import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { quantile, type Figure } from './figure';
import type { Arrived } from './peers/load';
import { startProduct } from './peers/product';
import { SYMBOLS } from './peers/subject';
import { startLoad } from './race';

const CLIENTS = 10_000;
/** Pushes of 50 symbols, twice a second. */
const TICKS = 20;
const TICK_MS = 500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Memory that is really in use, bytes: what the process holds after a collection. */
function resident(): { rss: number; heap: number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

/** Memory of 10,000 connections that have the state and wait, then 50 symbols twice a second to all of them. */
export async function measureManyClients(): Promise<Figure[]> {
  const product = await startProduct();
  const before = resident();
  const load = startLoad();
  try {
    await load.ask({ order: 'open', group: { name: 'all', dialect: 'sparse', port: product.port, count: CLIENTS, stampEvery: 20 } });
    await sleep(3_000);
    const idle = resident();
    await load.ask({ order: 'begin', name: 'all' });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const cpu = process.cpuUsage();
    for (let n = 1; n <= TICKS; n++) {
      product.tick();
      await sleep(TICK_MS);
    }
    const used = process.cpuUsage(cpu);
    delay.disable();
    const { delays, exact } = await load.ask<Arrived>({ order: 'await', name: 'all', frames: TICKS, withinMs: 5_000 });
    const busy = resident();
    const each = (after: { rss: number; heap: number }, what: 'rss' | 'heap'): number => (after[what] - before[what]) / 1_024 / CLIENTS;
    const name = (what: string): string => `${CLIENTS} clients x ${SYMBOLS} symbols x 2 Hz: ${what}`;
    return [
      { name: `${CLIENTS} idle clients: memory of each`, value: each(idle, 'rss'), unit: 'KiB', budget: 25, bound: 'at most', note: `resident; ${each(idle, 'heap').toFixed(1)} KiB of it in the heap` },
      { name: `${CLIENTS} clients after traffic: memory of each`, value: each(busy, 'rss'), unit: 'KiB', budget: 25, bound: 'at most', note: `resident; ${each(busy, 'heap').toFixed(1)} KiB of it in the heap` },
      { name: name('input to arrival, p99'), value: exact ? quantile(delays, 0.99) : NaN, unit: 'ms', budget: 150, bound: 'at most', note: exact ? `${delays.length} samples, p50 ${quantile(delays, 0.5).toFixed(0)} ms` : 'what arrived was not what was sent' },
      { name: name('processor'), value: ((used.user + used.system) / 1e6 / ((TICKS * TICK_MS) / 1_000)) * 100, unit: '% of a core', budget: null, bound: 'at most' },
      { name: name('event-loop delay, p99'), value: delay.percentile(99) / 1e6 - 1, unit: 'ms', budget: 20, bound: 'at most', note: `longest ${(delay.max / 1e6 - 1).toFixed(0)} ms` },
    ];
  } finally {
    await load.end();
    await product.close();
  }
}
