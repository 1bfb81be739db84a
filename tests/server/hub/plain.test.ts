import { afterEach, describe, expect, it } from 'vitest';
import { LEGACY_NAMES } from '../../../server/hub/legacy';
import { waitFor } from '../../support/waitFor';
import { quote, startHub, type Client, type Message, type Running } from './support';

const signal = (symbol: string, id: string) => ({
  v: 1, id, method: 'tr26@1', source: 'live', venue: 'binance', symbol, tf: '1m', asOf: 1, ts: 2, final: true, action: 'BUY', strength: 'BUY', score: 0.2, ma: 0.2, osc: 0.2,
  dir: 'steady', pct: null, counts: { buy: 1, neutral: 0, sell: 0, na: 0 }, rationale: [], entry: 100, stop: 90, targets: [110], atr: 5, expiry: null,
  track: { n: 0, hit: null, lo: null, hi: null, avgR: null, pf: null, random: { hit: null, avgR: null }, since: null }, seq: null, prev: null, hash: null,
});

/**
 * A client as the documents write it that this product was asked for: one switch over `type`, stores by symbol, a ping as text, nothing but the fields they name. It
 * knows of no numbers, epochs or receipts.
 */
class SeedClient {
  readonly market = new Map<string, unknown>();
  readonly signals = new Map<string, unknown>();
  readonly sentiment = new Map<string, unknown>();
  readonly subscribed: unknown[] = [];
  pongs = 0;
  errors = 0;
  readonly unknown: string[] = [];

  constructor(readonly client: Client) {
    client.ws.on('message', (data: Buffer) => this.take(JSON.parse(data.toString('utf8')) as Message));
    client.messages.forEach((message) => this.take(message));
  }

  private take(message: Message): void {
    const { type, stream, symbol, data } = message as Message & { readonly stream?: string; readonly symbol?: string; readonly data?: Record<string, unknown> };
    switch (type) {
      case 'initial_data': {
        const store = { market: this.market, signals: this.signals, binary: this.sentiment }[stream ?? ''];
        return Object.entries(data ?? {}).forEach(([key, value]) => store?.set(key, value));
      }
      case 'market_update': return void this.market.set(symbol ?? '', data);
      case 'signal_update': return void this.signals.set(symbol ?? '', data);
      case 'binary_update': return void this.sentiment.set(symbol ?? '*', data);
      case 'subscribed': return void this.subscribed.push(message['channels']);
      case 'pong': return void (this.pongs += 1);
      case 'error': return void (this.errors += 1);
      default: this.unknown.push(String(type));
    }
  }
}

