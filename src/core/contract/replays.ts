import * as v from 'valibot';
import { EpochMs, Finite, MaybeFinite, Seq, ShortText } from './primitives';

/** Answers about recordings and replays (docs/recording.md). */

const Name = v.pipe(v.string(), v.maxLength(400));
const Words = v.pipe(v.string(), v.maxLength(512));

/** A recording that can be opened. */
export const RecordingFile = v.object({
  /** `recordings/NAME.parquet` or `frames/PATH.jsonl.gz`: what `file` means elsewhere. */
  name: Name,
  bytes: Finite,
  /** Time of the last change of the file. */
  changed: EpochMs,
  /** `own` = the input log of a server, `frames` = messages as venues sent them. */
  kind: v.fallback(v.picklist(['own', 'frames']), 'own'),
  /** First and last time in it, number of inputs; null where that is not known before it is opened. */
  from: MaybeFinite,
  to: MaybeFinite,
  events: MaybeFinite,
  /** Does it begin with the first input of the server? Then its states are those of the live server, byte for byte. */
  exact: v.boolean(),
  /** What was shown: `live`, `simulated`; empty for raw frames. */
  mode: ShortText,
  /** Has it facts of the server in it, as bug reports have? */
  report: v.boolean(),
  /** Why it cannot be opened; empty when it can. */
  problem: Words,
});
export type RecordingFile = v.InferOutput<typeof RecordingFile>;

/** A replay: a room of its own on the server, below `/replay/ID/`. */
export const ReplayInfo = v.object({
  id: ShortText,
  file: Name,
  /** What was recorded, in words: "a simulated market". */
  words: Words,
  state: v.fallback(v.picklist(['playing', 'paused', 'seeking', 'ended']), 'paused'),
  /** Recorded time per real time; 0 = as fast as possible. */
  speed: Finite,
  /** Time inside the recording, its beginning and its end. */
  time: EpochMs,
  from: EpochMs,
  to: EpochMs,
  /** Inputs played, of how many (null = not known), and the recorder's number of the last: equal numbers, equal states. */
  events: Seq,
  total: v.nullable(Seq),
  seq: Seq,
  /** Part of the way to the time that is sought, 0 to 1. */
  progress: MaybeFinite,
  /** Lines that could not be read; why the file ended too early, empty when it did not. */
  corrupt: Seq,
  problem: Words,
  exact: v.boolean(),
  /** State hash at the end of the recorded server, where it is known. */
  endHash: v.nullable(ShortText),
  /** Version of the server that recorded it, and of this one: other versions may reach other states. */
  app: ShortText,
  serverApp: ShortText,
});
export type ReplayInfo = v.InferOutput<typeof ReplayInfo>;

/** `GET /api/v1/recordings`. */
export const RecordingsAnswer = v.object({
  /** The recording that runs; `written` in bytes of text, about twenty times the finished file. */
  running: v.nullable(v.object({ name: Name, started: EpochMs, events: Seq, written: Finite })),
  /** What is held of the last ten minutes, for a bug report; null = nothing is. */
  recent: v.nullable(v.object({ bytes: Finite, ms: Finite, events: Seq })),
  files: v.array(RecordingFile),
  replays: v.array(ReplayInfo),
  /** Replays that may be open at once. */
  most: Seq,
  /** Why nothing can be recorded; empty when it can. */
  problem: Words,
});
export type RecordingsAnswer = v.InferOutput<typeof RecordingsAnswer>;

/** `GET /api/v1/state-hash`: SHA-256 of the whole state of the engine, and which state that is. */
export const StateHash = v.object({ hash: ShortText, seq: Seq, time: MaybeFinite });
export type StateHash = v.InferOutput<typeof StateHash>;

/** Body of `POST /replay/ID/api/v1/replay`. */
export const ReplayCommand = v.variant('action', [
  v.object({ action: v.picklist(['play', 'pause']) }),
  v.object({ action: v.literal('step'), by: v.picklist(['event', 'second']) }),
  v.object({ action: v.literal('seek'), time: EpochMs }),
  v.object({ action: v.literal('speed'), speed: v.pipe(Finite, v.minValue(0), v.maxValue(100)) }),
]);
export type ReplayCommand = v.InferOutput<typeof ReplayCommand>;

/** Answers that name one file. */
export const FileAnswer = v.object({ name: Name });
