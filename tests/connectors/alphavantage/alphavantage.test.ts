import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_INSTRUMENTS, defaultInstrument } from '@/core/market/instruments';
import { createAlphaVantageConnector } from '../../../server/connectors/alphavantage';
import { closeOf, freshFor, mapValue, readAnswer } from '../../../server/connectors/alphavantage/mapper';
import { Hosts } from '../../../server/connectors/base/hosts';
import { memoryLedger } from '../../../server/connectors/base/ledger';
import { systemClock } from '../../../server/observability/clock';
import { pick } from '../../support/connectorRig';
import { FAST_REST, FakeRest, restRig, untilEnd } from '../../support/fakeRest';
import { sharedPath } from '../../support/shared';
import { waitFor } from '../../support/waitFor';

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const QUOTE = read('tests/fixtures/alphavantage/alphavantage-GLOBAL_QUOTE-MSFT.json');
const RATE = read('tests/fixtures/alphavantage/alphavantage-CURRENCY_EXCHANGE_RATE-BTC-CNY.json');
const KEY = 'CANARYALPHA0001';
const BURST = 'Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request per second). You may subscribe to any of the premium plans to lift the free key rate limit (25 requests per day), raise the per-second burst limit, and instantly unlock all premium endpoints';
const DAILY = `We have detected your API key as ${KEY} and our standard API rate limit is 25 requests per day. Please subscribe to any of the premium plans to instantly remove all daily rate limits.`;
const share = (symbol: string) => BUILT_IN_INSTRUMENTS.find((i) => i.symbol === symbol) ?? defaultInstrument(symbol);

describe('answers', () => {
  it('a real daily quote is one value with the close of its trading day as time', () => {
    const answer = readAnswer(QUOTE);
    expect(answer).toEqual({ type: 'value', value: { price: '112.1300', time: '2018-10-05' } });
    if (answer.type !== 'value') return;
    expect(mapValue(answer.value, share('MSFT'), Date.UTC(2018, 9, 6))).toMatchObject({ symbol: 'MSFT', last: '112.1300', kind: 'delayed', route: 'rest', venueTime: Date.UTC(2018, 9, 5, 20), open24h: null, high24h: null });
  });

  it('a real exchange rate carries its UTC time', () => {
    const answer = readAnswer(RATE);
    if (answer.type !== 'value') throw new Error(answer.type);
    expect(mapValue(answer.value, defaultInstrument('EUR/USD'), 0)).toMatchObject({ last: '109631.43060700', venueTime: Date.UTC(2017, 11, 20, 19, 23, 21) });
  });

  it.each([
    ['an unknown symbol', { 'Global Quote': {} }, { type: 'unknown' }],
    ['a burst, although it names the day', { Information: BURST }, { complaint: 'burst' }],
    ['the day', { Information: DAILY }, { complaint: 'day' }],
    ['the older minute', { Note: 'Our standard API call frequency is 5 calls per minute and 500 calls per day.' }, { complaint: 'minute' }],
    ['a premium function', { Information: 'Thank you for using Alpha Vantage! This is a premium endpoint.' }, { complaint: 'premium' }],
    ['a bad key', { 'Error Message': 'the parameter apikey is invalid or missing. Please claim your free API key.' }, { complaint: 'key' }],
    ['a bad call', { 'Error Message': 'Invalid API call. Please retry or visit the documentation for GLOBAL_QUOTE.' }, { complaint: 'call' }],
    ['a price of zero', { 'Global Quote': { '05. price': '0.0000', '07. latest trading day': '2018-10-05' } }, { type: 'unreadable' }],
    ['no date', { 'Global Quote': { '05. price': '1.0', '07. latest trading day': 'yesterday' } }, { type: 'unreadable' }],
    ['another time zone', { 'Realtime Currency Exchange Rate': { '5. Exchange Rate': '1.1', '6. Last Refreshed': '2017-12-20 19:23:21', '7. Time Zone': 'US/Eastern' } }, { type: 'unreadable' }],
    ['no object', [], { type: 'unreadable' }],
  ])('%s is told apart', (_name, body, want) => {
    expect(readAnswer(body)).toMatchObject(want);
  });

  it.skipIf(!sharedPath('recordings/rest-samples'))('the other real samples are no quotes', () => {
    for (const name of ['SYMBOL_SEARCH-BA', 'TIME_SERIES_INTRADAY-MSFT-1min']) expect(readAnswer(read(sharedPath(`recordings/rest-samples/alphavantage-${name}.json`) ?? '')).type).toBe('unreadable');
  });

  it('closes follow the calendar of New York: summer, winter, early close, holiday', () => {
    expect(closeOf('2026-07-15')).toBe(Date.UTC(2026, 6, 15, 20));
    expect(closeOf('2026-01-15')).toBe(Date.UTC(2026, 0, 15, 21));
    expect(closeOf('2026-11-27')).toBe(Date.UTC(2026, 10, 27, 18));
    expect(closeOf('2026-12-25')).toBeNull();
  });

  it('a share is asked for again after the next close, over the weekend too', () => {
    const friday = Date.UTC(2026, 6, 17, 22);
    expect(freshFor('equity', '2026-07-17', friday)).toBe(Date.UTC(2026, 6, 20, 22) - friday);
    // The value of Thursday on Friday night: the day is late, so it is looked for in some hours.
    expect(freshFor('equity', '2026-07-16', friday)).toBe(4 * 3_600_000);
  });
});

