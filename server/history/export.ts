import type { Database } from './database';
import type { ExportRequest } from './port';

/** Rows of one export at most; more are had in several, by time. */
export const MOST_EXPORTED = 10_000_000;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const FAR = 8_000_000_000_000_000;

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, as spreadsheets themselves write it. Numbers stay numbers. */
const safe = (column: string): string => `CASE WHEN regexp_matches(${column}, '^[=+\\-@\\t\\r\\n]') THEN '''' || ${column} ELSE ${column} END AS ${column}`;
const instant = (ms: string): string => `make_timestamp((${ms} * 1000)::BIGINT)`;

interface Form {
  readonly time: string;
  /** Columns in their order. */
  readonly columns: (isCsv: boolean) => readonly string[];
  readonly order: string;
}

const text = (isCsv: boolean, ...columns: readonly string[]): readonly string[] => columns.map((column) => (isCsv ? safe(column) : column));
const utc = (isCsv: boolean, ms: string): string => (isCsv ? `strftime(${instant(ms)}, '%Y-%m-%dT%H:%M:%S.%fZ') AS utc` : `${instant(ms)} AS utc`);

const FORMS: Readonly<Record<ExportRequest['table'], Form>> = {
  candles: { time: 'open_time', order: 'open_time, symbol', columns: (csv) => [...text(csv, 'symbol'), 'interval', 'kind', ...text(csv, 'venue'), 'open_time', utc(csv, 'open_time'), 'open', 'high', 'low', 'close', 'volume'] },
  trades: { time: 'time', order: 'trades.time, symbol', columns: (csv) => [...text(csv, 'symbol'), 'kind', ...text(csv, 'venue', 'id'), 'floor(time)::BIGINT AS time', utc(csv, 'trades.time'), 'price', 'size', 'side'] },
  signals: { time: 'ts', order: 'ts, id', columns: (csv) => {
    const field = (name: string, type = ''): string => `(record ->> '$.${name}')${type} AS "${name}"`;
    const fields = ['method', 'tf', 'action', 'strength'].map((name) => field(name));
    const numbers = ['asOf', 'score', 'ma', 'osc', 'entry', 'stop', 'expiry'].map((name) => field(name, '::DOUBLE'));
    return [...text(csv, 'symbol', 'id'), 'kind', 'ts', utc(csv, 'ts'), ...fields, ...numbers, 'record'];
  } },
};

/** The statement that reads what is asked for, oldest first. */
function selection({ table, format, symbol, interval, kind, from, to, limit }: ExportRequest): string {
  const { time, columns, order } = FORMS[table];
  // With the name of the table: a column made for the reader may have the same one.
  const where = [
    `kind = ${quoted(kind)}`, `${table}.${time} >= ${Math.ceil(from ?? -FAR)}`, `${table}.${time} < ${Math.ceil(to ?? FAR)}`,
    ...(symbol === null ? [] : [`${table}.symbol = ${quoted(symbol)}`]), ...(table === 'candles' ? [`interval = ${quoted(interval)}`] : []),
  ].join(' AND ');
  return `SELECT ${columns(format === 'csv').join(', ')} FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ${Math.min(limit, MOST_EXPORTED)}`;
}

/** Writes rows to a file that is not there yet; gives how many. */
export function exportRows(database: Pick<Database, 'runAside'>, request: ExportRequest, file: string): Promise<number> {
  const form = request.format === 'csv' ? "FORMAT csv, HEADER, DELIMITER ','" : 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000';
  return database.runAside(`COPY (${selection(request)}) TO ${quoted(file)} (${form})`);
}
