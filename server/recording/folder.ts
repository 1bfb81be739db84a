import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { err, ok, type Result } from '@/core/util/result';

/** A recording that may be opened: `recordings/NAME.parquet` or `frames/PATH.jsonl.gz`. */
export interface FileEntry {
  readonly name: string;
  readonly bytes: number;
  /** Time of the last change, ms. */
  readonly changed: number;
}

const OWN = /^recordings\/([A-Za-z0-9][\w.-]{0,100}\.parquet)$/;
const FRAMES = /^frames\/((?:[A-Za-z0-9][\w. -]{0,100}\/){0,4}[A-Za-z0-9][\w. -]{0,100}\.jsonl(?:\.gz)?)$/;
/** Files listed at most, and folders below the one given. */
const MOST_FILES = 500;
const DEPTH = 4;
const NO_SUCH = 'there is no such recording';

export interface Folders {
  /** Where our own recordings lie; null without a data folder. */
  readonly own: string | null;
  /** Raw venue frames; null when none is configured. */
  readonly frames: string | null;
}

/**
 * The path of a recording by its name. Names are matched against a pattern without `..`, and what is found must be a plain file that lies in its
 * folder after every link was followed: neither name nor link leads out.
 */
export async function resolveRecording(folders: Folders, name: unknown): Promise<Result<{ readonly path: string; readonly kind: 'own' | 'frames' }, string>> {
  if (typeof name !== 'string' || name.length > 400) return err(NO_SUCH);
  const kind = name.startsWith('recordings/') ? 'own' : 'frames';
  const inner = (kind === 'own' ? OWN : FRAMES).exec(name)?.[1];
  const folder = folders[kind];
  if (inner === undefined || folder === null) return err(NO_SUCH);
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, inner));
    const way = relative(root, path);
    const inside = way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..';
    if (!inside || !(await lstat(path)).isFile()) return err(NO_SUCH);
    return ok({ path, kind });
  } catch {
    return err(NO_SUCH); // Absent or not ours to read: the caller learns no more than that.
  }
}

/** Every recording that may be opened, the newest first. Links and hidden files are left out. */
export async function listFiles(folders: Folders): Promise<FileEntry[]> {
  const found: FileEntry[] = [];
  if (folders.own !== null) await collect(folders.own, 'recordings', OWN, 0, found);
  if (folders.frames !== null) await collect(folders.frames, 'frames', FRAMES, DEPTH, found);
  return found.sort((a, b) => b.changed - a.changed);
}

async function collect(folder: string, prefix: string, pattern: RegExp, depth: number, found: FileEntry[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (found.length >= MOST_FILES) return;
    const name = `${prefix}/${entry.name}`;
    if (entry.isDirectory() && depth > 0) await collect(join(folder, entry.name), name, pattern, depth - 1, found);
    else if (entry.isFile() && pattern.test(name)) {
      const facts = await stat(join(folder, entry.name)).catch(() => null);
      if (facts) found.push({ name, bytes: facts.size, changed: facts.mtimeMs });
    }
  }
}

/** Bytes of everything in a folder, unfinished recordings included. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
