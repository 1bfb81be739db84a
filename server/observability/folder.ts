import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, and checks that files can be made there. Not `mkdir -p` of Node: that one tries for ever, and holds the
 * whole process, where the system says "no such file" about a folder that cannot be, as below /proc. Throws in words.
 */
export function makeFolder(folder: string): void {
  try {
    const missing: string[] = [];
    for (let path = resolve(folder); !existsSync(path) && dirname(path) !== path; path = dirname(path)) missing.unshift(path);
    for (const path of missing) mkdirSync(path);
    if (!statSync(folder).isDirectory()) throw new Error('it is a file');
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Error(`the folder ${folder} cannot be written: ${REASONS[code] ?? (error instanceof Error ? error.message : String(error))}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it cannot be made there', EACCES: 'permission denied', EPERM: 'permission denied', EROFS: 'the file system is read-only', ENOSPC: 'no space left', ENOTDIR: 'a part of the path is a file',
};
