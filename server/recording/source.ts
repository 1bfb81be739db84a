import { basename } from 'node:path';
import type { EngineOptions } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { err, ok, type Result } from '@/core/util/result';
import { isRecord, parseJson } from '../connectors/base/json';
import type { VenueEntry } from '../connectors/base/frames';
import { checkReplayFile, frameBatches, spanOf } from '../connectors/replay';
import { engineOptions, type RecordingHeader } from './format';
import { readHeader, readInputs } from './parquet';

/** Some inputs in their order, each with its number. */
export type Batch = readonly { readonly seq: number; readonly event: InputEvent }[];

export interface ReadStats {
  /** Messages of venues, for raw frames. */
  frames: number;
  /** Lines that could not be read. */
  corrupt: number;
  /** Why the file ends too early; null when it does not. */
  damage: string | null;
}

/** A recording that can be replayed: ours, or raw frames of venues. */
export interface RecordingSource {
  readonly kind: 'own' | 'frames';
  readonly name: string;
  readonly engine: EngineOptions;
  /** First and last feed time, ms. */
  readonly from: number;
  readonly to: number;
  /** Number of inputs; null for raw frames, where it is not known before. */
  readonly events: number | null;
  /** Head of our own files. */
  readonly header: RecordingHeader | null;
  /** In words, for the user: what was recorded. */
  readonly words: string;
  /** Reads from the beginning. Never rejects: a file that ends in damage ends there, and `stats` says so. */
  read(stats: ReadStats): AsyncGenerator<Batch>;
}

/** Candles kept when raw frames are replayed: enough for those of a day. */
const FRAME_CANDLES = 2_000;

/** What was recorded, by what was shown. */
const WORDS: Readonly<Record<string, string>> = {
  live: 'a live market', simulated: 'a simulated market', replay: 'a replay', mixed: 'a live and a simulated market in turn', none: 'a server without a feed',
};

const isInput = (value: unknown): value is InputEvent => isRecord(value) && typeof value['type'] === 'string' && typeof value['receiveTime'] === 'number';

/** Opens a recording of ours (by its ending) or raw frames; the error is one clear line. */
export async function openSource(path: string, venues: readonly VenueEntry[]): Promise<Result<RecordingSource, string>> {
  return path.endsWith('.parquet') ? openOwn(path) : openFrames(path, venues);
}

async function openOwn(path: string): Promise<Result<RecordingSource, string>> {
  const read = await readHeader(path);
  if (!read.ok) return err(`${path}: ${read.error}`);
  const header = read.value;
  if (header.from === null || header.to === null || header.events === 0) return err(`${path}: the recording is empty`);
  return ok({
    kind: 'own', name: basename(path), engine: engineOptions(header.engine, header.instruments), from: header.from, to: header.to, events: header.events, header,
    words: WORDS[header.mode] ?? 'a market of unknown kind',
    async *read(stats) {
      try {
        for await (const rows of readInputs(path)) {
          const batch: { seq: number; event: InputEvent }[] = [];
          for (const { seq, text } of rows) {
            const event = parseJson(text);
            if (isInput(event)) batch.push({ seq, event });
            else stats.corrupt += 1;
          }
          yield batch;
        }
      } catch (error) {
        stats.damage = `the file is damaged: ${error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 160) : 'unreadable'}`;
      }
    },
  });
}

/** Facts of known instruments are better than what a recording lets guess. */
function withKnownFacts(event: InputEvent): InputEvent {
  if (event.type !== 'instrument') return event;
  const known: Instrument | undefined = BUILT_IN_INSTRUMENTS.find((instrument) => instrument.symbol === event.instrument.symbol);
  return known ? { ...event, instrument: known } : event;
}

async function openFrames(path: string, venues: readonly VenueEntry[]): Promise<Result<RecordingSource, string>> {
  const info = await checkReplayFile(path, venues);
  if (!info.ok) return info;
  const span = await spanOf(path);
  return ok({
    kind: 'frames', name: basename(path), from: span.from, to: span.to, events: null, header: null, words: `messages of ${info.value.venue}`,
    engine: { instruments: [], venuePriority: venues.map((v) => v.descriptor.id), candleHistory: FRAME_CANDLES },
    async *read(stats) {
      let seq = 0;
      for await (const batch of frameBatches(path, { venues, instruments: [], from: info.value.firstTime, stats })) {
        yield batch.map((event) => ({ seq: (seq += 1), event: withKnownFacts(event) }));
      }
    },
  });
}
