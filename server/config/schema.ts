import { SYMBOL_PATTERN } from '@/core/contract';
import { err, ok } from '@/core/util/result';
import { proxyEntry } from '../auth/peer';
import { STANDARD_LIMITS } from '../history/limits';
import { choice, custom, list, number, optionalNumber, optionalText, secretText, text, toggle, url, type Setting } from './setting';

/** Venues whose addresses can be overridden. Whether a venue is available is the registry's business. */
export const VENUE_NAMES = ['binance', 'okx', 'coinbase', 'kraken', 'finnhub', 'twelvedata', 'coingecko', 'alphavantage', 'exchangerate', 'frankfurter'] as const;
export type VenueName = (typeof VENUE_NAMES)[number];

const FEED_WORDS = ['auto', 'live', 'simulator', 'replay'] as const;
/** Which source feeds the server: one of the words, or a list of venue ids. */
export type FeedChoice = (typeof FEED_WORDS)[number] | readonly string[];

function parseFeed(raw: string) {
  const entries = raw.toLowerCase().split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
  const word = FEED_WORDS.find((w) => w === entries[0]);
  if (word !== undefined && entries.length === 1) return ok<FeedChoice>(word);
  const bad = entries.find((entry) => !VENUE_NAMES.some((venue) => venue === entry));
  if (entries.length > 0 && bad === undefined) return ok<FeedChoice>([...new Set(entries)]);
  return err(`must be ${FEED_WORDS.join(', ')}, or a list of venue ids (${VENUE_NAMES.join(', ')})`);
}

/** Keeps `host` or `host:port` in lower case; null when it is neither. */
function hostName(entry: string): string | null {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/i.test(entry) ? entry.toLowerCase() : null;
}

/** Keeps `scheme://host[:port]`; null for anything with a path, and for `null` and `*`, which would allow everybody. */
function originName(entry: string): string | null {
  return URL.canParse(entry) && /^https?:$/.test(new URL(entry).protocol) && new URL(entry).origin === entry.toLowerCase() ? entry.toLowerCase() : null;
}

/** Fees as fractions by venue id; 10 % is beyond any venue's and a likely slip of per cent for fraction. */
function parseFees(raw: string) {
  const fees = new Map<string, number>();
  for (const entry of raw.split(',').map((part) => part.trim()).filter((part) => part !== '')) {
    const [, venue = '', fee = ''] = /^([a-z]+)\s*=\s*(\d(?:\.\d{1,8})?)$/.exec(entry.toLowerCase()) ?? [];
    if (!VENUE_NAMES.some((name) => name === venue) || Number(fee) > 0.1) return err('must be a list of venue=fraction, fraction 0 to 0.1 (0.001 is 0.1 %)');
    fees.set(venue, Number(fee));
  }
  return fees.size > 0 ? ok<ReadonlyMap<string, number>>(fees) : err('must be a list of venue=fraction, fraction 0 to 0.1 (0.001 is 0.1 %)');
}

const symbolName = (entry: string): string | null => (SYMBOL_PATTERN.test(entry) ? entry : null);

