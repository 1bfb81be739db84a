import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from './logger';

/**
 * The young generation grows to about this, bytes. V8 lets it grow to 32 MB and gives nothing back while a stream flows; measured with 1,000
 * instruments, the smaller one costs no processor time, as less of it falls out of the processor's caches.
 */
const YOUNG_BYTES = 8 * 2 ** 20;
/** While the process starts it does not grow: most of what survives then is there to stay, and V8 would double it several times between two looks. */
const STARTING_MS = 5_000;
const LOOK_MS = 1_000;

/** Garbage is looked for this often, ms, and taken away when the process is idle for this share of that time ... */
const TRIM_EVERY_MS = 2_500;
const MOST_BUSY = 0.5;
/** ... and the heap is this much larger than what was in use after the last collection, bytes and factor. */
const WORTH_BYTES = 16 * 2 ** 20;
const WORTH_FACTOR = 1.5;
/** Least time between two such collections, ms, but for the first ones: what a start leaves behind goes at once. */
const REST_MS = 300_000;
const FIRST = 2;

/** Lets the young generation grow to its limit and no further; gives the end of it. */
function boundYoung(): () => void {
  let grows = false;
  setFlagsFromString('--semi-space-growth-factor=1');
  const look = (): void => {
    const may = (getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0) < YOUNG_BYTES;
    if (may !== grows) setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`);
    grows = may;
  };
  let timer = setTimeout(() => {
    timer = setInterval(look, LOOK_MS).unref();
  }, STARTING_MS).unref();
  return () => clearInterval(timer);
}

/**
 * Keeps the heap near what is in use: a start reads and writes much that is garbage a moment later, and V8 alone would hold on to the
 * room for it for hours. Collects only while the process has little to do. Gives the end of it.
 *
 * @param collected called after each such collection: what hung on the garbage is free too.
 */
export function keepHeapSmall(log: Logger, collected: () => void): () => void {
  const endOfBound = boundYoung();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let live = 0;
  let count = 0;
  let last = -Infinity;
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    const started = performance.now();
    if (utilization > MOST_BUSY || (count >= FIRST && started - last < REST_MS)) return;
    const { total_heap_size: whole } = getHeapStatistics();
    if (whole < live * WORTH_FACTOR || whole - live < WORTH_BYTES) return;
    collect();
    setImmediate(collected);
    live = getHeapStatistics().used_heap_size;
    count += 1;
    last = performance.now();
    log.debug({ beforeMb: Math.round(whole / 1e6), liveMb: Math.round(live / 1e6), ms: Math.round(last - started) }, 'heap trimmed');
  }, TRIM_EVERY_MS).unref();
  return () => {
    endOfBound();
    clearInterval(timer);
  };
}
