import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GENESIS, parseLine } from '@/core/analysis/chain';

/** A chain is a folder of files, one a UTC day, in the order of their names: `2026-11-21.jsonl`. */
const DAY_FILE = /^\d{4}-\d\d-\d\d\.jsonl$/;
/** Longest record there may be, bytes. A longer stretch without a line feed at the end of a file is no record. */
const LONGEST_LINE = 262_144;

export const dayOf = (ts: number): string => new Date(ts).toISOString().slice(0, 10);

/** Names of the day files of a chain, oldest first. */
export async function dayFiles(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => DAY_FILE.test(name)).sort();
}

/** Names of the folders in the log, oldest first. */
export async function chainFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}

export interface Tail {
  /** Newest day file; null for an empty chain. */
  readonly day: string | null;
  readonly seq: number;
  readonly hash: string;
  readonly type: string;
  /** Records and bytes in that file so far. */
  readonly count: number;
  readonly bytes: number;
}

/**
 * Newest record of a chain. What a killed process left of a line is cut off: it was never complete. Throws when the last line is no record.
 */
export async function readTail(folder: string): Promise<Tail> {
  for (const name of (await dayFiles(folder)).reverse()) {
    const path = join(folder, name);
    const { size, count, last } = await lastLine(path);
    if (size < (await stat(path)).size) await truncate(path, size);
    if (last === null) {
      await rm(path);
      continue;
    }
    const record = parseLine(last);
    if (!record.ok) throw new Error(`${name}: ${record.error}`);
    return { day: name.slice(0, 10), seq: record.value.seq, hash: record.value.hash, type: record.value.body.type, count, bytes: size };
  }
  return { day: null, seq: 0, hash: GENESIS, type: '', count: 0, bytes: 0 };
}

/** Last complete line, bytes up to its end, and the number of complete lines. */
async function lastLine(path: string): Promise<{ size: number; count: number; last: string | null }> {
  const file = await open(path, 'r');
  try {
    let count = 0, end = 0, previous = 0, at = 0;
    const buffer = Buffer.alloc(1 << 20);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) break;
      for (let i = buffer.indexOf(10); i >= 0 && i < bytesRead; i = buffer.indexOf(10, i + 1)) {
        count++;
        previous = end;
        end = at + i + 1;
      }
      at += bytesRead;
    }
    if (count === 0 || end - previous > LONGEST_LINE) return { size: end, count, last: null };
    const line = Buffer.alloc(end - previous - 1);
    await file.read(line, 0, line.length, previous);
    return { size: end, count, last: line.toString('utf8') };
  } finally {
    await file.close();
  }
}

/** Lines of a day file, or of its first `bytes`. */
export async function* readLines(path: string, bytes = Infinity): AsyncGenerator<string> {
  if (bytes <= 0) return;
  const input = createReadStream(path, { encoding: 'utf8', end: bytes - 1 });
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) yield line;
  } finally {
    input.destroy();
  }
}

const HEAD_FILE = 'head';

/** Newest record that was surely on disk: what a file that was cut short does not have any more. null without one. */
export async function readHead(folder: string): Promise<{ readonly seq: number; readonly hash: string } | null> {
  const [, seq, hash] = /^(\d{1,15}) ([0-9a-f]{64})\n$/.exec(await readFile(join(folder, HEAD_FILE), 'utf8').catch(() => '')) ?? [];
  return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
}

/** Appends batches to the day files of one chain, and keeps the position that is surely on disk in a file beside them. */
export class DayWriter {
  private file: FileHandle | null = null;
  private day = '';
  /** Size of the file up to which everything is known to be whole. */
  private size = 0;

  constructor(private readonly folder: string) {}

  /** Writes the lines of one day in one call and waits until they are on disk. After a failure the same lines may be given again. */
  async append(day: string, text: string, head: { readonly seq: number; readonly hash: string }): Promise<void> {
    try {
      if (!this.file || this.day !== day) await this.begin(day);
      await this.file?.appendFile(text);
      await this.file?.datasync();
      this.size += Buffer.byteLength(text);
    } catch (error) {
      // A part may have been written: it is cut off before the next attempt.
      await this.file?.truncate(this.size).catch(() => undefined);
      await this.close().catch(() => undefined);
      throw error;
    }
    const path = join(this.folder, HEAD_FILE);
    await writeFile(`${path}.new`, `${head.seq} ${head.hash}\n`);
    await rename(`${path}.new`, path);
  }

  async close(): Promise<void> {
    const file = this.file;
    this.file = null;
    await file?.close();
  }

  private async begin(day: string): Promise<void> {
    await this.close();
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, `${day}.jsonl`);
    this.file = await open(path, 'a');
    const { size } = await this.file.stat();
    // The file of a failed attempt, of which a part could not be cut off then.
    if (this.day === day && size > this.size) await this.file.truncate(this.size);
    else this.size = size;
    this.day = day;
  }
}
