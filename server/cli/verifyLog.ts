import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_KINDS } from '@/core/contract';
import { storedCandles } from '../scorelog/storedCandles';
import type { CandleSource } from '../scorelog/outcomeCheck';
import { verifyLog, type ChainCheck } from '../scorelog/verify';

const USAGE = `usage: npm run -s verify-log [-- --dir FOLDER] [--no-candles] [--head CHAIN:SEQ:HASH]
  --dir         folder of the data [TICKGLASS_DATA_DIR, ./data]
  --no-candles  recomputes without stored candles: the chains, and of sentiment what follows from the log alone
  --head        a place in the log that somebody kept, from a message or from /health: it must be in the chain still
exit code: 0 everything is as it was written, 1 something was changed, 2 wrong arguments or nothing to check`;

interface Arguments {
  readonly dir: string;
  readonly candles: boolean;
  readonly heads: readonly { readonly chain: string; readonly seq: number; readonly hash: string }[];
}

/** Reads the command line; text = what is wrong. */
function readArguments(argv: readonly string[]): Arguments | string {
  let dir = process.env['TICKGLASS_DATA_DIR'] ?? 'data';
  let candles = true;
  const heads: Arguments['heads'][number][] = [];
  for (let i = 0; i < argv.length; i++) {
    const [name = '', inline] = (argv[i] ?? '').split(/=(.*)/s);
    if (name === '--no-candles') {
      candles = false;
      continue;
    }
    const value = inline ?? argv[++i] ?? '';
    const [, chain = '', seq = '', hash = ''] = /^([a-z0-9.-]+):(\d{1,15}):([0-9a-f]{64})$/.exec(value) ?? [];
    if (name === '--dir' && value !== '') dir = value;
    else if (name === '--head' && hash !== '') heads.push({ chain, seq: Number(seq), hash });
    else return `unknown or incomplete option ${JSON.stringify(name.slice(0, 60))}`;
  }
  return { dir, candles, heads };
}

/** Stored candles of the folder; the first failure is told once and ends the checking of outcomes. */
function source(dir: string, notes: string[]): CandleSource {
  return async ({ kind, symbol, interval, from, to }) => {
    const known = DATA_KINDS.find((name) => name === kind);
    if (known === undefined || notes.length > 0) return null;
    const read = await storedCandles(dir, { kind: known, symbol, interval, from, to }, process.env);
    if (!read.ok) notes.push(`outcomes are not checked: ${read.error}`);
    return read.ok ? read.value : null;
  };
}

const COLUMNS = ['chain', 'records', 'days', 'forecasts', 'outcomes', 'void', 'open', 'equal', 'corrected', 'missing', 'wrong', 'result'] as const;

function table(checks: readonly ChainCheck[]): string {
  const rows = checks.map((c): string[] => {
    const figures = [c.records, c.days, c.forecasts, c.outcomes, c.void, c.open].map(String);
    const outcomes = c.check ? [c.check.equal, c.check.corrected, c.check.missing, c.check.wrong].map(String) : ['-', '-', '-', '-'];
    return [c.chain, ...figures, ...outcomes, c.problem !== null ? 'CHANGED' : (c.check?.wrong ?? 0) > 0 ? 'WRONG' : 'ok'];
  });
  const all = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, k) => Math.max(...all.map((row) => row[k]?.length ?? 0)));
  return all.map((row) => row.map((cell, k) => (k === 0 || k === row.length - 1 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0))).join('  ').trimEnd()).join('\n');
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  if (typeof args === 'string') {
    process.stderr.write(`${args}\n${USAGE}\n`);
    return 2;
  }
  const root = join(args.dir, 'scorelog');
  if (!existsSync(root)) {
    process.stderr.write(`there is no score log in ${args.dir}; name the folder of the data with --dir\n`);
    return 2;
  }
  const notes: string[] = [];
  const kept = new Set<string>();
  const checks = await verifyLog(root, args.candles ? source(args.dir, notes) : null, (chain, { seq, hash }) => {
    for (const head of args.heads) if (head.chain === chain && head.seq === seq && head.hash === hash) kept.add(`${chain}:${seq}`);
  });
  const lost = args.heads.filter(({ chain, seq }) => !kept.has(`${chain}:${seq}`));
  const lines = [
    table(checks),
    ...checks.flatMap((c) => (c.problem === null ? [] : [`${c.chain}: ${c.problem}`])),
    ...checks.flatMap((c) => (c.unfinished === 0 ? [] : [`${c.chain}: ${c.unfinished} bytes of a last line that was not finished are left out`])),
    ...checks.flatMap((c) => (c.void === 0 ? [] : [`${c.chain}: ${c.void} void ends are counted and cannot be recomputed`])),
    ...checks.flatMap((c) => ((c.check?.missing ?? 0) === 0 ? [] : [`${c.chain}: ${c.check?.missing ?? 0} outcomes cannot be recomputed: no candles of their time are stored`])),
    ...checks.flatMap((c) => ((c.check?.corrected ?? 0) === 0 ? [] : [`${c.chain}: ${c.check?.corrected ?? 0} outcomes do not fit the stored candles, which were corrected since or are of another venue`])),
    ...checks.map((c) => `${c.chain}: head ${c.seq} ${c.head}`),
    ...lost.map(({ chain, seq }) => `${chain}: record ${seq} is not there or has another hash than the one given`),
    ...notes,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return lost.length > 0 || checks.some((c) => c.problem !== null || (c.check?.wrong ?? 0) > 0) ? 1 : 0;
}

process.exitCode = await main();
