import { spawnSync } from 'node:child_process';
import { Stage, withClient } from '../stage';
import { pause, quantile, timeUntil, type FaultRow, type Trial } from '../trial';
import type { Watch } from '../watch';

/** Limits of the protocol that these rows measure against, ms. */
const STALE_MS = 7_000;
const DEAD_MS = 12_000;
const SERVER_DEAD_MS = 30_000;
/** A timer may come this much late on a busy machine. */
const SLACK_MS = 1_500;

/** Watches a client through a fault of the link until it is live again with the right values. */
async function healed(trial: Trial, stage: Stage, watch: Watch, limitMs: number): Promise<void> {
  trial.within('live again with the right values after', await stage.converge(limitMs + 10_000, [watch]), limitMs);
}

const reset: FaultRow = {
  id: 'F04', fault: 'TCP RST in the middle of a frame', injection: 'proxy: RST after a random number of bytes, many times', criterion: 'resumed without a snapshot while the epoch is the same',
  quick: true, limitSeconds: 120,
  async run(trial) {
    const stage = await Stage.open(trial);
    // Short waits between attempts: cuts this soon after one another would be spread over ten seconds each, as they should.
    const watch = await stage.watch({ random: () => trial.random() * 0.1 });
    const rounds = trial.quick ? 3 : 20;
    const back: number[] = [];
    for (let i = 0; i < rounds; i += 1) {
      const connections = watch.sockets.length;
      const at = performance.now();
      stage.proxy.reset({ bytes: 1 + Math.floor(trial.random() * 4_000), direction: 'down' });
      await timeUntil(() => watch.sockets.length > connections && watch.state === 'live', 30_000, 'live again after the RST');
      back.push(performance.now() - watch.when('backoff', at));
    }
    const again = watch.sockets.slice(1).filter((socket) => socket.resumed !== null);
    trial.holds(`each of ${rounds} resumed without a snapshot`, again.length >= rounds && again.every((socket) => socket.snapshots === 0 && socket.resumed?.['market'] === true));
    trial.holds('each interruption has its receipt', watch.receipts.length >= again.length);
    trial.within('back after p99', quantile(back, 0.99), 2_000);
    await healed(trial, stage, watch, 2_000);
    await stage.sane();
  },
};

const vanished = withClient({
  id: 'F05', fault: 'half-open: the peer vanishes', injection: 'proxy holds everything in both directions, ends of connections too', criterion: 'client dead <= 12 s, marked stale <= 7 s, server dead <= 30 s, without a write error',
  quick: false, limitSeconds: 100,
}, async (trial, stage, watch) => {
  const at = performance.now();
  stage.proxy.set({ hold: true });
  stage.proxy.refuse = true;
  await timeUntil(() => watch.state === 'stale', STALE_MS + 4_000, 'the client is stale');
  trial.within('marked stale after', watch.when('stale', at) - at, STALE_MS + SLACK_MS);
  trial.holds('its price is marked', watch.marked);
  await timeUntil(() => watch.since(at).includes('backoff'), DEAD_MS + 4_000, 'the client gives the connection up');
  trial.within('given up by the client after', watch.when('backoff', at) - at, DEAD_MS + SLACK_MS);
  await timeUntil(async () => (await stage.clients()) === 0, SERVER_DEAD_MS + 15_000, 'the server frees the connection');
  trial.within('freed by the server after', performance.now() - at, SERVER_DEAD_MS + SLACK_MS);
  stage.proxy.refuse = false;
  stage.proxy.clear();
  await healed(trial, stage, watch, 11_000);
});

const oneWay: FaultRow = {
  id: 'F06', fault: 'one-way partition', injection: 'proxy holds only what goes up, then only what goes down', criterion: 'as F05; no duplicate session after it heals',
  quick: false, limitSeconds: 160,
  async run(trial) {
    for (const direction of ['down', 'up'] as const) {
      const stage = await Stage.open(trial);
      const watch = await stage.watch();
      const at = performance.now();
      stage.proxy.set({ hold: true }, direction);
      if (direction === 'down') {
        await timeUntil(() => watch.since(at).includes('backoff'), DEAD_MS + 5_000, 'the client gives up');
        trial.within('down only: given up by the client after', watch.when('backoff', at) - at, DEAD_MS + SLACK_MS);
      } else {
        // The client hears well; it is the server that must notice that nobody answers.
        await timeUntil(() => watch.sockets[0]?.code !== null || watch.since(at).includes('backoff'), SERVER_DEAD_MS + 15_000, 'somebody ends it');
        trial.within('up only: ended after', performance.now() - at, SERVER_DEAD_MS + SLACK_MS);
        trial.note(`close code ${String(watch.sockets[0]?.code)}`);
      }
      stage.proxy.clear();
      await stage.converge(45_000, [watch]);
      await timeUntil(async () => (await stage.clients()) === 1, SERVER_DEAD_MS + 5_000, 'one session is left');
      trial.holds(`${direction} only: one session after it healed`, (await stage.clients()) === 1);
      await stage.sane();
    }
  },
};

