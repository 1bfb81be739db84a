import * as v from 'valibot';
import { INTERVALS } from '@/core/contract';
import type { EngineOptions } from '@/core/engine';
import { usableInstrument } from '@/core/market/validate';
import type { Instrument } from '@/core/market/instrument';
import { standardStaleMs } from '@/core/market/staleness';

/** Version of the file format. Files of another version are refused with a clear error. */
export const FORMAT = 1;
/** Key of the header among a Parquet file's own metadata. */
export const HEADER_KEY = 'tickglass';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Time = v.nullable(v.number());
const Words = v.pipe(v.string(), v.maxLength(512));

/** What the engine was made with: the same options give the same state. Staleness limits by venue, as its descriptor says them, ms. */
export const EngineFacts = v.object({
  venuePriority: v.pipe(v.array(v.string()), v.maxLength(64)),
  candleHistory: Count,
  signalIntervals: v.array(v.picklist(INTERVALS)),
  sentimentEveryMs: Count,
  staleMs: v.record(v.string(), v.object({ socket: v.optional(v.number()), rest: v.optional(v.number()) })),
});
export type EngineFacts = v.InferOutput<typeof EngineFacts>;

/** Head of a recording, written at its start and completed at its end. */
export const RecordingHeader = v.object({
  format: v.literal(FORMAT),
  /** Version of the server that wrote it. */
  app: v.string(),
  /** Wall time of the start and the end, ms; the end is null after a crash. */
  started: v.number(),
  ended: Time,
  /** Is every input since the engine was made in it? Then its states are those of the live engine, byte for byte. */
  exact: v.boolean(),
  /** What was shown: `live`, `simulated`, `replay`, or `mixed` when one after the other. */
  mode: v.string(),
  engine: EngineFacts,
  instruments: v.array(v.custom<Instrument>(usableInstrument)),
  /** First and last feed time, ms, and number of inputs; filled in at the end. */
  from: Time,
  to: Time,
  events: Count,
  /** State of the live engine after the last input, SHA-256; null where it is not known or `exact` is false. */
  hash: v.nullable(v.string()),
  /** Why it ended, in words. */
  reason: Words,
  /** A bug report holds facts of the server beside the recording. */
  diagnostics: v.optional(v.unknown()),
});
export type RecordingHeader = v.InferOutput<typeof RecordingHeader>;

/** The header as it is stored; null when it is none that this version reads. */
export function parseHeader(text: string): RecordingHeader | null {
  try {
    const read = v.safeParse(RecordingHeader, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null; // Not JSON: no header of ours. The caller says so.
  }
}

/** Engine options of a recording. The live server makes its own with the same function, so that both are the same. */
export function engineOptions(facts: EngineFacts, instruments: readonly Instrument[]): EngineOptions {
  const { venuePriority, candleHistory, signalIntervals, sentimentEveryMs, staleMs } = facts;
  return {
    instruments, venuePriority, candleHistory, signalIntervals, sentimentEveryMs,
    staleMsOf: (venue, route, assetClass) => {
      const own = Object.hasOwn(staleMs, venue) ? staleMs[venue] : undefined;
      return (route === 'rest' ? own?.rest : own?.socket) ?? standardStaleMs(route, assetClass);
    },
  };
}
