import { performance } from 'node:perf_hooks';
import type { InputEvent } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { createSimulator } from '@/core/simulator';
import { InputLog } from '../server/recording/inputLog';
import { Recent } from '../server/recording/recent';
import type { Figure } from './figure';

const T0 = 1_700_000_000_000;
const SECONDS = 600;

/** What it costs to hold the last ten minutes: processor time per input, and memory. */
export async function measureRecording(): Promise<Figure[]> {
  const simulator = createSimulator({ seed: 1, startTime: T0, instruments: BUILT_IN_INSTRUMENTS });
  const events: InputEvent[] = [];
  for (let second = 0; second < SECONDS; second += 1) events.push(...simulator.step());
  const log = new InputLog();
  let now = 0;
  const recent = new Recent({ bytes: 2 ** 25, ms: 600_000 }, () => now);
  const stop = log.read(recent.add);
  const before = process.cpuUsage();
  const began = performance.now();
  for (const event of events) {
    now = event.receiveTime - T0;
    log.accept(event);
  }
  const spent = performance.now() - began;
  stop();
  const whole = process.cpuUsage(before);
  // The last chunks are packed in the pool.
  let bytes = Infinity;
  while (recent.state.bytes < bytes) {
    bytes = recent.state.bytes;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return [
    { name: 'last ten minutes: event loop per input', value: (spent / events.length) * 1_000, unit: 'us', budget: 15, bound: 'at most', note: `${events.length} inputs of ${BUILT_IN_INSTRUMENTS.length} simulated instruments` },
    { name: 'last ten minutes: processor, all threads, per input', value: whole.user / events.length, unit: 'us', budget: null, bound: 'at most', note: 'compression runs in the pool' },
    { name: 'last ten minutes: memory', value: recent.state.bytes / 2 ** 20, unit: 'MB', budget: 32, bound: 'at most', note: `${(recent.state.ms / 60_000).toFixed(1)} min held` },
  ];
}
