import { describe, expect, it } from 'vitest';
import { defaultInstrument } from '@/core/market/instruments';
import { createExchangeRateConnector } from '../../../server/connectors/exchangerate';
import { mapLatest, readLatest } from '../../../server/connectors/exchangerate/mapper';
import { FAST_REST, FakeRest, restRig, untilEnd } from '../../support/fakeRest';
import { waitFor } from '../../support/waitFor';

/** The real answer of 2026-02-18 for the koruna, shortened to the codes quoted in the venue's documentation. */
const CZK = {
  result: 'success', provider: 'https://www.exchangerate-api.com', documentation: 'https://www.exchangerate-api.com/docs/free', terms_of_use: 'https://www.exchangerate-api.com/terms',
  time_last_update_unix: 1771372952, time_last_update_utc: 'Wed, 18 Feb 2026 00:02:32 +0000', time_next_update_unix: 1771461262, time_next_update_utc: 'Thu, 19 Feb 2026 00:34:22 +0000',
  time_eol_unix: 0, base_code: 'CZK', rates: { CZK: 1, AED: 0.17914 },
};
const AT = 1771400000_000;

describe('answers', () => {
  it('the provider\'s own number, its time of update, and rest until the next one', () => {
    const read = readLatest(CZK);
    if (!read.ok) throw new Error(read.error.words);
    const polled = mapLatest(read.value, ['CZK/AED', 'CZK/XXX', 'EUR/USD'].map(defaultInstrument), AT);
    expect(polled.events).toMatchObject([{ symbol: 'CZK/AED', last: '0.17914', venueTime: 1771372952_000, kind: 'delayed', route: 'rest' }]);
    expect(polled.missing?.get('CZK/XXX')).toMatch(/no rate of CZK in XXX/);
    expect(polled.freshForMs('CZK/AED')).toBe(1771461262_000 + 60_000 - AT);
  });

  it.each([
    ['an unknown code', { result: 'error', 'error-type': 'unsupported-code' }, 'bad', /unsupported-code/],
    ['a used-up quota', { result: 'error', 'error-type': 'quota-reached' }, 'limited', /quota-reached/],
    ['a dead account', { result: 'error', 'error-type': 'inactive-account' }, 'refused', /inactive-account/],
    ['no answer of theirs', { result: 'success', rates: [] }, 'bad', /expected form/],
    ['a list', [], 'bad', /expected form/],
  ])('%s is a failure with words', (_name, body, kind, words) => {
    expect(readLatest(body)).toMatchObject({ ok: false, error: { kind, words: expect.stringMatching(words) } });
  });
});

describe('connector', () => {
  const answerOf = (path: string) => {
    const base = path.slice(-3);
    const rates = base === 'EUR' ? { EUR: 1, USD: 1.1538, GBP: 0.86 } : { USD: 1, JPY: 158.64 };
    return { body: { ...CZK, base_code: base, rates, time_last_update_unix: Date.now() / 1_000 - 60, time_next_update_unix: Date.now() / 1_000 + 86_000 } };
  };

  it('one call for each base and day; a base it does not know is named and does not hold up the others', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = (path) => (path.endsWith('XPF') ? { status: 404, body: { result: 'error', 'error-type': 'unsupported-code' } } : answerOf(path));
    const fx = ['EUR/USD', 'USD/JPY', 'EUR/GBP'].map(defaultInstrument);
    const { context, tickers } = restRig(rest, [{ ...defaultInstrument('EUR/USD'), symbol: 'XPF/EUR', base: 'XPF', quote: 'EUR' }, ...fx]);
    const made = untilEnd(createExchangeRateConnector(context, FAST_REST));
    made.start();
    await waitFor(() => tickers().length === 3);
    expect(rest.calls.map((c) => c.path).sort()).toEqual(['/v6/latest/EUR', '/v6/latest/USD', '/v6/latest/XPF']);
    expect(Object.fromEntries(tickers().map((t) => [t.symbol, t.last]))).toEqual({ 'EUR/USD': '1.1538', 'EUR/GBP': '0.86', 'USD/JPY': '158.64' });
    expect(made.status()).toMatchObject({ state: 'live', unserved: [{ symbol: 'XPF/EUR', reason: 'ExchangeRate-API does not know XPF' }], budgets: [{ name: 'REST calls', per: 'hour', limit: 30, used: 3 }] });
  });

  it('429 is waited for with its time in words; the value at hand stays valid meanwhile', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = (path) => (path.endsWith('EUR') ? answerOf(path) : { status: 429, body: '', headers: { 'retry-after': '1200' } });
    const { context, tickers } = restRig(rest, ['EUR/USD', 'USD/JPY'].map(defaultInstrument));
    const made = untilEnd(createExchangeRateConnector(context, FAST_REST));
    made.start();
    await waitFor(() => tickers().length === 1 && made.status().circuit === 'open');
    expect(made.status()).toMatchObject({ state: 'live', reason: expect.stringMatching(/^ExchangeRate-API says too many requests \(HTTP 429\); next call at \d\d:\d\d:\d\d UTC/) });
    expect(made.status().nextAttemptInMs).toBeGreaterThan(1_190_000);
  });

  it('not needed, not asked; stopped, not asked; a stop and start keeps the count', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = answerOf;
    let needed = false;
    const { context, tickers, states } = restRig(rest, [defaultInstrument('EUR/USD')], { needed: () => needed });
    const made = untilEnd(createExchangeRateConnector(context, FAST_REST));
    made.start();
    expect(made.status()).toMatchObject({ state: 'standby', reason: expect.stringMatching(/^standing by/) });
    needed = true;
    await waitFor(() => tickers().length === 1);
    await made.stop();
    expect(made.status()).toMatchObject({ state: 'off', nextAttemptInMs: null });
    expect(states()).toEqual(['standby', 'connecting', 'live', 'off']);
    made.start();
    expect(made.status()).toMatchObject({ state: 'live', budgets: [{ used: 1 }] });
    expect(tickers()).toHaveLength(2);
    expect(rest.calls).toHaveLength(1);
  });
});
