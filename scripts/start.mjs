// `npm start`: builds what is missing or older than its sources, then becomes the server. Options are passed on (see --help).
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = join(root, 'build/server/main.js');
const shared = ['package.json', 'package-lock.json'];
const targets = {
  page: { output: join(root, 'dist/index.html'), sources: ['src', 'public', 'index.html', 'vite.config.ts', ...shared], args: ['build', '--logLevel', 'warn'] },
  server: { output: entry, sources: ['server', 'src/core', 'vite.server.config.ts', ...shared], args: ['build', '--config', 'vite.server.config.ts', '--logLevel', 'warn'] },
};

/** Newest change in a file or folder, ms; folders count too, so that a deleted file is noticed. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const facts = statSync(path);
  if (!facts.isDirectory()) return facts.mtimeMs;
  return readdirSync(path).reduce((most, name) => Math.max(most, newest(join(path, name))), facts.mtimeMs);
}

const isStale = ({ output, sources }) => !existsSync(output) || sources.some((source) => newest(join(root, source)) > statSync(output).mtimeMs);

/** Runs one build; rejects with what it printed. */
function build(name, { args }) {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  if (!existsSync(vite)) return Promise.reject(new Error(`the ${name} must be built, and the build tools are missing: run npm ci first`));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`the ${name} could not be built:\n${said}`))));
  });
}

/** npm puts a shell between itself and this process, and the shell dies of a signal without passing it on: its end is ours too. */
function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}

const asksOnly = process.argv.slice(2).some((argument) => ['--help', '-h', '--version', '-v'].includes(argument));
const stale = Object.entries(targets).filter(([name, target]) => !(asksOnly && name === 'page') && isStale(target));
try {
  if (stale.length > 0) {
    process.stderr.write(`Building the ${stale.map(([name]) => name).join(' and the ')}, a few seconds ...\n`);
    await Promise.all(stale.map(([name, target]) => build(name, target)));
  }
  if (process.env.npm_lifecycle_event) endWithParent();
  await import(pathToFileURL(entry).href);
} catch (error) {
  process.stderr.write(`tickglass: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
