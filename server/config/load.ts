import { err, ok, type Result } from '@/core/util/result';
import { helpText } from './document';
import { ALL_SETTINGS, optionName, SETTINGS, URL_SETTINGS, type Config, type SettingKey, type VenueUrls } from './schema';
import type { Setting } from './setting';

/** What the command line and the environment ask for. */
export type Loaded =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'print'; readonly text: string }
  /** One line that names the variable or option and says what is accepted. */
  | { readonly kind: 'error'; readonly message: string };

interface Source { readonly name: string; readonly text: string }

/** Reads `--name value`, `--name=value` and flags without a value. Texts by environment name. */
function readArguments(argv: readonly string[]): Result<ReadonlyMap<string, Source>, string> {
  const byOption = new Map(ALL_SETTINGS.map((setting) => [optionName(setting), setting]));
  const found = new Map<string, Source>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const setting = byOption.get(name);
    if (!setting) return err(`${name.startsWith('-') ? 'unknown option' : 'unexpected argument'} ${printable(name)} (see --help)`);
    const next = argv[i + 1];
    if (equals >= 0) found.set(setting.env, { name, text: argument.slice(equals + 1) });
    else if (next !== undefined && !next.startsWith('--')) {
      found.set(setting.env, { name, text: next });
      i++;
    } else if (setting.flag) found.set(setting.env, { name, text: 'on' });
    else return err(`${name} needs a value: ${setting.type.replaceAll('`', '')}`);
  }
  return ok(found);
}

/** An argument as it may stand in one line of a terminal. */
function printable(raw: string): string {
  const safe = JSON.stringify(raw.slice(0, 60)).slice(1, -1);
  return raw.length > 60 ? `${safe}…` : safe;
}

function complaint(setting: Setting<unknown>, source: Source, why: string): string {
  const value = setting.secret ? '' : `, not "${printable(source.text)}"`;
  return `${source.name} ${why}${value}${source.name === setting.env ? '' : ` (${setting.env})`}`;
}

/** An address only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** 32 random hexadecimal digits are 128 bits. */
const TOKEN_LENGTH = 32;

/** What single values cannot say: settings that need or exclude one another. */
function crossCheck(config: Config): string | null {
  const reached = !isLoopback(config.host);
  // With TICKGLASS_EXPOSE a missing token is made at the start.
  if (reached && config.token === null && !config.expose) {
    return `TICKGLASS_HOST ${config.host} can be reached from other machines: set TICKGLASS_TOKEN (${TOKEN_LENGTH} or more random characters), or use 127.0.0.1`;
  }
  for (const [name, token] of [['TICKGLASS_TOKEN', config.token], ['TICKGLASS_VIEWER_TOKEN', config.viewerToken]] as const) {
    if ((reached || config.expose) && token !== null && token.length < TOKEN_LENGTH) return `${name} is too short for a server that others can reach: use ${TOKEN_LENGTH} or more random characters (openssl rand -base64 32)`;
  }
  if (config.token !== null && config.token === config.viewerToken) return 'TICKGLASS_VIEWER_TOKEN must differ from TICKGLASS_TOKEN: whoever may read could administer the server';
  if (config.viewerToken !== null && config.token === null && !config.expose) return 'TICKGLASS_VIEWER_TOKEN needs TICKGLASS_TOKEN: without it nobody could administer the server';
  if (config.feed === 'replay' && config.replayFile === null) return 'TICKGLASS_REPLAY_FILE is required when TICKGLASS_FEED is replay';
  if (config.natsUrl !== null) return 'TICKGLASS_NATS_URL: a cluster over NATS is not available in this version; unset it to run on one machine';
  if (config.role !== 'all') return `TICKGLASS_ROLE ${config.role} is not available in this version; use all`;
  return null;
}

/** Reads the configuration: command line over environment over default. Pure; an empty variable counts as not set. */
export function loadConfig(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>, version: string): Loaded {
  if (argv.includes('--help') || argv.includes('-h')) return { kind: 'print', text: helpText(version) };
  if (argv.includes('--version') || argv.includes('-v')) return { kind: 'print', text: `tickglass ${version}\n` };
  const given = readArguments(argv);
  if (!given.ok) return { kind: 'error', message: given.error };
  const problems: string[] = [];
  const read = <T>(setting: Setting<T>): T => {
    const fromEnvironment = environment[setting.env];
    const source = given.value.get(setting.env)
      ?? (fromEnvironment === undefined || fromEnvironment.trim() === '' ? null : { name: setting.env, text: fromEnvironment });
    if (!source) return setting.default;
    const parsed = setting.parse(source.text);
    if (parsed.ok) return parsed.value;
    problems.push(complaint(setting, source, parsed.error));
    return setting.default;
  };
  const venueUrls = new Map<string, VenueUrls>();
  for (const { venue, kind, setting } of URL_SETTINGS) {
    venueUrls.set(venue, { ...(venueUrls.get(venue) ?? { ws: null, rest: null }), [kind]: read(setting) });
  }
  const config = freezeConfig({ ...readAll(read), venueUrls });
  const problem = problems[0] ?? crossCheck(config);
  return problem === null ? { kind: 'config', config } : { kind: 'error', message: problem };
}

function readAll(read: <T>(setting: Setting<T>) => T): Pick<Config, SettingKey> {
  const s = SETTINGS;
  return {
    host: read(s.host), port: read(s.port), logLevel: read(s.logLevel),
    feed: read(s.feed), symbols: read(s.symbols), takerFees: read(s.takerFees),
    seed: read(s.seed), simSpeed: read(s.simSpeed), simInstruments: read(s.simInstruments), simProbe: read(s.simProbe),
    replayFile: read(s.replayFile), replaySpeed: read(s.replaySpeed),
    record: read(s.record), recordingsMaxMb: read(s.recordingsMaxMb), recentMb: read(s.recentMb), replayFolder: read(s.replayFolder), replaySessions: read(s.replaySessions),
    finnhubApiKey: read(s.finnhubApiKey), twelveDataApiKey: read(s.twelveDataApiKey),
    alphaVantageApiKey: read(s.alphaVantageApiKey), coinGeckoApiKey: read(s.coinGeckoApiKey),
    token: read(s.token), viewerToken: read(s.viewerToken), expose: read(s.expose), trustedProxies: read(s.trustedProxies),
    connectionsPerAddress: read(s.connectionsPerAddress), connectionsPerUser: read(s.connectionsPerUser), connections: read(s.connections), allowedHosts: read(s.allowedHosts), allowedOrigins: read(s.allowedOrigins),
    historyCandleDays: read(s.historyCandleDays), historyTrades: read(s.historyTrades), historyTradeHours: read(s.historyTradeHours),
    historyTradesPerSymbol: read(s.historyTradesPerSymbol), historyTradesTotal: read(s.historyTradesTotal), historyMaxMb: read(s.historyMaxMb),
    dataDir: read(s.dataDir), natsUrl: read(s.natsUrl), role: read(s.role),
    marketIntervalMs: read(s.marketIntervalMs), signalsIntervalMs: read(s.signalsIntervalMs), binaryIntervalMs: read(s.binaryIntervalMs),
  };
}

function freezeConfig(config: Config): Config {
  Object.freeze(config.symbols);
  Object.freeze(config.allowedHosts);
  Object.freeze(config.allowedOrigins);
  Object.freeze(config.trustedProxies);
  if (Array.isArray(config.feed)) Object.freeze(config.feed);
  return Object.freeze(config);
}
