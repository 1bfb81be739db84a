import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as pump } from 'node:stream/promises';
import type { Engine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { err, ok, type Result } from '@/core/util/result';
import type { Clock } from '../observability/clock';
import { makeFolder } from '../observability/folder';
import type { Logger } from '../observability/logger';
import { folderBytes, listFiles, resolveRecording, type FileEntry, type Folders } from './folder';
import { FORMAT, type EngineFacts, type RecordingHeader } from './format';
import { InputLog } from './inputLog';
import { headOf, pastOf, valuesOf, type KeyframePorts } from './keyframe';
import { extentOf, firstLine, joinSegments, writeSegment } from './parquet';
import { Recent } from './recent';
import { Refresher } from './refresher';
import { recoverRecording, RecordingWriter } from './writer';

/** Values are noted this often, so that a bug report can begin with those of its first moment, ms. */
const VALUES_MS = 120_000;
const RECENT_MS = 600_000;
/** With more instruments than this, values are noted at the start of a recording only. */
const MOST_NOTED = 500;

export interface RecordingsOptions extends KeyframePorts {
  readonly engine: Engine;
  readonly facts: EngineFacts;
  readonly folders: Folders;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** Size of the folder beyond which nothing is recorded, bytes, and of what is held of the last ten minutes; 0 = nothing is held. */
  readonly maxBytes: number;
  readonly recentBytes: number;
  /** Tells everybody that a recording began or ended, in words. */
  readonly announce: (level: 'info' | 'warn', state: 'recording' | 'stopped', message: string) => void;
}

/** A recording that is being written. */
export interface RunningRecording {
  readonly name: string;
  readonly started: number;
  readonly events: number;
  /** Bytes of text so far; the finished file is about a twentieth of it. */
  readonly written: number;
}

/** SHA-256 of the whole state of an engine: equal hashes, equal markets. */
export const stateHash = (engine: Pick<Engine, 'fingerprint'>): string => createHash('sha256').update(engine.fingerprint()).digest('hex');

const stamp = (wall: number): string => new Date(wall).toISOString().slice(0, 19).replaceAll(':', '-');

/** The server's recordings: the one that runs, the last ten minutes, the files. See docs/recording.md. */
export class Recordings {
  readonly inputs = new InputLog();
  private readonly recent: Recent | null;
  private readonly refresher: Refresher;
  private readonly noted: { readonly at: number; readonly values: InputEvent[] }[] = [];
  private notedAt = -Infinity;
  private running: { readonly name: string; readonly writer: RecordingWriter; readonly exact: boolean; readonly started: number; stop: () => void; room: number } | null = null;
  private ending: Promise<Result<string, string>> | null = null;
  private counter = 0;

  constructor(private readonly options: RecordingsOptions) {
    const { recentBytes, clock } = options;
    this.refresher = new Refresher(options, (event) => this.inputs.insert(event), () => this.inputs.isRead, () => clock.monotonic());
    this.recent = recentBytes > 0 ? new Recent({ bytes: recentBytes, ms: RECENT_MS }, () => clock.monotonic()) : null;
    if (this.recent) this.inputs.read(this.recent.add);
  }

  /** Takes an input of the engine, just before the engine does. */
  readonly accept = (event: InputEvent): void => {
    this.refresher.before(event);
    this.inputs.accept(event);
    if (event.type === 'clock') this.onClock(event.receiveTime);
  };

  get status(): { readonly running: RunningRecording | null; readonly recent: { readonly bytes: number; readonly ms: number; readonly events: number } | null } {
    const now = this.running;
    return {
      running: now && { name: now.name, started: now.started, events: now.writer.events, written: now.writer.written },
      recent: this.recent?.state ?? null,
    };
  }

  async start(): Promise<Result<RunningRecording, string>> {
    const { folders, maxBytes, clock, announce } = this.options;
    if (folders.own === null) return err('nothing is stored here: TICKGLASS_DATA_DIR is :memory:');
    if (this.running ?? this.ending) return err('a recording runs already');
    const room = maxBytes - (await folderBytes(folders.own));
    if (this.running ?? this.ending) return err('a recording runs already');
    if (room <= 0) return err('the folder of recordings is full: delete one, or raise TICKGLASS_RECORDINGS_MAX_MB');
    const started = clock.now();
    const name = `recording-${stamp(started)}${this.suffix()}`;
    const exact = this.inputs.seq === 0;
    const writer = new RecordingWriter({
      folder: join(folders.own, `${name}.part`), file: join(folders.own, `${name}.parquet`), header: this.header(started, exact), monotonic: () => clock.monotonic(),
      onFault: (reason) => void this.end(reason),
    });
    const running = { name: `recordings/${name}.parquet`, writer, exact, started, room, stop: this.inputs.read(writer.write) };
    this.running = running;
    if (!exact) this.begin();
    announce('info', 'recording', 'A recording of this server runs: everything the market sends is written to a file, nothing of its users');
    return ok({ name: running.name, started, events: 0, written: 0 });
  }

  /** Ends the recording that runs; gives the name of its file. */
  stop(): Promise<Result<string, string>> {
    return this.ending ?? (this.running ? this.end('stopped by an administrator') : Promise.resolve(err('no recording runs')));
  }

  list(): Promise<FileEntry[]> {
    return listFiles(this.options.folders);
  }

  /** Path of a file that is listed. */
  find(name: unknown): ReturnType<typeof resolveRecording> {
    return resolveRecording(this.options.folders, name);
  }

  /** Deletes a recording of ours; raw frames are not ours to delete. */
  async delete(name: unknown): Promise<Result<null, string>> {
    const found = await this.find(name);
    if (!found.ok || found.value.kind !== 'own') return err(found.ok ? 'raw frames are not deleted from here' : found.error);
    await rm(found.value.path);
    return ok(null);
  }

  /** Writes the last ten minutes to a file, with facts of the server; gives its name. */
  async bugReport(diagnostics: object): Promise<Result<string, string>> {
    const { folders, clock, maxBytes } = this.options;
    if (folders.own === null) return err('nothing is stored here: TICKGLASS_DATA_DIR is :memory:');
    if (!this.recent) return err('the last minutes are not kept: TICKGLASS_RECENT_MB is 0');
    this.inputs.flush();
    const from = this.recent.from;
    if (from === null) return err('nothing has happened yet');
    if ((await folderBytes(folders.own)) >= maxBytes) return err('the folder of recordings is full: delete one, or raise TICKGLASS_RECORDINGS_MAX_MB');
    const values = this.noted.filter(({ at }) => at <= from).at(-1)?.values ?? [];
    const first = Math.min(from, values[0]?.receiveTime ?? from);
    // Values of closed markets are days old: candles of the others go on up to the first moment.
    const head = [...headOf(this.options, first), ...values, ...pastOf(this.options, from)].map((event) => `{"seq":0,"extra":true,"event":${JSON.stringify(event)}}\n`);
    const wall = clock.now();
    const name = `bug-report-${stamp(wall)}${this.suffix()}.parquet`;
    makeFolder(folders.own);
    const work = await mkdtemp(join(folders.own, '.report-'));
    try {
      const [journal, part, whole] = [join(work, 'journal.jsonl'), join(work, 'part.parquet'), join(work, 'whole.parquet')];
      await pump(Readable.from(concat(head, this.recent.read())), createWriteStream(journal));
      await writeSegment(journal, part, true);
      const header = { ...this.header(wall, false), ...(await extentOf([part])), ended: wall, reason: 'a bug report: the last minutes before it was asked for', diagnostics };
      await joinSegments([part], whole, header);
      await rename(whole, join(folders.own, name));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return ok(`recordings/${name}`);
  }

  /** Finishes what a crash left unfinished. Never rejects. */
  async recover(): Promise<void> {
    const { folders, log } = this.options;
    if (folders.own === null) return;
    for (const entry of await readdir(folders.own).catch(() => [])) {
      if (entry.startsWith('.report-')) await rm(join(folders.own, entry), { recursive: true, force: true });
      if (!entry.endsWith('.part') || this.running?.name === `recordings/${entry.replace(/\.part$/, '.parquet')}`) continue;
      try {
        const header = await recoverRecording(join(folders.own, entry), join(folders.own, entry.replace(/\.part$/, '.parquet')));
        log.info({ recording: entry, events: header?.events ?? 0 }, header ? 'an unfinished recording was finished' : 'an unfinished recording has no head and was left as it is');
      } catch (error) {
        log.warn({ err: error, recording: entry }, 'an unfinished recording could not be finished and was left as it is');
      }
    }
  }

  async close(): Promise<void> {
    if (this.running) await this.end('the server was stopped');
    await this.ending;
  }

  private header(started: number, exact: boolean): RecordingHeader {
    const { version, facts, engine } = this.options;
    return {
      format: FORMAT, app: version, started, ended: null, exact, mode: engine.mode, engine: facts, instruments: [...engine.instruments()], from: null, to: null, events: 0, hash: null,
      reason: '',
    };
  }

  /** A recording that begins in the middle says first what is known. */
  private begin(): void {
    const { engine } = this.options;
    const values = valuesOf(this.options, this.refresher.quoting);
    const now = values.at(-1)?.receiveTime ?? this.options.clock.now();
    const first = values[0]?.receiveTime ?? now;
    const past = engine.instruments().length <= MOST_NOTED ? pastOf(this.options, now) : [];
    for (const event of [...headOf(this.options, first), ...values, ...past]) this.inputs.insert(event, true);
    this.refresher.again();
  }

  private onClock(time: number): void {
    const { clock, engine } = this.options;
    const now = clock.monotonic();
    if (this.running && this.running.writer.written / 8 > this.running.room) void this.end('the folder of recordings is full (TICKGLASS_RECORDINGS_MAX_MB)');
    if (!this.recent || now - this.notedAt < VALUES_MS || engine.instruments().length > MOST_NOTED) return;
    this.notedAt = now;
    this.noted.push({ at: time, values: valuesOf(this.options, this.refresher.quoting) });
    if (this.noted.length > RECENT_MS / VALUES_MS + 1) this.noted.shift();
  }

  private end(reason: string): Promise<Result<string, string>> {
    const { running } = this;
    if (!running) return this.ending ?? Promise.resolve(err('no recording runs'));
    running.stop();
    this.running = null;
    const { engine, clock, log, announce } = this.options;
    const hash = running.exact ? stateHash(engine) : null;
    const work = running.writer.finish({ ended: clock.now(), hash, reason }).then(({ events }): Result<string, string> => {
      announce(reason.startsWith('stopped') ? 'info' : 'warn', 'stopped', `The recording ended with ${events} events: ${reason}`);
      return ok(running.name);
    }, (error: unknown) => {
      log.error({ err: error, recording: running.name }, 'a recording could not be finished');
      announce('warn', 'stopped', `The recording could not be finished: ${firstLine(error)}; the next start of the server tries again`);
      return err(`it could not be finished: ${firstLine(error)}`);
    });
    this.ending = work.finally(() => (this.ending = null));
    return work;
  }

  private suffix(): string {
    this.counter += 1;
    return this.counter === 1 ? '' : `-${this.counter}`;
  }
}

async function* concat(first: readonly string[], rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.length > 0) yield first.join('');
  yield* rest;
}
