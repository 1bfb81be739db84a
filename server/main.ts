import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createAnalysis } from '@/core/analysis';
import { createEngine } from '@/core/engine';
import { ROLLED } from '@/core/market/candles';
import type { InputEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { BUILT_IN_INSTRUMENTS, selectInstruments } from '@/core/market/instruments';
import { syntheticInstruments } from '@/core/simulator';
import { Audit } from './auth/audit';
import { Auth } from './auth/auth';
import { limitKey } from './auth/peer';
import { createMemoryBus } from './bus/memoryBus';
import { exposureWarning, feedLine, floorProblem, listenProblem, pageUrl, StartRefused, withToken } from './cli/start';
import { loadConfig } from './config/load';
import { keyOf } from './config/keys';
import { installation } from './config/root';
import type { Config } from './config/schema';
import type { ConnectorContext, ConnectorDescriptor } from './connectors/base/connector';
import { Hosts } from './connectors/base/hosts';
import { fileLedger, memoryLedger } from './connectors/base/ledger';
import { CrossedBooks } from './connectors/crossedBooks';
import { createNeed } from './connectors/need';
import { createOlder } from './connectors/older';
import { checkRegistry, VENUES } from './connectors/registry';
import { checkReplayFile, createReplayConnector, type ReplayFileInfo } from './connectors/replay';
import { createSimulatorConnector, type SimulatorConnector } from './connectors/simulator';
import { createSupervisor, type Supervisor } from './connectors/supervisor';
import { createFiller } from './history/filler';
import { GapLedger } from './history/gapLedger';
import { createHistory } from './history/history';
import { limitsOf } from './history/limits';
import { ModelStore } from './history/modelStore';
import type { History } from './history/port';
import { announceServer } from './history/presence';
import { recordFromBus } from './history/recorder';
import { presentStorage, storageStatus } from './history/status';
import type { HttpOptions, HttpPorts } from './http/ports';
import { createHttpServer } from './http/server';
import { venueInfos } from './http/venues';
import { createHub, type Hub } from './hub/hub';
import { checkOrigin, hostAllowed } from './hub/origin';
import { createSteadyClock } from './observability/clock';
import { keepHeapSmall } from './observability/heap';
import { createBrowserReports } from './observability/hops';
import { watchIncidents } from './observability/incidents';
import { createLifecycle } from './observability/lifecycle';
import { createLogger, type Logger } from './observability/logger';
import { watchEventLoop } from './observability/loopDelay';
import { createMetrics } from './observability/metrics';
import { createVenueMetrics } from './observability/venueMetrics';
import { keepMood } from './pipeline/moodHistory';
import { createPipeline } from './pipeline/pipeline';
import { createWarmUp } from './pipeline/warmUp';
import { createScoreLog, type ScoreLog } from './scorelog/scoreLog';
import { createRecordingConnector } from './recording/connector';
import { engineOptions, type EngineFacts } from './recording/format';
import { openSource, type RecordingSource } from './recording/source';
import { createRecordingParts, type RecordingParts } from './recordingParts';

/** Candles kept in memory per symbol and interval. */
const CANDLE_HISTORY = 600;
/**
 * Longest time the start waits for stored candles; later they are fed in beside the stream. The simulator waits longer: it goes on from them, and a past
 * made up without them would contradict what was shown before.
 */
const WARM_WAIT_MS = { live: 1_000, simulator: 10_000 } as const;
/** Time clients get to leave, and time after which the process ends whatever hangs. */
const DRAIN_MS = 3_000;
const EXIT_MS = 9_000;

type Place = ReturnType<typeof installation>;

interface Sources {
  readonly instruments: readonly Instrument[];
  readonly venues: readonly ConnectorDescriptor[];
  readonly replay: ReplayFileInfo | RecordingSource | null;
}

/** Checks what needs more than the configuration itself: symbols, venues, the recording. */
async function findSources(config: Config): Promise<Sources> {
  const registry = checkRegistry(VENUES);
  if (!registry.ok) throw new StartRefused(registry.error);
  const venues = registry.value.map((entry) => entry.descriptor);
  if (typeof config.feed !== 'string') {
    const missing = config.feed.find((id) => !venues.some((venue) => venue.id === id));
    if (missing !== undefined) throw new StartRefused(`TICKGLASS_FEED: ${missing} is not available in this version; available: ${venues.map((v) => v.id).join(', ')}`);
  }
  const selected = selectInstruments(config.symbols);
  if (!selected.ok) throw new StartRefused(`TICKGLASS_SYMBOLS: unknown ${selected.error.join(', ')}`);
  let instruments: readonly Instrument[] = config.symbols.length > 0 ? selected.value : BUILT_IN_INSTRUMENTS;
  if (config.simInstruments !== null) instruments = syntheticInstruments(config.simInstruments);
  if (config.feed !== 'replay') return { instruments, venues, replay: null };
  const file = config.replayFile ?? '';
  const info = await (file.endsWith('.parquet') ? openSource(file, VENUES) : checkReplayFile(file, VENUES));
  if (!info.ok) throw new StartRefused(`TICKGLASS_REPLAY_FILE: ${info.error}`);
  // A recording shows what it holds: its symbols come as instrument events.
  const recorded = 'header' in info.value ? (info.value.header?.instruments ?? []) : [];
  return { instruments: config.symbols.length > 0 ? selected.value : recorded, venues, replay: info.value };
}

/** Facts of known instruments are better than what a recording lets guess. */
function withBuiltInFacts(event: InputEvent): InputEvent {
  if (event.type !== 'instrument') return event;
  const known = BUILT_IN_INSTRUMENTS.find((instrument) => instrument.symbol === event.instrument.symbol);
  return known ? { ...event, instrument: known } : event;
}

interface Server {
  readonly app: FastifyInstance;
  /** Starts the feed; resolves when it is known which one runs. */
  run(): Promise<Supervisor>;
  /** Gives back memory that is not in use. */
  trim(): Promise<void>;
  stop(): Promise<void>;
}

/** What every part needs. */
function createCore(config: Config, sources: Sources, log: Logger) {
  const bus = createMemoryBus(log.child({ part: 'bus' }));
  const sentimentEveryMs = config.binaryIntervalMs;
  // A recording keeps these facts: an engine made of them again reaches the same states.
  const facts: EngineFacts = {
    venuePriority: [...sources.venues.map((v) => v.id), 'simulator'], candleHistory: CANDLE_HISTORY, signalIntervals: [...ROLLED], sentimentEveryMs,
    staleMs: Object.fromEntries(sources.venues.flatMap(({ id, staleMs }) => (staleMs ? [[id, staleMs]] : []))),
  };
  const analysis = createAnalysis({ intervals: ROLLED, sentimentEveryMs });
  const engine = createEngine(engineOptions(facts, sources.instruments), analysis);
  return { config, sources, log, bus, engine, analysis, facts, clock: createSteadyClock(), metrics: createMetrics(), lifecycle: createLifecycle() };
}
type Core = ReturnType<typeof createCore>;

/** The sources and who decides between them; `probe` gives the latency probe's values, if it is on. */
function createFeed({ config, sources, log, engine, clock, metrics }: Core, lastCloses: () => ReadonlyMap<string, number>, accept: (event: InputEvent) => void) {
  let simulator: SimulatorConnector | null = null;
  const ledger = config.dataDir === ':memory:' ? memoryLedger() : fileLedger(join(config.dataDir, 'budgets.json'), log.child({ part: 'budgets' }));
  const hosts = new Hosts(clock, ledger);
  const context = (id: string, emit: (event: InputEvent) => void, more: Partial<ConnectorContext> = {}): ConnectorContext => ({
    log: log.child({ part: 'connector', venue: id }), metrics, clock, random: Math.random, instruments: sources.instruments, emit, urls: { ws: '', rest: '' }, key: null,
    needed: () => true, ledger, hosts, ...more,
  });
  const runs = ({ id, keyVariable }: ConnectorDescriptor): boolean => (typeof config.feed === 'string' || config.feed.includes(id)) && (keyVariable === null || keyOf(config, keyVariable) !== null);
  const lacks = createNeed(engine, sources.venues.filter(runs), clock);
  const supervisor = createSupervisor({
    feed: config.feed, venues: sources.venues, emit: accept, clock, log: log.child({ part: 'supervisor' }),
    makeContext: ({ id, urls, keyVariable, priority }, emit) => context(id, emit, {
      urls: { ws: config.venueUrls.get(id)?.ws ?? urls.ws, rest: config.venueUrls.get(id)?.rest ?? urls.rest },
      // CoinGecko works without a key; with one it allows more.
      key: id === 'coingecko' ? config.coinGeckoApiKey : keyOf(config, keyVariable),
      // While prices are simulated nobody sees what a rarely asked source would give.
      needed: (symbol) => supervisor.mode !== 'simulated' && lacks(symbol, priority),
    }),
    simulator: (emit) => (simulator = createSimulatorConnector({
      context: context('simulator', emit), seed: config.seed, speed: config.simSpeed, probe: config.simProbe, initialPrices: lastCloses(),
    })),
    replay: (emit) => {
      if (!sources.replay) throw new StartRefused('there is no recording to replay');
      const { replay } = sources;
      if ('read' in replay) return createRecordingConnector({ context: context('replay', emit), source: replay, speed: config.replaySpeed });
      return createReplayConnector({ context: context('replay', (event) => emit(withBuiltInFacts(event))), info: replay, speed: config.replaySpeed, venues: VENUES });
    },
  });
  return { supervisor, probe: () => simulator?.probeEvents(Date.now()).forEach(accept) };
}

/** What the HTTP side tells of a source; of its key only whether there is one. */
function sourceFacts(config: Config, { id, priority, assetClasses, capabilities, keyVariable, attribution }: ConnectorDescriptor): HttpPorts['sources'][number] {
  return { id, priority, assetClasses, capabilities, keyVariable, keySet: keyVariable === null ? null : keyOf(config, keyVariable) !== null, attribution: attribution ?? null };
}

const leads = (engine: Core['engine'], symbol: string, venue: string): boolean => engine.venueQuotes(symbol).some((quote) => quote.leads && quote.venue === venue);

/** What finds missing candles and has the venues fill them in, for charts that are scrolled back and for known gaps; and has crossed books loaded anew. */
function createRepair({ config, sources, log, bus, engine, clock }: Core, supervisor: Supervisor, history: History) {
  const older = createOlder({
    ask: (venue, query) => supervisor.older(venue, query), clock,
    // The venue whose candles are shown gives their past too, where it can.
    venues: (symbol) => supervisor.keepersOf(symbol).toSorted((a, b) => Number(leads(engine, symbol, b)) - Number(leads(engine, symbol, a))),
    keep: ({ symbol, interval }, venue, candles) => candles.forEach((candle) => history.writeCandle({ symbol, interval, kind: 'live', venue, candle })),
  });
  const traded = new Set(sources.venues.filter((venue) => venue.capabilities.includes('trades')).map((venue) => venue.id));
  const served = (): ReadonlyMap<string, readonly string[]> => new Map(supervisor.status().filter(({ id }) => traded.has(id)).map(({ id, symbols }) => [id, symbols]));
  const ledger = new GapLedger({ bus, history, instruments: sources.instruments, served, clock, candleDays: config.historyCandleDays });
  const crossed = new CrossedBooks({ clock, reload: (venue, symbol) => supervisor.reloadBook(venue, symbol) });
  const endWatch = bus.subscribe((message) => {
    if (message.type === 'output' && message.output.type === 'book') crossed.note(message.output);
  });
  const filler = createFiller({ ledger, history, older, canLoad: (symbol) => supervisor.keepersOf(symbol).length > 0, clock, log: log.child({ part: 'gaps' }) });
  return {
    older, filler,
    /** Before the feeds start, as they fill in the newest minutes at once; a simulator's or a recording's past is whole. */
    async begin(): Promise<void> {
      if (config.feed === 'simulator' || config.feed === 'replay' || config.dataDir === ':memory:') return;
      await ledger.begin().catch((error: unknown) => log.warn({ err: error }, 'gaps of earlier runs cannot be read; those of this run are noted'));
      filler.start();
    },
    stop(): void {
      filler.stop();
      ledger.stop();
      endWatch();
      crossed.stop();
    },
  };
}
type Repair = ReturnType<typeof createRepair>;

/** History as a whole, for the HTTP side. */
function archiveOf(config: Config, history: History, repair: Repair): NonNullable<HttpPorts['archive']> {
  return {
    stats: () => history.stats(), gaps: (query) => history.gaps(query), exportTo: (request, file) => history.exportTo(request, file),
    folder: config.dataDir, maxBytes: config.historyMaxMb * 1_000_000, fills: () => repair.filler.fills(),
  };
}

const httpOptions = (place: Place, auth: Auth): HttpOptions => ({ version: place.version, bundleDir: join(place.root, 'dist'), auth });

/** The two doors: sockets and HTTP. */
async function createDoors(core: Core, recording: RecordingParts, { supervisor, probe }: ReturnType<typeof createFeed>, { history, score, repair }: { history: History; score: ScoreLog; repair: Repair }, http: HttpOptions) {
  const { config, sources, log, bus, engine, clock, metrics } = core;
  const { auth, version } = http;
  const { allowedOrigins } = config;
  const allowedHosts = config.allowedHosts.length > 0 ? config.allowedHosts : ['localhost', '127.0.0.1', '[::1]', config.host.toLowerCase()];
  const hubOptions = {
    serverVersion: version, allowedHosts, perAddress: config.connectionsPerAddress, total: config.connections, allowedOrigins, marketIntervalMs: config.marketIntervalMs,
    signalsIntervalMs: config.signalsIntervalMs, binaryIntervalMs: config.binaryIntervalMs,
  };
  const checks: Pick<HttpPorts, 'hostAllowed' | 'originAllowed'> = {
    hostAllowed: (host) => hostAllowed(host, allowedHosts),
    originAllowed: (origin, host) => checkOrigin({ host, origin }, { allowedHosts, allowedOrigins, allowAbsentOrigin: true }) === 'ok',
  };
  const hub = createHub({
    bus, clock, feedClock: () => supervisor.feedClock, metrics, log: log.child({ part: 'hub' }), mode: () => supervisor.mode,
    feeds: () => Object.fromEntries(supervisor.status().map((v) => [v.id, { state: v.state, age_ms: v.lastMessageAgeMs, reason: v.reason.slice(0, 256) }])),
    knownSymbol: (symbol) => engine.instrument(symbol) !== null, symbols: () => engine.instruments().map(({ symbol }) => symbol), beforeFlush: probe, present: () => presentStorage(history.health(), clock.now()),
    knownVenue: (id) => id === 'simulator' || VENUES.some((venue) => venue.descriptor.id === id),
    options: hubOptions, passOf: auth.passOf, refused: auth.upgradeRefused, addressOf: (request) => limitKey(auth.peer(request).address),
  });
  const told = { market: engine, venues: () => supervisor.status(), sources: sources.venues.map((venue) => sourceFacts(config, venue)) };
  const writeVenueMetrics = createVenueMetrics(metrics.registry);
  const app = await createHttpServer({
    ...told, history, score, archive: archiveOf(config, history, repair), backfillOlder: repair.older, clock, feedClock: () => supervisor.feedClock, mode: () => supervisor.mode, streams: () => hub.stats(), snapshot: (channel) => hub.snapshot(channel),
    control: { start: (id) => Promise.resolve(supervisor.startVenue(id)), stop: (id) => supervisor.stopVenue(id) }, announce: (message) => hub.broadcast(message), overview: () => supervisor.overview(), moodHistory: keepMood(bus), fees: config.takerFees,
    metrics: () => {
      writeVenueMetrics(venueInfos(told));
      return metrics.registry.metrics();
    },
    ...checks, ...recording.open({ doors: checks, hub: hubOptions, fees: config.takerFees }),
    upgrade: (request, socket, head) => hub.handleUpgrade(request, socket, head),
    phase: () => core.lifecycle.phase, browserReport: createBrowserReports(metrics, clock.monotonic),
  }, http, log.child({ part: 'http' }));
  return { hub, app };
}

/**
 * Keeps what was learned of live markets. Not while everything is recorded: a recording is to give the same states again from its inputs
 * alone, so its engine begins with nothing.
 */
function createModelStore({ config, analysis, log }: Core): ModelStore | null {
  if (config.dataDir === ':memory:' || config.record || config.feed === 'simulator' || config.feed === 'replay') return null;
  return new ModelStore({
    dataDir: config.dataDir, log: log.child({ part: 'sentiment' }), state: () => analysis.sentimentState?.() ?? { method: '', symbols: [] },
    restore: (state) => analysis.restoreSentiment?.(state) ?? 0,
  });
}

/** Builds every part and connects them. */
async function build(config: Config, sources: Sources, log: Logger, place: Place): Promise<Server> {
  const core = createCore(config, sources, log);
  const { bus, engine, clock, metrics } = core;
  const { token, viewerToken, trustedProxies, connectionsPerUser } = config;
  const audit = new Audit({ dataDir: config.dataDir, log: log.child({ part: 'audit' }), clock });
  const http = httpOptions(place, new Auth({ token, viewerToken, trustedProxies, connectionsPerUser, clock, audit, metrics }));
  let hub: Hub | null = null;
  const historyOptions = { clock, log: log.child({ part: 'history' }), metrics, limits: limitsOf(config) };
  const history = createHistory({
    ...historyOptions, dataDir: config.dataDir,
    // The file may fail before the doors are there; then nobody is connected who could be told.
    onHealth: (health) => hub?.broadcast(storageStatus(health, clock.now())),
  });
  recordFromBus(bus, history, { trades: config.historyTrades });
  const score = createScoreLog({ dataDir: config.dataDir, clock, log: log.child({ part: 'scorelog' }), market: history });
  const warmUp = createWarmUp({ reader: history, symbols: sources.instruments.map((i) => i.symbol), candleHistory: CANDLE_HISTORY });
  const feed = createFeed(core, () => warmUp.lastCloses('simulated'), (event) => pipeline.accept(event));
  const { supervisor } = feed;
  const newEpoch = (): string => randomBytes(5).toString('hex');
  const recording = createRecordingParts({
    config, engine, facts: core.facts, clock, log, http, supervisor: () => supervisor, hub: () => hub, noHistory: () => createHistory({ ...historyOptions, dataDir: ':memory:' }),
  });
  const repair = createRepair(core, supervisor, history);
  const doors = await createDoors(core, recording, feed, { history, score, repair }, http);
  hub = doors.hub;
  const pipeline = createPipeline({ engine, bus, feedClock: () => supervisor.feedClock, metrics, log: log.child({ part: 'pipeline' }), newEpoch, warmUp, score, onInput: recording.recordings.accept });
  const model = createModelStore(core);
  const watches = [watchEventLoop(metrics), watchIncidents(bus, metrics, log.child({ part: 'incidents' }))];
  return {
    app: doors.app,
    async run() {
      const modes = config.feed === 'simulator' ? ['simulated' as const] : config.feed === 'replay' ? [] : ['live' as const, 'simulated' as const];
      const read = Promise.all([...modes.map((mode) => warmUp.prepare(mode, clock.now())), repair.begin()])
        .catch((error: unknown) => log.warn({ err: error }, 'stored candles and signals cannot be read yet'));
      await Promise.race([read, new Promise((resolve) => setTimeout(resolve, config.feed === 'simulator' ? WARM_WAIT_MS.simulator : WARM_WAIT_MS.live).unref())]);
      await recording.start();
      await score.open();
      await model?.open();
      pipeline.start();
      await supervisor.start();
      if (core.lifecycle.phase === 'starting') core.lifecycle.phase = 'running';
      return supervisor;
    },
    trim: () => history.trim(),
    async stop() {
      core.lifecycle.phase = 'draining';
      await doors.hub.close('shutdown', DRAIN_MS);
      repair.stop();
      await supervisor.stop();
      pipeline.stop();
      await recording.stop();
      for (const end of watches) end();
      await score.close();
      await model?.close();
      await history.close();
      await doors.app.close();
      http.auth.stop();
      await audit.settled();
    },
  };
}

/** Ends the process in order at SIGTERM and SIGINT: exit code 0 when everything closed in time. */
function stopOnSignals(server: Server, log: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), EXIT_MS).unref();
    server.stop().then(() => process.exit(0), (error: unknown) => {
      log.error({ err: error }, 'did not stop cleanly');
      process.exit(1);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function start(given: Config, place: Place): Promise<void> {
  const problem = floorProblem();
  if (problem !== null) throw new StartRefused(problem);
  const { config, line } = withToken(given);
  const log = createLogger(config.logLevel);
  let built: Server | null = null;
  keepHeapSmall(log.child({ part: 'heap' }), () => void built?.trim());
  // A fault of ours that nobody handled: the state can no longer be trusted, so the process ends and its supervisor starts a new one.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error, event }, 'unexpected fault');
      process.exit(1);
    });
  }
  const server = (built = await build(config, await findSources(config), log, place));
  try {
    await server.app.listen({ host: config.host.replace(/^\[|\]$/g, ''), port: config.port });
  } catch (error) {
    throw new StartRefused(listenProblem(error, config) ?? String(error));
  }
  stopOnSignals(server, log);
  const warning = exposureWarning(config);
  if (warning !== null) log.warn(warning);
  const address = server.app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  if (config.dataDir !== ':memory:') process.on('exit', announceServer(config.dataDir, pageUrl(config.host, port)));
  process.stdout.write(`Tickglass ${place.version} on ${pageUrl(config.host, port)}\n${line === null ? '' : `${line}\n`}`);
  const supervisor = await server.run();
  process.stdout.write(`${feedLine(supervisor.mode, supervisor.reason)}\n`);
}

async function main(): Promise<void> {
  const place = installation();
  const loaded = loadConfig(process.argv.slice(2), process.env, place.version);
  if (loaded.kind === 'print') process.stdout.write(loaded.text);
  else if (loaded.kind === 'error') throw new StartRefused(loaded.message);
  else await start(loaded.config, place);
}

main().catch((error: unknown) => {
  const known = error instanceof StartRefused;
  process.stderr.write(`tickglass: ${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(known ? 2 : 1);
});
