import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultInstrument } from '@/core/market/instruments';
import { compareDecimals, scaled, scaleOf } from '@/core/util/decimal';
import { createFrankfurterConnector } from '../../../server/connectors/frankfurter';
import { crossRate, mapRates, nextLook, readRates } from '../../../server/connectors/frankfurter/mapper';
import { FAST_REST, FakeRest, restRig, untilEnd } from '../../support/fakeRest';
import { sharedPath } from '../../support/shared';
import { waitFor } from '../../support/waitFor';

const FX = ['EUR/USD', 'GBP/USD', 'USD/JPY', 'USD/EUR'].map(defaultInstrument);
const AT = Date.UTC(2026, 2, 18, 16);
const V2 = [{ date: '2026-03-18', base: 'EUR', quote: 'USD', rate: 1.1538 }, { date: '2026-03-18', base: 'EUR', quote: 'GBP', rate: 0.8612 }, { date: '2026-03-18', base: 'EUR', quote: 'JPY', rate: 183.04 }];
const V1 = { amount: 1, base: 'EUR', date: '2026-03-18', rates: { USD: 1.1538, GBP: 0.8612, JPY: 183.04 } };

/** Rows of euro rates as the ECB publishes them. */
function ecbRows(path: string): { date: string; rates: Record<string, number> }[] {
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const names = head.split(',').slice(2);
  return lines.map((line) => {
    const [date = '', , ...values] = line.split(',');
    return { date, rates: Object.fromEntries(names.map((name, i) => [name, Number(values[i])])) };
  });
}

describe('reference rates', () => {
  it('v2 and v1 say the same: the bank\'s own number against the euro, crosses in exact decimals, one value, the banking day as time', () => {
    for (const body of [V2, V1]) {
      const rates = readRates(body);
      if (!rates) throw new Error('not read');
      const { events } = mapRates(rates, FX, AT);
      expect(events.map((e) => [e.symbol, e.last])).toEqual([['EUR/USD', '1.1538'], ['GBP/USD', '1.33976'], ['USD/JPY', '158.641'], ['USD/EUR', '0.866701']]);
      expect(events[0]).toMatchObject({ kind: 'delayed', route: 'rest', venueTime: Date.UTC(2026, 2, 18, 14), open24h: null, volume24h: null });
    }
  });

  it.each([
    ['nothing of the kind', { message: 'not found' }, null],
    ['another base', [{ ...V2[0], base: 'USD' }], 0],
    ['no number', [{ ...V2[0], rate: '1.1' }, { ...V2[0], rate: -1 }, { ...V2[0], rate: null }, { ...V2[0], date: 'today' }, 7], 0],
  ])('%s gives no rate', (_name, body, size) => {
    expect(readRates(body)?.rates.size ?? null).toBe(size);
  });

  it('two rates of different days make no cross', () => {
    const rates = readRates([V2[0], { ...V2[1], date: '2026-03-17' }]);
    const polled = rates && mapRates(rates, FX, AT);
    expect(polled?.events.map((e) => e.symbol)).toEqual(['EUR/USD', 'USD/EUR']);
    expect(polled?.missing?.get('GBP/USD')).toMatch(/different days/);
    expect(polled?.missing?.get('USD/JPY')).toMatch(/no reference rate of JPY/);
  });

  it('property: a cross is the nearest number of six digits', () => {
    const text = fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 0, max: 5 })).map(([n, d]) => (n / 10 ** d).toString());
    fc.assert(fc.property(text, text, (quote, base) => {
      const cross = crossRate(quote, base);
      expect(cross).toMatch(/^\d+(\.\d+)?$/);
      const digits = cross.replace('.', '').replace(/^0+/, '');
      expect(digits.length).toBeLessThanOrEqual(Math.max(6, cross.replace(/\..*/, '').length));
      // |cross * base - quote| <= base * half a unit of the sixth digit, in integers.
      const scale = scaleOf(cross) + scaleOf(base) + scaleOf(quote);
      const difference = scaled(cross, scale) * scaled(base, scale) - scaled(quote, scale) * 10n ** BigInt(scale);
      const relative = Number((difference < 0n ? -difference : difference) * 10_000_000n / (scaled(quote, scale) * 10n ** BigInt(scale)));
      expect(relative).toBeLessThanOrEqual(50);
    }));
  });

  it.each([['committed', 'tests/fixtures/frankfurter/ecb-2025-excerpt.csv'], ['whole 2025', sharedPath('recordings/candles/fx-ecb-EUR-reference-1d-2025.csv')]])('%s ECB rates: a triangle of crosses closes, and never a value without its day', (_name, path) => {
    if (path === null) return;
    for (const { date, rates } of ecbRows(path)) {
      const read = readRates({ base: 'EUR', date, rates });
      const instruments = ['GBP/CHF', 'CHF/JPY', 'GBP/JPY'].map(defaultInstrument);
      const [a, b, c] = (read ? mapRates(read, instruments, Date.parse(date)).events : []).map((e) => Number(e.last));
      expect(Math.abs((a ?? 0) * (b ?? 0) / (c ?? 1) - 1)).toBeLessThan(2e-5);
      expect(compareDecimals(crossRate(String(rates.GBP), String(rates.GBP)), '1')).toBe(0);
    }
  });

  it('looks again when the next rate is due: this afternoon, then hourly, then tomorrow', () => {
    const day = Date.UTC(2026, 2, 18);
    expect(nextLook(day + 9 * 3_600_000, day - 86_400_000)).toBe(day + 14.25 * 3_600_000);
    expect(nextLook(day + 15 * 3_600_000, day - 86_400_000)).toBe(day + 16 * 3_600_000);
    expect(nextLook(day + 16 * 3_600_000, day)).toBe(day + 86_400_000 + 14.25 * 3_600_000);
  });
});

describe('connector', () => {
  it('one call for all pairs, v1 when v2 has a fault, nothing twice while fresh', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = (path) => (path.startsWith('/v2/') ? { status: 503, body: '' } : { body: V1 });
    const { context, tickers, states } = restRig(rest, FX);
    const made = untilEnd(createFrankfurterConnector(context, FAST_REST));
    made.start();
    await waitFor(() => tickers().length === 4);
    expect(rest.calls.map((c) => c.path)).toEqual(['/v2/rates?base=EUR&quotes=GBP,JPY,USD&providers=ECB', '/v1/latest?base=EUR&symbols=GBP,JPY,USD']);
    expect(states()).toEqual(['connecting', 'live']);
    expect(made.status()).toMatchObject({ state: 'live', circuit: 'closed', symbols: FX.map((i) => i.symbol), reason: expect.stringMatching(/next call .*UTC; daily reference rates of the ECB/) });
    made.refill?.();
    expect(tickers()).toHaveLength(8);
    expect(rest.calls).toHaveLength(2);
  });

  it('v2 alone when it answers; symbols of no bank are named', async () => {
    const rest = untilEnd(await FakeRest.start());
    rest.answer = () => ({ body: V2 });
    const { context, tickers } = restRig(rest, [...FX, defaultInstrument('EUR/TRY'), defaultInstrument('BTC/USDT')]);
    const made = untilEnd(createFrankfurterConnector(context, FAST_REST));
    made.start();
    await waitFor(() => tickers().length === 4);
    expect(rest.calls).toHaveLength(1);
    expect(made.status().unserved).toEqual([{ symbol: 'EUR/TRY', reason: 'no reference rate of TRY' }]);
  });
});
