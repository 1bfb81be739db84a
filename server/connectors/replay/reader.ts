import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { err, ok, type Result } from '@/core/util/result';
import { isRecord, parseJson } from '../base/json';

/** One line of a recording. `at` is the recorder's time, ms since the epoch. */
export type Envelope =
  | { readonly t: 'connect'; readonly at: number; readonly conn: string; readonly url: string }
  | { readonly t: 'send' | 'recv'; readonly at: number; readonly conn: string; readonly raw: string }
  | { readonly t: 'http'; readonly at: number; readonly url: string; readonly status: number; readonly raw: string };

export interface RecordingChunk {
  readonly envelopes: readonly Envelope[];
  /** Lines that are not what a recording holds. */
  readonly corrupt: number;
  /** Set when the file ends in damage: what came before is good. */
  readonly damage: string | null;
}

/** Longest line accepted, characters: venues send books of 5 MB in one message. */
const MAX_LINE = 16 * 2 ** 20;

/** Reads a recording chunk by chunk, so that memory stays bounded whatever its size. Compression is told by content, not by name. */
export async function* readRecording(path: string): AsyncGenerator<RecordingChunk> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  const stream = await openStream(path);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (skipping && lines.length > 0) {
        lines.shift();
        skipping = false;
      }
      const overlong: boolean = rest.length > MAX_LINE && !skipping;
      if (overlong || skipping) rest = '';
      skipping = skipping || overlong;
      if (lines.length > 0 || overlong) yield parseLines(lines, overlong ? 1 : 0);
    }
    if (rest.trim()) yield parseLines([rest], 0);
  } catch (error) {
    yield { envelopes: [], corrupt: 1, damage: `the file is damaged: ${error instanceof Error ? error.message : 'unreadable'}` };
  } finally {
    stream.destroy();
  }
}

async function openStream(path: string) {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!(await isGzip(path))) return file;
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  // Errors of the source reach the reader through the destroyed gunzip stream.
  pipeline(file, gunzip, () => undefined);
  return gunzip;
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function parseLines(lines: readonly string[], corruptBefore: number): RecordingChunk {
  const envelopes: Envelope[] = [];
  let corrupt = corruptBefore;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const envelope = readEnvelope(parseJson(line));
    if (envelope) envelopes.push(envelope);
    else corrupt += 1;
  }
  return { envelopes, corrupt, damage: null };
}

function readEnvelope(value: unknown): Envelope | null {
  if (!isRecord(value)) return null;
  const { t, ts, url, raw, status } = value;
  if (typeof ts !== 'number' || !Number.isFinite(ts) || ts <= 0) return null;
  const conn = typeof value.conn === 'string' ? value.conn : '';
  if (t === 'connect') return typeof url === 'string' && URL.canParse(url) ? { t, at: ts, conn, url } : null;
  if (typeof raw !== 'string') return null;
  if (t === 'send' || t === 'recv') return { t, at: ts, conn, raw };
  if (t !== 'http' || typeof url !== 'string' || !URL.canParse(url) || typeof status !== 'number') return null;
  return { t, at: ts, url, status, raw };
}

/** Whether the path is a readable file, in words when not. */
export async function checkReadable(path: string): Promise<Result<null, string>> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) return err(`${path} is not a file`);
    await (await open(path)).close();
    return ok(null);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return err(`cannot read ${path}: ${code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'access is denied' : code || 'unknown fault'}`);
  }
}
