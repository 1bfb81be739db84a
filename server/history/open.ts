import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import type { Logger } from '../observability/logger';
import { MEMORY_LIMIT, prepare, type Database } from './database';
import { makeFolder } from '../observability/folder';

export const HISTORY_FILE = 'history.duckdb';
/** One thread: more of them make nothing here faster and hold memory each. */
const OPTIONS = { threads: '1', memory_limit: MEMORY_LIMIT };
/** Openings in a row that the process did not survive, after which the file is held to be the cause. */
const MOST_DEATHS = 2;

export interface Opened {
  readonly database: Database;
  /** Where a damaged file went; null when there was none. */
  readonly movedTo: string | null;
}

export interface OpenOptions {
  readonly log: Logger;
  /** Wall time, ms. */
  readonly now: () => number;
  /** The file has shown damage while it was in use: put it aside without another try. */
  readonly damaged: boolean;
}

/** Is this error the file's fault, so that trying again would bring it again? */
export function isDamage(error: unknown): boolean {
  return /checksum|corrupt|not a valid duckdb|serialization error|deserializ|internal error|fatal error/i.test(String(error));
}

/** Faults that are no damage: the file belongs to another process, or the system does not let us at it. */
function isElsewhere(error: unknown): boolean {
  return /could not set lock|permission denied|read-only|cannot open file|no space|disk full|out of memory/i.test(String(error));
}

/**
 * Opens the history file in `folder`, made when it is not there. A damaged write-ahead log, then a damaged file, is moved aside, never
 * deleted: what was committed before stays readable, and streaming goes on with a fresh file. A file whose opening ended the process
 * twice is moved aside too, so that no damage can make a loop of crashes.
 */
export async function openDatabase(folder: string, options: OpenOptions): Promise<Opened> {
  makeFolder(folder);
  const path = join(folder, HISTORY_FILE);
  const marker = join(folder, 'history.opening');
  let movedTo: string | null = null;
  const aside = (file: string, error: unknown): void => {
    if (!existsSync(file)) return;
    const target = `${file}.damaged-${new Date(options.now()).toISOString().replaceAll(':', '')}`;
    renameSync(file, target);
    movedTo = target;
    options.log.warn({ err: error, file, movedTo }, 'history was damaged and has been moved aside');
  };
  const deaths = readDeaths(marker);
  if (options.damaged || deaths >= MOST_DEATHS) for (const file of [`${path}.wal`, path]) aside(file, 'opening it ended the process, or it was damaged while in use');
  writeFileSync(marker, String(deaths >= MOST_DEATHS ? 1 : deaths + 1));
  // Loaded here, not at the top: the library takes 0.3 s, which no first price should wait for.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const open = async (): Promise<Database> => prepare(await within(DuckDBInstance.create(path, OPTIONS)));
  try {
    return { database: await openOrMove(open, path, aside), movedTo };
  } finally {
    rmSync(marker, { force: true });
  }
}

async function openOrMove(open: () => Promise<Database>, path: string, aside: (file: string, error: unknown) => void): Promise<Database> {
  for (const file of [`${path}.wal`, path]) {
    try {
      return await open();
    } catch (error) {
      if (isElsewhere(error) || (file === path && !existsSync(file))) throw error;
      aside(file, error);
    }
  }
  return open();
}

function readDeaths(marker: string): number {
  const text = existsSync(marker) ? readFileSync(marker, 'utf8') : '';
  return /^\d$/.test(text) ? Number(text) : 0;
}

const OPEN_MS = 30_000;

/** A folder on a network that does not answer must not be waited for without end. */
async function within(opening: Promise<DuckDBInstance>): Promise<DuckDBInstance> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the file did not open within ${OPEN_MS / 1000} s: cannot open file`)), OPEN_MS);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    // Should it open after all, it must not stay locked.
    opening.then((instance) => instance.closeSync(), () => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
