import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DATA_KINDS, isInterval } from '@/core/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EXPORT_FORMATS, EXPORT_TABLES, type ExportRequest } from '../history/port';
import { kindOf } from './candles';
import { fail } from './failure';
import type { HttpPorts } from './ports';
import { known, query, time, whole } from './query';

/** Rows of one export, as asked without a number and at most. */
const ROWS = { usual: 1_000_000, most: 10_000_000 } as const;
const STATS_MS = 2_000;
const GAPS_SHOWN = 200;
const TYPES = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const;

/** Routes of /api/v1 that tell what is stored, what is missing, and give it as a file. */
export function historyRoutes(app: FastifyInstance, ports: HttpPorts): void {
  const { archive } = ports;
  if (!archive) return;
  let told: { readonly at: number; readonly answer: Promise<Awaited<ReturnType<typeof archive.stats>>> } | null = null;
  /** Counting reads the whole file: many readers share one count. */
  const stats = (): ReturnType<typeof archive.stats> => {
    const now = ports.clock.monotonic();
    if (!told || now - told.at > STATS_MS) told = { at: now, answer: archive.stats() };
    return told.answer;
  };

  app.get('/api/v1/history', async (request, reply) => {
    const health = ports.history.health();
    const kind = kindOf(ports.mode());
    const fills = archive.fills();
    try {
      const [{ tables, bytes }, gaps] = await Promise.all([stats(), archive.gaps({ kind, symbol: null, from: null, to: null, limit: GAPS_SHOWN })]);
      return { health, bytes, max_bytes: archive.maxBytes, tables, gaps: gaps.map(({ symbol, start, stop, reason, noticed, state, note, ended }) => ({ symbol, from: start, to: stop, reason, noticed, state, note, ended })), backfills: fills };
    } catch (error) {
      request.log.warn({ err: error }, 'history cannot be counted');
      return health.state === 'off' ? { health, bytes: 0, max_bytes: 0, tables: [], gaps: [], backfills: [] } : fail(reply, 'history_unavailable', health.reason);
    }
  });

  let busy = false;
  app.get('/api/v1/export', async (request, reply) => {
    const asked = exportRequest(ports, request);
    if (typeof asked === 'string') return fail(reply, 'bad_request', asked);
    const health = ports.history.health();
    if (health.state !== 'ok') return fail(reply, 'history_unavailable', health.reason);
    if (busy) return fail(reply.header('retry-after', '5'), 'overloaded', 'another export is under way');
    busy = true;
    const file = join(archive.folder, `export-${randomBytes(8).toString('hex')}.part`);
    const end = (): void => {
      busy = false;
      void rm(file, { force: true }).catch((error: unknown) => request.log.warn({ err: error, file }, 'a finished export could not be deleted'));
    };
    try {
      const rows = await archive.exportTo(asked, file);
      return await send(reply, asked, file, rows, end);
    } catch (error) {
      end();
      request.log.warn({ err: error }, 'an export failed');
      return fail(reply, 'history_unavailable', error instanceof Error ? (error.message.split('\n')[0] ?? '') : '');
    }
  });
}

async function send(reply: FastifyReply, { table, format, symbol }: ExportRequest, file: string, rows: number, end: () => void): Promise<FastifyReply> {
  const { size } = await stat(file);
  const name = `${(symbol ?? 'all').replaceAll(/[^A-Za-z0-9]+/g, '-')}-${table}.${format}`;
  const stream = createReadStream(file);
  stream.once('close', end);
  // A reader that goes away must not leave the file open.
  reply.raw.once('close', () => stream.destroy());
  return reply.headers({ 'content-type': TYPES[format], 'content-length': size, 'content-disposition': `attachment; filename="${name}"`, 'x-tickglass-rows': String(rows) }).send(stream);
}

/** What is asked for, or what is wrong with it. */
function exportRequest(ports: HttpPorts, request: FastifyRequest): ExportRequest | string {
  const { table, format = 'csv', symbol, interval = '1m', kind = kindOf(ports.mode()), from, to, limit } = query(request);
  const wanted = { table: EXPORT_TABLES.find((name) => name === table), format: EXPORT_FORMATS.find((name) => name === format), kind: DATA_KINDS.find((name) => name === kind) };
  const times = { from: time(from), to: time(to) };
  const rows = whole(limit, ROWS.usual, ROWS.most);
  if (!wanted.table) return `table is one of ${EXPORT_TABLES.join(' ')}`;
  if (!wanted.format) return `format is one of ${EXPORT_FORMATS.join(' ')}`;
  if (!wanted.kind) return `kind is one of ${DATA_KINDS.join(' ')}`;
  if (symbol !== undefined && !known(ports, symbol)) return 'symbol is not known';
  if (typeof interval !== 'string' || !isInterval(interval)) return 'interval is one of 1s 1m 5m 15m 1h 4h 1d';
  if (times.from === undefined || times.to === undefined) return 'from and to are times in ms or ISO-8601';
  if (times.from !== null && times.to !== null && times.from >= times.to) return 'from must be before to';
  if (rows === null) return `limit is 1 to ${ROWS.most}`;
  return { table: wanted.table, format: wanted.format, kind: wanted.kind, symbol: symbol ?? null, interval, from: times.from, to: times.to, limit: rows };
}