describe('connector', () => {
  it('spends the daily budget once, over a restart, and says when it goes on; the key is nowhere', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = () => ({ body: QUOTE });
    const shares = pick('AAPL', 'MSFT', 'GOOGL', 'AMZN', 'TSLA', 'META', 'NVDA', 'JPM', 'SPY');
    const ledger = memoryLedger();
    // One call a second is kept for real elsewhere; here a second is the test's.
    const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() * 1_000 };
    const many = Array.from({ length: 30 }, (_, i) => ({ ...(shares[0] ?? share('AAPL')), symbol: `S${i}` }));
    const start = () => {
      const rig = restRig(rest, many, { key: KEY, clock, ledger, hosts: new Hosts(clock, ledger) });
      const made = untilEnd(createAlphaVantageConnector(rig.context, { ...FAST_REST, spacingMs: 1 }));
      made.start();
      return { ...rig, made };
    };
    const first = start();
    await waitFor(() => first.tickers().length >= 20);
    await first.made.stop();
    const second = start();
    await waitFor(() => second.made.status().budgets[1]?.used === 25, { message: () => JSON.stringify(second.made.status()) });
    await waitFor(() => /daily budget/.test(second.made.status().reason));
    expect(second.made.status().reason).toMatch(/^daily budget of 25 REST calls used; next call .*at 00:00(:00)? UTC; prices of the last trading day$/);
    expect(rest.calls).toHaveLength(25);
    expect(rest.calls[0]?.path).toBe(`/query?function=GLOBAL_QUOTE&symbol=S0&apikey=${KEY}`);
    expect(JSON.stringify([second.events, second.made.status()])).not.toContain(KEY);
  });

  it('the venue knows better: its word on the day ends the day, without the key it quotes', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = () => ({ body: { Information: DAILY } });
    const { context, events } = restRig(rest, pick('MSFT'), { key: KEY });
    const made = untilEnd(createAlphaVantageConnector(context, FAST_REST));
    made.start();
    await waitFor(() => made.status().circuit === 'open');
    expect(made.status()).toMatchObject({ state: 'waiting', budgets: [{ used: 1 }, { used: 25, limit: 25 }] });
    expect(made.status().reason).toMatch(/00:00(:00)? UTC/);
    expect(JSON.stringify([events, made.status()])).not.toContain(KEY);
  });

  it('a key that is not accepted is final until the next start; an unknown symbol is named and a price never made up', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = () => ({ body: { 'Global Quote': {} } });
    const { context, tickers } = restRig(rest, pick('MSFT', 'XAU/USD'), { key: KEY });
    const made = untilEnd(createAlphaVantageConnector(context, FAST_REST));
    made.start();
    await waitFor(() => made.status().unserved.length === 1);
    expect(made.status()).toMatchObject({ symbols: [], unserved: [{ symbol: 'MSFT', reason: 'Alpha Vantage does not know it' }] });
    await made.stop();
    rest.answer = () => ({ body: { 'Error Message': 'the parameter apikey is invalid or missing.' } });
    const other = restRig(rest, pick('SPY'), { key: KEY });
    const refused = untilEnd(createAlphaVantageConnector(other.context, FAST_REST));
    refused.start();
    await waitFor(() => refused.status().state === 'refused');
    expect(refused.status().reason).toMatch(/does not accept the key in ALPHA_VANTAGE_API_KEY/);
    expect([...tickers(), ...other.tickers()]).toEqual([]);
  });
});
