import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ReplayCommand, ReplayInfo, StateHash } from '@/core/contract';
import { venueName } from '@/core/market/venueNames';
import { err, ok, type Result } from '@/core/util/result';
import { limitKey } from './auth/peer';
import { createMemoryBus } from './bus/memoryBus';
import { PLAIN_STATUS } from './connectors/base/status';
import type { VenueEntry } from './connectors/base/frames';
import type { History } from './history/port';
import type { HttpOptions, HttpPorts, VenueState } from './http/ports';
import { replayRoutes } from './http/replays';
import { createHttpServer } from './http/server';
import { createHub, type Hub } from './hub/hub';
import type { HubOptions } from './hub/options';
import type { Clock } from './observability/clock';
import type { Logger } from './observability/logger';
import { createMetrics } from './observability/metrics';
import { createPipeline, type Pipeline } from './pipeline/pipeline';
import { Player } from './recording/player';
import { stateHash } from './recording/recordings';
import { ReplayEngine } from './recording/replayEngine';
import { openSource, type RecordingSource } from './recording/source';

/** A replay that nobody looks at is closed after this time, ms. */
const IDLE_MS = 600_000;
const LOOK_MS = 5_000;
const DRAIN_MS = 1_000;
/** A state is hashed again after this time, ms: it takes some milliseconds, and anybody may ask. */
const HASH_EVERY_MS = 500;

export interface RoomsOptions {
  readonly venues: readonly VenueEntry[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Replays that may be open at once. */
  readonly most: number;
  readonly http: Omit<HttpOptions, 'base'>;
  readonly hub: Partial<HubOptions>;
  readonly doors: Pick<HttpPorts, 'hostAllowed' | 'originAllowed'>;
  readonly fees: HttpPorts['fees'];
  /** A history that is empty: a replay shows what is in it and nothing that came later. */
  readonly noHistory: () => History;
}

interface Room {
  readonly id: string;
  readonly app: FastifyInstance;
  readonly hub: Hub;
  readonly player: Player;
  info(): ReplayInfo;
  close(): Promise<void>;
  usedAt: number;
}

/** Hashes at most so often; between two, the last one, which says of which state it is. */
export function hashReader(read: () => StateHash, monotonic: () => number): () => StateHash {
  let last: { readonly at: number; readonly value: StateHash } | null = null;
  return () => {
    if (last === null || monotonic() - last.at >= HASH_EVERY_MS) last = { at: monotonic(), value: read() };
    return last.value;
  };
}

/** Replays: each a whole server of its own below `/replay/ID/`, with engine, channels, sockets, requests and page. The live one knows nothing of them. */
export class Rooms {
  private readonly rooms = new Map<string, Room>();
  private opening = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: RoomsOptions) {
    this.timer = setInterval(() => this.closeIdle(), LOOK_MS).unref();
  }

  get infos(): ReplayInfo[] {
    return Array.from(this.rooms.values(), (room) => room.info());
  }

  /** Opens a recording and plays it at real speed. */
  async open(path: string, name: string): Promise<Result<ReplayInfo, { readonly why: 'bad' | 'full'; readonly words: string }>> {
    const { most, venues } = this.options;
    if (this.rooms.size + this.opening >= most) {
      return err({ why: 'full', words: most === 0 ? 'replays are switched off (TICKGLASS_REPLAY_SESSIONS is 0)' : `${most} replays are open already: close one first` });
    }
    this.opening += 1;
    try {
      const source = await openSource(path, venues);
      if (!source.ok) return err({ why: 'bad', words: source.error.replaceAll(path, name) });
      const room = await this.build(source.value, name);
      this.rooms.set(room.id, room);
      room.player.play();
      return ok(room.info());
    } finally {
      this.opening -= 1;
    }
  }

  async close(id: string): Promise<boolean> {
    const room = this.rooms.get(id);
    this.rooms.delete(id);
    await room?.close();
    return room !== undefined;
  }