/** Every setting of DESIGN section 4 but the venue addresses, in the order in which they are documented. */
export const SETTINGS = {
  host: text({ env: 'TICKGLASS_HOST', group: 'Server', description: 'Listen address. An address other than loopback needs TICKGLASS_TOKEN.', example: '0.0.0.0' }, '127.0.0.1'),
  port: number({ env: 'TICKGLASS_PORT', group: 'Server', description: 'Listen port. 0 takes any free port, which is printed.', example: '8123' }, 8000, { min: 0, max: 65_535 }),
  feed: custom<FeedChoice>(
    { env: 'TICKGLASS_FEED', group: 'Feeds', description: '`auto`: keyless live venues, the simulator when none answers within 5 s, live again as soon as one does. `live`: venues only. Or a list of venue ids.', example: 'binance' },
    '`auto`, `live`, `simulator`, `replay`, or a list of venue ids', 'auto', 'auto', parseFeed,
  ),
  symbols: list({ env: 'TICKGLASS_SYMBOLS', group: 'Feeds', description: 'Canonical symbols to show.', example: 'BTC/USDT,ETH/USDT,AAPL,EUR/USD' }, 'list of symbols', symbolName, 'built-in list'),
  takerFees: custom<ReadonlyMap<string, number>>(
    { env: 'TICKGLASS_TAKER_FEES', group: 'Feeds', unit: 'fraction', description: 'Taker fees of your accounts, for the comparison of venues; they go before the built-in public ones (docs/http.md). A venue without a fee is compared before fees.', example: 'binance=0.001,kraken=0.004' },
    'list of venue=fraction', new Map(), 'built-in public fees', parseFees,
  ),
  seed: number({ env: 'TICKGLASS_SEED', group: 'Simulator', description: 'Seed of the simulated market: the same seed gives the same market.', example: '42' }, 1, { min: 0, max: 4_294_967_295 }),
  simSpeed: number({ env: 'TICKGLASS_SIM_SPEED', group: 'Simulator', unit: 'simulated seconds per second', description: 'Speed of the simulated clock.', example: '20' }, 1, { min: 0.1, max: 100, integer: false }),
  simInstruments: optionalNumber({ env: 'TICKGLASS_SIM_INSTRUMENTS', group: 'Simulator', unit: 'instruments', description: 'Number of made-up instruments, for load tests; the built-in list when not set.', example: '500' }, { min: 1, max: 2000 }),
  simProbe: toggle({ env: 'TICKGLASS_SIM_PROBE', group: 'Simulator', description: 'Adds the symbol `PROBE/CLOCK`, whose price is `(Date.now() % 1e7) / 100` at every push, so that the latency to the screen can be read off.', example: 'on' }, false),
  replayFile: optionalText({ env: 'TICKGLASS_REPLAY_FILE', group: 'Replay', description: 'A recording: ours, or raw venue frames. Required by the feed `replay`.', example: 'recordings/session.jsonl.gz' }, 'path of a .jsonl or .jsonl.gz file'),
  replaySpeed: number({ env: 'TICKGLASS_REPLAY_SPEED', group: 'Replay', unit: 'recorded seconds per second', description: 'Speed of the replay. 0 = as fast as possible.', example: '10' }, 1, { min: 0, max: 10_000, integer: false }),
  record: toggle({ env: 'TICKGLASS_RECORD', group: 'Recordings', description: 'Records from the first event on, so that a replay reaches the very states of this server; ends with the server.', example: 'on' }, false),
  recordingsMaxMb: number({ env: 'TICKGLASS_RECORDINGS_MAX_MB', group: 'Recordings', unit: 'MB', description: 'Size of the folder of recordings at which recording stops.', example: '10000' }, 2_048, { min: 1, max: 10_000_000 }),
  recentMb: number({ env: 'TICKGLASS_RECENT_MB', group: 'Recordings', unit: 'MB', description: 'Memory for the last ten minutes, kept compressed for a bug report. 0 keeps nothing.', example: '0' }, 32, { min: 0, max: 4_096 }),
  replayFolder: optionalText({ env: 'TICKGLASS_REPLAY_FOLDER', group: 'Recordings', description: 'Folder of raw venue frames (`.jsonl`, `.jsonl.gz`) that can be opened on the page Replay besides our own recordings.', example: '/srv/frames' }, 'path of a folder'),
  replaySessions: number({ env: 'TICKGLASS_REPLAY_SESSIONS', group: 'Recordings', unit: 'replays', description: 'Replays that may be open at once on the page Replay. 0 switches them off.', example: '4' }, 2, { min: 0, max: 16 }),
  finnhubApiKey: optionalText({ env: 'FINNHUB_API_KEY', group: 'Keys', secret: true, description: 'Enables Finnhub. Never sent to a browser or a log.', example: '' }, 'key'),
  twelveDataApiKey: optionalText({ env: 'TWELVE_DATA_API_KEY', group: 'Keys', secret: true, description: 'Enables Twelve Data. Never sent to a browser or a log.', example: '' }, 'key'),
  alphaVantageApiKey: optionalText({ env: 'ALPHA_VANTAGE_API_KEY', group: 'Keys', secret: true, description: 'Enables Alpha Vantage. Never sent to a browser or a log.', example: '' }, 'key'),
  coinGeckoApiKey: optionalText({ env: 'COINGECKO_API_KEY', group: 'Keys', secret: true, description: 'A demo key: more calls of CoinGecko, which also works without. Never sent to a browser or a log.', example: '' }, 'key'),
  token: secretText({ env: 'TICKGLASS_TOKEN', group: 'Access', secret: true, description: 'Administrator token, for the login page and `Authorization: Bearer`. Required when TICKGLASS_HOST is not loopback; there it must have 32 or more characters.', example: '' }),
  viewerToken: secretText({ env: 'TICKGLASS_VIEWER_TOKEN', group: 'Access', secret: true, description: 'Token that grants read access only.', example: '' }),
  expose: toggle({ env: 'TICKGLASS_EXPOSE', group: 'Access', description: 'Others reach this server, by a proxy or a tunnel, although it listens on loopback: a token is asked for. One is made and printed once when none is set.', example: 'on' }, false),
  trustedProxies: list({ env: 'TICKGLASS_TRUSTED_PROXIES', group: 'Access', description: 'Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses, networks, or `loopback`.', example: 'loopback,10.0.0.0/8' }, 'list of addresses or networks', proxyEntry, 'none'),
  allowedHosts: list({ env: 'TICKGLASS_ALLOWED_HOSTS', group: 'Access', description: 'Accepted Host headers, with or without port.', example: 'terminal.example.org' }, 'list of host names', hostName, 'loopback names and TICKGLASS_HOST'),
  allowedOrigins: list({ env: 'TICKGLASS_ALLOWED_ORIGINS', group: 'Access', description: 'Other origins that may open sockets and call the interface, for a bundle hosted elsewhere.', example: 'https://app.example.org' }, 'list of origins', originName, 'own origin'),
  connectionsPerAddress: number({ env: 'TICKGLASS_CONNECTIONS_PER_ADDRESS', group: 'Limits', unit: 'sockets', description: 'Sockets open at once from one address (one /64 of IPv6). A page has three.', example: '200' }, 50, { min: 1, max: 100_000 }),
  connectionsPerUser: number({ env: 'TICKGLASS_CONNECTIONS_PER_USER', group: 'Limits', unit: 'sockets', description: 'Sockets open at once of one sign-in, or of one token, where a token is set.', example: '60' }, 20, { min: 1, max: 100_000 }),
  connections: number({ env: 'TICKGLASS_CONNECTIONS', group: 'Limits', unit: 'sockets', description: 'Sockets open at once, of all together.', example: '10000' }, 5_000, { min: 1, max: 100_000 }),
  dataDir: text({ env: 'TICKGLASS_DATA_DIR', group: 'History', description: 'Folder of the history file; `:memory:` keeps nothing.', example: '/var/lib/tickglass' }, './data'),
  historyCandleDays: number({ env: 'TICKGLASS_HISTORY_CANDLE_DAYS', group: 'History', unit: 'days', description: 'Time that 1-minute candles are kept. Candles of 1 h and longer, and signals, are kept for ever; those between for a year or two.', example: '365' }, STANDARD_LIMITS.candleDays, { min: 1, max: 36_500 }),
  historyTrades: toggle({ env: 'TICKGLASS_HISTORY_TRADES', group: 'History', description: 'Keeps trades, within the bounds below.', example: 'off' }, true),
  historyTradeHours: number({ env: 'TICKGLASS_HISTORY_TRADE_HOURS', group: 'History', unit: 'hours', description: 'Time that trades are kept.', example: '72' }, STANDARD_LIMITS.tradeHours, { min: 1, max: 8_760 }),
  historyTradesPerSymbol: number({ env: 'TICKGLASS_HISTORY_TRADES_PER_SYMBOL', group: 'History', unit: 'trades', description: 'Most trades kept of one symbol; the oldest go first.', example: '2000000' }, STANDARD_LIMITS.tradesPerSymbol, { min: 1_000, max: 1_000_000_000 }),
  historyTradesTotal: number({ env: 'TICKGLASS_HISTORY_TRADES_TOTAL', group: 'History', unit: 'trades', description: 'Most trades kept of all symbols together; the oldest go first.', example: '20000000' }, STANDARD_LIMITS.tradesTotal, { min: 1_000, max: 10_000_000_000 }),
  historyMaxMb: number({ env: 'TICKGLASS_HISTORY_MAX_MB', group: 'History', unit: 'MB', description: 'Room in use in the history file beyond which the oldest trades go, then simulated candles, then the oldest minutes.', example: '4000' }, STANDARD_LIMITS.maxMb, { min: 10, max: 1_000_000 }),
  natsUrl: optionalText({ env: 'TICKGLASS_NATS_URL', group: 'Cluster', description: 'NATS server of a cluster. Not available in this version: a start with it is refused.', example: 'nats://nats.internal:4222' }, 'URL'),
  role: choice({ env: 'TICKGLASS_ROLE', group: 'Cluster', description: 'Part this process plays in a cluster. Only `all` is available in this version.', example: 'all' }, 'all', ['all', 'ingest', 'gateway']),
  marketIntervalMs: number({ env: 'TICKGLASS_MARKET_INTERVAL_MS', group: 'Streams', unit: 'ms', description: 'Shortest time between two market pushes to one client.', example: '250' }, 100, { min: 10, max: 60_000 }),
  signalsIntervalMs: number({ env: 'TICKGLASS_SIGNALS_INTERVAL_MS', group: 'Streams', unit: 'ms', description: 'Longest time between two refreshes of signals.', example: '10000' }, 30_000, { min: 1000, max: 3_600_000 }),
  binaryIntervalMs: number({ env: 'TICKGLASS_BINARY_INTERVAL_MS', group: 'Streams', unit: 'ms', description: 'Longest time between two refreshes of sentiment.', example: '10000' }, 30_000, { min: 1000, max: 3_600_000 }),
  logLevel: choice({ env: 'TICKGLASS_LOG_LEVEL', group: 'Server', description: 'Least level that is logged, as JSON lines on standard error.', example: 'debug' }, 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
} as const;

type Settings = typeof SETTINGS;
export type SettingKey = keyof Settings;
type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** Addresses of one venue; null = the venue's own. */
export interface VenueUrls {
  readonly ws: string | null;
  readonly rest: string | null;
}

/** The configuration of a process: read once, validated, frozen. */
export type Config = { readonly [K in SettingKey]: ValueOf<Settings[K]> } & { readonly venueUrls: ReadonlyMap<string, VenueUrls> };

/** Address settings, two for each venue. */
export const URL_SETTINGS = VENUE_NAMES.flatMap((venue) => {
  const facts = (kind: string, example: string) => ({
    env: `TICKGLASS_${venue.toUpperCase()}_${kind}_URL`, group: 'Venue addresses', example,
    description: `Other ${kind === 'WS' ? 'WebSocket' : 'REST'} address of ${venue}, for mirrors and tests.`,
  });
  return [
    { venue, kind: 'ws' as const, setting: url(facts('WS', 'ws://127.0.0.1:9001'), ['ws:', 'wss:']) },
    { venue, kind: 'rest' as const, setting: url(facts('REST', 'http://127.0.0.1:9001'), ['http:', 'https:']) },
  ];
});

/** Every setting, for the parts that treat all alike. */
export const ALL_SETTINGS: readonly Setting<unknown>[] = [...Object.values(SETTINGS), ...URL_SETTINGS.map((entry) => entry.setting)];

/** The command-line option of a setting: `TICKGLASS_MARKET_INTERVAL_MS` is `--market-interval-ms`. */
export function optionName(setting: Pick<Setting<unknown>, 'env'>): string {
  return `--${setting.env.replace(/^TICKGLASS_/, '').toLowerCase().replaceAll('_', '-')}`;
}
