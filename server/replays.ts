import type { RecordingFile, RecordingsAnswer } from '@/core/contract';
import type { Engine } from '@/core/engine';
import { err } from '@/core/util/result';
import type { RecordingPorts } from './http/replays';
import type { Clock } from './observability/clock';
import type { FileEntry } from './recording/folder';
import { readHeader } from './recording/parquet';
import { stateHash, type Recordings } from './recording/recordings';
import { hashReader, type Rooms } from './rooms';

/** Files told at most, the newest; heads kept in memory. */
const MOST_TOLD = 200;

export interface ReplaysOptions {
  readonly recordings: Recordings;
  readonly rooms: Rooms;
  readonly engine: Engine;
  readonly clock: Clock;
  /** Replays that may be open at once. */
  readonly most: number;
  /** Why nothing can be recorded; empty when it can. */
  readonly problem: string;
  /** Facts of the server for a bug report: no secret, no address, nothing of its users. */
  readonly diagnostics: () => object;
}

/** Recordings and replays as the HTTP side asks for them. */
export function createReplays({ recordings, rooms, engine, clock, most, problem, diagnostics }: ReplaysOptions): RecordingPorts {
  const heads = new Map<string, RecordingFile>();

  async function describe(entry: FileEntry): Promise<RecordingFile> {
    const key = `${entry.name} ${entry.bytes} ${entry.changed}`;
    const known = heads.get(key);
    if (known) return known;
    const file = await headOf(entry);
    if (heads.size >= 2 * MOST_TOLD) heads.clear();
    heads.set(key, file);
    return file;
  }

  async function headOf({ name, bytes, changed }: FileEntry): Promise<RecordingFile> {
    const plain = { name, bytes, changed, from: null, to: null, events: null, exact: false, mode: '', report: false, problem: '' };
    if (!name.endsWith('.parquet')) return { ...plain, kind: 'frames' };
    const found = await recordings.find(name);
    const head = found.ok ? await readHeader(found.value.path) : found;
    if (!head.ok) return { ...plain, kind: 'own', problem: head.error };
    const { from, to, events, exact, mode, diagnostics: facts } = head.value;
    return { ...plain, kind: 'own', from, to, events, exact, mode, report: facts !== undefined };
  }

  return {
    async list(): Promise<RecordingsAnswer> {
      const files: RecordingFile[] = [];
      for (const entry of (await recordings.list()).slice(0, MOST_TOLD)) files.push(await describe(entry));
      return { ...recordings.status, files, replays: rooms.infos, most, problem };
    },
    start: () => recordings.start(),
    stop: () => recordings.stop(),
    bugReport: () => recordings.bugReport(diagnostics()),
    delete: (name) => recordings.delete(name),
    find: (name) => recordings.find(name),
    async open(name) {
      const found = await recordings.find(name);
      if (!found.ok) return err({ why: 'missing', words: found.error });
      return rooms.open(found.value.path, String(name));
    },
    close: (id) => rooms.close(id),
    stateHash: hashReader(() => ({ hash: stateHash(engine), seq: recordings.inputs.seq, time: newest(engine) }), () => clock.monotonic()),
  };
}

/** Feed time of the newest value, ms; null before the first. */
function newest(engine: Pick<Engine, 'quotes'>): number | null {
  const times = engine.quotes().flatMap(({ receiveTime }) => receiveTime ?? []);
  return times.length > 0 ? times.reduce((a, b) => Math.max(a, b)) : null;
}
