import { appendFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../observability/folder';
import { parseHeader, type RecordingHeader } from './format';
import type { InputChunk } from './inputLog';
import { extentOf, firstLine, joinSegments, writeSegment } from './parquet';

/** A journal of this size or age becomes a Parquet segment. */
const JOURNAL_BYTES = 16 * 2 ** 20;
const JOURNAL_MS = 60_000;
/** Characters that may wait for the disk; beyond, it cannot keep up. */
const MOST_WAITING = 32 * 2 ** 20;
const HEADER_FILE = 'header.json';

const journalName = (n: number): string => `${String(n).padStart(6, '0')}.jsonl`;
const segmentName = (n: number): string => `${String(n).padStart(6, '0')}.parquet`;

export interface WriterOptions {
  /** Folder of the unfinished recording, `NAME.part`, and the file it becomes. */
  readonly folder: string;
  readonly file: string;
  readonly header: RecordingHeader;
  readonly monotonic: () => number;
  /** Called once, when the disk does not take it. */
  readonly onFault: (reason: string) => void;
}

/**
 * Writes an input log to disk: chunks of half a second are appended to a journal, journals become Parquet segments, and at the end the segments
 * become one file. What was appended survives a kill -9 of the process: at most the last half second is lost.
 */
export class RecordingWriter {
  /** Characters written so far: the journal's size, an upper bound of what it becomes. */
  written = 0;
  events = 0;
  private waiting = 0;
  private queue: Promise<void>;
  private number = 1;
  private journalSize = 0;
  private journalSince: number;
  private fault: string | null = null;

  constructor(private readonly options: WriterOptions) {
    const { folder, header } = options;
    this.journalSince = options.monotonic();
    this.queue = Promise.resolve().then(() => makeFolder(folder)).then(() => writeFile(join(folder, HEADER_FILE), JSON.stringify(header))).catch((error: unknown) => this.fail(error));
  }

  readonly write = (chunk: InputChunk): void => {
    if (this.fault !== null) return;
    const size = chunk.text.length;
    this.waiting += size;
    if (this.waiting > MOST_WAITING) {
      this.fail(new Error('the disk cannot keep up'));
      return;
    }
    const path = join(this.options.folder, journalName(this.number));
    this.then(async () => {
      await appendFile(path, chunk.text);
      this.waiting -= size;
      this.written += size;
      this.events += chunk.events;
    });
    this.journalSize += size;
    if (this.journalSize >= JOURNAL_BYTES || this.options.monotonic() - this.journalSince >= JOURNAL_MS) this.rotate();
  };

  /** Ends it; resolves with the file's header. Rejects when it could not be written: what there is stays for the next start. */
  async finish(end: Pick<RecordingHeader, 'ended' | 'hash' | 'reason'>): Promise<RecordingHeader> {
    await this.queue;
    const { folder, file, header } = this.options;
    return joinRecording(folder, file, { ...header, ...end, reason: this.fault ?? end.reason, hash: this.fault === null ? end.hash : null });
  }

  private rotate(): void {
    const number = this.number++;
    this.journalSize = 0;
    this.journalSince = this.options.monotonic();
    this.then(() => segment(this.options.folder, number, !this.options.header.exact));
  }

  private then(work: () => Promise<void>): void {
    this.queue = this.queue.then(() => (this.fault === null ? work() : undefined)).catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    if (this.fault !== null) return;
    this.fault = `it could not be written: ${firstLine(error)}`;
    this.options.onFault(this.fault);
  }
}

/** Makes the segment of a journal, which goes. Done again after a crash it does the same. */
async function segment(folder: string, number: number, extras: boolean): Promise<void> {
  const to = join(folder, segmentName(number));
  await writeSegment(join(folder, journalName(number)), `${to}.tmp`, extras);
  await rename(`${to}.tmp`, to);
  await rm(join(folder, journalName(number)));
}

/** Makes one file of what lies in the folder of an unfinished recording, and removes the folder. Rejects when nothing readable is in it. */
export async function joinRecording(folder: string, file: string, header: RecordingHeader): Promise<RecordingHeader> {
  const names = await readdir(folder);
  for (const name of names.filter((entry) => /^\d{6}\.jsonl$/.test(entry)).sort()) {
    const number = Number(name.slice(0, 6));
    // Both are there when the process ended between the two steps: the segment is whole.
    if (names.includes(segmentName(number))) await rm(join(folder, name));
    else await segment(folder, number, !header.exact);
  }
  const segments = (await readdir(folder)).filter((entry) => /^\d{6}\.parquet$/.test(entry)).sort().map((entry) => join(folder, entry));
  if (segments.length === 0) throw new Error('it holds nothing');
  const complete = { ...header, ...(await extentOf(segments)) };
  await joinSegments(segments, `${file}.tmp`, complete);
  await rename(`${file}.tmp`, file);
  await rm(folder, { recursive: true });
  return complete;
}

/** Finishes a recording that a crash cut off; null when its folder has no head that can be read. */
export async function recoverRecording(folder: string, file: string): Promise<RecordingHeader | null> {
  const header = parseHeader(await readFile(join(folder, HEADER_FILE), 'utf8'));
  return header && joinRecording(folder, file, { ...header, reason: 'the server ended without finishing it; the last half second may be missing' });
}
