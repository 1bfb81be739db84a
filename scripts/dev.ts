/**
 * `npm run dev`: the server with reload and the Vite dev server with hot modules; one Ctrl-C stops both.
 * Arguments go to the server: `npm run dev -- --feed simulator`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { ROOT, say } from './process';

const PORT = process.env['TICKGLASS_PORT'] ?? '8000';
const VITE_PORT = '5173';
const path = `${ROOT}node_modules/.bin:${process.env['PATH'] ?? ''}`;

const children: ChildProcess[] = [];
let stopping = false;

function stop(code: number): void {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  for (const child of children) child.kill('SIGTERM');
}

function start(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  // Standard input stays with this program: tsx would otherwise take Return as "restart".
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, PATH: path, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('error', (error) => {
    say(`${name} could not be started: ${error.message}`);
    stop(1);
  });
  child.on('exit', (code) => {
    if (!stopping) say(`${name} ended (code ${code ?? 'none'}); stopping the other`);
    stop(code ?? 1);
  });
  children.push(child);
}

process.on('SIGINT', () => stop(0));
process.on('SIGTERM', () => stop(0));

say(`Open http://localhost:${VITE_PORT} (hot reload; the server itself is on port ${PORT})`);
start('server', 'tsx', ['watch', '--clear-screen=false', 'server/main.ts', ...process.argv.slice(2)], {
  TICKGLASS_PORT: PORT,
  // The page comes from Vite's port, so its origin must be allowed beside the server's own.
  TICKGLASS_ALLOWED_ORIGINS: [process.env['TICKGLASS_ALLOWED_ORIGINS'], `http://localhost:${VITE_PORT}`, `http://127.0.0.1:${VITE_PORT}`].filter(Boolean).join(','),
});
start('vite', 'vite', ['--clearScreen', 'false', '--port', VITE_PORT, '--strictPort'], { TICKGLASS_DEV_SERVER: `http://127.0.0.1:${PORT}` });
