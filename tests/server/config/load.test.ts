import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationPage } from '../../../server/config/document';
import { isLoopback, loadConfig } from '../../../server/config/load';
import { ALL_SETTINGS, optionName } from '../../../server/config/schema';

const load = (argv: string[] = [], environment: Record<string, string> = {}) => loadConfig(argv, environment, '9.9.9');
function config(argv: string[] = [], environment: Record<string, string> = {}) {
  const loaded = load(argv, environment);
  if (loaded.kind !== 'config') throw new Error(`refused: ${loaded.kind === 'error' ? loaded.message : loaded.kind}`);
  return loaded.config;
}

describe('configuration', () => {
  it('runs with nothing set: loopback, port 8000, auto feed, no secret', () => {
    const c = config();
    expect([c.host, c.port, c.feed, c.seed, c.simSpeed, c.simInstruments, c.simProbe, c.replaySpeed]).toEqual(['127.0.0.1', 8000, 'auto', 1, 1, null, false, 1]);
    expect([c.dataDir, c.role, c.marketIntervalMs, c.signalsIntervalMs, c.binaryIntervalMs, c.logLevel]).toEqual(['./data', 'all', 100, 30_000, 30_000, 'info']);
    expect([c.token, c.viewerToken, c.finnhubApiKey, c.natsUrl, c.replayFile]).toEqual([null, null, null, null, null]);
    expect(c.symbols).toEqual([]);
  });

  it('is frozen, lists included', () => {
    const c = config(['--symbols', 'BTC/USDT,AAPL']);
    expect(Object.isFrozen(c)).toBe(true);
    expect(Object.isFrozen(c.symbols)).toBe(true);
  });

  it('reads taker fees as fractions and refuses what looks like per cent or an unknown venue', () => {
    expect([...config([], { TICKGLASS_TAKER_FEES: 'binance=0.001, Kraken = 0' }).takerFees]).toEqual([['binance', 0.001], ['kraken', 0]]);
    expect(config().takerFees.size).toBe(0);
    for (const wrong of ['binance', 'binance=', 'binance=0.4', 'binance=-0.001', 'binance=1e-3', 'nyse=0.001', 'binance=0.001;kraken=0', ',']) {
      expect(load([], { TICKGLASS_TAKER_FEES: wrong }), wrong).toMatchObject({ kind: 'error', message: expect.stringMatching(/^TICKGLASS_TAKER_FEES must be a list of venue=fraction/) });
    }
  });

  it('takes every setting from its variable and from its option, the option winning', () => {
    const samples: Record<string, string> = {
      TICKGLASS_TOKEN: 'a'.repeat(32), TICKGLASS_VIEWER_TOKEN: 'v'.repeat(32), TICKGLASS_NATS_URL: '', FINNHUB_API_KEY: 'k', TWELVE_DATA_API_KEY: 'k',
      ALPHA_VANTAGE_API_KEY: 'k', COINGECKO_API_KEY: 'k',
    };
    for (const setting of ALL_SETTINGS) {
      const example = samples[setting.env] ?? setting.example;
      if (example === '') continue;
      expect(setting.parse(example).ok, setting.env).toBe(true);
      const base = { TICKGLASS_TOKEN: 'b'.repeat(32) };
      expect(load([], { ...base, [setting.env]: example }).kind, setting.env).toBe('config');
      expect(load([`${optionName(setting)}=${example}`], base).kind, setting.env).toBe('config');
      expect(load([optionName(setting), example], base).kind, setting.env).toBe('config');
    }
    expect(config(['--port', '1'], { TICKGLASS_PORT: '2' }).port).toBe(1);
    expect(config([], { TICKGLASS_BINANCE_WS_URL: 'ws://127.0.0.1:1/' }).venueUrls.get('binance')).toEqual({ ws: 'ws://127.0.0.1:1', rest: null });
    expect(config(['--feed', 'Binance, binance']).feed).toEqual(['binance']);
    expect(config(['--sim-probe']).simProbe).toBe(true);
    expect(config([], { TICKGLASS_PORT: '' }).port).toBe(8000);
  });

  it.each([
    ['TICKGLASS_PORT', '65536'], ['TICKGLASS_PORT', '8000.5'], ['TICKGLASS_PORT', '0x10'], ['TICKGLASS_PORT', '-1'], ['TICKGLASS_PORT', 'http'],
    ['TICKGLASS_FEED', 'reuters'], ['TICKGLASS_FEED', 'auto,binance'], ['TICKGLASS_FEED', ','], ['TICKGLASS_SYMBOLS', 'BTC/USDT,<b>'],
    ['TICKGLASS_SEED', '1.5'], ['TICKGLASS_SIM_SPEED', 'NaN'], ['TICKGLASS_SIM_SPEED', '1e3'], ['TICKGLASS_SIM_SPEED', '0'],
    ['TICKGLASS_SIM_INSTRUMENTS', '0'], ['TICKGLASS_SIM_PROBE', 'maybe'], ['TICKGLASS_REPLAY_SPEED', '-1'], ['TICKGLASS_LOG_LEVEL', 'loud'],
    ['TICKGLASS_BINANCE_WS_URL', 'http://x'], ['TICKGLASS_BINANCE_REST_URL', 'https://user:pw@x'], ['TICKGLASS_OKX_WS_URL', 'no url'],
    ['TICKGLASS_ALLOWED_HOSTS', 'a b'], ['TICKGLASS_ALLOWED_ORIGINS', '*'], ['TICKGLASS_ALLOWED_ORIGINS', 'null'], ['TICKGLASS_ALLOWED_ORIGINS', 'https://a.example/path'],
    ['TICKGLASS_MARKET_INTERVAL_MS', '0'], ['TICKGLASS_SIGNALS_INTERVAL_MS', '30s'], ['TICKGLASS_BINARY_INTERVAL_MS', ' - '], ['TICKGLASS_ROLE', 'ingest'], ['TICKGLASS_ROLE', 'king'],
    ['TICKGLASS_NATS_URL', 'nats://127.0.0.1:4222'], ['TICKGLASS_HOST', '0.0.0.0'], ['TICKGLASS_VIEWER_TOKEN', 'x'], ['TICKGLASS_TOKEN', 'two words'], ['TICKGLASS_TRUSTED_PROXIES', 'proxy.example.org'], ['TICKGLASS_TRUSTED_PROXIES', '10.0.0.0/33'], ['TICKGLASS_CONNECTIONS', '0'],
  ])('refuses %s=%s in one line that names it', (name, value) => {
    const loaded = load([], { [name]: value });
    expect(loaded.kind).toBe('error');
    const message = loaded.kind === 'error' ? loaded.message : '';
    expect(message).toContain(name);
    expect(message).not.toContain('\n');
  });

  it('names the wrong entry of a list, in one line whatever it holds', () => {
    const refused = load([], { TICKGLASS_ALLOWED_ORIGINS: 'https://good.example.org,bad\nentry' });
    expect(refused).toMatchObject({ kind: 'error', message: expect.stringContaining('must be a list of origins (wrong: "bad\\nentry")') });
    expect(refused.kind === 'error' && refused.message).not.toContain('\n');
    expect(load([], { TICKGLASS_ALLOWED_ORIGINS: 'foo' })).toEqual({ kind: 'error', message: 'TICKGLASS_ALLOWED_ORIGINS must be a list of origins, not "foo"' });
  });

  it('refuses unknown options, stray words and options without their value', () => {
    for (const argv of [['--ports', '1'], ['8000'], ['--port'], ['--port', '--host'], ['--__proto__', 'x'], ['--constructor=1'], ['-p', '1'], ['--evil\nline']]) {
      const loaded = load(argv);
      expect(loaded.kind, argv.join(' ')).toBe('error');
      expect(loaded.kind === 'error' && loaded.message).not.toContain('\n');
    }
  });

  it('wants a replay file for the feed replay, and a token away from loopback', () => {
    expect(load(['--feed', 'replay'])).toMatchObject({ kind: 'error', message: expect.stringContaining('TICKGLASS_REPLAY_FILE') });
    expect(load(['--feed', 'replay', '--replay-file', 'x.jsonl']).kind).toBe('config');
    expect(load(['--host', '0.0.0.0', '--token', 's'.repeat(32)]).kind).toBe('config');
    expect(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'LOCALHOST'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '192.168.1.2', 'localhost.evil', '127.0.0.1.evil', '1270.0.0.1'].some(isLoopback)).toBe(false);
  });

  it('never repeats a secret', () => {
    const secrets = ALL_SETTINGS.filter((s) => s.secret).map((s) => s.env);
    expect(secrets).toEqual(['FINNHUB_API_KEY', 'TWELVE_DATA_API_KEY', 'ALPHA_VANTAGE_API_KEY', 'COINGECKO_API_KEY', 'TICKGLASS_TOKEN', 'TICKGLASS_VIEWER_TOKEN']);
    const loaded = load(['--port', 'x'], { TICKGLASS_TOKEN: 'canary-9f1' });
    expect(JSON.stringify(loaded)).not.toContain('canary-9f1');
  });

  it('prints version and help, the help naming every option and variable', () => {
    expect(load(['--version'])).toEqual({ kind: 'print', text: 'tickglass 9.9.9\n' });
    const help = load(['--help']);
    const text = help.kind === 'print' ? help.text : '';
    for (const setting of ALL_SETTINGS) expect(text).toContain(`${optionName(setting)}  [${setting.env}]`);
  });

  it('docs/configuration.md is current (npm run docs:config)', () => {
    expect(readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')).toBe(configurationPage());
  });
});