describe('plain clients (v1)', () => {
  let running: Running;
  const start = async (...args: Parameters<typeof startHub>) => (running = await startHub(...args));
  afterEach(() => running.stop());
  const clean = (client: Client) => expect(client.bad).toEqual([]);

  it('get the whole state at once, then single updates with the seeds’ shape and additive fields', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('BTC/USDT', 50_000, { open24h: 40_000 }));
    const client = await connect('market');
    expect(await client.next('initial_data')).toMatchObject({ type: 'initial_data', stream: 'market', channel: 'market', epoch: 'e1', seq: 1, data: { 'BTC/USDT': { price: 50_000, change_24h: 25, quality: 'live' } } });
    owner.quotes(quote('BTC/USDT', 50_001), quote('AAPL', 190));
    const [first, second] = [await client.next('market_update', 0), await client.next('market_update', 1)];
    expect(first).toMatchObject({ symbol: 'BTC/USDT', data: { price: 50_001 }, epoch: 'e1', prev: 1, seq: 2, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string });
    expect(second).toMatchObject({ symbol: 'AAPL', prev: 2, seq: 3 });
    clean(client);
  });

  it('get signals and sentiment in their shapes, the whole market without a symbol', async () => {
    const { owner, connect } = await start();
    owner.append('signals', signal('AAPL', 'old'), signal('AAPL', 's1'));
    const signals = await connect('signals');
    expect(await signals.next('initial_data')).toMatchObject({ stream: 'signals', data: { AAPL: { id: 's1' } } });
    owner.append('signals', signal('BTC/USDT', 's2'));
    expect(await signals.next('signal_update')).toMatchObject({ symbol: 'BTC/USDT', data: { id: 's2' }, prev: 2, seq: 3 });
    owner.set('binary', { 'BTC/USDT': { up: 0.5, down: 0.5 } });
    const binary = await connect('binary');
    await binary.next('initial_data');
    owner.set('binary', { AAPL: { up: 0.62, down: 0.38 }, '*': { up: null } });
    expect(await binary.next('binary_update', 0)).toMatchObject({ symbol: 'AAPL', data: { up: 0.62 } });
    expect(await binary.next('binary_update', 1)).not.toHaveProperty('symbol');
    clean(signals);
  });

  it('P14: the whole transcript goes through a client of the documents, which ends with the state of the server', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('BTC/USDT', 50_000));
    owner.append('signals', signal('AAPL', 's0'));
    owner.set('binary', { 'BTC/USDT': { up: 0.5, down: 0.5 } });
    const [market, signals, binary] = await Promise.all((['market', 'signals', 'binary'] as const).map(async (stream) => new SeedClient(await connect(stream))));
    if (!market || !signals || !binary) throw new Error('three clients were opened');
    for (const { client } of [market, signals, binary]) {
      await client.next('initial_data');
      client.send('ping');
      client.send('{"type":"ping"}');
      client.send('{"type":"subscribe"}');
      client.send('{');
    }
    for (let i = 1; i <= 20; i++) {
      owner.quotes(quote('BTC/USDT', 50_000 + i), quote('AAPL', 100 + i));
      owner.append('signals', signal(i % 2 ? 'AAPL' : 'BTC/USDT', `s${i}`));
      owner.set('binary', { AAPL: { up: i / 100, down: 1 - i / 100 }, '*': { up: i / 50 } });
    }
    await waitFor(() => [market.market.get('AAPL'), signals.signals.get('BTC/USDT'), binary.sentiment.get('*')].every((value) => /"price":120|"s20"|"up":0.4/.test(JSON.stringify(value) ?? '')), { message: 'the newest of each' });
    expect(Object.fromEntries([...market.market].map(([key, value]) => [key, (value as { price: number }).price]))).toEqual({ 'BTC/USDT': 50_020, AAPL: 120 });
    expect(Object.fromEntries([...signals.signals].map(([key, value]) => [key, (value as { id: string }).id]))).toEqual({ AAPL: 's19', 'BTC/USDT': 's20' });
    expect(Object.fromEntries(binary.sentiment)).toMatchObject({ 'BTC/USDT': { up: 0.5 }, AAPL: { up: 0.2 }, '*': { up: 0.4 } });
    for (const seed of [market, signals, binary]) {
      await waitFor(() => seed.pongs >= 1 && seed.errors === 1 && seed.subscribed.length === 1, { message: 'its answers' });
      expect(seed.unknown).toEqual([]);
      clean(seed.client);
    }
  });

  it('are answered on text ping and JSON ping', async () => {
    const client = await (await start()).connect('market');
    client.send('ping');
    expect(await client.next('pong')).toMatchObject({ type: 'pong' });
    client.send({ type: 'ping', id: 5, t: 123 });
    expect(await client.next('pong', 1)).toMatchObject({ id: 5, t: 123 });
  });

  it('narrow to symbols at their first subscribe, widen and leave again', async () => {
    const { owner, connect } = await start();
    owner.quotes(quote('BTC/USDT', 1), quote('AAPL', 2));
    const client = await connect('market');
    await client.next('initial_data');
    client.send({ type: 'subscribe', channels: ['market'], symbols: ['AAPL', 'NOPE'] });
    expect(await client.next('subscribed')).toMatchObject({ channels: [{ channel: 'market', symbols: ['AAPL'] }], rejected: [{ symbol: 'NOPE', code: 'unknown_symbol' }] });
    expect((await client.next('initial_data', 1)).data).toEqual({ AAPL: expect.anything() as unknown });
    owner.quotes(quote('BTC/USDT', 3), quote('AAPL', 4));
    expect(await client.next('market_update')).toMatchObject({ symbol: 'AAPL' });
    client.send({ type: 'subscribe' });
    expect(Object.keys((await client.next('initial_data', 2)).data as object).sort()).toEqual(['AAPL', 'BTC/USDT']);
    client.send({ type: 'unsubscribe', channels: ['market'] });
    await client.next('unsubscribed');
    const before = client.messages.length;
    owner.quotes(quote('BTC/USDT', 5));
    client.send('ping');
    await client.next('pong');
    expect(client.messages.length).toBe(before + 1);
    clean(client);
  });

  it('hear unchanged values again', async () => {
    const { owner, connect } = await start({ marketRefreshMs: 40, signalsIntervalMs: 40, binaryIntervalMs: 40 });
    owner.quotes(quote('AAPL', 7));
    owner.append('signals', signal('AAPL', 's1'));
    owner.set('binary', { AAPL: { up: 0.5, down: 0.5 } });
    const [market, signals, binary] = [await connect('market'), await connect('signals'), await connect('binary')];
    expect(await market.next('market_update', 1)).toMatchObject({ symbol: 'AAPL', prev: 1, seq: 1, data: { price: 7 } });
    expect(await signals.next('signal_update')).toMatchObject({ data: { id: 's1' } });
    expect(await binary.next('binary_update')).toMatchObject({ data: { up: 0.5 } });
  });

  it('get a new state and a status when the mode changes, and never a mix', async () => {
    const { owner, connect, bus } = await start();
    owner.quotes(quote('AAPL', 7), quote('BTC/USDT', 8));
    const client = await connect('market');
    await client.next('initial_data');
    running.mode = 'simulated';
    bus.publish({ type: 'output', output: { type: 'mode', mode: 'simulated', reason: 'no live venue answered', since: Date.now() } });
    owner.reset('market', 'e2');
    owner.quotes(quote('AAPL', 1, { kind: 'simulated' }));
    expect(await client.next('status')).toMatchObject({ code: 'feed_mode', mode: 'simulated', level: 'warn', message: 'no live venue answered' });
    const state = await client.next('initial_data', 1);
    expect(state).toMatchObject({ epoch: 'e2' });
    expect(Object.values(state.data as Record<string, { quality: string }>).every((d) => d.quality === 'simulated')).toBe(true);
    clean(client);
  });

  it('are told about feeds and refused values, the latter at a bounded rate', async () => {
    const { bus, connect } = await start();
    const client = await connect('market');
    bus.publish({ type: 'output', output: { type: 'feedStatus', venue: 'binance', state: 'refused', reason: 'refused from this country (451)', since: 1e12 } });
    for (let i = 0; i < 50; i++) bus.publish({ type: 'output', output: { type: 'refused', venue: 'binance', symbol: 'BTC/USDT', code: 'not_positive', detail: 'price -1', time: 1e12 } });
    bus.publish({ type: 'output', output: { type: 'refused', venue: 'binance', symbol: 'AAPL', code: 'not_finite', detail: 'NaN', time: 1e12 } });
    client.send('ping');
    await client.next('pong');
    expect(client.of('status').map((s) => [s.code, s.source, s.state])).toEqual([['feed_refused', 'binance', 'refused'], ['data_quality', 'binance', 'not_positive'], ['data_quality', 'binance', 'not_finite']]);
    clean(client);
  });

  it('never see a non-finite number, whatever the bus carries', async () => {
    const { owner, connect, count } = await start();
    owner.quotes(quote('AAPL', NaN, { bid: Infinity, open24h: 0, receiveTime: NaN, venueTime: -Infinity }));
    owner.set('sparkline', { AAPL: { end_time: 1, step_ms: 60_000, closes: [1, NaN], quality: 'live' } });
    const client = await connect('market');
    expect((await client.next('initial_data')).data).toMatchObject({ AAPL: { price: null, bid: null, change_24h: null, age_ms: null, venue_time: null } });
    client.send({ type: 'subscribe', channels: ['sparkline'] });
    expect((await client.next('initial_data', 1)).data).toEqual({});
    expect(await count('refusedInputs', { venue: 'hub', code: 'not_finite' })).toBe(1);
    expect(client.texts.join('')).not.toMatch(/NaN|Infinity/);
    clean(client);
  });
});

