import { backtest, type Backtest } from '@/core/analysis/outcomesBacktest';
import { DATA_KINDS, isInterval, SYMBOL_PATTERN, type DataKind, type Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import { readCandles, readOptions } from './analyzeInput';
import { sha256 } from '../scorelog/slot';
import { storedCandles } from '../scorelog/storedCandles';

const USAGE = `usage: npm run -s backtest -- --candles FILE.csv[.gz] [--tf 1m] [--symbol NAME]
       npm run -s backtest -- --symbol BTC/USDT --tf 1h [--from TIME] [--to TIME] [--kind live] [--data-dir FOLDER]
  --warm   candles taken in before the first signal may be made (0)
  --quiet  no progress on the standard error
prints the report as JSON; exit code: 0 done, 1 the report fails its look-ahead test, 2 wrong arguments or no candles`;
const NAMES = ['candles', 'symbol', 'tf', 'from', 'to', 'kind', 'warm', 'data-dir'] as const;

type Values = ReadonlyMap<string, string>;

function readRequest(values: Values): Result<{ symbol: string | null; tf: Interval; kind: DataKind; warm: number; from: number | null; to: number | null }, string> {
  const tf = values.get('tf') ?? '1m';
  const symbol = values.get('symbol') ?? null;
  const kind = DATA_KINDS.find((name) => name === (values.get('kind') ?? 'live'));
  const warm = values.get('warm') ?? '0';
  const [from, to] = (['from', 'to'] as const).map((name) => instant(values.get(name)));
  if (!isInterval(tf)) return err('--tf is one of 1m 5m 15m 1h 4h 1d');
  if (symbol !== null && !SYMBOL_PATTERN.test(symbol)) return err('--symbol is a symbol such as BTC/USDT');
  if (kind === undefined) return err(`--kind is one of ${DATA_KINDS.join(' ')}`);
  if (!/^\d{1,6}$/.test(warm)) return err('--warm is a number of candles');
  if (from === undefined || to === undefined) return err('--from and --to are times in ISO-8601 or ms since 1970');
  return ok({ symbol, tf, kind, warm: Number(warm), from, to });
}

function instant(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  return Number.isFinite(value) ? value : undefined;
}

/** Runs one backtest from the command line; the error is one line. */
async function run(argv: readonly string[]): Promise<Result<Backtest, string>> {
  const options = readOptions(argv, NAMES, ['quiet']);
  if (!options.ok) return options;
  const { values, switches } = options.value;
  const request = readRequest(values);
  if (!request.ok) return request;
  const { symbol, tf, kind, warm, from, to } = request.value;
  const file = values.get('candles');
  if (file === undefined && symbol === null) return err('--candles FILE.csv or --symbol is missing');
  const read = file === undefined
    ? await storedCandles(values.get('data-dir') ?? process.env['TICKGLASS_DATA_DIR'] ?? 'data', { kind, symbol: symbol ?? '', interval: tf, from, to }, process.env)
    : await readCandles(file);
  if (!read.ok) return read;
  const candles = 'candles' in read.value ? read.value.candles : read.value;
  if (candles.length === 0) return err('there are no such candles');
  const steps = backtest({ symbol: symbol ?? 'FILE', tf, venue: 'backtest', source: file === undefined ? kind : 'replay', candles, warm, sha256 });
  let told = -1;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return ok(step.value);
    const percent = Math.floor(step.value * 100);
    if (percent === told || switches.has('quiet')) continue;
    told = percent;
    process.stderr.write(`\r${percent}%`);
  }
}

const result = await run(process.argv.slice(2));
process.stderr.write(result.ok ? '\r' : `${result.error}\n${USAGE}\n`);
if (result.ok) await new Promise((resolve) => process.stdout.write(`${JSON.stringify(result.value, null, 1)}\n`, resolve));
process.exitCode = !result.ok ? 2 : result.value.lookAhead.ok ? 0 : 1;
