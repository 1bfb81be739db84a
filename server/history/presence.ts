import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'server.json';

/** Leaves the address of the running server in its data folder, for tools that find the history file in use. Returns the function that takes it away. */
export function announceServer(dataDir: string, url: string): () => void {
  const path = join(dataDir, FILE);
  try {
    writeFileSync(path, `${JSON.stringify({ url, pid: process.pid })}\n`);
  } catch {
    return () => undefined; // A folder that cannot be written is told by history itself.
  }
  return () => rmSync(path, { force: true });
}

/** Address of the server that uses a data folder, as it left it; null when there is none. It may have ended since. */
export function announcedServer(dataDir: string): string | null {
  try {
    const read: unknown = JSON.parse(readFileSync(join(dataDir, FILE), 'utf8'));
    return typeof read === 'object' && read !== null && 'url' in read && typeof read.url === 'string' && /^https?:\/\//.test(read.url) ? read.url : null;
  } catch {
    return null; // No file, or half of one: nobody to ask.
  }
}
