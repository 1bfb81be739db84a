import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createEngine } from '@/core/engine';
import { ROLLED } from '@/core/market/candles';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { createSimulator } from '@/core/simulator';
import { systemClock } from '../server/observability/clock';
import { engineOptions, type EngineFacts } from '../server/recording/format';
import { Recordings } from '../server/recording/recordings';

import { launchBrowser } from '../tests/support/browser';
import { startServer } from '../tests/support/serverProcess';
import { slopePerHour, type Figure, type Sample } from './figure';

/** A day of two instruments. */
const HOURS = 24;
const SYMBOLS = ['BTC/USDT', 'EUR/USD'];
const T0 = 1_700_000_000_000;
/** Longest run, ms; what was reached by then is told. */
const MOST_MS = 240_000;
const EVERY_MS = 4_000;
/** The slope is that of what follows this share of the way: views and caches are full by then. */
const WARM = 0.25;

/** Writes the recording of a simulated day; gives its name and number of inputs. */
async function recordDay(folder: string): Promise<{ readonly name: string; readonly events: number }> {
  const facts: EngineFacts = { venuePriority: ['simulator'], candleHistory: 600, signalIntervals: [...ROLLED], sentimentEveryMs: 30_000, staleMs: {} };
  const instruments = BUILT_IN_INSTRUMENTS.filter(({ symbol }) => SYMBOLS.includes(symbol));
  const engine = createEngine(engineOptions(facts, instruments));
  const recordings = new Recordings({
    engine, facts, folders: { own: folder, frames: null }, clock: systemClock, log: pino({ level: 'silent' }), version: 'bench', maxBytes: 2 ** 33, recentBytes: 0, feeds: () => [], announce: () => undefined,
  });
  await recordings.start();
  const simulator = createSimulator({ seed: 3, startTime: T0, instruments });
  recordings.accept({ type: 'mode', mode: 'simulated', reason: 'soak', receiveTime: T0 });
  recordings.accept({ type: 'feedStatus', venue: 'simulator', state: 'live', reason: 'soak', receiveTime: T0 });
  for (let second = 1; second <= HOURS * 3_600; second += 1) {
    for (const event of simulator.step()) recordings.accept(event);
    recordings.accept({ type: 'clock', receiveTime: T0 + second * 1_000 });
    // A day is made faster than a disk writes it: wait until it is there.
    if (second % 1_800 !== 0) continue;
    recordings.inputs.flush();
    while ((recordings.status.running?.events ?? Infinity) < recordings.inputs.seq) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const events = recordings.inputs.seq;
  const name = await recordings.stop();
  if (!name.ok) throw new Error(name.error);
  return { name: name.value, events };
}

interface Info { readonly id: string; readonly state: string; readonly time: number; readonly from: number; readonly to: number }

/** A simulated day, recorded and replayed as fast as possible through the page of an instrument with all its panels: does its heap stay flat? Hours are those of the market. */
export async function measureSoak(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-soak-'));
  const day = await recordDay(join(folder, 'recordings'));
  const server = await startServer({ env: { TICKGLASS_DATA_DIR: folder } });
  const browser = await launchBrowser();
  const ask = async (path: string, body?: object): Promise<Info> => (await (await fetch(`${server.url}${path}`, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {})).json()) as Info;
  try {
    const { id } = await ask('/api/v1/replays', { file: day.name });
    const room = `/replay/${id}`;
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${server.url}${room}/market/${encodeURIComponent('BTC/USDT')}`);
    await page.locator('.legend').first().waitFor();
    const devtools = await page.context().newCDPSession(page);
    const heap = async (): Promise<number> => {
      await devtools.send('HeapProfiler.collectGarbage');
      return (await devtools.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
    };
    await ask(`${room}/api/v1/replay`, { action: 'speed', speed: 0 });
    const heaps: Sample[] = [];
    const began = performance.now();
    let info = await ask(`${room}/api/v1/replay`);
    while (info.state !== 'ended' && performance.now() - began < MOST_MS) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      info = await ask(`${room}/api/v1/replay`);
      heaps.push([info.time - info.from, await heap()]);
    }
    const reached = heaps.at(-1)?.[0] ?? 0;
    const seconds = (performance.now() - began) / 1_000;
    return [
      { name: 'soak: hours of market replayed through a browser', value: reached / 3_600_000, unit: 'h', budget: HOURS - 0.1, bound: 'at least', note: `${day.events} inputs in ${seconds.toFixed(0)} s` },
      { name: 'soak: slope of the heap of the page', value: slopePerHour(heaps.filter(([at]) => at >= WARM * reached)), unit: 'MB/h', budget: 1, bound: 'at most', note: heaps.map(([, mb]) => mb.toFixed(1)).join(' ') },
      { name: 'soak: heap at the end', value: heaps.at(-1)?.[1] ?? NaN, unit: 'MB', budget: 25, bound: 'at most' },
    ];
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
