import { describe, expect, it } from 'vitest';
import { defaultInstrument } from '@/core/market/instruments';
import { createCoinGeckoConnector } from '../../../server/connectors/coingecko';
import { complaintOf } from '../../../server/connectors/coingecko/feed';
import { mapGlobal, mapPrices, mapTrending } from '../../../server/connectors/coingecko/mapper';
import { pick } from '../../support/connectorRig';
import { FAST_REST, FakeRest, restRig, untilEnd } from '../../support/fakeRest';
import { waitFor } from '../../support/waitFor';

const COINS = ['BTC/USD', 'ETH/EUR', 'USDT/USD'].map((symbol) => ({ ...defaultInstrument(symbol), assetClass: 'crypto' as const }));
/** Shape and numbers of the venue's documentation. */
const PRICES = {
  bitcoin: { usd: 67187.33, usd_24h_change: 3.63, eur: 61000.1, last_updated_at: 1711356300 },
  ethereum: { usd: 3457, eur: 3190.25, eur_24h_change: null, last_updated_at: 1711356290 },
  tether: { usd: 0.99981, eur: 0.92, usd_24h_change: 0, last_updated_at: 1711356280 },
};
const GLOBAL = { data: { active_cryptocurrencies: 13_690, markets: 1_046, total_market_cap: { usd: 2.7e12, btc: 39e6 }, total_volume: { usd: 8.8e10 }, market_cap_percentage: { btc: 50.4, eth: 15.1, odd: null }, market_cap_change_percentage_24h_usd: 1.72, updated_at: 1712512855 } };
const TRENDING = { coins: [{ item: { id: 'pepe', coin_id: 29850, name: 'Pepe', symbol: 'pepe', market_cap_rank: 42, data: { price: 0.0000085, price_change_percentage_24h: { usd: 6.8 }, market_cap: '$3,500' } } }, { item: { id: 'x' } }], nfts: [], categories: [] };

describe('answers', () => {
  it('prices by id and currency, with their own time; the open of 24 h ago from the change', () => {
    const polled = mapPrices(PRICES, COINS, 5);
    expect(polled?.events.map((e) => [e.symbol, e.last, e.open24h, e.venueTime])).toEqual([
      ['BTC/USD', '67187.33', '64833.861', 1711356300_000], ['ETH/EUR', '3190.25', null, 1711356290_000], ['USDT/USD', '0.99981', '0.99981', 1711356280_000],
    ]);
    expect(polled?.events.every((e) => e.kind === 'delayed' && e.route === 'rest' && e.receiveTime === 5 && e.volume24h === null)).toBe(true);
  });

  it('null, zero, text and absent prices are no prices; another currency is never taken instead', () => {
    const body = { bitcoin: { usd: null }, ethereum: { usd: 3457 }, tether: { usd: 0 } };
    const polled = mapPrices(body, COINS, 5);
    expect(polled?.events).toEqual([]);
    expect([...(polled?.missing?.keys() ?? [])]).toEqual(['ETH/EUR']);
    expect(mapPrices({ bitcoin: { usd: '67187' } }, COINS.slice(0, 1), 5)?.events).toEqual([]);
    expect(mapPrices([], COINS, 5)).toBeNull();
    expect(mapPrices({ bitcoin: { usd: 1.5e-9 } }, COINS.slice(0, 1), 5)?.events[0]?.last).toBe('0.0000000015');
  });

  it('error bodies under HTTP 200', () => {
    expect(complaintOf(PRICES)).toBeNull();
    expect(complaintOf({ status: { error_code: 429, error_message: 'You\'ve exceeded the Rate Limit.' } })).toMatchObject({ kind: 'limited', retryAfterMs: 120_000 });
    expect(complaintOf({ status: { error_code: 10_002, error_message: 'API Key Missing' } })).toMatchObject({ kind: 'refused' });
    expect(complaintOf({ error: 'Could not find coin with the given id' })).toMatchObject({ kind: 'bad', words: expect.stringContaining('Could not find') });
  });

  it('the whole market: only what is given', () => {
    expect(mapGlobal(GLOBAL, 5)).toEqual({ coins: 13_690, markets: 1_046, marketCapUsd: 2.7e12, volumeUsd: 8.8e10, changePercent: 1.72, dominance: { BTC: 50.4, ETH: 15.1 }, venueTime: 1712512855_000, receiveTime: 5 });
    expect(mapGlobal({ data: {} }, 5)).toMatchObject({ marketCapUsd: null, dominance: {} });
    expect(mapGlobal({}, 5)).toBeNull();
    expect(mapTrending(TRENDING, 5)).toEqual({ coins: [{ id: 'pepe', name: 'Pepe', symbol: 'PEPE', rank: 42, priceUsd: 0.0000085, changePercent: 6.8 }], receiveTime: 5 });
  });
});

