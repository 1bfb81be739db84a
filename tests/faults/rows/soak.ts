import { Stage } from '../stage';
import { pause, timeUntil, type FaultRow, type Trial } from '../trial';
import type { Watch } from '../watch';

/** One change of the weather, drawn from the trial's seed. */
async function weather(trial: Trial, stage: Stage): Promise<string> {
  const kind = Math.floor(trial.random() * 7);
  switch (kind) {
    case 0:
      stage.proxy.reset();
      return 'reset';
    case 1:
      stage.proxy.reset({ bytes: 1 + Math.floor(trial.random() * 3_000), direction: trial.random() < 0.5 ? 'up' : 'down' });
      return 'reset in a frame';
    case 2:
      stage.proxy.set({ hold: true });
      await pause(500 + trial.random() * 3_000);
      stage.proxy.set({ hold: false });
      return 'partition';
    case 3:
      stage.proxy.set({ delayMs: 50 + trial.random() * 200, jitterMs: 200, splitBytes: 300, mergeMs: 10 });
      await pause(2_000);
      stage.proxy.clear();
      return 'latency';
    case 4:
      stage.proxy.set({ bytesPerSecond: 30_000 }, 'down');
      await pause(2_000);
      stage.proxy.clear();
      return 'slow';
    case 5:
      stage.proxy.cut();
      return 'cut';
    default:
      stage.venue.onNetwork('lost', 'duplicate', 'reordered');
      return 'venue';
  }
}

const soak: FaultRow = {
  id: 'F40', fault: 'soak under changing faults', injection: 'ten clients, a random fault of F04-F09 and F25 every second or two, for 60 s (30 min with --long; hours: npm run bench -- soak-clients)', criterion: 'all clients equal the server at the end; numbers never go back; memory of the server flat',
  quick: false, limitSeconds: 150, longSeconds: 2_000,
  async run(trial) {
    const stage = await Stage.open(trial, { env: { NODE_OPTIONS: '--max-old-space-size=70 --max-semi-space-size=1' }, proxy: { lifeMs: 2_400_000 } });
    const watches: Watch[] = await Promise.all(Array.from({ length: 10 }, () => stage.watch({ random: () => trial.random() * 0.3 })));
    for (const watch of watches) watch.client.subscribeChannel('trades:BTC/USDT');
    const happened = new Map<string, number>();
    const lastMs = trial.long ? 1_800_000 : 60_000;
    const until = performance.now() + lastMs;
    let before = NaN;
    while (performance.now() < until) {
      const kind = await weather(trial, stage);
      happened.set(kind, (happened.get(kind) ?? 0) + 1);
      await pause(500 + trial.random() * 1_500);
      if (Number.isNaN(before) && performance.now() > until - lastMs / 2) before = stage.residentMb;
    }
    stage.proxy.clear();
    trial.note([...happened].map(([kind, count]) => `${count} ${kind}`).join(', '));
    trial.note(`${watches.reduce((sum, watch) => sum + watch.sockets.length, 0)} connections of 10 clients, ${watches.reduce((sum, watch) => sum + watch.receipts.length, 0)} receipts`);
    trial.within('all equal the server after', await stage.converge(40_000, watches), 20_000);
    trial.within('memory of the server in the second half', stage.residentMb - before, trial.long ? 2 : 10, 'MB');
    await timeUntil(async () => (await stage.clients()) === 10, 40_000, 'ten connections are left, none twice');
    await stage.sane();
  },
};

export const SOAK_ROWS: readonly FaultRow[] = [soak];
