import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { FileAnswer, RecordingsAnswer } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';

export const RECORD_USAGE = 'usage: npm run record -- [--minutes N] [--server URL]   (TICKGLASS_TOKEN in the environment where the server asks for it)';

interface Arguments {
  /** null = until it is interrupted. */
  readonly minutes: number | null;
  readonly server: string;
}

/** Reads the command line; the error is one clear line. */
export function readRecordArguments(args: readonly string[]): Result<Arguments, string> {
  let minutes: number | null = null;
  let server = 'http://127.0.0.1:8000';
  for (let i = 0; i < args.length; i += 1) {
    const [name = '', inline] = (args[i] ?? '').split(/=(.*)/s);
    if (name !== '--minutes' && name !== '--server') return err(`unknown option ${args[i] ?? ''}; ${RECORD_USAGE}`);
    const value = inline ?? args[(i += 1)] ?? '';
    if (name === '--server') {
      if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) return err(`--server takes an address such as http://127.0.0.1:8000, not "${value}"`);
      server = value;
    } else {
      minutes = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : 0;
      if (minutes <= 0) return err(`--minutes takes a number above 0, not "${value}"`);
    }
  }
  return ok({ minutes, server });
}

const Failure = v.object({ error: v.object({ message: v.string() }) });

/** One request to the server; the error is its own words. */
async function ask<T>(server: string, token: string | undefined, path: string, schema: v.GenericSchema<unknown, T>, body?: object): Promise<Result<T, string>> {
  try {
    const answer = await fetch(new URL(path, server.endsWith('/') ? server : `${server}/`), {
      method: body ? 'POST' : 'GET', ...(body ? { body: JSON.stringify(body) } : {}),
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
    const read: unknown = await answer.json();
    const failure = v.safeParse(Failure, read);
    if (!answer.ok) return err(failure.success ? failure.output.error.message : `the server answered with status ${answer.status}`);
    const parsed = v.safeParse(schema, read);
    return parsed.success ? ok(parsed.output) : err('the answer could not be read: is the server of the same version?');
  } catch {
    return err(`no server answers at ${server}`);
  }
}

export interface RecordOptions extends Arguments {
  readonly token: string | undefined;
  readonly print: (line: string) => void;
  /** Ends the recording before its time. */
  readonly signal: AbortSignal;
}

const EVERY_MS = 10_000;

/** Has a running server record for some minutes; gives the name of the file. */
export async function record({ minutes, server, token, print, signal }: RecordOptions): Promise<Result<string, string>> {
  const started = await ask(server, token, 'api/v1/recordings', FileAnswer, { action: 'start' });
  if (!started.ok) return started;
  print(`Recording ${started.value.name} on ${server}${minutes === null ? '; Ctrl+C ends it' : ` for ${minutes} min`}`);
  const end = minutes === null ? Infinity : performance.now() + minutes * 60_000;
  while (performance.now() < end && !signal.aborted) {
    await delay(Math.min(EVERY_MS, end - performance.now()), undefined, { signal }).catch(() => undefined);
    const status = await ask(server, token, 'api/v1/recordings', RecordingsAnswer);
    if (!status.ok) return err(`${status.error}; what was recorded is kept and finished when the server starts again`);
    if (status.value.running === null) return err('the recording was ended elsewhere: see the page Replay');
    print(`${status.value.running.events} events`);
  }
  const stopped = await ask(server, token, 'api/v1/recordings', FileAnswer, { action: 'stop' });
  return stopped.ok ? ok(stopped.value.name) : stopped;
}
