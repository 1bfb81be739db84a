import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VENUE_NAMES } from '../../server/config/schema';
import { repoRoot } from './shared';
import { waitFor } from './waitFor';

const ENTRY = join(repoRoot, 'build/server/main.js');

/** True when `npm run build` and `npm run build:server` have run. */
export const isBuilt = (): boolean => existsSync(ENTRY) && existsSync(join(repoRoot, 'dist/index.html'));

export interface ServerOptions {
  /** `TICKGLASS_…` settings by their environment names; the simulator, port 0 and no data folder unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until the URL must have been printed; default 20,000. */
  readonly timeoutMs?: number;
  /** Runs the sources instead of the built server. */
  readonly fromSources?: boolean;
}

export interface ServerProcess {
  /** As the server printed it, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the spawn to the printed URL. */
  readonly startMs: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Sends the signal and waits for the end; gives the exit code, null when the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A port that was free a moment ago, for a server that must come back on the same one. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

function stopper(child: ChildProcess, ended: Promise<number | null>): ServerProcess['stop'] {
  return async (signal = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
}

/** Nothing answers there: a test on a machine with a network must not meet the real venues. It overrides those it plays itself. */
const NO_VENUES = Object.fromEntries(VENUE_NAMES.map((venue) => venue.toUpperCase()).flatMap((venue) => [[`TICKGLASS_${venue}_WS_URL`, 'ws://127.0.0.1:1'], [`TICKGLASS_${venue}_REST_URL`, 'http://127.0.0.1:1']]));

/** Starts the built server (or its sources) as its own process and waits for the URL on its standard output. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-server-'));
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TICKGLASS_') && name !== 'NODE_OPTIONS')),
    TICKGLASS_FEED: 'simulator',
    TICKGLASS_PORT: '0',
    TICKGLASS_DATA_DIR: join(folder, 'data'),
    TICKGLASS_LOG_LEVEL: 'warn',
    ...NO_VENUES,
    // The sources run in another folder, where tsx would not find the alias.
    TSX_TSCONFIG_PATH: join(repoRoot, 'tsconfig.base.json'),
    ...options.env,
  };
  const entry = options.fromSources === true ? ['--import', import.meta.resolve('tsx'), join(repoRoot, 'server/main.ts')] : [ENTRY];
  const child = spawn(process.execPath, entry, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      rmSync(folder, { recursive: true, force: true });
      resolve(code);
    });
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString('utf8'); });
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString('utf8'); });
  const stop = stopper(child, ended);
  try {
    const printed = (): string | undefined => /https?:\/\/[^\s"]+:\d+/.exec(output)?.[0];
    await waitFor(() => printed() ?? (child.exitCode !== null), { timeoutMs: options.timeoutMs ?? 20_000, message: () => `the server prints its URL; it wrote:\n${output}` });
    const url = printed();
    if (url === undefined) throw new Error(`the server ended with code ${String(await ended)}:\n${output}`);
    return { url, port: Number(new URL(url).port), pid: child.pid ?? 0, startMs: performance.now() - started, output: () => output, stop };
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
}
