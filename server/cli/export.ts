import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadableStream } from 'node:stream/web';
import { exportFile } from '../history/exportFile';
import { announcedServer } from '../history/presence';
import type { ExportRequest } from '../history/port';
import { EXPORT_USAGE, readExportArguments, type ExportArguments } from './exportArguments';

/** What ends the export in one line and exit code 1. */
class Failed extends Error {}

/** Refuses what must not be overwritten; a link could lead anywhere. */
function checkOut({ out, force }: ExportArguments): void {
  if (out === null) return;
  const path = resolve(out);
  if (!existsSync(dirname(path))) throw new Failed(`the folder ${dirname(path)} is not there`);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isFile()) throw new Failed(`${out} is not a plain file`);
  if (!force) throw new Failed(`${out} is there already: give another name, or --force to replace it`);
}

function address(server: string, { table, format, symbol, interval, kind, from, to, limit }: ExportRequest): URL {
  const url = new URL('api/v1/export', server.endsWith('/') ? server : `${server}/`);
  const values = { table, format, symbol, interval, kind, from, to, limit };
  for (const [name, value] of Object.entries(values)) if (value !== null) url.searchParams.set(name, String(value));
  return url;
}

/** Another export may be under way in the server: it is waited for so often, ms. */
const BUSY = { tries: 10, waitMs: 500 } as const;

async function ask(server: string, request: ExportRequest): Promise<Response> {
  const token = process.env['TICKGLASS_TOKEN'] ?? process.env['TICKGLASS_VIEWER_TOKEN'];
  for (let tries = 1; ; tries++) {
    let answer: Response;
    try {
      answer = await fetch(address(server, request), { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, redirect: 'error' });
    } catch {
      throw new Failed(`the history file is in use by another process, and no server answers at ${server}: name it with --server, or stop it`);
    }
    if (answer.status !== 503 || !answer.headers.has('retry-after') || tries >= BUSY.tries) return answer;
    await delay(BUSY.waitMs);
  }
}

/** What a refusal says in words; its beginning when it is no answer of ours. */
async function wordsOf(answer: Response): Promise<string> {
  const body = await answer.text();
  return /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body.slice(0, 300);
}

/** Has the server that holds the file write it. */
async function fromServer(server: string, request: ExportRequest, file: string): Promise<number> {
  const answer = await ask(server, request);
  if (answer.status === 401) throw new Failed(`the server at ${server} wants a token: set TICKGLASS_TOKEN or TICKGLASS_VIEWER_TOKEN`);
  if (!answer.ok || answer.body === null) throw new Failed(`the server at ${server} refused (${answer.status}): ${await wordsOf(answer)}`);
  // The same stream under two names: that of the browser's types and that of Node's.
  const body: ReadableStream<Uint8Array> = answer.body;
  await pipeline(Readable.fromWeb(body), createWriteStream(file));
  return Number(answer.headers.get('x-tickglass-rows') ?? 0);
}

async function rowsOf(request: ExportRequest, file: string, { dataDir, server }: ExportArguments): Promise<number> {
  if (server !== null) return fromServer(server, request, file);
  const local = await exportFile(dataDir, request, file);
  if (local.state === 'written') return local.rows;
  if (local.state === 'failed') throw new Failed(local.reason);
  const { TICKGLASS_HOST: host = '127.0.0.1', TICKGLASS_PORT: port = '8000' } = process.env;
  return fromServer(announcedServer(dataDir) ?? `http://${host}:${port}`, request, file);
}

/** Writes the first kind of which there are rows; the file of the last one, with its head only, when there are none at all. */
async function firstRows(file: string, args: ExportArguments): Promise<{ readonly rows: number; readonly kind: ExportRequest['kind'] }> {
  let found = { rows: 0, kind: args.request.kind };
  for (const kind of args.kinds) {
    rmSync(file, { force: true });
    found = { rows: await rowsOf({ ...args.request, kind }, file, args), kind };
    if (found.rows > 0) break;
  }
  return found;
}

const spell = (ms: number | null, open: string): string => (ms === null ? open : new Date(ms).toISOString());

/** One line about what was written. */
function told({ request, kinds, out }: ExportArguments, { rows, kind }: Awaited<ReturnType<typeof firstRows>>): string {
  const name = request.table === 'candles' ? `${request.interval} candles` : request.table;
  const what = `${rows} ${rows === 0 && kinds.length > 1 ? '' : `${kind} `}${name} of ${request.symbol ?? 'all symbols'}, ${spell(request.from, 'the beginning')} to ${spell(request.to, 'now')}`;
  const instead = rows > 0 && kind !== kinds[0] ? `; no ${kinds[0] ?? ''} ones are stored` : '';
  return `${what}${out === null ? '' : `, written to ${out}`}${instead}${rows >= request.limit ? '; there may be more: ask by time' : ''}`;
}

async function run(args: ExportArguments): Promise<string> {
  checkOut(args);
  const { out } = args;
  const folder = out === null ? mkdtempSync(join(tmpdir(), 'tickglass-export-')) : dirname(resolve(out));
  const part = join(folder, `.${basename(out ?? 'export')}.${randomBytes(4).toString('hex')}.part`);
  try {
    const found = await firstRows(part, args);
    if (out === null) await pipeline(createReadStream(part), process.stdout, { end: false });
    else renameSync(part, resolve(out));
    return told(args, found);
  } finally {
    rmSync(part, { force: true });
    if (out === null) rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${EXPORT_USAGE}\n`);
    return 0;
  }
  const args = readExportArguments(argv, process.env);
  if (!args.ok) {
    process.stderr.write(`export: ${args.error} (--help tells more)\n`);
    return 2;
  }
  try {
    process.stderr.write(`${await run(args.value)}\n`);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    process.stderr.write(`export: ${message}\n`);
    return 1;
  }
}

process.exitCode = await main();