  async closeAll(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.rooms.keys()].map((id) => this.close(id)));
  }

  readonly request = (request: IncomingMessage, response: ServerResponse): boolean => {
    const room = this.enter(request);
    room?.app.routing(request, response);
    return room !== null;
  };

  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    const room = this.enter(request);
    room?.app.server.emit('upgrade', request, socket, head);
    return room !== null;
  };

  /** The room an address leads to; the address loses the room's part. */
  private enter(request: IncomingMessage): Room | null {
    const [, id = '', rest = ''] = /^\/replay\/([a-z0-9]{8,32})(\/.*)$/s.exec(request.url ?? '') ?? [];
    const room = this.rooms.get(id);
    if (!room) return null;
    room.usedAt = this.options.clock.monotonic();
    request.url = rest;
    return room;
  }

  private closeIdle(): void {
    const now = this.options.clock.monotonic();
    for (const room of this.rooms.values()) {
      if (Object.values(room.hub.stats()).some(({ clients }) => clients > 0)) room.usedAt = now;
      else if (now - room.usedAt > IDLE_MS) {
        this.options.log.info({ replay: room.id }, 'a replay that nobody looked at was closed');
        void this.close(room.id).catch((error: unknown) => this.options.log.error({ err: error }, 'a replay did not close cleanly'));
      }
    }
  }

  private async build(source: RecordingSource, name: string): Promise<Room> {
    const { clock, log: parent } = this.options;
    const id = randomBytes(6).toString('hex');
    const log = parent.child({ replay: id });
    const bus = createMemoryBus(log);
    const metrics = createMetrics();
    const engine = new ReplayEngine(source.engine, source.words);
    const newEpoch = (): string => randomBytes(5).toString('hex');
    // The pipeline asks for the player's clock, the player gives the pipeline its inputs.
    const box: { pipeline: Pipeline | null } = { pipeline: null };
    const player = new Player({
      source, clock, accept: (event) => box.pipeline?.accept(event), restart: () => engine.restart(),
      onEnd: () => hub.broadcast({ type: 'status', level: 'info', code: 'replay_ended', state: 'ended', message: 'The recording is over: play it again or go back in it', timestamp: new Date(clock.now()).toISOString() }),
    }, 1);
    const pipeline = (box.pipeline = createPipeline({ engine, bus, feedClock: () => player.feedClock, metrics, log, newEpoch, recorded: true }));
    const venues = (): VenueState[] => venueStates(engine, player);
    const hub = createHub({
      bus, clock, feedClock: () => player.feedClock, metrics, log: log.child({ part: 'hub' }), mode: () => engine.mode, options: this.options.hub, passOf: this.options.http.auth.passOf, refused: this.options.http.auth.upgradeRefused,
      addressOf: (request) => limitKey(this.options.http.auth.peer(request).address),
      feeds: () => Object.fromEntries(venues().map((v) => [v.id, { state: v.state, age_ms: v.lastMessageAgeMs, reason: v.reason.slice(0, 256) }])),
      knownSymbol: (symbol) => engine.instrument(symbol) !== null, symbols: () => engine.instruments().map(({ symbol }) => symbol), knownVenue: (venue) => engine.venues.has(venue) || engine.books().some((book) => book.venue === venue),
    });
    const info = (): ReplayInfo => infoOf(id, name, source, player, this.options.http.version);
    const readHash = hashReader(() => ({ hash: stateHash(engine), seq: player.state.seq, time: player.state.time }), () => clock.monotonic());
    const app = await this.doors({ id, engine, player, hub, venues, metrics }, (server) => replayRoutes(server, { info, stateHash: readHash, command: (command) => obey(player, command) }), log);
    pipeline.start();
    return {
      id, app, hub, player, info, usedAt: clock.monotonic(),
      async close() {
        await player.close();
        pipeline.stop();
        await hub.close('the replay was closed', DRAIN_MS);
        await app.close();
      },
    };
  }

  /** Requests of one room: the same routes as the live server's, on the room's own state. */
  private async doors(
    { id, engine, player, hub, venues, metrics }: { id: string; engine: ReplayEngine; player: Player; hub: Hub; venues: () => VenueState[]; metrics: ReturnType<typeof createMetrics> },
    routes: NonNullable<HttpPorts['routes']>, log: Logger,
  ): Promise<FastifyInstance> {
    const { http, doors, fees, clock, noHistory } = this.options;
    const app = await createHttpServer({
      ...doors, fees, clock, market: engine, history: noHistory(), feedClock: () => player.feedClock, mode: () => engine.mode, venues: () => withSymbols(venues(), engine), sources: [], control: null,
      backfillOlder: () => Promise.resolve(err('a replay holds what was recorded, nothing older')), announce: (message) => hub.broadcast(message), overview: () => null,
      streams: () => hub.stats(), snapshot: (channel) => hub.snapshot(channel), metrics: () => metrics.registry.metrics(), routes,
      upgrade: (request, socket, head) => hub.handleUpgrade(request, socket, head),
    }, { ...http, base: `/replay/${id}/` }, log.child({ part: 'http' }));
    await app.ready();
    return app;
  }
}

function obey(player: Player, command: ReplayCommand): void {
  switch (command.action) {
    case 'play': return player.play();
    case 'pause': return player.pause();
    case 'step': return player.step(command.by);
    case 'seek': return player.seek(command.time);
    case 'speed': return player.setSpeed(command.speed);
  }
}

function infoOf(id: string, file: string, source: RecordingSource, player: Player, version: string): ReplayInfo {
  const { header, words, from, to, events: total } = source;
  return {
    id, file, words, ...player.state, from, to, total, exact: header?.exact ?? false, endHash: header?.hash ?? null, app: header?.app ?? '', serverApp: version,
  };
}

/** The same with the symbols each source has said something of. */
function withSymbols(venues: readonly VenueState[], engine: ReplayEngine): VenueState[] {
  const known = engine.instruments().flatMap(({ symbol }) => engine.venueQuotes(symbol).map(({ venue }) => [venue, symbol] as const));
  return venues.map((state) => ({ ...state, symbols: known.filter(([venue]) => venue === state.id).map(([, symbol]) => symbol) }));
}

/** Sources of the recording as a live server tells its own. */
function venueStates(engine: ReplayEngine, player: Player): VenueState[] {
  const { feedClock } = player;
  return Array.from(engine.venues.values(), ({ id, state, reason, at }) => ({
    ...PLAIN_STATUS, id, name: venueName(id), state, reason: `in the recording: ${reason}`, lastMessageAgeMs: at === null ? null : Math.max(0, feedClock.now() - at) / feedClock.speed,
    messagesPerSecond: 0, reconnects: 0, clockOffsetMs: null, nextAttemptInMs: null, symbols: [],
  }));
}
