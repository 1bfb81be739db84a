/**
 * `npm run faults [-- --only F01,F05] [--seed 7] [--quick | --long] [--json] [--docs]`: each row of the fault matrix with its injection, what was measured, and
 * the verdict. Uses the built server; builds it when absent. `--long` takes the minutes that the matrix names (F23, F40). `--docs` writes docs/faults.md.
 */
import { writeFileSync } from 'node:fs';
import { isBuilt } from '../support/serverProcess';
import { CLUSTER_ROWS, MATRIX } from './matrix';
import { runRow, type Form, type Outcome } from './trial';
import { document, summary, table } from './report';
import { ROOT, run, say } from '../../scripts/process';

interface Wanted {
  readonly only: readonly string[];
  readonly seed: number;
  readonly form: Form;
  readonly json: boolean;
  readonly docs: boolean;
}

function readArguments(args: readonly string[]): Wanted | string {
  const value = (name: string): string | null => args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1) ?? (args.includes(name) ? (args[args.indexOf(name) + 1] ?? '') : null);
  const only = (value('--only') ?? '').split(',').filter(Boolean).map((id) => id.toUpperCase());
  const unknown = only.filter((id) => !MATRIX.some((row) => matches(row.id, id)) && !Object.hasOwn(CLUSTER_ROWS, id));
  if (unknown.length > 0) return `there is no row ${unknown.join(', ')}; there are ${MATRIX.map((row) => row.id).join(', ')}`;
  const seed = Number(value('--seed') ?? 1 + (Date.now() % 1_000_000));
  if (!Number.isSafeInteger(seed)) return '--seed is a whole number';
  return { only, seed, form: args.includes('--quick') ? 'quick' : args.includes('--long') ? 'long' : 'full', json: args.includes('--json'), docs: args.includes('--docs') };
}

/** F08 means F08n too. */
const matches = (id: string, asked: string): boolean => id.toUpperCase() === asked || id.replace(/[a-z]$/, '') === asked;

async function build(): Promise<boolean> {
  for (const args of [['build'], ['build', '--config', 'vite.server.config.ts']]) {
    const result = await run('vite', args);
    if (result.code === 0) continue;
    say(result.output);
    return false;
  }
  return true;
}

function leftOut(id: string, fault: string, seed: number): Outcome {
  return { id, fault, injection: '', criterion: '', seed, seconds: 0, measured: ['left out: needs a cluster'], failures: [], verdict: 'left out' };
}

async function main(args: readonly string[]): Promise<number> {
  const wanted = readArguments(args);
  if (typeof wanted === 'string') {
    process.stderr.write(`faults: ${wanted}\n`);
    return 2;
  }
  if (!isBuilt() && !(await build())) return 1;
  const { only, seed, form, json, docs } = wanted;
  const asked = (id: string): boolean => only.length === 0 || only.some((one) => matches(id, one));
  const outcomes: Outcome[] = [];
  for (const row of MATRIX.filter(({ id, quick: isQuick }) => asked(id) && (form !== 'quick' || isQuick))) {
    const outcome = await runRow(row, seed, form);
    outcomes.push(outcome);
    if (!json) say(table([outcome]));
  }
  if (form !== 'quick') outcomes.push(...Object.entries(CLUSTER_ROWS).filter(([id]) => asked(id)).map(([id, fault]) => leftOut(id, fault, seed)));
  if (json) say(JSON.stringify({ node: process.version, seed, outcomes }, null, 2));
  else say(summary(outcomes, seed));
  if (docs) writeFileSync(`${ROOT}docs/faults.md`, document(outcomes, seed));
  return outcomes.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
// A peer of a row that hangs must not keep the command from ending.
process.exit();
