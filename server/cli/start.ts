import type { FeedMode } from '@/core/contract';
import type { Config } from '../config/schema';

/** A reason not to start that the user can do something about: exit code 2 and one line. */
export class StartRefused extends Error {}

/** One line in words for a failure to listen; null when it is none we know. */
export function listenProblem(error: unknown, config: Pick<Config, 'host' | 'port'>): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const { host, port } = config;
  if (code === 'EADDRINUSE') return `TICKGLASS_PORT ${port} is in use on ${host}: stop the program that has it, or choose another port (--port 8123; --port 0 takes any free one)`;
  if (code === 'EACCES') return `TICKGLASS_PORT ${port} needs rights this user does not have: choose a port above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `TICKGLASS_HOST ${host} is not an address of this machine`;
  return null;
}

/** Address to open in a browser. */
export function pageUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${port}`;
}

const NAMES: Readonly<Record<FeedMode, string>> = { live: 'live market', mixed: 'live market', simulated: 'simulated market', replay: 'replay', none: 'no feed' };

/** The line that says what the numbers are. */
export function feedLine(mode: FeedMode, reason: string): string {
  return `Feed: ${NAMES[mode]} (${reason})`;
}
