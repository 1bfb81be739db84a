import { readFileSync } from 'node:fs';
import { ChaosProxy } from '../tests/support/chaosProxy';
import { seeded } from '../tests/support/seeded';
import { startServer } from '../tests/support/serverProcess';
import { Watch } from '../tests/faults/watch';
import { slopePerHour, type Figure, type Sample } from './figure';

const DEFAULT_CLIENTS = 200;
const SEED = 40;
/** Proxies between clients and server: one fault meets a tenth of the clients. */
const LINES = 10;
const DEFAULT_MINUTES = 60;
/** The market runs so much faster than a clock: what is kept by count or by time of the market (trades, candles, journals) is full after half of the soak. */
const SPEED = 40;
/** A collector that runs often shows what is kept; the server needs about half of it. */
const HEAP_MB = 128;
const SAMPLE_MS = 5_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Least of each minute: what is left after a collection. */
function floors(samples: readonly Sample[]): Sample[] {
  const least = new Map<number, Sample>();
  for (const sample of samples) {
    const minute = Math.floor(sample[0] / 60_000);
    const known = least.get(minute);
    if (!known || sample[1] < known[1]) least.set(minute, sample);
  }
  return [...least.values()];
}

const option = (name: string, otherwise: number): number => Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);

/** One fault, drawn from the seed, on one line. */
async function fault(line: ChaosProxy, random: () => number): Promise<void> {
  const kind = random();
  if (kind < 0.4) line.reset({ bytes: 1 + Math.floor(random() * 5_000), direction: 'down' });
  else if (kind < 0.6) line.cut();
  else {
    line.set(kind < 0.8 ? { hold: true } : { delayMs: 300, jitterMs: 300, splitBytes: 500 });
    await pause(1_000 + random() * 4_000);
    line.clear();
  }
}

/** `npm run bench -- soak-clients [--minutes=20] [--clients=0]`: real clients of the built server whose links break all the time; with none, what the server's heap does by itself. */
export async function measureSoakClients(): Promise<Figure[]> {
  const minutes = option('minutes', DEFAULT_MINUTES);
  const clients = option('clients', DEFAULT_CLIENTS);
  const random = seeded(SEED);
  const server = await startServer({ env: { TICKGLASS_SIM_SPEED: String(SPEED), TICKGLASS_MARKET_INTERVAL_MS: '1000', TICKGLASS_CONNECTIONS_PER_ADDRESS: '1000', NODE_OPTIONS: `--max-old-space-size=${HEAP_MB} --max-semi-space-size=2` } });
  const lines = await Promise.all(Array.from({ length: LINES }, (_none, i) => ChaosProxy.open({ target: server.port, seed: SEED + i, lifeMs: minutes * 60_000 + 600_000 })));
  const watches: Watch[] = [];
  for (let i = 0; i < clients; i += 1) {
    watches.push(new Watch(`http://127.0.0.1:${lines[i % LINES]?.port ?? 0}`, { random: () => random() * 0.5 }));
    if (i % 10 === 9) await pause(700);
  }
  for (const watch of watches) watch.client.subscribeChannel('trades:BTC/USDT');
  const heap: Sample[] = [];
  const resident: Sample[] = [];
  const began = performance.now();
  let running = true;
  const sampling = setInterval(() => {
    void fetch(`${server.url}/metrics`).then((answer) => answer.text()).then((text) => heap.push([performance.now() - began, Number(/^tickglass_heap_used_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20]), () => undefined);
    resident.push([performance.now() - began, Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1_024]);
  }, SAMPLE_MS);
  try {
    while (running) {
      await fault(lines[Math.floor(random() * LINES)] as ChaosProxy, random);
      await pause(500 + random() * 1_500);
      running = performance.now() - began < minutes * 60_000;
    }
    for (const line of lines) line.clear();
    const settled = performance.now();
    while (!watches.every((watch) => watch.state === 'live' && !watch.marked) && performance.now() - settled < 60_000) await pause(100);
    const live = watches.filter((watch) => watch.state === 'live' && !watch.marked).length;
    const connections = watches.reduce((sum, watch) => sum + watch.sockets.length, 0);
    const unexplained = watches.reduce((sum, watch) => sum + watch.disorder.length, 0);
    const late = watches.reduce((sum, watch) => sum + watch.sockets.reduce((frames, socket) => frames + socket.late, 0), 0);
    const receipts = watches.reduce((sum, watch) => sum + watch.receipts.length, 0);
    // The first half fills caches and the past of every channel.
    const later = (samples: readonly Sample[]): Sample[] => floors(samples.filter(([at]) => at > (performance.now() - began) / 2));
    return [
      { name: 'soak of clients: time', value: (performance.now() - began) / 60_000, unit: 'min', budget: minutes, bound: 'at least', note: `${clients} clients, ${connections} connections, ${receipts} receipts, ${late} frames over sockets given up` },
      { name: 'soak of clients: live at the end', value: live, unit: 'clients', budget: clients, bound: 'at least' },
      { name: 'soak of clients: numbers that went back or left a hole', value: unexplained, unit: '', budget: 0, bound: 'at most', note: watches.flatMap((watch) => watch.disorder).slice(0, 3).join('; ') },
      { name: 'soak of clients: slope of the server\'s heap, after half', value: slopePerHour(later(heap)), unit: 'MB/h', budget: 1, bound: 'at most', note: floors(heap).map(([, mb]) => mb.toFixed(1)).join(' ') },
      { name: 'soak of clients: slope of its resident memory', value: slopePerHour(later(resident)), unit: 'MB/h', budget: null, bound: 'at most', note: floors(resident).map(([, mb]) => mb.toFixed(0)).join(' ') },
    ];
  } finally {
    clearInterval(sampling);
    for (const watch of watches) watch.close();
    for (const line of lines) await line.close();
    await server.stop('SIGKILL');
  }
}
