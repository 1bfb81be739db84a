import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { FakeVenue } from './fakeVenue';

/** A line of a recording: who said what and when (recorder's clock, ms since the epoch). */
export interface RecordedLine {
  readonly t: 'connect' | 'send' | 'recv' | 'http';
  readonly ts: number;
  readonly conn: string;
  readonly raw: string;
  readonly url?: string;
  readonly status?: number;
}

/** Lines of a `.jsonl` or `.jsonl.gz` recording, in their order. */
export function readRecordingLines(path: string): readonly RecordedLine[] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n').map((line) => JSON.parse(line) as RecordedLine);
}

export interface PlayOptions {
  /** Recorded seconds per second with the original spacing; 0 = as fast as possible. */
  readonly speed: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Sees each line before it is sent. */
  readonly onLine?: (line: RecordedLine) => void;
}

/** Makes the fake venue answer REST as the venue of the recording did. */
export function answerAsRecorded(venue: FakeVenue, lines: readonly RecordedLine[]): void {
  for (const line of lines) {
    if (line.t !== 'http' || line.status !== 200 || line.url === undefined) continue;
    const { pathname, searchParams } = new URL(line.url);
    const symbol = searchParams.get('symbol');
    venue.recorded.set(symbol === null ? pathname : `${pathname}?symbol=${symbol}`, line.raw);
  }
}

/**
 * Sends what the venue of the recording sent to every open connection. Times between messages are those of the recording,
 * divided by the speed; they are kept against the start, so that late timers do not add up.
 */
export async function playRecording(venue: FakeVenue, lines: readonly RecordedLine[], options: PlayOptions): Promise<void> {
  const first = lines.find((line) => line.t === 'recv')?.ts ?? 0;
  const started = performance.now();
  let sent = 0;
  for (const line of lines) {
    if (options.signal?.aborted) return;
    if (line.t !== 'recv') continue;
    const wait = options.speed > 0 ? (line.ts - first) / options.speed - (performance.now() - started) : 0;
    if (wait > 0) await delay(wait, undefined, options.signal ? { signal: options.signal } : {});
    else if ((sent += 1) % 200 === 0) await nextTurn();
    options.onLine?.(line);
    venue.raw(line.raw);
  }
}
