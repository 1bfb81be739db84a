import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { ReplayCommand, type RecordingsAnswer, type ReplayInfo, type StateHash } from '@/core/contract';
import type { Result } from '@/core/util/result';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { safeParse } from 'valibot';
import { fail } from './failure';
import type { Note } from './ports';
import { query } from './query';

/** What the routes of recordings need; rooms.ts has it. Errors are words for the user. */
export interface RecordingPorts {
  list(): Promise<RecordingsAnswer>;
  start(): Promise<Result<{ readonly name: string }, string>>;
  stop(): Promise<Result<string, string>>;
  bugReport(): Promise<Result<string, string>>;
  delete(name: unknown): Promise<Result<null, string>>;
  /** Path of a recording that is listed. */
  find(name: unknown): Promise<Result<{ readonly path: string }, string>>;
  /** Opens a replay. `missing`: there is no such file; `bad`: it cannot be read; `full`: too many are open. */
  open(name: unknown): Promise<Result<ReplayInfo, { readonly why: 'missing' | 'bad' | 'full'; readonly words: string }>>;
  close(id: string): Promise<boolean>;
  stateHash(): StateHash;
}

/** What the routes of one replay need. */
export interface ReplayPorts {
  info(): ReplayInfo;
  command(command: ReplayCommand): void;
  stateHash(): StateHash;
}

/** Where a replay is played, paused and sought in. */
export const REPLAY_PATH = '/api/v1/replay';

const field = (request: FastifyRequest, name: string): unknown =>
  typeof request.body === 'object' && request.body !== null && Object.hasOwn(request.body, name) ? (request.body as Record<string, unknown>)[name] : undefined;

/** Recordings and replays. Reading is for everybody who may read, everything else for administrators (server.ts sees to it); each change is logged. */
export function recordingRoutes(app: FastifyInstance, ports: RecordingPorts, note: Note): void {
  const answer = <T>(request: FastifyRequest, reply: FastifyReply, action: string, result: Result<T, string>): T | FastifyReply => {
    note(request, action, result.ok ? 'done' : result.error);
    return result.ok ? result.value : fail(reply, 'not_possible', result.error);
  };
  app.get('/api/v1/recordings', () => ports.list());
  app.post('/api/v1/recordings', async (request, reply) => {
    const action = field(request, 'action');
    if (action !== 'start' && action !== 'stop') return fail(reply, 'bad_request', 'action is start or stop');
    if (action === 'start') return answer(request, reply, 'recording.start', await ports.start());
    const stopped = await ports.stop();
    return answer(request, reply, 'recording.stop', stopped.ok ? { ok: true, value: { name: stopped.value } } : stopped);
  });
  app.delete('/api/v1/recordings', async (request, reply) => {
    const done = await ports.delete(query(request)['name']);
    note(request, 'recording.delete', done.ok ? 'done' : done.error, String(query(request)['name'] ?? ''));
    return done.ok ? reply.code(204).send() : fail(reply, 'not_found', done.error);
  });
  app.get('/api/v1/recordings/download', async (request, reply) => {
    const found = await ports.find(query(request)['name']);
    if (!found.ok) return fail(reply, 'not_found', found.error);
    const name = basename(found.value.path).replaceAll(/[^\w.-]/g, '_');
    return reply.header('content-disposition', `attachment; filename="${name}"`).type('application/octet-stream').send(createReadStream(found.value.path));
  });
  app.post('/api/v1/bug-report', async (request, reply) => {
    const made = await ports.bugReport();
    return answer(request, reply, 'bug-report', made.ok ? { ok: true, value: { name: made.value } } : made);
  });
  app.post('/api/v1/replays', async (request, reply) => {
    const opened = await ports.open(field(request, 'file'));
    note(request, 'replay.open', opened.ok ? `done: ${opened.value.id}` : opened.error.words, String(field(request, 'file') ?? ''));
    if (opened.ok) return opened.value;
    const { why, words } = opened.error;
    return fail(reply, why === 'missing' ? 'not_found' : why === 'bad' ? 'bad_recording' : 'not_possible', words);
  });
  app.delete<{ Params: { id: string } }>('/api/v1/replays/:id', async (request, reply) => {
    const closed = await ports.close(request.params.id);
    note(request, 'replay.close', closed ? 'done' : 'unknown', request.params.id);
    return closed ? reply.code(204).send() : fail(reply, 'not_found', 'there is no such replay');
  });
  app.get('/api/v1/state-hash', () => ports.stateHash());
}

/** Control of the replay in whose room this is. */
export function replayRoutes(app: FastifyInstance, ports: ReplayPorts): void {
  app.get(REPLAY_PATH, () => ports.info());
  app.post(REPLAY_PATH, (request, reply) => {
    const command = safeParse(ReplayCommand, request.body);
    if (!command.success) return fail(reply, 'bad_request', 'action is play, pause, step (by event or second), seek (time) or speed (0 to 100)');
    ports.command(command.output);
    return ports.info();
  });
  app.get('/api/v1/state-hash', () => ports.stateHash());
}