describe('connector', () => {
  it('one call for all coins; USDT is not USD, a coin without an id is not guessed', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = () => ({ body: PRICES });
    const odd = { ...defaultInstrument('BTC/USD'), symbol: 'ZZZ/USD', base: 'ZZZ' };
    const { context, tickers } = restRig(rest, [...COINS, ...pick('BTC/USDT', 'EUR/USD'), odd]);
    const made = untilEnd(createCoinGeckoConnector(context, FAST_REST));
    made.start();
    await waitFor(() => tickers().length === 3);
    expect(rest.calls.map((c) => c.path)).toEqual(['/simple/price?ids=bitcoin,ethereum,tether&vs_currencies=eur,usd&include_24hr_change=true&include_last_updated_at=true']);
    expect(made.status().unserved).toEqual([
      { symbol: 'BTC/USDT', reason: expect.stringMatching(/does not quote in USDT/) }, { symbol: 'ZZZ/USD', reason: 'no CoinGecko id is known for ZZZ' },
    ]);
    expect(made.status()).toMatchObject({ state: 'live', budgets: [{ per: 'minute', limit: 1, used: 1 }], reason: expect.stringContaining('data provided by CoinGecko') });
  });

  it('a key goes in the header and nowhere else, and brings other budgets', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = () => ({ status: 400, body: { status: { error_code: 10_011, error_message: 'CG-canary0001 is no pro key' } } });
    const { context, events } = restRig(rest, COINS, { key: 'CG-canary0001' });
    const made = untilEnd(createCoinGeckoConnector(context, FAST_REST));
    made.start();
    await waitFor(() => made.status().state === 'refused');
    expect(rest.calls[0]?.headers['x-cg-demo-api-key']).toBe('CG-canary0001');
    expect(made.status().reason).toMatch(/\[key\] is no pro key/);
    expect(made.status().budgets.map((b) => b.per)).toEqual(['minute', 'day', 'month']);
    expect(JSON.stringify([events, made.status(), rest.calls.map((c) => c.path)])).not.toContain('canary');
  });

  it('figures of the whole market are read only when somebody asks', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = (path) => ({ body: path === '/global' ? GLOBAL : path === '/search/trending' ? TRENDING : PRICES });
    const { context, tickers } = restRig(rest, COINS, { key: 'a-demo-key' });
    const made = untilEnd(createCoinGeckoConnector(context, FAST_REST));
    made.start();
    await waitFor(() => tickers().length === 3);
    expect(rest.calls).toHaveLength(1);
    expect(made.overview?.()).toMatchObject({ source: 'coingecko', global: null, trending: null });
    const whole = await waitFor(() => {
      const overview = made.overview?.();
      return overview?.global && overview.trending && overview;
    });
    expect(whole).toMatchObject({ global: { coins: 13_690 }, trending: { coins: [{ id: 'pepe' }] }, reason: '' });
    expect(rest.calls).toHaveLength(3);
  });
});
