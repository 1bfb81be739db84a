/** `npx tsx bench/indicatorErrors.ts`: the largest relative error of every column beside the reference set, where that is at hand. */
import { say } from '../scripts/process';
import { registryColumns } from '../tests/core/analysis/columns';
import { candlesOf, compare, DRIFT_SET, EDGE_SET, folder, REAL_SETS, table } from '../tests/core/analysis/referenceSet';

const SETS = [...REAL_SETS, DRIFT_SET, EDGE_SET];

function main(): number {
  if (!folder) {
    say('the shared reference folder is not here');
    return 1;
  }
  const sets = SETS.map((set) => compare(registryColumns(candlesOf(set)), table(`${set}.ref.csv`), set !== EDGE_SET));
  say(['column'.padEnd(20), ...SETS.map((set) => set.padStart(24))].join(''));
  for (const name of Object.keys(registryColumns([]))) say([name.padEnd(20), ...sets.map(({ worst }) => (worst.get(name)?.toExponential(1) ?? '0').padStart(24))].join(''));
  say(['outside tolerance'.padEnd(20), ...sets.map(({ wrong }) => String(wrong.length).padStart(24))].join(''));
  return sets.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
}

process.exitCode = main();
