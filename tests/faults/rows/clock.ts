import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repoRoot } from '../../support/shared';
import { Stage } from '../stage';
import { pause, timeUntil, type FaultRow, type Trial } from '../trial';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const needsFaketime = (): string | null => (existsSync(LIBRARY) ? null : 'libfaketime');

/** A clock that can be turned: the file is read again at every look. */
function turnable(trial: Trial, extra: Record<string, string>): { readonly env: Record<string, string>; turn(offset: string): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-clock-'));
  trial.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'time');
  const turn = (offset: string): void => writeFileSync(file, `${offset}\n`);
  turn('+0');
  return { env: { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', ...extra }, turn };
}

const jumps: FaultRow = {
  id: 'F21', fault: 'wall clock of the server jumps', injection: 'libfaketime, monotonic clock untouched: +1 h, back, -1 h, back, steps of -1 s', criterion: 'no reconnect, no stale misfire, candles in order, no crash',
  quick: false, needs: needsFaketime,
  async run(trial) {
    const clock = turnable(trial, { DONT_FAKE_MONOTONIC: '1' });
    const stage = await Stage.open(trial, { env: clock.env });
    const watch = await stage.watch();
    const at = performance.now();
    let marked = 0;
    let looks = 0;
    const looking = setInterval(() => {
      looks += 1;
      if (watch.marked) marked += 1;
    }, 20);
    trial.defer(() => clearInterval(looking));
    for (const offset of ['+1h', '+0', '-1h', '+0', '-1', '-2', '-3', '-4', '-5']) {
      clock.turn(offset);
      await pause(offset.endsWith('h') || offset === '+0' ? 3_000 : 1_000);
    }
    clearInterval(looking);
    trial.holds('same connection, never stale', watch.sockets.length === 1 && !watch.since(at).includes('stale'));
    trial.within(`price marked in ${marked} of ${looks} looks`, (marked / looks) * 100, 5, '%');
    const { candles } = (await (await fetch(`${stage.server.url}/api/v1/candles?symbol=BTC/USDT&interval=1s&limit=1000`)).json()) as { candles: number[][] };
    const times = candles.map(([open = 0]) => open);
    trial.holds(`${times.length} candles of 1 s in order, each once`, times.every((t, i) => i === 0 || t > (times[i - 1] ?? 0)));
    trial.within('right values after', await stage.converge(5_000), 1_000);
    await stage.sane();
  },
};

/** A client as its own process; it prints its state at every change. */
async function clientProcess(trial: Trial, server: string, env: Record<string, string> = {}): Promise<{ readonly pid: number; lines(): { state: string; at: number; price: number | null }[] }> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(repoRoot, 'tests/faults/clientMain.ts'), server], {
    cwd: repoRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  trial.defer(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const lines = (): { state: string; at: number; price: number | null }[] => text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { state: string; at: number; price: number | null });
  await timeUntil(() => lines().at(-1)?.state === 'live', 30_000, 'the client process is live');
  return { pid: child.pid ?? 0, lines };
}

const suspend: FaultRow = {
  id: 'F22', fault: 'machine sleeps', injection: 'SIGSTOP and SIGCONT of server and client for 20 s; libfaketime: the monotonic clock of the client leaps by 10 min', criterion: 'on wake marked or live with fresh values, never old ones as live; reconnect <= 2 s and jitter',
  quick: false, limitSeconds: 120, needs: needsFaketime,
  async run(trial) {
    const stage = await Stage.open(trial);
    const watch = await stage.watch();
    const asleep = await clientProcess(trial, stage.server.url);
    process.kill(asleep.pid, 'SIGSTOP');
    await pause(20_000);
    const woke = Date.now();
    process.kill(asleep.pid, 'SIGCONT');
    await timeUntil(() => asleep.lines().some((line) => line.at >= woke && line.state === 'live' && line.price !== null && stage.truth - line.price < 1), 15_000, 'fresh values in the client that slept');
    trial.within('client slept 20 s: live with fresh values after', (asleep.lines().find((line) => line.at >= woke && line.state === 'live' && stage.truth - (line.price ?? 0) < 1)?.at ?? NaN) - woke, 3_000);
    const at = performance.now();
    process.kill(stage.server.pid, 'SIGSTOP');
    trial.defer(() => process.kill(stage.server.pid, 'SIGCONT'));
    await pause(15_000);
    trial.holds('server slept 15 s: price marked meanwhile', watch.marked && watch.since(at).includes('stale'));
    process.kill(stage.server.pid, 'SIGCONT');
    trial.within('server slept 15 s: right values after its waking', await stage.converge(20_000, [watch]), 12_000);
    stage.run();
    const clock = turnable(trial, {});
    const leaping = await clientProcess(trial, stage.server.url, clock.env);
    const before = leaping.lines().length;
    const leapt = performance.now();
    clock.turn('+600');
    await timeUntil(() => leaping.lines().slice(before).some((line) => line.state === 'live') || (performance.now() - leapt > 4_000 && leaping.lines().at(-1)?.state === 'live'), 20_000, 'live after the leap');
    const states = leaping.lines().slice(before).map((line) => line.state);
    trial.note(`clock of the client leapt by 10 min: ${states.join(', ') || 'stayed live'}`);
    trial.within('live again after', performance.now() - leapt, 6_000);
    await stage.sane();
  },
};

export const CLOCK_ROWS: readonly FaultRow[] = [jumps, suspend];
