import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INTERVAL_MS, type DataKind, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import { err, ok, type Result } from '@/core/util/result';
import { exportFile } from '../history/exportFile';
import { announcedServer } from '../history/presence';
import type { ExportRequest } from '../history/port';

export interface StoredQuery {
  readonly kind: DataKind;
  readonly symbol: string;
  readonly interval: Interval;
  /** Open times, ms, inclusive. */
  readonly from: number | null;
  readonly to: number | null;
}

const MOST_ROWS = 2_000_000;

/** Candles of a data folder, oldest first: read from its history file, or asked of the server that uses it. */
export async function storedCandles(dataDir: string, query: StoredQuery, environment: Readonly<Record<string, string | undefined>>): Promise<Result<readonly Candle[], string>> {
  const { kind, symbol, interval, from, to } = query;
  const request: ExportRequest = { table: 'candles', format: 'csv', symbol, interval, kind, from, to: to === null ? null : to + INTERVAL_MS[interval] / 2, limit: MOST_ROWS };
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-candles-'));
  try {
    const file = join(folder, 'candles.csv');
    const local = await exportFile(dataDir, request, file);
    if (local.state === 'written') return ok(parse(readFileSync(file, 'utf8')));
    if (local.state === 'failed') return err(local.reason);
    return await fromServer(dataDir, request, environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fromServer(dataDir: string, request: ExportRequest, environment: Readonly<Record<string, string | undefined>>): Promise<Result<readonly Candle[], string>> {
  const server = announcedServer(dataDir);
  if (server === null) return err('the history file is in use by another process, and no server has left its address there');
  const url = new URL('api/v1/export', server.endsWith('/') ? server : `${server}/`);
  for (const [name, value] of Object.entries(request)) if (value !== null) url.searchParams.set(name, String(value));
  const token = environment['TICKGLASS_TOKEN'] ?? environment['TICKGLASS_VIEWER_TOKEN'];
  try {
    const answer = await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, redirect: 'error' });
    return answer.ok ? ok(parse(await answer.text())) : err(`the server at ${server} refused its candles (${answer.status})`);
  } catch {
    return err(`the history file is in use, and no server answers at ${server}`);
  }
}

/** The exported table: columns are found by their names. */
function parse(text: string): Candle[] {
  const [head = '', ...lines] = text.split(/\r?\n/);
  const names = head.split(',').map((name) => name.replaceAll('"', ''));
  const places = ['open_time', 'open', 'high', 'low', 'close', 'volume'].map((name) => names.indexOf(name));
  return lines.flatMap((line) => {
    if (line === '') return [];
    const cells = line.split(',').map((cell) => cell.replaceAll('"', ''));
    const [openTime = NaN, open = NaN, high = NaN, low = NaN, close = NaN, volume = NaN] = places.map((place) => Number(cells[place]));
    return Number.isFinite(openTime) ? [{ openTime, open, high, low, close, volume }] : [];
  });
}