describe('compatibility endpoint /ws', () => {
  let running: Running;
  afterEach(() => running.stop());

  it('maps the old names to price_update and keeps the true source visible', async () => {
    running = await startHub();
    const { owner, connect } = running;
    owner.quotes(quote('BTC/USDT', 50_000), quote('AAPL', 190, { venue: 'simulator', kind: 'simulated' }));
    const client = await connect('any');
    client.send({ type: 'subscribe', channels: ['bitcoinprice', 'coingecko_top', 'nope'] });
    expect(await client.next('subscribed')).toMatchObject({ channels: [{ channel: 'bitcoinprice' }, { channel: 'coingecko_top' }], rejected: [{ channel: 'nope', code: 'unknown_channel' }] });
    await waitFor(() => client.of('price_update').length === 3);
    expect(client.of('price_update').map((m) => [m.connector_id, m.exchange, m.instrument, m.price])).toEqual([
      ['bitcoinprice', 'binance', 'BTC/USDT', 50_000],
      ['coingecko_top', 'binance', 'BTC/USDT', 50_000],
      ['coingecko_top', 'simulator', 'AAPL', 190],
    ]);
    owner.quotes(quote('BTC/USDT', 50_001));
    await waitFor(() => client.of('price_update').length === 5);
    expect(client.bad).toEqual([]);
  });

  it('knows every name of the old interface', async () => {
    running = await startHub();
    running.owner.set('binary', { '*': { breadth: null } });
    const client = await running.connect('any');
    client.send({ type: 'subscribe', channels: [...LEGACY_NAMES, 'signals', 'trades:AAPL'] });
    expect((await client.next('subscribed')).rejected).toEqual([]);
    expect(await client.next('price_update')).toMatchObject({ connector_id: 'coingecko_global', instrument: 'MARKET', price: null, data: { breadth: null } });
    expect(client.bad).toEqual([]);
  });
});
