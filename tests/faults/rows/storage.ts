import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerProcess } from '../../support/serverProcess';
import { serve, type Served } from '../stage';
import { pause, timeUntil, type FaultRow, type Trial } from '../trial';
import type { Watch } from '../watch';

const needsMount = (): string | null => (process.getuid?.() === 0 && existsSync('/bin/mount') ? null : 'root, to mount a small file system');

/** A file system of its own: small, or one that can be made read-only. */
function mounted(trial: Trial, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  trial.defer(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

interface Health { readonly status: string; readonly history: { readonly state: string; readonly reason: string } }
const health = async (server: ServerProcess): Promise<Health> => (await (await fetch(`${server.url}/health`)).json()) as Health;

/** A server that streams, and a client that sees it. */
async function streaming(trial: Trial, dataDir: string): Promise<Served & { readonly codes: readonly string[] }> {
  const served = await serve(trial, { TICKGLASS_DATA_DIR: dataDir, TICKGLASS_SYMBOLS: 'BTC/USDT,ETH/USDT,EUR/USD' });
  const { watch } = served;
  const codes: string[] = [];
  watch.client.on('status', ({ code }) => codes.push(code));
  await timeUntil(() => watch.state === 'live' && watch.price !== null, 20_000, 'live');
  return { ...served, codes };
}
/** Do new prices arrive? */
async function moves(watch: Watch): Promise<boolean> {
  const before = watch.arrivals.size;
  // A simulated price may stand still for a while.
  for (let i = 0; i < 100 && watch.arrivals.size === before; i += 1) await pause(100);
  return watch.arrivals.size > before && watch.state === 'live' && !watch.marked;
}

const disk: FaultRow = {
  id: 'F31', fault: 'disk full, read-only, damaged files', injection: 'file system of 1 MiB; a read-only one; logs and database cut at random places', criterion: 'streaming goes on; status storage_degraded; a restart takes the longest valid part',
  quick: false, limitSeconds: 150, needs: needsMount,
  async run(trial) {
    const small = await streaming(trial, mounted(trial, '1m'));
    await timeUntil(async () => (await health(small.server)).status === 'degraded', 40_000, 'degraded');
    trial.holds(`1 MiB: degraded (${(await health(small.server)).history.reason.slice(0, 80)}), still streaming`, await moves(small.watch));
    trial.holds('1 MiB: clients are told', small.codes.includes('storage_degraded'));
    await small.sane();
    await small.server.stop('SIGKILL');
    const folder = mounted(trial, '64m');
    execFileSync('mount', ['-o', 'remount,ro', folder], { stdio: 'ignore' });
    const second = await streaming(trial, folder);
    trial.holds(`read-only: ${(await health(second.server)).status}, streaming`, (await health(second.server)).status === 'degraded' && (await moves(second.watch)));
    await second.sane();
    await second.server.stop('SIGKILL');
    await damaged(trial);
  },
};

/** Cuts the files of a server that was killed at random places and starts it again on each. */
async function damaged(trial: Trial): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-cut-'));
  trial.defer(() => rmSync(folder, { recursive: true, force: true }));
  const whole = join(folder, 'whole');
  const first = await streaming(trial, whole);
  await pause(4_000);
  await first.server.stop('SIGKILL');
  const files = readdirSync(whole, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(whole, name)).isFile() && statSync(join(whole, name)).size > 0);
  const cuts = trial.quick ? 1 : 6;
  let started = 0;
  for (let i = 0; i < cuts; i += 1) {
    const copy = join(folder, `cut${i}`);
    const victim = files[Math.floor(trial.random() * files.length)] ?? '';
    for (const name of files) {
      mkdirSync(join(copy, name, '..'), { recursive: true });
      copyFileSync(join(whole, name), join(copy, name));
    }
    const size = statSync(join(copy, victim)).size;
    const at = Math.floor(trial.random() * size);
    if (i % 2 === 0) truncateSync(join(copy, victim), at);
    else {
      const bytes = readFileSync(join(copy, victim));
      bytes.fill(0xff, at, Math.min(size, at + 64));
      writeFileSync(join(copy, victim), bytes);
    }
    const again = await streaming(trial, copy);
    const fine = await moves(again.watch);
    if (fine) started += 1;
    else trial.note(`${victim} ${i % 2 === 0 ? 'cut' : 'overwritten'} at ${at} of ${size}: ${again.server.output().slice(-200)}`);
    again.watch.close();
    await again.server.stop('SIGKILL');
  }
  trial.holds(`damaged files (${files.length} files, ${cuts} damages): ${started} starts stream`, started === cuts);
}

export const STORAGE_ROWS: readonly FaultRow[] = [disk];
