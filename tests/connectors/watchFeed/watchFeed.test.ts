import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeVenue as FakeBinance } from '../../support/fakeVenue';
import { FakeRest } from '../../support/fakeRest';
import { repoRoot } from '../../support/shared';
import { waitFor } from '../../support/waitFor';
import { FakeCoinbase } from '../coinbase/fakeCoinbase';
import { FakeFinnhub } from '../finnhub/fakeFinnhub';
import { FakeKraken } from '../kraken/fakeKraken';
import { FakeOkx } from '../okx/fakeOkx';

const children: ChildProcess[] = [];
const venues: FakeBinance[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const venue of venues.splice(0)) await venue.stop();
});

/** The command as its own process, from the sources. */
function watchFeed(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(repoRoot, 'server/cli/watchFeed.ts'), ...args], { cwd: repoRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const output = { out: '', err: '', code: null as number | null };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString('utf8')));
  child.once('close', (code) => (output.code = code));
  const wait = { timeoutMs: 20_000, message: () => `wrote: ${output.out}${output.err}` };
  return {
    output,
    prints: (text: string | RegExp) => waitFor(() => (typeof text === 'string' ? output.out.includes(text) : text.test(output.out)), wait),
    ends: () => waitFor(() => child.exitCode !== null, wait),
    stop: () => child.kill('SIGINT'),
  };
}

describe('watch-feed', () => {
  it.each([['binance', () => FakeBinance.start()], ['okx', () => FakeOkx.start()], ['coinbase', () => FakeCoinbase.start()], ['kraken', () => FakeKraken.start()]] as const)('%s: raw beside normal, drift and errors named, a summary at the end', async (id, start) => {
    const venue = await start();
    venues.push(venue);
    const name = id.toUpperCase();
    const command = watchFeed([id, 'BTC/USDT'], { [`TICKGLASS_${name}_WS_URL`]: venue.wsUrl, [`TICKGLASS_${name}_REST_URL`]: venue.restUrl });
    await waitFor(() => venue.open.some((c) => [...c.streams].some((s) => /@trades?$/.test(s))), { timeoutMs: 20_000, message: () => `no subscription; wrote: ${command.output.out}${command.output.err}` });
    venue.trade('BTCUSDT', '61837.63');
    await command.prints(/RAW {5}.*61837\.63.*\nNORMAL {2}\{"type":"trade".*"price":"61837\.63"/);
    await command.prints('STATE   live: ');
    venue.raw('{"event":"newThing","channel":"new_thing","e":"newThing","s":"BTCUSDT","events":[{"type":"update"}]}');
    await command.prints('DRIFT   unknown_type');
    venue.raw('{"broken');
    await command.prints('ERROR   bad_json');
    command.stop();
    await command.ends();
    expect(command.output.out).toMatch(/END {5}.*trade 1.*; live: /);
    expect(command.output.out).toContain('"unknown_messages":');
    expect(command.output.err).toBe('');
    expect(command.output.code).toBe(0);
  }, 40_000);

  it('a source that is asked: the answer beside its events; the key that it repeats is not printed', async () => {
    const rest = await FakeRest.start();
    const key = 'canary-cg-7d31f0';
    rest.answer = () => ({ body: { bitcoin: { usd: 65_000.5, last_updated_at: Math.floor(Date.now() / 1_000) - 30 }, said: key } });
    const command = watchFeed(['coingecko', 'BTC/USD'], { TICKGLASS_COINGECKO_REST_URL: rest.url, COINGECKO_API_KEY: key });
    await command.prints(/RAW {5}.*65000\.5.*\n(STATE.*\n)*NORMAL {2}\{"type":"ticker","venue":"coingecko","kind":"delayed","route":"rest"/);
    command.stop();
    await command.ends();
    await rest.stop();
    expect(JSON.stringify(rest.calls)).toContain(key);
    expect(command.output.out + command.output.err).not.toContain(key);
  }, 40_000);

  it('a socket with a key: without one it says which, with one the address has it and nothing else', async () => {
    const without = watchFeed(['finnhub', 'AAPL', '1'], { FINNHUB_API_KEY: '' });
    await without.ends();
    await without.prints('FINNHUB_API_KEY');
    const venue = await FakeFinnhub.start();
    venues.push(venue);
    const key = 'canary-fh-5a92c4';
    const command = watchFeed(['finnhub', 'AAPL'], { TICKGLASS_FINNHUB_WS_URL: venue.wsUrl, TICKGLASS_FINNHUB_REST_URL: venue.restUrl, FINNHUB_API_KEY: key });
    await waitFor(() => venue.open.length > 0, { timeoutMs: 20_000, message: () => command.output.out + command.output.err });
    venue.raw(JSON.stringify({ type: 'error', msg: `Subscribing to too many symbols, ${key}` }));
    await command.prints('RAW     {"type":"error"');
    command.stop();
    await command.ends();
    expect(venue.handshakes[0]).toContain(key);
    expect(command.output.out + command.output.err).not.toContain(key);
  }, 40_000);

  it('an unknown venue, no symbol and a wrong time are told with the usage, code 2', async () => {
    const all = [['nowhere', 'BTC/USDT'], ['binance', '!'], ['binance', 'BTC/USDT', 'soon']].map((args) => watchFeed(args));
    for (const { ends, output } of all) {
      await ends();
      await waitFor(() => output.code !== null);
      expect(output.code).toBe(2);
      expect(output.err).toContain('usage: npm run watch-feed -- VENUE SYMBOL');
    }
    expect(all[0]?.output.err).toContain('known: binance');
  }, 40_000);

  it('ends by itself after the time given, and says that nothing came', async () => {
    const command = watchFeed(['binance', 'BTC/USDT', '1'], { TICKGLASS_BINANCE_WS_URL: 'ws://127.0.0.1:1', TICKGLASS_BINANCE_REST_URL: 'http://127.0.0.1:1' });
    await command.ends();
    await command.prints(/END {5}nothing came; /);
  }, 40_000);
});
