import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { decodeServer, parseChannel, STREAMS, TIMINGS, type FeedMode, type FeedSummary, type InitialData, type ServerMessage, type StatusMessage, type StreamName } from '@/core/contract';
import { OPEN_PASS, type Pass } from '../auth/pass';
import type { Bus, BusMessage } from '../bus/bus';
import { madeOnDemand } from '../bus/onDemand';
import type { Clock, FeedClock } from '../observability/clock';
import { Floods } from '../observability/floods';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { createClients, type Clients } from './clients';
import type { HubContext } from './context';
import { drain } from './drain';
import { Encoder } from './encode';
import { SymbolFilter } from './filter';
import { DEFAULT_HUB_OPTIONS, type HubOptions } from './options';
import { createPushes } from './pushes';
import type { Dialect, EndpointName } from './reader';
import { createReplicas } from './replicas';
import { createStatusWriter } from './status';
import { createTallies, tellTallies } from './tally';
import { createUpgradeDoor } from './upgrade';
import { createWants } from './wants';

export interface HubDependencies {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly feedClock: () => FeedClock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Those not given are DEFAULT_HUB_OPTIONS. */
  readonly options?: Partial<HubOptions>;
  readonly mode: () => FeedMode;
  readonly feeds: () => Record<string, FeedSummary>;
  readonly knownSymbol: (symbol: string) => boolean;
  /** The list of instruments, whose order the first prices of a client have: that of the last change by default. */
  readonly symbols?: () => readonly string[];
  /** Is this the id of a venue that could be asked for in a channel name? Those of `feeds` by default. */
  readonly knownVenue?: (venue: string) => boolean;
  /** Statuses that hold now and are told to each new client after its hello, such as storage that cannot be written; none by default. */
  readonly present?: () => readonly StatusMessage[];
  /** Who may read; everybody by default. Asked once for each upgrade. */
  readonly passOf?: (request: IncomingMessage, endpoint: EndpointName, dialect: Dialect) => Pass;
  /** Address of the peer, of which so many connections are allowed; that of the socket by default. */
  readonly addressOf?: (request: IncomingMessage) => string;
  /** Hears of each refused upgrade and why, to write it down. */
  readonly refused?: (request: IncomingMessage, reason: string) => void;
  /** Called before each push of the market stream; what it publishes goes out with that push. */
  readonly beforeFlush?: () => void;
  /** Uniform in [0, 1); spreads the clients' return after a drain or a refusal. */
  readonly random?: () => number;
}

export interface StreamStats {
  readonly clients: number;
  readonly seq: number;
  readonly epoch: string;
}

/** The WebSocket side of the server. */
export interface Hub {
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The whole state of a channel as one `initial_data` message; null when there is no such channel. */
  snapshot(channel: string): InitialData | null;
  stats(): Record<StreamName, StreamStats>;
  /** Sends a message to every client, e.g. a `status` about storage. */
  broadcast(message: ServerMessage): void;
  /** Says goaway, closes with 4001 and resolves when no client is left, at the latest after `graceMs`. */
  close(reason: string, graceMs: number): Promise<void>;
}

function createContext(dependencies: HubDependencies, options: HubOptions, own: Pick<HubContext, 'waiting' | 'spreadMs'>): HubContext {
  const { bus, clock, metrics, log, feedClock, mode, feeds, knownSymbol, symbols, knownVenue = (venue) => Object.hasOwn(feeds(), venue), present = () => [], random = Math.random } = dependencies;
  const encoder = new Encoder(clock, feedClock, (channel) => {
    metrics.refusedInputs.inc({ venue: 'hub', code: 'not_finite' });
    log.error({ channel }, 'a value with a non-finite number was not sent');
  }, undefined, (kind) => metrics.bookFrames.inc({ kind }));
  const replicas = createReplicas(clock, log, symbols);
  const wants = createWants(bus, replicas, metrics, options);
  return { replicas, wants, knownVenue, encoder, clock, feedClock, metrics, tallies: createTallies(metrics), log, options, mode, feeds, knownSymbol, present, random, floods: new Floods(), ...own };
}

/** Looks at the deadlines of every connection, and tells what was sent to the metrics. Returns the function that ends it. */
function startTicker({ clock, options, tallies }: HubContext, clients: Clients): () => void {
  const ticker = setInterval(() => {
    const now = clock.monotonic();
    clients.each((connection) => connection.tick(now));
    tellTallies(tallies);
  }, options.tickMs).unref();
  return () => {
    clearInterval(ticker);
    tellTallies(tallies);
  };
}

/** Builds the hub: replicas of the bus's channels, connections that read them, and the door in front. */
export function createHub(dependencies: HubDependencies): Hub {
  const { bus, clock, metrics } = dependencies;
  const options: HubOptions = { ...DEFAULT_HUB_OPTIONS, ...dependencies.options };
  const context = createContext(dependencies, options, {
    waiting(name) {
      const stream = parseChannel(name)?.stream;
      if (stream) pushes.touch(stream, name);
    },
    spreadMs: () => Math.max(TIMINGS.backoffFirstMs, Math.ceil((clients.all.size / options.upgradesTotalPerSecond) * 1_000)),
  });
  const { replicas, encoder } = context;
  const clients = createClients(context);
  const pushes = createPushes(context, clients, dependencies.beforeFlush ?? (() => undefined));
  const { passOf = () => OPEN_PASS, addressOf = (request) => request.socket.remoteAddress ?? '', refused = () => undefined } = dependencies;
  const door = createUpgradeDoor({ options, clock, metrics, passOf, addressOf, refused }, (accepted) => clients.accept(accepted, door.admissions));
  const statusOf = createStatusWriter();

  function onBus(message: BusMessage): void {
    if (message.type === 'output') {
      const status = statusOf(message.output, clock.now(), clock.monotonic());
      if (status) clients.broadcast(status);
      return;
    }
    const channel = replicas.apply(message);
    if (channel) pushes.touch(channel.stream, channel.name);
  }
  const unsubscribe = bus.subscribe(onBus);
  const stopTicker = startTicker(context, clients);

  function streamStats(name: StreamName): StreamStats {
    const replica = replicas.get(STREAMS[name].channel);
    let count = 0;
    for (const connection of clients.all) if (connection.endpoint === name) count++;
    return { clients: count, seq: replica?.seq ?? 0, epoch: replica?.epoch ?? '' };
  }

  return {
    handleUpgrade: (req, socket, head) => door.handle(req, socket, head),
    broadcast: (message) => clients.broadcast(message),
    stats: () => ({ market: streamStats('market'), signals: streamStats('signals'), binary: streamStats('binary') }),
    snapshot(name) {
      const channel = parseChannel(name);
      // A book has a message of its own, and nobody waits here for a channel to be made.
      if (!channel || channel.family === 'book' || (madeOnDemand(channel) && !replicas.get(name)) || (channel.symbol !== null && !dependencies.knownSymbol(channel.symbol))) return null;
      const view = { channel, filter: SymbolFilter.everything, shape: 'objects' as const };
      const plan = encoder.plan(replicas.ensure(channel), view, null, Infinity);
      const [frame] = encoder.part(view, plan, 0, 0).frames;
      const decoded = frame && decodeServer(frame.data.toString());
      return decoded?.ok && 'type' in decoded.value && decoded.value.type === 'initial_data' ? decoded.value : null;
    },
    async close(reason, graceMs) {
      door.shut();
      await drain({ reason, graceMs, connections: clients.all, spreadMs: context.spreadMs(), random: context.random });
      unsubscribe();
      pushes.stop();
      context.wants.stop();
      stopTicker();
      context.floods.stop();
    },
  };
}
