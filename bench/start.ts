import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { startServer, type ServerProcess } from '../tests/support/serverProcess';
import { waitFor } from '../tests/support/waitFor';
import { quantile, type Figure } from './figure';

const RUNS = 5;
/** Until a start has put away what it needs no more. */
const SETTLE_MS = 10_000;

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

/** Memory of an idle server after its first start and after the next one, which finds what the first has stored, MB. */
async function memory(): Promise<Record<'first start' | 'restart', number>> {
  const resident = { 'first start': NaN, restart: NaN };
  if (process.platform !== 'linux') return resident;
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-bench-'));
  try {
    for (const name of ['first start', 'restart'] as const) {
      const server = await startServer({ env: { TICKGLASS_DATA_DIR: folder } });
      try {
        await firstPrice(server);
        const settled = performance.now() + SETTLE_MS;
        await waitFor(() => performance.now() > settled, { timeoutMs: SETTLE_MS + 2_000 });
        resident[name] = residentMegabytes(server.pid);
      } finally {
        await server.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return resident;
}

/** Built server, simulator: from the start of the process to the first price at a client; and its memory when idle. */
export async function measureStart(): Promise<Figure[]> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    const server = await startServer();
    try {
      await firstPrice(server);
      times.push((performance.now() - started) / 1000);
    } finally {
      await server.stop();
    }
  }
  return [
    { name: 'start: process start to first price at a client', value: quantile(times, 0.5), unit: 's', budget: 1.5, bound: 'at most', note: `median of ${RUNS}, ${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)} s` },
    ...Object.entries(await memory()).map(([name, value]): Figure => (
      { name: `start: memory of the idle server, ${name}`, value, unit: 'MB', budget: 150, bound: 'at most', note: `built-in instruments, resident, after ${SETTLE_MS / 1000} s` })),
  ];
}
