/**
 * `npm test`: everything that proves a change, in one command and with one closing line.
 * Type-check and lint run side by side and count as one test each, as does the build that the browser tests need.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from './chromium';
import { run, say, type RunResult } from './process';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

const total: Count = { passed: 0, failed: 0, skipped: 0 };
const QUIET = { FORCE_COLOR: '0', NO_COLOR: '1' };

function report(name: string, result: RunResult, count: Count): boolean {
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
  const ok = count.failed === 0;
  const tests = count.passed + count.failed + count.skipped;
  const detail = tests > 1 ? `, ${tests} tests${count.skipped > 0 ? ` (${count.skipped} skipped)` : ''}` : '';
  say(`${ok ? 'ok  ' : 'FAIL'} ${name} (${result.seconds.toFixed(1)} s${detail})`);
  if (!ok) say(result.output.trimEnd());
  else for (const line of result.output.split('\n').filter((words) => words.includes(' left out'))) say(`     ${line}`);
  return ok;
}

async function check(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const result = await run(command, args, { ...QUIET, ...env });
  return report(name, result, result.code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 });
}

/** Counts of a vitest run. A file that could not be loaded, or an error outside any test, counts as one failure. */
function countVitest(file: string, code: number): Count {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const read = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const broken = read.testResults.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length;
  const failed = read.numFailedTests + broken;
  const passed = read.numPassedTests;
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: read.numPendingTests + read.numTodoTests };
}

async function vitest(name: string, projects: readonly string[], folder: string, env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.json`);
  const args = ['run', ...projects.flatMap((project) => ['--project', project]), '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const result = await run('vitest', args, { ...QUIET, ...env });
  return report(name, result, countVitest(file, result.code));
}

/** On a bare Debian CI machine the browser is installed; elsewhere it is only looked for. */
async function browser(): Promise<NodeJS.ProcessEnv> {
  const mayInstall = process.env['CI'] && process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!findChromium() && mayInstall) {
    const update = await run('apt-get', ['update', '-qq']);
    if (update.code === 0) await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { DEBIAN_FRONTEND: 'noninteractive' });
  }
  const found = findChromium();
  if (!found) say('     no Chromium found (set TICKGLASS_CHROMIUM, or install chromium): the browser tests in tests/e2e and Lighthouse are left out');
  return found ? { TICKGLASS_CHROMIUM: found } : {};
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-test-'));
  try {
    await Promise.all([check('typecheck', 'vue-tsc', ['-b']), check('lint', 'eslint', ['.', '--max-warnings', '0'])]);
    const built = (await check('build client', 'vite', ['build'])) && (await check('build server', 'vite', ['build', '--config', 'vite.server.config.ts']));
    await vitest('unit, property and component tests, docs', ['core', 'client', 'server'], folder);
    // Alone: a busy machine would be taken for a slow page.
    const env = await browser();
    if (built) await check('guard of speed and size', 'tsx', ['bench/guard/run.ts'], env);
    // Both mostly wait: for processes, and for pages.
    await Promise.all([vitest('integration tests', ['integration'], folder), built ? vitest('browser tests', ['e2e'], folder, env) : say('     the build failed: the browser tests in tests/e2e did not run')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
  say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
}

await main();
