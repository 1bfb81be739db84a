import { readFileSync } from 'node:fs';
import { ChaosProxy, type ChaosOptions } from '../support/chaosProxy';
import { FakeVenue } from '../support/fakeVenue';
import { freePort, startServer, type ServerProcess } from '../support/serverProcess';
import { eventsOf } from './events';
import { pause, timeUntil, type FaultRow, type Trial } from './trial';
import { Watch } from './watch';

export interface StageOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The server runs on a port that can be taken again. */
  readonly samePort?: boolean;
  readonly proxy?: Partial<ChaosOptions>;
  /** Milliseconds between two prices; 50 by default, 0 = only when told. */
  readonly everyMs?: number;
}

/** First price and step: far enough apart to be told, near enough to be believed. */
const FIRST = 10_000;
const TICK = 0.01;

/**
 * The whole product as its own process, between a venue that says what we tell it and a link that behaves as we tell it. Each price is sent once, so
 * that its number tells when it was true.
 */
export class Stage {
  /** When the n-th price was sent. */
  readonly sentAt: number[] = [];
  private timer: NodeJS.Timeout | null = null;
  private everyMs = 50;
  private readonly watches: Watch[] = [];

  private constructor(
    readonly trial: Trial,
    public server: ServerProcess,
    readonly venue: FakeVenue,
    readonly proxy: ChaosProxy,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async open(trial: Trial, options: StageOptions = {}): Promise<Stage> {
    const venue = await FakeVenue.start();
    trial.defer(() => venue.stop());
    const env = {
      TICKGLASS_FEED: 'binance', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_BINANCE_WS_URL: venue.wsUrl, TICKGLASS_BINANCE_REST_URL: venue.restUrl, TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_LOG_LEVEL: 'info',
      ...(options.samePort === true ? { TICKGLASS_PORT: String(await freePort()) } : {}), ...options.env,
    };
    const server = await startServer({ env });
    const proxy = await ChaosProxy.open({ target: server.port, seed: trial.seed, ...options.proxy });
    const stage = new Stage(trial, server, venue, proxy, env);
    trial.defer(() => stage.close());
    stage.everyMs = options.everyMs ?? 50;
    await timeUntil(() => venue.open.some((c) => c.streams.has('btcusdt@trade')), 15_000, 'the server subscribes at the venue');
    if (stage.everyMs > 0) stage.run();
    return stage;
  }

  /** Prices go on by themselves. */
  run(everyMs = this.everyMs): void {
    this.halt();
    this.timer = setInterval(() => this.next(), everyMs);
  }
  halt(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }
  /** Sends one more price. */
  next(): void {
    this.sentAt.push(performance.now());
    this.venue.trade('BTCUSDT', this.truth.toFixed(8));
  }
  /** The newest price that was sent. */
  get truth(): number {
    return Number((FIRST + this.sentAt.length * TICK).toFixed(2));
  }

  /** A client behind the bad link, live and with the present price. */
  async watch(options: ConstructorParameters<typeof Watch>[1] & { readonly direct?: boolean } = {}): Promise<Watch> {
    const watch = new Watch(`http://127.0.0.1:${options.direct === true ? this.server.port : this.proxy.port}`, { random: this.trial.random, ...options });
    this.watches.push(watch);
    await timeUntil(() => watch.state === 'live' && watch.price !== null, 20_000, 'the client is live');
    return watch;
  }

  /** Prices stop; milliseconds until every client shows the last one, unmarked. */
  async converge(limitMs: number, watches: readonly Watch[] = this.watches): Promise<number> {
    this.halt();
    this.next();
    const last = this.truth;
    return timeUntil(() => watches.every((watch) => watch.state === 'live' && watch.price === last && !watch.marked), limitMs, `every client shows ${last} (they show ${watches.map((w) => `${String(w.price)} ${w.state}`).join(', ')})`);
  }

  /** Ages of the prices as they arrived at a client since a time, ms. */
  ages(watch: Watch, since = 0): number[] {
    return [...watch.arrivals].flatMap(([price, at]) => {
      const sent = this.sentAt[Math.round((price - FIRST) / TICK) - 1];
      return sent === undefined || at < since ? [] : [at - sent];
    });
  }

  /** The same server again, on the same port. */
  async restart(): Promise<void> {
    this.server = await startServer({ env: { ...this.env, TICKGLASS_PORT: String(this.server.port) } });
  }

  /** Another server takes the place of this one, which is killed; clients behind the proxy meet nobody for a while. */
  async replace(awayMs: number): Promise<void> {
    const next = await startServer({ env: { ...this.env, TICKGLASS_PORT: '0' } });
    await timeUntil(async () => (await fetch(`${next.url}/health`)).ok, 15_000, 'the next server is ready');
    this.proxy.refuse = true;
    await this.server.stop('SIGKILL');
    this.server = next;
    await pause(awayMs);
    this.proxy.lead(next.port);
    this.proxy.refuse = false;
  }

  total(name: string): Promise<number> {
    return total(this.server, name);
  }
  /** Longest delay of the server's event loop since this was asked last, by its own measure. */
  async longestDelayMs(): Promise<number> {
    const text = await (await fetch(`${this.server.url}/metrics`)).text();
    return 1_000 * Number(/^tickglass_event_loop_delay_quantile_seconds\{quantile="1"\} (.+)$/m.exec(text)?.[1] ?? NaN);
  }
  async clients(): Promise<number> {
    const health = (await (await fetch(`${this.server.url}/health`)).json()) as { readonly streams: Record<string, { readonly clients: number }> };
    return health.streams['market']?.clients ?? NaN;
  }
  /** Resident memory of the server, MB. */
  get residentMb(): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.server.pid}/status`, 'utf8'))?.[1] ?? NaN) / 1_024;
  }

  /** What every row must leave behind. */
  sane(): Promise<void> {
    return sane(this.trial, this.server, this.watches);
  }

  private async close(): Promise<void> {
    this.halt();
    for (const watch of this.watches) watch.close();
    await this.proxy.close();
    await this.server.stop('SIGKILL');
    await pause(0);
  }
}

/** A counter of a server, summed over its labels. */
export async function total(server: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Time after which the log has told everything: the sum of a flood that lasted a quarter of a minute comes up to 16 s after its last one. */
const TOLD_MS = 18_000;

/** What every row must leave behind: a server that runs, no fault in its log, each event told and counted once, clients whose frames were in order. */
export async function sane(trial: Trial, server: ServerProcess, watches: readonly Watch[], token = ''): Promise<void> {
  trial.holds('the server is up, no unexpected fault', isAlive(server.pid) && !/unexpected fault|unhandled/i.test(server.output()));
  const disorder = watches.flatMap((watch) => watch.disorder);
  trial.holds('numbers never go back, no hole', disorder.length === 0);
  if (disorder.length > 0) trial.note(disorder.slice(0, 3).join('; '));
  let found = await eventsOf(server, token);
  for (const until = performance.now() + TOLD_MS; found.differ.length > 0 && performance.now() < until; found = await eventsOf(server, token)) await pause(200);
  trial.holds(`each of ${found.events} events is in the log and in its counter once`, found.differ.length === 0);
  if (found.differ.length > 0) trial.note(found.differ.join('; '));
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

type Facts = Omit<FaultRow, 'run'>;

/** A row with one client behind the bad link. What every row must leave behind is looked at after its scene. */
export function withClient(facts: Facts, scene: (trial: Trial, stage: Stage, watch: Watch) => Promise<void>, { direct = false, ...options }: StageOptions & { readonly direct?: boolean } = {}): FaultRow {
  return {
    ...facts,
    async run(trial) {
      const stage = await Stage.open(trial, options);
      await scene(trial, stage, await stage.watch({ direct }));
      await stage.sane();
    },
  };
}

/** A row in which somebody does harm, while a good client beside it must notice nothing. */
export function besideOthers(facts: Facts, harm: (trial: Trial, stage: Stage) => Promise<void>, options: StageOptions = {}): FaultRow {
  return withClient(facts, async (trial, stage, good) => {
    const at = performance.now();
    await harm(trial, stage);
    trial.holds('a good client beside it: same connection, never stale', good.sockets.length === 1 && good.since(at).length === 0);
    trial.within('it shows the newest price after', await stage.converge(10_000, [good]), 1_000);
  }, { ...options, direct: true });
}

export interface Served {
  readonly server: ServerProcess;
  readonly watch: Watch;
  /** What every row must leave behind. */
  sane(): Promise<void>;
}

/** A server with these settings and a client of it, both gone at the end of the trial. */
export async function serve(trial: Trial, env: Readonly<Record<string, string>>): Promise<Served> {
  const server = await startServer({ env: { TICKGLASS_LOG_LEVEL: 'info', ...env } });
  trial.defer(() => server.stop('SIGKILL'));
  const watch = new Watch(server.url, { random: trial.random });
  trial.defer(() => watch.close());
  return { server, watch, sane: () => sane(trial, server, [watch]) };
}
