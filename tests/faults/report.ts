import { cpus } from 'node:os';
import type { Outcome } from './trial';

/** Rows as lines for a terminal: the verdict first, then what was measured. */
export function table(outcomes: readonly Outcome[]): string {
  return outcomes.map(({ id, fault, verdict, seconds, measured, failures, injection, criterion }) => [
    `${verdict.toUpperCase().padEnd(8)} ${id.padEnd(4)} ${fault} (${seconds.toFixed(1)} s)`,
    `         injection: ${injection}`, `         criterion: ${criterion}`,
    ...measured.map((words) => `         - ${words}`), ...failures.map((words) => `         ! ${words}`),
  ].join('\n')).join('\n');
}

export function summary(outcomes: readonly Outcome[], seed: number): string {
  const count = (verdict: Outcome['verdict']): number => outcomes.filter((outcome) => outcome.verdict === verdict).length;
  return `${count('pass')} pass, ${count('fail')} fail, ${count('left out')} left out; seed ${seed}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The whole matrix as a page of the documentation. */
export function document(outcomes: readonly Outcome[], seed: number): string {
  const rows = outcomes.map(({ id, fault, injection, criterion, measured, failures, verdict }) => `| ${[id, fault, injection, criterion, [...measured, ...failures.map((f) => `**${f}**`)].join('; '), verdict].map(cell).join(' | ')} |`);
  return `# Fault matrix

Reference, written by \`npm run faults -- --docs\`. Each row injects its fault into the built server, run as its own process, or into the part named, and
judges what the product's own client sees. Beside its own criterion each row must leave behind a server that runs, frames in order without a hole, and of each
event (a close, a refusal, a change of a source, a broken book, storage lost) one line of the log and one step of its counter, which are added up and compared.
\`npm run faults -- --only F05\` runs one row, \`--seed N\` repeats a run, \`--long\` takes the minutes that rows for the night need (F23: 10, F40: 30), \`--json\` gives the
same as data. The rows that can be short run in \`npm test\` as well, where only order and state are judged, never durations. What needs something the machine lacks
is left out, and says so.

What one machine cannot inject is left out: nodes of a cluster (F33-F36). Millions of mutated frames and requests are \`npm run fuzz\`; hours under faults are \`npm run bench -- soak-clients\`.

This page: ${summary(outcomes, seed)}; Node ${process.version}, ${cpus().length} processors shared with other work. Words for users: [failure-modes](failure-modes.md).

| id | fault | injection | criterion | measured | verdict |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
