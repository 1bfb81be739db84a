import { quantile, type Figure } from './figure';
import type { Arrived, Dialect } from './peers/load';
import type { SubjectName, Used } from './peers/serve';
import { SYMBOLS } from './peers/subject';
import { race, startLoad, startSubject, type Entry, type Result } from './race';

const CLIENTS = 1_000;
/** The product pushes at once: what is measured is the cost of a push, not how often it may be. */
const AT_ONCE = { marketIntervalMs: 1 };
const NAIVE: Entry = { subject: 'naive ws', dialect: 'naive ws', ticks: 3 };

/** Seconds of 10 ticks each, for the figures of an ordinary load. */
const SECONDS = 8;

/** A line of the table for each peer the product is compared with. */
export function against(name: string, product: Result, peers: readonly { readonly name: string; readonly result: Result; readonly budget: number }[]): Figure[] {
  return peers.map(({ name: peer, result, budget }) => ({
    name, value: product.perSecond, spread: product.spread, unit: 'updates/CPU s', peer: { name: peer, value: result.perSecond }, budget, bound: 'at least',
    note: product.invalid + result.invalid > 0 ? `${product.invalid} and ${result.invalid} rounds did not count: what arrived was not what was sent` : `spread of the peer ${(result.spread * 100).toFixed(0)} %`,
  }));
}

async function shared(): Promise<Figure[]> {
  const entries: Entry[] = [{ subject: 'product', dialect: 'sparse', ticks: 150, options: AT_ONCE }, NAIVE, { subject: 'Socket.IO', dialect: 'Socket.IO', ticks: 3 }, { subject: 'floor', dialect: 'floor', ticks: 150 }];
  const [product, naive, socketIo, floor] = await race(entries, { clients: CLIENTS });
  if (!product || !naive || !socketIo || !floor) return [];
  return against(`fan-out, ${CLIENTS} clients, one view`, product, [
    { name: 'naive ws', result: naive, budget: 40 }, { name: 'Socket.IO', result: socketIo, budget: 40 }, { name: 'net sockets', result: floor, budget: 0.75 },
  ]);
}

async function plain(): Promise<Figure[]> {
  // Plain clients say how far they are in answer to pings, of which there is one in 100 ms.
  const [product, naive] = await race([{ subject: 'product', dialect: 'plain', ticks: 15, everyMs: 110, options: AT_ONCE }, NAIVE], { clients: CLIENTS });
  return product && naive ? against(`fan-out, ${CLIENTS} plain clients`, product, [{ name: 'naive ws', result: naive, budget: 15 }]) : [];
}

/** Bytes of an update in each encoding, headers included. */
export async function bytesByDialect(clients = 20): Promise<ReadonlyMap<Dialect, number>> {
  const dialects: readonly Dialect[] = ['sparse', 'rows', 'objects', 'plain'];
  const results = await race(dialects.map((dialect) => ({ subject: 'product', dialect, ticks: 5, everyMs: 110, options: AT_ONCE })), { clients, rounds: 1 });
  return new Map(dialects.map((dialect, i) => [dialect, results[i]?.bytesPerUpdate ?? NaN]));
}

async function steady(subject: SubjectName, dialect: Dialect, options: object): Promise<Used & Arrived> {
  const load = startLoad();
  const { server, port } = await startSubject(subject, options);
  try {
    await load.ask({ order: 'open', group: { name: 'all', dialect, port, count: CLIENTS, stampEvery: 1 } });
    const ticks = SECONDS * 10;
    // The first two seconds make the code hot.
    for (const count of [20, ticks]) {
      await load.ask({ order: 'begin', name: 'all' });
      server.tell({ order: 'begin' });
      server.tell({ order: 'run', ticks: count, everyMs: 100 });
      const arrived = await load.ask<Arrived>({ order: 'await', name: 'all', frames: count, withinMs: count * 100 + 5_000 });
      const used = await server.ask<Used>({ order: 'end' });
      if (count === ticks) return { ...used, ...arrived };
    }
    throw new Error('nothing was measured');
  } finally {
    await Promise.all([server.end(), load.end()]);
  }
}

async function tenHertz(): Promise<Figure[]> {
  // The timer of the load and the product's own interval would beat against each other.
  const product = await steady('product', 'sparse', { marketIntervalMs: 90 });
  const floor = await steady('floor', 'floor', { bytes: Math.round(product.bytes / CLIENTS / SECONDS / 10) });
  const name = (what: string): string => `fan-out, ${CLIENTS} clients x ${SYMBOLS} x 10 Hz: ${what}`;
  const note = product.exact ? '' : 'what arrived was not what was sent';
  const share = ({ cpuMs }: Used): number => cpuMs / SECONDS / 10;
  const of = (q: number): string => `net sockets ${quantile(floor.delays, q).toFixed(0)} ms`;
  return [
    { name: name('input to arrival, p99'), value: product.exact ? quantile(product.delays, 0.99) : NaN, unit: 'ms', budget: 25, bound: 'at most', note: note || `p50 ${quantile(product.delays, 0.5).toFixed(0)} ms; ${of(0.99)}` },
    { name: name('processor'), value: share(product), unit: '% of a core', budget: 15, bound: 'at most', note: `net sockets ${share(floor).toFixed(1)} %` },
    { name: name('event-loop delay, p99'), value: product.loopP99, unit: 'ms', budget: 20, bound: 'at most', note: `longest ${product.loopMax.toFixed(0)} ms; net sockets ${floor.loopP99.toFixed(0)} ms` },
  ];
}

/** One view for a thousand clients, in the compact rows of our own client and in plain messages, against what others do. */
export async function measureFanout(): Promise<Figure[]> {
  const figures = [...(await shared()), ...(await plain()), ...(await tenHertz())];
  const bytes = [...(await bytesByDialect())].map(([dialect, value]): Figure => ({ name: `fan-out, ${dialect}: bytes`, value, unit: 'B/update', budget: dialect === 'sparse' ? 75 : null, bound: 'at most' }));
  return [...figures, ...bytes];
}