const brief = withClient({
  id: 'F07', fault: 'a partition heals before the timeout', injection: 'proxy holds both directions for 8 s', criterion: 'same connection, no reconnect; the stale mark came and went',
  quick: false,
}, async (trial, stage, watch) => {
  const at = performance.now();
  stage.proxy.set({ hold: true });
  await pause(3_000);
  stage.proxy.clear();
  await stage.converge(5_000, [watch]);
  trial.holds('3 s: same connection, state stays live', watch.sockets.length === 1 && watch.since(at).length === 0);
  stage.run();
  const second = performance.now();
  stage.proxy.set({ hold: true });
  await timeUntil(() => watch.state === 'stale', STALE_MS + 3_000, 'stale');
  trial.holds('8 s: the price is marked', watch.marked);
  await pause(Math.max(0, 8_000 - (performance.now() - second)));
  stage.proxy.clear();
  await healed(trial, stage, watch, 1_000);
  trial.holds('8 s: same connection', watch.sockets.length === 1);
});

const halves = withClient({
  id: 'F07b', fault: 'one end closes its half', injection: 'proxy: FIN towards the server, then towards the client', criterion: 'the connection is ended on both sides and made anew, once',
  quick: false,
}, async (trial, stage, watch) => {
  for (const direction of ['up', 'down'] as const) {
    const before = watch.sockets.length;
    stage.proxy.halfClose(direction);
    await timeUntil(() => watch.sockets.length > before && watch.state === 'live', 15_000, 'a new connection');
    trial.holds(`${direction}: one new connection`, watch.sockets.length === before + 1);
  }
  await timeUntil(async () => (await stage.clients()) === 1, 10_000, 'one session');
  await healed(trial, stage, watch, 2_000);
});

const jitter: FaultRow = {
  id: 'F08', fault: 'latency 300 +- 200 ms, pieces cut and joined', injection: 'proxy: delay, jitter, split, merge (packet loss by nft: F08n)', criterion: 'converges; no reconnect loop; heartbeats do not misfire',
  quick: false,
  async run(trial) {
    const stage = await Stage.open(trial);
    stage.proxy.set({ delayMs: 100, jitterMs: 400, splitBytes: 700, mergeMs: 20 });
    const watch = await stage.watch();
    const at = performance.now();
    await pause(20_000);
    trial.holds('no reconnect in 20 s', watch.sockets.length === 1);
    trial.holds('never stale in 20 s', !watch.since(at).includes('stale'));
    trial.note(`age of prices p50 ${Math.round(quantile(stage.ages(watch, at), 0.5))} ms, p99 ${Math.round(quantile(stage.ages(watch, at), 0.99))} ms`);
    await healed(trial, stage, watch, 3_000);
    await stage.sane();
  },
};

const nft = (script: string): boolean => spawnSync('nft', ['-f', '-'], { input: script, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
const needsNft = (): string | null => {
  const probe = `tickglass_probe_${process.pid}`;
  if (!nft(`table inet ${probe} {}`)) return 'nft, as root';
  nft(`delete table inet ${probe}`);
  return null;
};

const loss = withClient({
  id: 'F08n', fault: 'packets lost, 2 % and 30 %', injection: 'nft drops packets of the server\'s port on loopback at random, both ways', criterion: '2 %: converges, no reconnect; 30 %: no reconnect loop, converges after',
  quick: false, limitSeconds: 120, needs: needsNft,
}, async (trial, stage, watch) => {
  const table = `tickglass_faults_${process.pid}`;
  trial.defer(() => nft(`delete table inet ${table}`));
  for (const percent of [2, 30]) {
    const rule = (side: string): string => `tcp ${side} ${stage.server.port} numgen random mod 100 < ${percent} drop`;
    if (!nft(`table inet ${table} {\nchain c {\ntype filter hook input priority 0;\n${rule('dport')}\n${rule('sport')}\n}\n}\n`)) throw new Error('nft took the table but not the rule');
    const connections = watch.sockets.length;
    const at = performance.now();
    await pause(15_000);
    const ages = stage.ages(watch, at);
    trial.note(`${percent} %: ${watch.sockets.length - connections} reconnects, ${watch.since(at).filter((state) => state === 'stale').length} times stale, age of prices p50 ${Math.round(quantile(ages, 0.5))} ms, p99 ${Math.round(quantile(ages, 0.99))} ms`);
    if (percent === 2) trial.holds('2 %: no reconnect, never stale', watch.sockets.length === connections && !watch.since(at).includes('stale'));
    else trial.holds('30 %: no reconnect loop', watch.sockets.length - connections <= 3);
    nft(`delete table inet ${table}`);
  }
  await healed(trial, stage, watch, 15_000);
}, { direct: true });

export const LINK_ROWS: readonly FaultRow[] = [reset, vanished, oneWay, brief, halves, jitter, loss];
