import { pino } from 'pino';
import { createScoreLog } from '../../../server/scorelog/scoreLog';
import { outcome, signal } from './outputs';

/** A process that logs as fast as it can until it is killed: `node writer.mjs FOLDER RUN`. Says each place that is on disk. */
const [dir = '', run = '0'] = process.argv.slice(2);
const now = (): number => Date.parse('2026-03-10T10:00:00Z') + Number(run) * 3_600_000;
const score = createScoreLog({ dataDir: dir, log: pino({ level: 'silent' }), clock: { now, monotonic: now }, flushMs: 2 });
await score.open();
for (let k = Number(run) * 9_000; ; k += 3) {
  score.record(signal(k));
  if (k % 2 === 0) score.record(outcome(k));
  if (k % 30 !== 0) continue;
  await new Promise((resolve) => setTimeout(resolve, 1));
  const [head] = score.heads();
  if (head && (head.durable ?? 0) > 0) process.stdout.write(`${head.durable ?? 0}\n`);
}
