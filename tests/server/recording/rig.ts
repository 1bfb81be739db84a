import { pino } from 'pino';
import { createEngine, type Engine } from '@/core/engine';
import { ROLLED } from '@/core/market/candles';
import type { InputEvent } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { createSimulator } from '@/core/simulator';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { systemClock, type Clock } from '../../../server/observability/clock';
import { createMetrics } from '../../../server/observability/metrics';
import { createPipeline, type Pipeline } from '../../../server/pipeline/pipeline';
import { engineOptions, type EngineFacts } from '../../../server/recording/format';
import { Recordings } from '../../../server/recording/recordings';
import { openSource, type ReadStats, type RecordingSource } from '../../../server/recording/source';

export const T0 = 1_700_000_000_000;
export const log = pino({ level: 'silent' });
export const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'AAPL', 'EUR/USD'];
export const INSTRUMENTS = BUILT_IN_INSTRUMENTS.filter(({ symbol }) => SYMBOLS.includes(symbol));
export const FACTS: EngineFacts = { venuePriority: ['binance', 'simulator'], candleHistory: 200, signalIntervals: [...ROLLED], sentimentEveryMs: 30_000, staleMs: { binance: { socket: 9_000 } } };

export interface Rig {
  readonly engine: Engine;
  readonly pipe: Pipeline;
  readonly recordings: Recordings;
  /** Messages to the users. */
  readonly told: string[];
}

/** A real pipeline with its recordings in `folder`, as main.ts builds them. */
export function rig(folder: string | null, more: { readonly recentBytes?: number; readonly maxBytes?: number; readonly clock?: Clock; readonly frames?: string } = {}): Rig {
  const engine = createEngine(engineOptions(FACTS, INSTRUMENTS));
  const told: string[] = [];
  let now = T0;
  const recordings = new Recordings({
    engine, facts: FACTS, folders: { own: folder, frames: more.frames ?? null }, clock: more.clock ?? systemClock, log, version: '9.9.9', feeds: () => [{ id: 'simulator', state: 'live', reason: 'test' }],
    maxBytes: more.maxBytes ?? 2 ** 30, recentBytes: more.recentBytes ?? 2 ** 24, announce: (level, state, message) => told.push(`${level} ${state} ${message}`),
  });
  const pipe = createPipeline({
    engine, bus: createMemoryBus(log), feedClock: () => ({ now: () => now, speed: 1 }), metrics: createMetrics(), log, newEpoch: () => 'e',
    onInput: (event) => {
      now = event.receiveTime;
      recordings.accept(event);
    },
  });
  return { engine, pipe, recordings, told };
}

/** A simulated market of `seconds`, mode and state of its source first. */
export function* market(seed: number, seconds: number): Generator<InputEvent> {
  const simulator = createSimulator({ seed, startTime: T0, instruments: INSTRUMENTS });
  yield { type: 'mode', mode: 'simulated', reason: 'test', receiveTime: T0 };
  yield { type: 'feedStatus', venue: 'simulator', state: 'live', reason: 'test', receiveTime: T0 };
  for (const candle of simulator.backfill(50)) yield { ...candle, receiveTime: T0 };
  for (let second = 0; second < seconds; second += 1) yield* simulator.step();
}

/** Opens a recording that must be a good one. */
export async function opened(path: string): Promise<RecordingSource> {
  const source = await openSource(path, []);
  if (!source.ok) throw new Error(source.error);
  return source.value;
}

/** Every input of a recording. */
export async function inputsOf(source: RecordingSource): Promise<InputEvent[]> {
  const stats: ReadStats = { frames: 0, corrupt: 0, damage: null };
  const events: InputEvent[] = [];
  for await (const batch of source.read(stats)) events.push(...batch.map(({ event }) => event));
  if (stats.damage !== null) throw new Error(stats.damage);
  return events;
}
