import { DATA_KINDS, isInterval, SYMBOL_PATTERN, type DataKind } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import { EXPORT_FORMATS, EXPORT_TABLES, type ExportRequest } from '../history/port';

export const EXPORT_USAGE = `usage: npm run -s export -- candles|trades|signals [--symbol SYMBOL] [--from TIME] [--to TIME] [--format csv|parquet] [--out FILE]
  --symbol     for example BTC/USDT; all symbols without it
  --from --to  times in ISO-8601 or ms since 1970, UTC; from is included, to is not
  --interval   of candles: 1m (default), 5m, 15m, 1h, 4h, 1d
  --kind       live, delayed, simulated or replay; without it the first of these of which there are rows
  --format     csv (default) or parquet; parquet needs --out
  --out        a file that is not there yet; standard output without it
  --force      replaces the file of --out
  --limit      most rows; 10000000 without it
  --data-dir   folder of the history [TICKGLASS_DATA_DIR, ./data]
  --server     address of a server to ask instead of reading the file
While a server uses the history file it is asked by itself; a token is read from TICKGLASS_TOKEN or TICKGLASS_VIEWER_TOKEN.
exit code: 0 done, 1 failed, 2 wrong arguments`;

export interface ExportArguments {
  readonly request: ExportRequest;
  /** Kinds to look for until one has rows, in this order; never two of them in one file. */
  readonly kinds: readonly DataKind[];
  readonly out: string | null;
  readonly force: boolean;
  readonly dataDir: string;
  readonly server: string | null;
}

const MOST_ROWS = 10_000_000;
const KINDS: readonly DataKind[] = ['live', 'delayed', 'simulated', 'replay'];
const NAMES = ['symbol', 'from', 'to', 'interval', 'kind', 'format', 'out', 'limit', 'data-dir', 'server'] as const;
type Given = Partial<Record<(typeof NAMES)[number], string>>;

/** A time in ms since the epoch or in ISO-8601; without a zone it is UTC. */
function instant(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const value = /^\d{1,15}$/.test(text) ? Number(text) : iso ? Date.parse(iso[1] !== undefined && iso[4] === undefined ? `${text}Z` : text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Reads the command line; the error is one line. */
export function readExportArguments(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Result<ExportArguments, string> {
  const [table, ...rest] = argv;
  const given: Given = {};
  let force = false;
  for (let i = 0; i < rest.length; i++) {
    const [name = '', inline] = (rest[i] ?? '').split(/=(.*)/s);
    if (name === '--force') {
      force = true;
      continue;
    }
    const known = NAMES.find((option) => `--${option}` === name);
    if (known === undefined) return err(`unknown option ${JSON.stringify(name.slice(0, 60))}`);
    const value = inline ?? rest[++i];
    if (value === undefined || value === '') return err(`${name} needs a value`);
    given[known] = value;
  }
  const request = readRequest(table, given);
  if (!request.ok) return request;
  const { out = null, server = null } = given;
  if (request.value.format === 'parquet' && out === null) return err('parquet is no text: give a file with --out');
  if (server !== null && !/^https?:\/\//.test(server)) return err('--server is an address such as http://127.0.0.1:8000');
  return ok({ request: request.value, kinds: given.kind === undefined ? KINDS : [request.value.kind], out, force, server, dataDir: given['data-dir'] ?? (environment['TICKGLASS_DATA_DIR'] || './data') });
}

function readRequest(tableText: string | undefined, given: Given): Result<ExportRequest, string> {
  const table = EXPORT_TABLES.find((name) => name === tableText);
  const format = EXPORT_FORMATS.find((name) => name === (given.format ?? 'csv'));
  const kind = DATA_KINDS.find((name) => name === (given.kind ?? 'live'));
  const [from, to] = [instant(given.from), instant(given.to)];
  const { symbol = null, interval = '1m', limit = String(MOST_ROWS) } = given;
  if (!table) return err(`say what to export: ${EXPORT_TABLES.join(', ')}`);
  if (!format) return err(`--format is one of ${EXPORT_FORMATS.join(', ')}`);
  if (!kind) return err(`--kind is one of ${DATA_KINDS.join(', ')}`);
  if (symbol !== null && !SYMBOL_PATTERN.test(symbol)) return err(`--symbol ${JSON.stringify(symbol.slice(0, 40))} is not a symbol; for example BTC/USDT`);
  if (!isInterval(interval)) return err('--interval is one of 1s, 1m, 5m, 15m, 1h, 4h, 1d');
  if (from === undefined || to === undefined) return err('--from and --to are times such as 2026-11-01T12:00:00Z or ms since 1970');
  if (from !== null && to !== null && from >= to) return err('--from must be before --to');
  if (!/^\d{1,8}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_ROWS) return err(`--limit is 1 to ${MOST_ROWS}`);
  return ok({ table, format, kind, symbol, interval, from, to, limit: Number(limit) });
}
