import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import { createEngine } from '@/core/engine';
import type { Instrument } from '@/core/market/instrument';
import { COINBASE_DEFAULTS, createCoinbaseConnector, type CoinbaseOptions } from '../../../server/connectors/coinbase';
import { collectingContext, FAST_LIMITS, pick } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { FakeCoinbase } from './fakeCoinbase';

type Of<T extends InputEvent['type']> = Extract<InputEvent, { type: T }>;

describe('Coinbase live: what is its own', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  async function rig(prepare: (venue: FakeCoinbase) => void = () => undefined, options: Partial<CoinbaseOptions> = {}, instruments: readonly Instrument[] = pick('BTC/USDT', 'ETH/USDT')) {
    const venue = await FakeCoinbase.start();
    prepare(venue);
    const context = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, instruments);
    // Silence is judged by the conformance suite; here it must not cut a connection on a busy machine.
    const limits = { ...FAST_LIMITS, maxMessageBytes: 16 * 2 ** 20, maxQueued: 512, staleMs: 5_000, silentMs: 10_000 };
    const connector = createCoinbaseConnector(context, { ...COINBASE_DEFAULTS, limits, books: true, resyncMs: 20, ...options });
    close.push(() => connector.stop(), () => venue.stop());
    connector.start();
    const of = <T extends InputEvent['type']>(type: T) => context.events.filter((e): e is Of<T> => e.type === type);
    const states = (symbol = 'BTC/USDT') => of('bookState').filter((s) => s.symbol === symbol).map((s) => s.state);
    const good = () => waitFor(() => states().at(-1) === 'ok' && states('ETH/USDT').at(-1) !== 'syncing', { message: () => `book states: ${states().join()}` });
    return { venue, connector, context, of, states, good };
  }

  const books = (events: readonly Of<'book'>[], symbol = 'BTC/USDT') => events.filter((b) => b.symbol === symbol);

  it('gives the snapshot, then changes in sequence, with the number of the frame', async () => {
    const { venue, of, states, good } = await rig();
    await good();
    venue.level2('BTCUSDT', [['bid', '99.50', '2'], ['offer', '101.00', '0']]);
    const delta = await waitFor(() => books(of('book')).find((b) => b.action === 'delta'));
    expect(books(of('book')).map((b) => b.action)).toEqual(['snapshot', 'delta']);
    expect(delta).toMatchObject({ bids: [['99.50', '2']], asks: [['101.00', '0']], kind: 'live', route: 'socket' });
    expect(delta.updateId).toBeGreaterThan(books(of('book'))[0]?.updateId ?? Infinity);
    expect(states()).toEqual(['syncing', 'ok']);
  });

  it('a lost frame of any channel breaks every book in the same moment; books and trades are asked for anew', async () => {
    const { venue, of, states, good } = await rig();
    await good();
    venue.lose = 1;
    venue.heartbeat();
    const before = venue.requests.length;
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => states().includes('gap') && states('ETH/USDT').includes('gap'));
    expect(of('badInput')[0]?.detail).toMatch(/hole in the stream: frames \d+ to \d+ are missing/);
    await good();
    expect(venue.requests.slice(before).filter((r) => r.includes('"subscribe"')).map((r) => (JSON.parse(r) as { channel: string }).channel)).toEqual(['level2', 'market_trades']);
    expect(books(of('book')).at(-1)?.action).toBe('snapshot');
    expect(of('trade').length).toBe(1);
  });

  it('asks again when the snapshot does not come, and a cut makes the book stale', async () => {
    const { venue, of, states, good } = await rig();
    await good();
    venue.levels = null;
    venue.lose = 1;
    venue.heartbeat();
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => venue.requests.filter((r) => r.includes('"subscribe"') && r.includes('level2')).length >= 3 || (venue.trade('BTCUSDT', '100.00'), false), { message: 'no second request' });
    venue.levels = [['bid', '98.00', '1'], ['offer', '102.00', '1']];
    await good();
    venue.drop();
    await waitFor(() => states().at(-1) === 'stale');
    await good();
    expect(books(of('book')).at(-1)).toMatchObject({ action: 'snapshot', bids: [['98.00', '1']] });
  });

  it('an unreadable change breaks the book instead of being skipped', async () => {
    const { venue, of, states, good } = await rig();
    await good();
    venue.level2('BTCUSDT', [['bid', '99.50', 'NaN']]);
    await waitFor(() => states().includes('gap'));
    await good();
    expect(of('badInput').map((e) => e.code)).toEqual(['bad_payload']);
    expect(books(of('book')).map((b) => b.action)).toEqual(['snapshot', 'snapshot']);
  });

  it('never subscribes what is halted or not listed, and is off when nothing is left', async () => {
    const first = await rig((v) => (v.listed.ETHUSDT = { ...v.listed.BTCUSDT!, base: 'ETH', status: 'HALT' }));
    await waitFor(() => first.states().at(-1) === 'ok');
    expect(first.connector.status().symbols).toEqual(['BTC/USDT']);
    expect(first.venue.requests.some((r) => r.includes('ETH'))).toBe(false);
    const second = await rig((v) => (v.listed = {}));
    await waitFor(() => second.connector.status().state === 'off');
    expect(second.connector.status().reason).toContain('none of the wanted symbols');
  });

  it('the heartbeat is asked for first; without the list of products each one goes alone', async () => {
    const { venue, states } = await rig((v) => (v.restFault = { status: 451, body: '{}' }));
    await waitFor(() => states().at(-1) === 'ok');
    const asked = venue.requests.map((r) => JSON.parse(r) as { channel: string; product_ids?: string[] });
    expect(asked[0]).toEqual({ type: 'subscribe', channel: 'heartbeats' });
    expect(asked.slice(1).every((r) => r.product_ids?.length === 1)).toBe(true);
  });

  it('gives up a connection whose heartbeat stops although data still come', async () => {
    const { venue, connector, good } = await rig(undefined, { heartbeatMs: 100 });
    await good();
    venue.heartbeat();
    await waitFor(() => {
      venue.trade('BTCUSDT', '100.00');
      return venue.connections.length > 1;
    }, { message: 'the connection was kept' });
    expect(connector.status().reconnects).toBe(1);
  });

  it('reads a pair in USDC from the book in USD that it shares', async () => {
    const [btc] = pick('BTC/USDT');
    const usdc = { ...btc!, symbol: 'BTC/USDC', quote: 'USDC' };
    const { venue, of } = await rig((v) => (v.listed = { X: { base: 'BTC', quote: 'USDC', status: 'TRADING', tick: '0.01', lot: '0.00000001' } }), {}, [usdc]);
    const connection = await waitFor(() => venue.open.find((c) => c.messages.length > 0));
    venue.frame('market_trades', [{ type: 'update', trades: [{ product_id: 'BTC-USD', trade_id: '7', price: '100', size: '1', time: '2026-08-09T21:05:42.514318Z', side: 'BUY' }] }], [connection]);
    const trade = await waitFor(() => of('trade')[0]);
    expect(trade).toMatchObject({ symbol: 'BTC/USDC', side: 'sell' });
  });

  describe('the whole book in one frame of megabytes', () => {
    /** 10,000 levels a side, a tenth of a percent of the price apart at the far end. */
    const levels = (mid: number) => {
      const side = (name: 'bid' | 'offer', sign: number) => Array.from({ length: 10_000 }, (_, i) => [name, (mid + sign * (i + 1) * mid * 0.00002).toFixed(4), '1.5'] as const);
      return [...side('bid', -1), ...side('offer', 1)];
    };

    it('is read between other work, kept near the price, and followed by the changes that came meanwhile', async () => {
      const { venue, of, context, good } = await rig((v) => (v.levels = levels(100)), {}, pick('BTC/USDT'));
      await waitFor(() => of('bookState').some((s) => s.reason === 'reading the whole book'));
      const atStart = context.events.length;
      let turns = 0;
      const count = (): void => {
        turns += 1;
        if (of('book').length === 0) setImmediate(count);
      };
      count();
      venue.level2('BTCUSDT', [['bid', '99.9980', '7'], ['bid', '1.00', '9']]);
      venue.level2('BTCUSDT', [['bid', '2.00', '9']]);
      await good();
      await waitFor(() => of('book').some((b) => b.action === 'delta'));
      expect(turns).toBeGreaterThan(10);
      expect(context.events.length).toBeGreaterThan(atStart);
      const [snapshot, ...deltas] = of('book');
      const kept = (snapshot?.bids ?? []).map(([p]) => Number(p));
      expect([Math.min(...kept), Math.max(...kept)]).toEqual([expect.closeTo(95, 1), 99.998]);
      expect(snapshot?.asks.every(([p]) => Number(p) < 105.01)).toBe(true);
      expect(deltas.map((d) => d.bids)).toEqual([[['99.9980', '7']]]);
      const engine = createEngine({ instruments: pick('BTC/USDT'), venuePriority: ['coinbase'] });
      engine.step({ type: 'mode', mode: 'live', reason: 'test', receiveTime: Date.now() }, () => undefined);
      for (const event of context.events) engine.step(event, () => undefined);
      expect(engine.book('coinbase', 'BTC/USDT', 1)).toMatchObject({ state: 'ok', bids: [['99.9980', '7']] });
    });

    it('is loaded anew around the price when that leaves the inner half of what is kept', async () => {
      const { venue, of, good } = await rig((v) => (v.levels = levels(100)), {}, pick('BTC/USDT'));
      await good();
      venue.levels = levels(103);
      venue.quote('BTCUSDT', '102.00', '102.10');
      venue.quote('BTCUSDT', '103.00', '103.10');
      await waitFor(() => of('book').length === 2);
      expect(of('bookState').map((s) => s.reason)).toContain('the price left the part of the book that is kept; loading it anew');
      expect(Number(of('book')[1]?.bids.at(-1)?.[0])).toBeCloseTo(103 * 0.95, 0);
      await good();
    });

    it('is given up when it turns out to be broken, and asked for again', async () => {
      const { venue, of, good } = await rig((v) => (v.levels = [...levels(100).slice(0, 19_999), ['offer', 'oops', '1']]), {}, pick('BTC/USDT'));
      await waitFor(() => of('badInput').some((e) => e.detail === 'the snapshot could not be read'));
      venue.levels = levels(100);
      await good();
      expect(of('book').map((b) => b.action)).toEqual(['snapshot']);
    });
  });
});
