import * as v from 'valibot';
import { FileAnswer, RecordingsAnswer, ReplayInfo, StateHash, type ReplayCommand } from '@/core/contract';
import { createAsk, type Answer } from './ask';
import type { FetchLike } from './types';

/** Opening reads raw frames once, a report and an end write a file: these take longer. */
const LONG_MS = 60_000;

/** Recordings and replays of a server (docs/recording.md). Loaded by the views that show them only. */
export interface ReplayApi {
  recordings(signal: AbortSignal): Answer<RecordingsAnswer>;
  /** Starts or stops recording; for administrators. */
  record(action: 'start' | 'stop', signal: AbortSignal): Answer<{ readonly name: string }>;
  remove(name: string, signal: AbortSignal): Answer<null>;
  /** Writes the last ten minutes and facts of the server to a file. */
  report(signal: AbortSignal): Answer<{ readonly name: string }>;
  /** Opens a recording in a room of its own. */
  open(file: string, signal: AbortSignal): Answer<ReplayInfo>;
  close(id: string, signal: AbortSignal): Answer<null>;
  /** The replay of the room this page is in. */
  info(signal: AbortSignal): Answer<ReplayInfo>;
  command(command: ReplayCommand, signal: AbortSignal): Answer<ReplayInfo>;
  hash(signal: AbortSignal): Answer<StateHash>;
}

/**
 * @param home address of the live server.
 * @param room address of the room this page is in; the live server's outside of one.
 */
export function createReplayApi(home: string, room: string, get: FetchLike = (url, init) => fetch(url, init)): ReplayApi {
  const live = createAsk(home, get);
  const here = createAsk(room, get);
  const timeoutMs = LONG_MS;
  return {
    recordings: (signal) => live('GET', 'api/v1/recordings', RecordingsAnswer, signal),
    record: (action, signal) => live('POST', 'api/v1/recordings', FileAnswer, signal, { body: { action }, timeoutMs }),
    remove: (name, signal) => live('DELETE', `api/v1/recordings?${new URLSearchParams({ name }).toString()}`, v.null(), signal),
    report: (signal) => live('POST', 'api/v1/bug-report', FileAnswer, signal, { timeoutMs }),
    open: (file, signal) => live('POST', 'api/v1/replays', ReplayInfo, signal, { body: { file }, timeoutMs }),
    close: (id, signal) => live('DELETE', `api/v1/replays/${encodeURIComponent(id)}`, v.null(), signal),
    info: (signal) => here('GET', 'api/v1/replay', ReplayInfo, signal),
    command: (command, signal) => here('POST', 'api/v1/replay', ReplayInfo, signal, { body: command }),
    hash: (signal) => here('GET', 'api/v1/state-hash', StateHash, signal),
  };
}
