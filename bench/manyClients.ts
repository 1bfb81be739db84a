import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { createMemoryBus } from '../server/bus/memoryBus';
import { createHub } from '../server/hub/hub';
import { systemClock } from '../server/observability/clock';
import { createMetrics } from '../server/observability/metrics';
import { quantile, type Figure } from './figure';
import { quoteOf } from './hub';

const CLIENTS = 10_000;
const SYMBOLS = 50;
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

async function answer(child: ChildProcess): Promise<Record<string, unknown>> {
  const [message] = (await once(child, 'message')) as [Record<string, unknown>];
  if (message['failed']) throw new Error(String(message['failed']));
  return message;
}

/** Memory of 10,000 connections that have the state and wait, then 50 symbols twice a second to all of them. */
export async function measureManyClients(): Promise<Figure[]> {
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  const options = { perAddress: 1e6, total: 1e6, upgradesPerSecond: 1e6, upgradeBurst: 1e6, upgradesTotalPerSecond: 1e6 };
  const hub = createHub({ bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics: createMetrics(), log, options, mode: () => 'simulated', feeds: () => ({}), knownSymbol: () => true });
  const server = createServer().on('upgrade', (req, socket, head) => hub.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let seq = 0;
  const tick = (n: number): void => {
    const changes = Array.from({ length: SYMBOLS }, (_, i) => ({ key: `SYM${i}/USD`, value: quoteOf(`SYM${i}/USD`, 50_000 + n + i / 100) }));
    bus.publish({ type: 'keyed', channel: 'market', epoch: 'bench', prev: seq, seq: (seq += SYMBOLS), changes });
  };
  tick(0);
  const before = resident();
  const child = fork(fileURLToPath(new URL('./idleClients.ts', import.meta.url)), [String((server.address() as AddressInfo).port), String(CLIENTS)]);
  try {
    await answer(child);
    await sleep(3_000);
    const idle = resident();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const cpu = process.cpuUsage();
    for (let n = 1; n <= TICKS; n++) {
      tick(n);
      await sleep(TICK_MS);
    }
    const used = process.cpuUsage(cpu);
    delay.disable();
    child.send('delays');
    const { delays } = (await answer(child)) as { delays: number[] };
    const busy = resident();
    const each = (after: { rss: number; heap: number }, what: 'rss' | 'heap'): number => (after[what] - before[what]) / 1_024 / CLIENTS;
    return [
      { name: `${CLIENTS} idle clients: memory of each`, value: each(idle, 'rss'), unit: 'KiB', budget: 25, bound: 'at most', note: `resident; ${each(idle, 'heap').toFixed(1)} KiB of it in the heap` },
      { name: `${CLIENTS} clients after traffic: memory of each`, value: each(busy, 'rss'), unit: 'KiB', budget: 25, bound: 'at most', note: `resident; ${each(busy, 'heap').toFixed(1)} KiB of it in the heap` },
      { name: `${CLIENTS} clients x ${SYMBOLS} symbols x 2 Hz: input to arrival, p99`, value: quantile(delays, 0.99), unit: 'ms', budget: 150, bound: 'at most', note: `${delays.length} samples, p50 ${quantile(delays, 0.5).toFixed(0)} ms` },
      { name: `${CLIENTS} clients x ${SYMBOLS} symbols x 2 Hz: processor`, value: ((used.user + used.system) / 1e6 / ((TICKS * TICK_MS) / 1_000)) * 100, unit: '% of a core', budget: null, bound: 'at most', note: `event loop p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms` },
    ];
  } finally {
    child.disconnect();
    await once(child, 'exit');
    await hub.close('bench over', 500);
    server.close();
  }
}
