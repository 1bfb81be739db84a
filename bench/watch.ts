import type { CDPSession, Page } from 'playwright-core';
import { waitFor } from '../tests/support/waitFor';
import { quantile } from './figure';

export const pause = (seconds: number): Promise<unknown> => {
  const until = performance.now() + seconds * 1000;
  return waitFor(() => performance.now() >= until, { timeoutMs: seconds * 1000 + 5_000 });
};

/** Time the page's main thread has worked so far, s. */
export async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? NaN;
}

/** What a page did in a while. */
export interface Watched {
  readonly fps: number;
  readonly longFrames: number;
  readonly longestMs: number;
  /** Share of the time in which the main thread worked, %. */
  readonly busy: number;
  /** From the making of each message that changes the watched row to the paint of that change, ms. */
  readonly toPaintMs: readonly number[];
  /** How often the watched row was drawn anew, per second: a page that draws less often has less to do. */
  readonly redraws: number;
  /** Changes by the numbering of the channel, per second: nothing was left out on the way. */
  readonly changesPerSecond: number;
  readonly heapMb: number;
}

interface Seen { readonly frames: number[]; readonly latencies: number[]; readonly changes: number; readonly redraws: number }

/** What is noted of the frames of table rows while they come. */
interface Wire {
  /** Symbols by their number in rows. */
  ids: string[];
  /** Number of the watched row's symbol; null = none is watched. */
  watched: number | null;
  /** When each frame that changes the watched row was made, until the row has changed. One that leaves the row as it is cannot be seen in it. */
  made: number[];
  /** How far the numbering came. */
  seq: number;
}

/** Runs before the page's own scripts. */
function listenToRows(): void {
  const wire: Wire = { ids: [], watched: null, made: [], seq: 0 };
  Reflect.set(globalThis, 'benchWire', wire);
  const HEAD = /^\{"t":"b"[^[]{0,200}"q":(\d+)[^[]{0,200}"ts":(\d+),"r":/;
  const note = (data: string): void => {
    const head = HEAD.exec(data);
    if (head) {
      wire.seq = Number(head[1]);
      if (wire.watched !== null && new RegExp(`\\[${wire.watched},`).test(data)) wire.made.push(Number(head[2]));
    } else if (data.startsWith('{"type":"schema"')) {
      const { channel, from, ids } = JSON.parse(data) as { channel: string; from: number; ids: string[] };
      if (channel === 'market') wire.ids = [...wire.ids.slice(0, from), ...ids];
    }
  };
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') note(data);
      });
    }
  };
}

/** Makes pages of this context ready for `watch`. The transpiler of these scripts wraps named functions in a helper that pages do not have. */
export async function prepare(page: Page): Promise<void> {
  await page.addInitScript('globalThis.__name = (fn) => fn');
  await page.addInitScript(listenToRows);
}

/**
 * Runs in the page. A change of the watched element shows all its messages that came before; the first task after a frame is after its paint.
 * What is changed outside of a frame is shown by the next one.
 */
function look({ ms, selector }: { readonly ms: number; readonly selector: string }): Promise<Seen> {
  return new Promise((resolve) => {
    const wire = Reflect.get(globalThis, 'benchWire') as Wire;
    const [frames, latencies, shown]: [number[], number[], number[]] = [[], [], []];
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const now = Date.now();
      for (const made of shown.splice(0)) latencies.push(now - made);
    };
    let redraws = 0;
    const observer = new MutationObserver(() => {
      redraws++;
      shown.push(...wire.made.splice(0));
    });
    const watched = document.querySelector(selector);
    if (watched) observer.observe(watched, { subtree: true, characterData: true, childList: true });
    const at = wire.ids.findIndex((id) => watched?.textContent.includes(id));
    wire.watched = at < 0 ? null : at;
    wire.made.length = 0;
    const [started, from] = [performance.now(), wire.seq];
    let last = started;
    const frame = (now: number): void => {
      frames.push(now - last);
      last = now;
      channel.port2.postMessage(0);
      if (now - started < ms) return void requestAnimationFrame(frame);
      observer.disconnect();
      resolve({ frames: frames.slice(1), latencies, changes: wire.seq - from, redraws });
    };
    requestAnimationFrame(frame);
  });
}

/** Watches a page for some seconds; `selector` is the row whose changes are timed. */
export async function watch(page: Page, session: CDPSession, seconds: number, selector: string): Promise<Watched> {
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const [before, started] = [await busySeconds(session), performance.now()];
  const { frames, latencies, changes, redraws } = await page.evaluate(look, { ms: seconds * 1000, selector });
  const took = (performance.now() - started) / 1000;
  const busy = (100 * ((await busySeconds(session)) - before)) / took;
  await session.send('HeapProfiler.collectGarbage');
  const heapMb = (await session.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
  const total = frames.reduce((sum, gap) => sum + gap, 0);
  return { fps: (frames.length / total) * 1000, longFrames: frames.filter((gap) => gap > 50).length, longestMs: Math.max(...frames), busy, toPaintMs: latencies, changesPerSecond: changes / took, redraws: redraws / took, heapMb };
}

/** Median over the rounds of one contender, and how far apart they were. */
export function over(rounds: readonly Watched[], value: (round: Watched) => number): { readonly value: number; readonly spread: number } {
  const values = rounds.map(value);
  const median = quantile(values, 0.5);
  return { value: median, spread: median === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / median };
}
