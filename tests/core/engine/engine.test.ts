import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { EngineOutput } from '@/core/market/outputs';
import { T0 } from './feed';

const decimal = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 9000, max: 11_000 }).map((n) => (n / 100).toFixed(2)) },
  { weight: 1, arbitrary: fc.constantFrom('0', '-1', 'NaN', 'Infinity', '1e999', '', '1e308', '1e-300', null, undefined, 5, {}, []) });
const time = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: T0 - 5000, max: T0 + 400_000 }) }, { weight: 1, arbitrary: fc.constantFrom(NaN, null, 0, -1, 1e18, Infinity, 'x') });
const anything = fc.oneof(decimal, time, fc.anything());
const origin = {
  venue: fc.constantFrom('binance', 'okx'), kind: fc.constantFrom('live', 'live', 'simulated'), route: fc.constantFrom('socket', 'rest', 'history'),
  symbol: fc.constantFrom('BTC/USDT', 'EUR/USD', 'AAPL', 'NOPE'), venueTime: time, receiveTime: time,
};
const level = fc.oneof(fc.tuple(decimal, decimal), fc.anything());
const input = fc.oneof(
  fc.record({ ...origin, type: fc.constant('trade'), id: fc.oneof(fc.nat(200).map(String), fc.string()), price: decimal, size: decimal, side: fc.constant('buy') }),
  fc.record({ ...origin, type: fc.constant('quote'), bid: decimal, bidSize: decimal, ask: decimal, askSize: decimal, updateId: anything }),
  fc.record({ ...origin, type: fc.constant('ticker'), last: decimal, open24h: decimal, high24h: decimal, low24h: decimal, volume24h: decimal }),
  fc.record({
    ...origin, type: fc.constant('candle'), interval: fc.constantFrom('1m', '5m', '1h', '1d', 'x'), openTime: fc.integer({ min: -90, max: 5 }).map((m) => T0 + m * 60_000),
    open: anything, high: anything, low: anything, close: anything, volume: anything, closed: fc.boolean(),
  }),
  fc.record({ ...origin, type: fc.constant('book'), action: fc.constantFrom('snapshot', 'delta'), bids: fc.oneof(fc.array(level), fc.anything()), asks: fc.array(level), updateId: anything }),
  fc.record({ ...origin, type: fc.constant('bookState'), state: fc.constantFrom('gap', 'ok', 'stale'), reason: fc.anything() }),
  fc.record({ type: fc.constant('clock'), receiveTime: time }),
  fc.record({ type: fc.constant('mode'), mode: fc.constantFrom('live', 'simulated', 'none', 'x'), reason: fc.string(), receiveTime: time }),
  fc.record({ type: fc.constant('feedStatus'), venue: fc.constantFrom('binance', 'okx', 7), state: fc.constantFrom('live', 'stale', 'x'), reason: fc.anything(), receiveTime: time }),
  fc.record({ type: fc.constant('instrument'), venue: fc.constant('okx'), instrument: fc.anything(), receiveTime: time }),
  fc.record({ type: fc.constant('badInput'), venue: fc.constant('okx'), symbol: fc.constantFrom('BTC/USDT', null), code: fc.anything(), detail: fc.anything(), receiveTime: time }),
  fc.record({ type: fc.anything(), venue: fc.anything(), symbol: fc.anything(), receiveTime: time }),
) as fc.Arbitrary<unknown> as fc.Arbitrary<InputEvent>;

function run(inputs: readonly InputEvent[]): { outputs: EngineOutput[][]; fingerprint: string } {
  const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: ['binance'] });
  const live: InputEvent = { type: 'mode', mode: 'live', reason: '', receiveTime: T0 };
  const outputs = [live, ...inputs].map((event) => {
    const given: EngineOutput[] = [];
    engine.step(event, (output) => given.push(output));
    return given;
  });
  return { outputs, fingerprint: engine.fingerprint() };
}

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

it('any input whatever: no throw, nothing that is not finite comes out, at most one quote of a symbol per input, quotes never crossed', () => {
  fc.assert(fc.property(fc.array(input, { maxLength: 80 }), (inputs) => {
    for (const outputs of run(inputs).outputs) {
      expect(numbersOf(outputs).every(Number.isFinite)).toBe(true);
      const quotes = outputs.flatMap((output) => (output.type === 'quote' ? [output.quote] : []));
      expect(new Set(quotes.map((quote) => quote.symbol)).size).toBe(quotes.length);
      for (const { bid, ask } of quotes) expect(bid !== null && ask !== null && bid > ask).toBe(false);
    }
  }), { numRuns: 300 });
});

it('the same inputs give byte-identical outputs and the same state', () => {
  fc.assert(fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
    expect(JSON.stringify(run(inputs))).toBe(JSON.stringify(run(inputs)));
  }), { numRuns: 60 });
});

it('the fingerprint tells states apart', () => {
  const trade = (size: string): InputEvent => ({
    type: 'trade', venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: T0, receiveTime: T0, id: '1', price: '100', size, side: 'buy',
  });
  expect(run([trade('1')]).fingerprint).toBe(run([trade('1')]).fingerprint);
  expect(run([trade('1')]).fingerprint).not.toBe(run([trade('1.0')]).fingerprint);
});
