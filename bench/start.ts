import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { startServer, type ServerProcess } from '../tests/support/serverProcess';
import { waitFor } from '../tests/support/waitFor';
import { quantile, type Figure } from './figure';

const RUNS = 5;

/** Waits for the first price on a plain client's market socket. */
function firstPrice(server: ServerProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}/ws/market/stream`);
    socket.on('message', (data: Buffer) => {
      if (!/"price":\d/.test(data.toString('utf8'))) return;
      socket.close();
      resolve();
    });
    socket.on('error', reject);
  });
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? NaN : Number(kilobytes) / 1024;
}

/** Built server, simulator: from the start of the process to the first price at a client; and its memory when idle. */
export async function measureStart(): Promise<Figure[]> {
  const times: number[] = [];
  let memory = NaN;
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    const server = await startServer();
    try {
      await firstPrice(server);
      times.push((performance.now() - started) / 1000);
      if (run === RUNS - 1 && process.platform === 'linux') {
        const settled = performance.now() + 10_000;
        await waitFor(() => performance.now() > settled, { timeoutMs: 12_000 });
        memory = residentMegabytes(server.pid);
      }
    } finally {
      await server.stop();
    }
  }
  return [
    { name: 'start: process start to first price at a client', value: quantile(times, 0.5), unit: 's', budget: 1.5, bound: 'at most', note: `median of ${RUNS}, worst ${Math.max(...times).toFixed(2)} s` },
    { name: 'start: memory of the idle server, built-in instruments', value: memory, unit: 'MB', budget: 150, bound: 'at most', note: 'resident, after 10 s' },
  ];
}
