import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface RunResult {
  /** Exit code; 1 when a signal ended the program or it could not be started. */
  readonly code: number;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly seconds: number;
}

/** Runs a program of `node_modules/.bin` (or of PATH) from the root to its end and keeps its output. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  const started = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const path = `${ROOT}node_modules/.bin:${process.env['PATH'] ?? ''}`;
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, PATH: path, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const finish = (code: number): void =>
      resolve({ code, output: Buffer.concat(chunks).toString('utf8'), seconds: (performance.now() - started) / 1000 });
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${command}: ${error.message}\n`));
      finish(1);
    });
    child.on('close', (code) => finish(code ?? 1));
  });
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
