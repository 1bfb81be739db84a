/** `npm run fuzz [-- --cases 1000000] [--seed 7]`: mutated frames and requests against decoders, connectors and a running server. */
import { readFileSync } from 'node:fs';
import { say } from '../../../scripts/process';
import { seeded } from '../../support/seeded';
import { startServer } from '../../support/serverProcess';
import { pause } from '../trial';
import { fuzzContract, fuzzServer, fuzzVenues, type Fuzzed } from './fuzz';

/** Memory may differ by this much between two thirds of a run and its end, MB; a single input may take this long, ms. */
const MOST_GROWN_MB = 3;
const MOST_RESIDENT_MB = 15;
const MOST_MS = 2_000;

const argument = (name: string, fallback: number): number => Number(process.argv.find((_arg, i, all) => all[i - 1] === name) ?? fallback);

function tell({ name, cases, accepted, faults, slowestMs, grownMb }: Fuzzed): boolean {
  const fine = faults.length === 0 && grownMb < MOST_GROWN_MB && slowestMs < MOST_MS;
  say(`${fine ? 'ok  ' : 'FAIL'} ${name}: ${cases} cases, ${accepted} taken for good, slowest ${slowestMs.toFixed(1)} ms, heap ${grownMb >= 0 ? '+' : ''}${grownMb.toFixed(2)} MB`);
  for (const fault of faults) say(`     ${fault}`);
  return fine;
}

async function main(): Promise<number> {
  const cases = argument('--cases', 1_000_000);
  const seed = argument('--seed', 1 + (Date.now() % 1_000_000));
  const random = seeded(seed);
  const began = performance.now();
  say(`seed ${seed}`);
  // A small heap is collected often: what still grows in it is kept by somebody.
  const server = await startServer({ env: { TICKGLASS_DATA_DIR: ':memory:', NODE_OPTIONS: '--max-old-space-size=70 --max-semi-space-size=1' } });
  const resident = (): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1] ?? NaN) / 1_024;
  try {
    const found = [...(await fuzzContract(Math.floor(cases * 0.45), random)), ...(await fuzzVenues(Math.floor(cases * 0.45), random))];
    let fine = found.map(tell).every(Boolean);
    const [frames, requests] = [Math.floor(cases * 0.08), Math.floor(cases * 0.02)];
    await fuzzServer(server.port, Math.floor(frames / 3), Math.floor(requests / 3), random);
    await pause(2_000);
    const before = resident();
    const over = await fuzzServer(server.port, frames - Math.floor(frames / 3), requests - Math.floor(requests / 3), random);
    await pause(3_000);
    const after = resident();
    const health = await fetch(`${server.url}/health`).then((answer) => answer.status, () => 0);
    const lives = health === 200 && !/unexpected fault|unhandled|"level":50/.test(server.output());
    say(`${lives ? 'ok  ' : 'FAIL'} server over loopback: ${frames} frames, ${requests} requests, closes ${JSON.stringify(over.closes)}, answers ${JSON.stringify(over.statuses)}`);
    say(`     memory ${before.toFixed(0)} MB after a third, ${after.toFixed(0)} MB at the end; /health ${health}`);
    if (!lives) say(server.output().slice(-2_000));
    fine &&= lives && after - before < MOST_RESIDENT_MB;
    say(`${fine ? 'no crash, no hang, no growth' : 'something was found'}; ${((performance.now() - began) / 1_000).toFixed(0)} s, seed ${seed}`);
    return fine ? 0 : 1;
  } finally {
    await server.stop('SIGKILL');
  }
}

process.exitCode = await main();
process.exit();
