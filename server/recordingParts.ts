import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '@/core/engine';
import type { Config } from './config/schema';
import { VENUES } from './connectors/registry';
import type { Supervisor } from './connectors/supervisor';
import type { History } from './history/port';
import { recordingRoutes } from './http/replays';
import type { HttpPorts, Note } from './http/ports';
import type { Hub } from './hub/hub';
import type { Clock } from './observability/clock';
import type { Logger } from './observability/logger';
import type { EngineFacts } from './recording/format';
import { Recordings } from './recording/recordings';
import { createReplays } from './replays';
import { Rooms, type RoomsOptions } from './rooms';

const MB = 2 ** 20;

export interface RecordingPartsOptions {
  readonly config: Config;
  readonly engine: Engine;
  readonly facts: EngineFacts;
  readonly clock: Clock;
  readonly log: Logger;
  readonly http: RoomsOptions['http'];
  /** What is built later. */
  readonly supervisor: () => Supervisor;
  readonly hub: () => Hub | null;
  readonly noHistory: () => History;
}

/** Recording and replay as main.ts connects them. */
export interface RecordingParts {
  readonly recordings: Recordings;
  /** Routes and rooms for the HTTP side, which tells its options and checks in turn. */
  open(doors: Pick<RoomsOptions, 'doors' | 'hub' | 'fees'>): Pick<HttpPorts, 'routes' | 'rooms'>;
  /** Before the first input. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Settings that may stand in a bug report: none of them is an address, a path or a secret. */
const TOLD = ['feed', 'symbols', 'seed', 'simSpeed', 'simInstruments', 'replaySpeed', 'marketIntervalMs', 'signalsIntervalMs', 'binaryIntervalMs', 'recentMb', 'logLevel'] as const;

/** Facts of the server for a bug report. Only what is named here goes in. */
export function diagnosticsOf({ config, supervisor, hub, http }: Pick<RecordingPartsOptions, 'config' | 'supervisor' | 'hub' | 'http'>): object {
  const { mode, reason } = supervisor();
  return {
    version: http.version, node: process.version, platform: process.platform, uptimeSeconds: Math.round(process.uptime()), memory: process.memoryUsage(),
    settings: Object.fromEntries(TOLD.map((name) => [name, config[name]])), mode, reason, streams: hub()?.stats() ?? {},
    venues: supervisor().status().map(({ id, state, reason: why, lastMessageAgeMs, messagesPerSecond, reconnects, clockOffsetMs, subscriptions, budgets, unknownMessages, lagMs, circuit, fallback }) => (
      { id, state, reason: why, lastMessageAgeMs, messagesPerSecond, reconnects, clockOffsetMs, subscriptions, budgets, unknownMessages, lagMs, circuit, fallback })),
  };
}

/** Builds the recordings of this server and the rooms in which they are replayed. */
export function createRecordingParts(options: RecordingPartsOptions): RecordingParts {
  const { config, engine, facts, clock, log, http, supervisor, hub, noHistory } = options;
  const own = config.dataDir === ':memory:' ? null : join(config.dataDir, 'recordings');
  const recordings = new Recordings({
    engine, facts, folders: { own, frames: config.replayFolder }, clock, log: log.child({ part: 'recording' }), version: http.version, maxBytes: config.recordingsMaxMb * MB, recentBytes: config.recentMb * MB,
    feeds: () => supervisor().status().map(({ id, state, reason }) => ({ id, state, reason })),
    announce: (level, state, message) => hub()?.broadcast({ type: 'status', level, code: 'recording', state, message, timestamp: new Date(clock.now()).toISOString() }),
  });
  let rooms: Rooms | null = null;
  return {
    recordings,
    open(doors) {
      const made = (rooms = new Rooms({ venues: VENUES, clock, log: log.child({ part: 'replay' }), most: config.replaySessions, http, noHistory, ...doors }));
      const problem = own === null ? 'Nothing is stored here: TICKGLASS_DATA_DIR is :memory:' : '';
      const replays = createReplays({ recordings, rooms: made, engine, clock, most: config.replaySessions, problem, diagnostics: () => diagnosticsOf(options) });
      return { rooms: made, routes: (app: FastifyInstance, note: Note) => recordingRoutes(app, replays, note) };
    },
    async start() {
      if (config.record) {
        const started = await recordings.start();
        if (!started.ok) log.warn(`not recording: ${started.error}`);
      }
      void recordings.recover();
    },
    async stop() {
      await Promise.all([rooms?.closeAll(), recordings.close()]);
    },
  };
}
