import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { repoRoot } from '../../support/shared';
import { waitFor } from '../../support/waitFor';

const NOISY = fileURLToPath(new URL('../../support/noisyProcess.ts', import.meta.url));
let child: ChildProcess | null = null;
afterEach(() => void child?.kill('SIGKILL'));

function start(): { readonly process: ChildProcess; said: () => string } {
  const started = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), NOISY], { cwd: repoRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  started.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child = started;
  return { process: started, said: () => text };
}

describe('log', () => {
  // A server whose log nobody read stood still in the middle of a write and did not even end at SIGTERM.
  it.each(['stands still', 'is gone'])('whose reader %s stops neither the process nor its end', async (what) => {
    const { process: noisy, said } = start();
    if (what === 'is gone') noisy.stderr?.destroy();
    await waitFor(() => said().split('alive').length > 5, { timeoutMs: 20_000, message: 'the process stands still with its log' });
    noisy.kill('SIGTERM');
    const [code] = (await once(noisy, 'exit')) as [number | null];
    expect(code).toBe(0);
  }, 30_000);

  it('comes whole to a reader who comes late, or says how many lines were lost', async () => {
    const { process: noisy, said } = start();
    await waitFor(() => said().includes('alive'), { timeoutMs: 20_000 });
    let log = '';
    noisy.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await waitFor(() => log.includes('log lines were lost'), { timeoutMs: 20_000, message: () => `no word of lost lines after ${log.length} characters` });
    const lines = log.trim().split('\n').map((line) => JSON.parse(line) as { msg: string; lines?: number });
    const lost = lines.find((line) => line.msg.startsWith('log lines were lost'))?.lines ?? 0;
    expect(lines.filter((line) => line.msg === 'a line').length + lost).toBe(50_000);
  }, 40_000);
});
