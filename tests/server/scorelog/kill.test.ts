import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLog } from '../../../server/scorelog/verify';
import { repoRoot } from '../../support/shared';

const KILLS = 50;
const LANES = 5;
let dir = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'scorelog-kill-'));
  await build({
    root: repoRoot, configFile: false, logLevel: 'error', resolve: { alias: { '@': join(repoRoot, 'src') } }, ssr: { noExternal: true },
    build: { ssr: 'tests/server/scorelog/writer.ts', outDir: join(dir, 'out'), emptyOutDir: true, target: 'node20', rollupOptions: { output: { entryFileNames: 'writer.mjs' } } },
  });
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the writer until it has said a few places and then some random time more, and kills it. The last place it said was on disk. */
function killed(data: string, run: number, afterMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(dir, 'out/writer.mjs'), data, String(run)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '', fault = '', timer: NodeJS.Timeout | null = null;
    child.stderr.on('data', (chunk) => (fault += String(chunk)));
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
      timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.once('error', reject);
    child.once('close', (_code, signal) => (signal === 'SIGKILL' ? resolve(Number(said.trimEnd().split('\n').filter((_, k, all) => said.endsWith('\n') || k < all.length - 1).at(-1) ?? 0)) : reject(new Error(fault || 'it ended by itself'))));
  });
}

describe('a process killed while it logs', () => {
  it(`never leaves a file that cannot be verified, and loses nothing it said was on disk (SIGKILL x ${KILLS})`, async () => {
    const lane = async (n: number): Promise<void> => {
      const data = join(dir, `lane${n}`);
      for (let run = 0; run < KILLS / LANES; run++) {
        const durable = await killed(data, run, 5 + ((run * 37 + n * 11) % 60));
        expect(durable).toBeGreaterThan(0);
        const [chain, ...more] = await verifyLog(join(data, 'scorelog'), null);
        expect([chain?.chain, chain?.problem, more.length]).toEqual(['live.signals', null, 0]);
        expect(chain?.records).toBeGreaterThanOrEqual(durable);
        expect(chain?.forecasts).toBe((chain?.outcomes ?? 0) + (chain?.void ?? 0) + (chain?.open ?? 0));
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)));
  }, 120_000);
});
