import { createRequire } from 'node:module';
import type { FeedMode } from '@/core/contract';
import { newSecret } from '../auth/secret';
import { isLoopback } from '../config/load';
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

/** Versions below which known advisories hold: CVE-2026-48779, CVE-2026-62389 and the unbounded pongs that 8.23.0 bounds. */
const FLOORS = { ws: '8.23.0' } as const;

const parts = (version: string): number[] => version.split('-', 1).join('').split('.').map(Number);

/** In words, when a dependency is older than is safe; null when all are not. */
export function floorProblem(versionOf: (name: string) => string = installedVersion): string | null {
  for (const [name, floor] of Object.entries(FLOORS)) {
    const found = versionOf(name);
    const [a, b] = [parts(found), parts(floor)];
    const at = b.findIndex((part, i) => part !== (a[i] ?? 0));
    if (at >= 0 && !((a[at] ?? 0) > (b[at] ?? 0))) return `${name} ${found} has known weaknesses: ${floor} or newer is needed, run npm ci`;
  }
  return null;
}

function installedVersion(name: string): string {
  const read: unknown = createRequire(import.meta.url)(`${name}/package.json`);
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '0';
}

/** The configuration with the token that TICKGLASS_EXPOSE asks for; `line` tells it, once, to whoever started the server. */
export function withToken(config: Config): { readonly config: Config; readonly line: string | null } {
  if (!config.expose || config.token !== null) return { config, line: null };
  const token = newSecret();
  return { config: Object.freeze({ ...config, token }), line: `Token of this run (set TICKGLASS_TOKEN to keep one): ${token}` };
}

/** What an operator should know about how others reach the server; null when there is nothing to say. */
export function exposureWarning(config: Pick<Config, 'host' | 'trustedProxies' | 'expose' | 'allowedHosts' | 'token'>): string | null {
  const name = config.allowedHosts.find((host) => !isLoopback(host.replace(/:\d+$/, '')));
  if (name !== undefined && config.token === null) return `TICKGLASS_ALLOWED_HOSTS names ${name}, and no token is set: whoever reaches this server by that name, through a proxy, is its administrator. Set TICKGLASS_TOKEN`;
  const reached = !isLoopback(config.host) || config.expose;
  return reached && config.trustedProxies.length === 0
    ? 'others reach this server, and nothing says that they do so over TLS: tokens and prices can be read on the way. Put a proxy with TLS in front and name it in TICKGLASS_TRUSTED_PROXIES (docs/hosting.md)'
    : null;
}
