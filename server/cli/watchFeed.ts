import { BUILT_IN_INSTRUMENTS, canonicalSymbol, defaultInstrument } from '@/core/market/instruments';
import type { InputEvent } from '@/core/market/events';
import type { Connector, VenueStatus } from '../connectors/base/connector';
import { Hosts } from '../connectors/base/hosts';
import { scrubber } from '../connectors/base/http';
import { memoryLedger } from '../connectors/base/ledger';
import { VENUES } from '../connectors/registry';
import { systemClock } from '../observability/clock';
import { createLogger } from '../observability/logger';
import { createMetrics } from '../observability/metrics';

const USAGE = `usage: npm run watch-feed -- VENUE SYMBOL [SECONDS]
  for example: npm run watch-feed -- binance BTC/USDT 10
prints until interrupted, or for so many seconds:
  RAW     what the venue sent
  NORMAL  the events made of it
  DRIFT   a message of a kind or form that the connector does not know
  ERROR   a message that was refused, and why
  STATE   how the source is doing
Keys are read from the environment (FINNHUB_API_KEY and the like) and never printed.`;

/** Sources that work without a key and take one. */
const OPTIONAL_KEYS: Readonly<Record<string, string>> = { coingecko: 'COINGECKO_API_KEY' };

/** Prints what a venue sends beside what the connector makes of it, and counts. */
class Watch {
  readonly counts = new Map<string, number>();
  private raw: string | null = null;

  constructor(private readonly scrub: (text: string) => string) {}

  /** A message without an event stands alone: it is printed when the next one comes. */
  readonly sent = (text: string): void => {
    this.flush();
    this.raw = text;
    this.count('messages');
  };

  readonly made = (event: InputEvent): void => {
    this.flush();
    if (event.type === 'feedStatus') return this.print('STATE', `${event.state}: ${event.reason}`);
    const kind = event.type !== 'badInput' ? 'NORMAL' : event.code === 'unknown_type' ? 'DRIFT' : 'ERROR';
    this.count(kind === 'NORMAL' ? event.type : kind.toLowerCase());
    this.print(kind, event.type === 'badInput' ? `${event.code} ${event.symbol ?? '-'}: ${event.detail}` : JSON.stringify(event));
  };

  flush(): void {
    if (this.raw !== null) this.print('RAW', this.raw);
    this.raw = null;
  }

  end(status: VenueStatus): void {
    this.flush();
    const counted = [...this.counts].map(([name, n]) => `${name} ${n}`).join(', ');
    this.print('END', `${counted || 'nothing came'}; ${status.state}: ${status.reason}`);
    for (const { symbol, reason } of status.unserved) this.print('END', `${symbol} is not served: ${reason}`);
    const facts = { unknown_messages: status.unknownMessages, lag_ms: status.lagMs, clock_offset_ms: status.clockOffsetMs, reconnects: status.reconnects, subscriptions: status.subscriptions, budgets: status.budgets };
    this.print('END', JSON.stringify(facts));
  }

  private count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  private print(kind: string, text: string): void {
    process.stdout.write(`${kind.padEnd(7)} ${this.scrub(text)}\n`);
  }
}

interface Watched {
  readonly connector: Connector;
  readonly watch: Watch;
}

/** The connector that is watched, or why there is none. */
function open(venueId: string, symbolText: string, env: NodeJS.ProcessEnv): Watched | string {
  const venue = VENUES.find((v) => v.descriptor.id === venueId)?.descriptor;
  if (!venue) return `there is no venue "${venueId}"; known: ${VENUES.map((v) => v.descriptor.id).join(', ')}\n${USAGE}`;
  const symbol = canonicalSymbol(symbolText);
  if (symbol === null) return `"${symbolText}" is not a symbol\n${USAGE}`;
  const keyVariable = venue.keyVariable ?? OPTIONAL_KEYS[venueId];
  const key = (keyVariable === undefined ? undefined : env[keyVariable]) ?? '';
  const variable = `TICKGLASS_${venueId.toUpperCase()}`;
  const { [`${variable}_WS_URL`]: ws = venue.urls.ws, [`${variable}_REST_URL`]: rest = venue.urls.rest } = env;
  const watch = new Watch(scrubber(key === '' ? [] : [key]));
  const ledger = memoryLedger();
  const connector = venue.create({
    log: createLogger('silent'),
    metrics: createMetrics(),
    clock: systemClock,
    random: Math.random,
    instruments: [BUILT_IN_INSTRUMENTS.find((i) => i.symbol === symbol) ?? defaultInstrument(symbol)],
    urls: { ws, rest },
    key: key === '' ? null : key,
    needed: () => true,
    ledger,
    hosts: new Hosts(systemClock, ledger),
    watchRaw: watch.sent,
    emit: watch.made,
  });
  return { connector, watch };
}

function run({ connector, watch }: Watched, seconds: number | null): void {
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    // The state of the source before it was stopped is what the reader wants to know.
    watch.end(connector.status());
    void connector.stop().then(() => process.exit(0));
  };
  const timer = setTimeout(end, seconds === null ? 2 ** 31 - 1 : seconds * 1_000);
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  connector.start();
}

const [venueId = '', symbolText = '', secondsText = ''] = process.argv.slice(2);
const seconds = /^\d{1,6}$/.test(secondsText) ? Number(secondsText) : null;
const opened = secondsText !== '' && seconds === null ? `"${secondsText}" is not a number of seconds\n${USAGE}` : open(venueId, symbolText, process.env);
if (typeof opened === 'string') {
  process.stderr.write(`${opened}\n`);
  process.exitCode = 2;
} else run(opened, seconds);
