import type { DuckDBConnection } from '@duckdb/node-api';
import { err, ok, type Result } from '@/core/util/result';
import { HEADER_KEY, parseHeader, type RecordingHeader } from './format';

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A DuckDB of its own for one piece of work: nothing is kept, memory is bounded. Rejects with DuckDB's own words. */
export async function withDuck<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  // Loaded here, not at the top: the library takes 0.3 s, which no first price should wait for.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' });
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** Columns of a recording. `event` is the input as JSON text, the others are for whoever looks into a file with SQL. */
const COLUMNS = `seq, (event->>'$.receiveTime')::DOUBLE AS t, event->>'$.type' AS type, event->>'$.venue' AS venue,
  coalesce(event->>'$.symbol', event->>'$.instrument.symbol') AS symbol, event::VARCHAR AS event`;
const journal = (path: string): string =>
  `read_json(${quote(path)}, format = 'newline_delimited', columns = {seq: 'BIGINT', extra: 'BOOLEAN', event: 'JSON'}, ignore_errors = true, maximum_object_size = 8388608)`;
const OUTPUT = 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440';

/**
 * Turns a journal (JSON lines) into a Parquet segment. A last line that was cut off by a crash is left out.
 *
 * @param extras also what the engine did not take; never in an exact recording.
 */
export function writeSegment(from: string, to: string, extras: boolean): Promise<void> {
  return withDuck(async (duck) => {
    await duck.run(`COPY (SELECT ${COLUMNS} FROM ${journal(from)} WHERE seq IS NOT NULL AND event IS NOT NULL${extras ? '' : ' AND extra IS NULL'}) TO ${quote(to)} (${OUTPUT})`);
  });
}

export interface Extent {
  readonly from: number | null;
  readonly to: number | null;
  readonly events: number;
  /** What was shown in it: `live`, `simulated`, `replay`, `mixed` when one after the other, `none` when nothing was. */
  readonly mode: string;
}

/** First (that of a head left out) and last time and number of inputs over segments. */
export function extentOf(paths: readonly string[]): Promise<Extent> {
  return withDuck(async (duck) => {
    const reader = await duck.runAndReadAll(`SELECT min(t) FILTER (seq > 0), max(t), count(*), string_agg(DISTINCT event->>'$.mode', ' ') FILTER (type = 'mode')
      FROM read_parquet([${paths.map(quote).join(', ')}])`);
    const [from, to, events, modes] = reader.getRows()[0] ?? [];
    const shown = (typeof modes === 'string' ? modes : '').split(' ').filter((mode) => mode !== '' && mode !== 'none');
    const time = (value: unknown): number | null => (typeof value === 'number' ? value : null);
    return { from: time(from), to: time(to), events: Number(events ?? 0), mode: shown.length > 1 ? 'mixed' : (shown[0] ?? 'none') };
  });
}

/** Joins segments, in the order given, into one file with its header. */
export function joinSegments(paths: readonly string[], to: string, header: RecordingHeader): Promise<void> {
  return withDuck(async (duck) => {
    const metadata = `KV_METADATA {${HEADER_KEY}: ${quote(JSON.stringify(header))}}`;
    await duck.run(`COPY (SELECT * FROM read_parquet([${paths.map(quote).join(', ')}])) TO ${quote(to)} (${OUTPUT}, ${metadata})`);
  });
}

/** Reads the header; the error is one clear line. */
export async function readHeader(path: string): Promise<Result<RecordingHeader, string>> {
  let text: unknown;
  try {
    text = await withDuck(async (duck) => {
      const reader = await duck.runAndReadAll(`SELECT decode(value) FROM parquet_kv_metadata(${quote(path)}) WHERE decode(key) = ${quote(HEADER_KEY)}`);
      return reader.getRows()[0]?.[0];
    });
  } catch (error) {
    return err(`the file is damaged or is no recording: ${firstLine(error)}`);
  }
  if (typeof text !== 'string') return err('the file holds no recording of Tickglass');
  const header = parseHeader(text);
  return header === null ? err('the file was recorded by another version of Tickglass, or its head is damaged') : ok(header);
}

/** One stored input. */
export interface StoredInput {
  readonly seq: number;
  readonly text: string;
}

/** Reads the inputs in their order, some thousand at a time, so that memory stays bounded whatever the size of the file. */
export async function* readInputs(path: string): AsyncGenerator<readonly StoredInput[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' });
  const connection = await instance.connect();
  try {
    const result = await connection.stream(`SELECT seq, event FROM read_parquet(${quote(path)})`);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getRows().map(([seq, text]) => ({ seq: Number(seq), text: typeof text === 'string' ? text : '' }));
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** First line of an error without paths of this machine. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? message).replace(/(["']?)\/[^\s"']+\1/g, 'the file').slice(0, 200);
}
