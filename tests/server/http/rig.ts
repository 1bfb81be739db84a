import type { FastifyInstance } from 'fastify';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { InitialData, StatusMessage } from '@/core/contract';
import { createEngine, type Engine } from '@/core/engine';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { err, ok } from '@/core/util/result';
import { Audit } from '../../../server/auth/audit';
import { Auth } from '../../../server/auth/auth';
import type { HttpOptions, HttpPorts, SourceFacts, VenueState } from '../../../server/http/ports';
import { createHttpServer } from '../../../server/http/server';
import { createMetrics } from '../../../server/observability/metrics';
import { checkOrigin, hostAllowed } from '../../../server/hub/origin';
import { createScoreLog } from '../../../server/scorelog/scoreLog';
import { signalRecord } from '../history/records';

export const NOW = 1_780_000_000_000;
const HOSTS = ['localhost', '127.0.0.1', '[::1]'];
const ORIGINS = ['https://app.example.org'];

/** A source as the supervisor tells it. */
export function venueState(id: string, over: Partial<VenueState> = {}): VenueState {
  return {
    id, name: id.toUpperCase(), state: 'live', reason: '', lastMessageAgeMs: 12, messagesPerSecond: 3, reconnects: 0, clockOffsetMs: null, lagMs: null, nextAttemptInMs: null,
    symbols: ['BTC/USDT'], subscriptions: { pending: 0, confirmed: 0, active: 1, silent: 0, rejected: 0 }, unserved: [], budgets: [], unknownMessages: 0, circuit: null, fallback: false, ...over,
  };
}
export function sourceFacts(id: string, priority: number, over: Partial<SourceFacts> = {}): SourceFacts {
  return { id, priority, assetClasses: ['crypto'], capabilities: ['quotes'], keyVariable: null, keySet: null, attribution: null, ...over };
}
export const emptyChannel = (channel: string, data: Record<string, unknown> = {}, items?: unknown[]): InitialData => ({
  type: 'initial_data', stream: 'market', channel, epoch: 'e1', seq: 7, part: 1, parts: 1, data, timestamp: '2026-01-01T00:00:00.000Z', ...(items ? { items } : {}),
});

/** An engine as the HTTP side sees it. */
export function marketOf(engine: Engine): HttpPorts['market'] {
  return {
    instruments: () => engine.instruments(), instrument: (s) => engine.instrument(s), candles: (s, i, n) => engine.candles(s, i, n), trades: (s, n) => engine.trades(s, n),
    venueQuotes: (s) => engine.venueQuotes(s), venueFacts: () => engine.venueFacts(), book: (v, s, d) => engine.book(v, s, d), books: () => engine.books(), bookVenue: (s) => engine.bookVenue(s),
  };
}

export interface RigOptions extends Partial<HttpOptions> {
  readonly token?: string | null;
  readonly viewerToken?: string | null;
  readonly trustedProxies?: readonly string[];
}

/** Two fake sources that can be started and stopped; the real engine; what was told and logged is kept. */
export class HttpRig {
  readonly engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: ['okx', 'kraken'] });
  readonly told: StatusMessage[] = [];
  readonly log: Record<string, unknown>[] = [];
  venues: VenueState[] = [venueState('kraken'), venueState('okx')];
  sources: readonly SourceFacts[] = [sourceFacts('okx', 20), sourceFacts('kraken', 40, { attribution: { text: 'Data by Kraken', url: 'https://www.kraken.com' } })];
  feed = { now: () => NOW, speed: 1 };
  app: FastifyInstance | null = null;
  auth: Auth | null = null;
  dataDir = ':memory:';
  /** Monotonic time, ms; moved by hand. */
  mono = 0;
  readonly clock = { now: () => NOW, monotonic: () => this.mono };

  ports(over: Partial<HttpPorts> = {}): HttpPorts {
    const set = (id: string, state: VenueState['state']) => {
      if (id === 'stuck') return err('it is locked');
      this.venues = this.venues.map((venue) => (venue.id === id ? { ...venue, state } : venue));
      return ok(null);
    };
    return {
      market: marketOf(this.engine), clock: { now: () => NOW, monotonic: () => 0 }, feedClock: () => this.feed, sources: this.sources, fees: new Map(),
      archive: { stats: () => Promise.resolve({ tables: [], bytes: 0 }), gaps: () => Promise.resolve([]), exportTo: () => Promise.reject(new Error('nothing is stored')), folder: '/nowhere', maxBytes: 0, fills: () => [] },
      score: createScoreLog({ dataDir: ':memory:', log: pino({ level: 'silent' }), clock: { now: () => NOW, monotonic: () => 0 } }),
      backfillOlder: () => Promise.resolve(err('no venue')),
      history: {
        candles: () => Promise.resolve([]), newestCandles: () => Promise.resolve([]), signals: ({ symbol }) => Promise.resolve([signalRecord({ symbol: symbol ?? 'AAPL' })]),
        health: () => ({ state: 'ok', reason: '' }),
      },
      mode: () => 'live', venues: () => this.venues, streams: () => ({ market: { clients: 2, seq: 7, epoch: 'e1' } }),
      control: { start: (id) => Promise.resolve(set(id, 'connecting')), stop: (id) => Promise.resolve(set(id, 'off')) }, announce: (message) => this.told.push(message), overview: () => null,
      snapshot: (channel) => (['market', 'signals', 'ratings', 'binary'].includes(channel) ? emptyChannel(channel) : null), metrics: () => Promise.resolve('tickglass_up 1\n'),
      hostAllowed: (host) => hostAllowed(host, HOSTS),
      originAllowed: (origin, host) => checkOrigin({ host, origin }, { allowedHosts: HOSTS, allowedOrigins: ORIGINS, allowAbsentOrigin: true }) === 'ok',
      upgrade: (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'), ...over,
    };
  }

  async start({ token = null, viewerToken = null, trustedProxies = [], auth, ...options }: RigOptions = {}, over: Partial<HttpPorts> = {}): Promise<FastifyInstance> {
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        this.log.push(JSON.parse(String(chunk)) as Record<string, unknown>);
        done();
      },
    });
    const log = pino({ level: 'info' }, sink);
    const audit = new Audit({ dataDir: this.dataDir, log, clock: this.clock });
    this.auth = auth ?? new Auth({ token, viewerToken, trustedProxies, connectionsPerUser: 20, clock: this.clock, audit, metrics: createMetrics() });
    this.app = await createHttpServer(this.ports({ clock: this.clock, ...over }), { version: '9.9.9', bundleDir: '/nowhere', auth: this.auth, ...options }, log);
    return this.app;
  }

  async ask(method: 'GET' | 'POST' | 'DELETE' | 'HEAD' | 'OPTIONS', url: string, headers: Record<string, string> = {}, body?: object) {
    if (!this.app) throw new Error('not started');
    return this.app.inject({ method, url, headers: { host: 'localhost:8000', ...headers }, ...(body ? { payload: body } : {}) });
  }

  async close(): Promise<void> {
    await this.app?.close();
    this.app = null;
  }
}

/** Code of a coded error. */
export const codeOf = (answer: { json: <T>() => T }): string => answer.json<{ error: { code: string } }>().error.code;
