import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { KrakenBookSequencer, krakenChecksum, type KrakenBookMessage } from '../../../server/connectors/kraken/book';
import { KrakenTranslator } from '../../../server/connectors/kraken/translate';
import { sharedPath } from '../../support/shared';
import { applyFrame, bookFrames, frameText, oracleChecksum, type OracleBook } from './oracle';

const message = (snapshot: boolean, bids: KrakenBookMessage['bids'], asks: KrakenBookMessage['asks'], more: Partial<KrakenBookMessage> = {}): KrakenBookMessage => ({ snapshot, bids, asks, checksum: null, time: null, ...more });

describe('Kraken book sequencer', () => {
  it('1-3 drops updates before the snapshot, replaces by every snapshot, sets and removes', () => {
    const book = new KrakenBookSequencer(10);
    expect(book.message(message(false, [['5.0', '1.0']], [])).type).toBe('drop');
    book.message(message(true, [['5.0', '1.0'], ['4.0', '1.0']], [['6.0', '1.0']]));
    book.message(message(false, [['5.0', '0.0'], ['4.5', '2.0']], []));
    expect(book.top(5).bids).toEqual([['4.5', '2.0'], ['4.0', '1.0']]);
    expect(book.message(message(true, [['3.0', '1.0']], []))).toEqual({ type: 'replace', bids: [['3.0', '1.0']], asks: [] });
  });

  it('4 tells levels that fall out of the depth as removed, and only those', () => {
    const book = new KrakenBookSequencer(10);
    const bids = Array.from({ length: 10 }, (_, i) => [`${20 - i}.0`, '1.0'] as const);
    book.message(message(true, bids, []));
    expect(book.message(message(false, [['25.0', '1.0'], ['2.0', '9.0']], []))).toEqual({ type: 'apply', bids: [['25.0', '1.0'], ['11.0', '0'], ['2.0', '0']], asks: [] });
    expect(book.top(99).bids.length).toBe(10);
  });

  it('5 discards the book at a wrong checksum and stays without until a snapshot', () => {
    const book = new KrakenBookSequencer(10);
    book.message(message(true, [['5.0', '1.0']], [['6.0', '1.0']], { checksum: krakenChecksum([['5.0', '1.0']], [['6.0', '1.0']]) }));
    expect(book.verified).toBe(1);
    expect(book.message(message(false, [['4.0', '1.0']], [], { checksum: 1 }))).toMatchObject({ type: 'resync' });
    expect(book.ready).toBe(false);
    expect(book.message(message(false, [['4.0', '1.0']], [])).type).toBe('drop');
  });

  it('5 a lost trailing zero changes the checksum: texts count, not values', () => {
    expect(krakenChecksum([['5.00', '1.0']], [])).not.toBe(krakenChecksum([['5.0', '1.0']], []));
    // A level by hand: 0.05005 and 0.00000500 are "5005" and "500".
    expect(krakenChecksum([], [['0.05005', '0.00000500']])).toBe(oracleChecksum({ bids: [], asks: [['0.05005', '0.00000500']] }));
  });

  it('6 takes a message older than the book for a disorder, until the venue proves to send such times', () => {
    const book = new KrakenBookSequencer(10);
    const results = Array.from({ length: 5 }, () => {
      book.message(message(true, [['5.0', '1.0']], [], { time: 1_000 }));
      return book.message(message(false, [['4.0', '1.0']], [], { time: 999 })).type;
    });
    expect(results).toEqual(['resync', 'resync', 'resync', 'apply', 'apply']);
  });

  it('property: equals the plain reference for any changes and depth', () => {
    const price = fc.integer({ min: 1, max: 60 }).map((n) => (n / 10).toFixed(1));
    const change = fc.tuple(price, fc.constantFrom('0.00', '1.50', '20.00'));
    const frame = fc.record({ snapshot: fc.boolean(), bids: fc.array(change, { maxLength: 8 }), asks: fc.array(change, { maxLength: 8 }) });
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 30 }), fc.constantFrom(10, 25), (frames, depth) => {
      const book = new KrakenBookSequencer(depth);
      let want: OracleBook = { bids: [], asks: [] };
      frames.forEach((f, i) => {
        const snapshot = i === 0 || f.snapshot;
        want = applyFrame(want, { symbol: '', checksum: null, timestamp: null, ...f, snapshot }, depth);
        book.message(message(snapshot, f.bids, f.asks, { checksum: oracleChecksum(want) }));
        expect(book.top(depth)).toEqual(want);
      });
      expect(book.verified).toBe(frames.length);
    }));
  });
});

interface Step { readonly raw: string; readonly symbol: string; readonly timestamp: string | null; readonly after: OracleBook }

/** Book frames of a v2 recording with the right book after each. */
function stepsOf(path: string, depth: number): readonly Step[] {
  const bytes = readFileSync(path);
  const lines = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
  const books = new Map<string, OracleBook>();
  return lines.flatMap((line) => {
    const { t, raw } = JSON.parse(line) as { t: string; raw: string };
    return (t === 'recv' ? bookFrames(raw) : []).map((frame) => {
      const after = applyFrame(books.get(frame.symbol) ?? { bids: [], asks: [] }, frame, depth);
      books.set(frame.symbol, after);
      if (frame.checksum !== null) expect(oracleChecksum(after)).toBe(frame.checksum);
      return { raw, symbol: frame.symbol, timestamp: frame.timestamp, after };
    });
  });
}

const T0 = 1_800_000_000_000;
type Fault = 'lose' | 'repeat' | 'swap' | 'again';

/** Plays the steps with faults; a new subscription is answered by the true book of that moment. Returns how often that happened. */
function playFaulty(steps: readonly Step[], depth: number, faults: ReadonlyMap<number, Fault>): number {
  const engine = createEngine({ instruments: [], venuePriority: ['kraken'] });
  const symbols = [...new Set(steps.map((s) => s.symbol))];
  const emit = (event: InputEvent) => engine.step(event, () => undefined);
  emit({ type: 'mode', mode: 'live', reason: 'test', receiveTime: T0 });
  for (const symbol of symbols) {
    const [base = '', quote = ''] = symbol.split('/');
    emit({ type: 'instrument', venue: 'kraken', receiveTime: T0, instrument: { symbol, name: symbol, assetClass: 'crypto', base, quote, tickSize: 1e-9, lotSize: 1e-8, venues: ['kraken'] } });
  }
  const pending = new Set<string>();
  const translator = new KrakenTranslator({ kind: 'live', route: 'socket', symbolOf: (s) => s, depth, emit, resubscribe: (s) => pending.add(s) });
  const truth = new Map<string, Step>();
  let resyncs = 0;
  const top = (symbol: string) => engine.book('kraken', symbol, 10);
  const deliver = (step: Step): void => {
    translator.frame(step.raw, T0 + 1);
    const book = top(step.symbol);
    // Whatever was lost or mixed up: a book called good has the ten levels a side that the venue has at this message.
    if (book?.state === 'ok') expect({ bids: book.bids, asks: book.asks }).toEqual({ bids: step.after.bids.slice(0, 10), asks: step.after.asks.slice(0, 10) });
  };
  const repair = (): void => {
    for (const symbol of pending) {
      const step = truth.get(symbol);
      if (!step) continue;
      pending.delete(symbol);
      resyncs += 1;
      translator.frame(frameText(symbol, step.after, step.timestamp), T0 + 1);
    }
  };
  const last = new Map(steps.map((s, i) => [s.symbol, i]));
  const seen = new Set<string>();
  for (let i = 0; i < steps.length; i += 1) {
    const step = steps[i]!;
    const next = steps[i + 1];
    // The first snapshot and the last message of each symbol are left alone, so that every fault must have been repaired at the end.
    const spared = !seen.has(step.symbol) || last.get(step.symbol) === i;
    const fault = spared ? undefined : faults.get(i);
    seen.add(step.symbol);
    truth.set(step.symbol, step);
    if (fault === 'swap' && next?.symbol === step.symbol && last.get(step.symbol) !== i + 1) {
      truth.set(step.symbol, next);
      deliver(next);
      deliver(step);
      i += 1;
    } else if (fault !== 'lose') deliver(step);
    if (fault === 'repeat') deliver(step);
    const old = steps[i - 7];
    if (fault === 'again' && old) deliver(old);
    repair();
  }
  for (const symbol of symbols) {
    const want = truth.get(symbol)!.after;
    expect(top(symbol)).toMatchObject({ state: 'ok', bids: want.bids.slice(0, 10), asks: want.asks.slice(0, 10) });
  }
  return resyncs;
}

const faultsOf = (length: number) => fc.array(fc.tuple(fc.nat(length - 1), fc.constantFrom<Fault>('lose', 'repeat', 'swap', 'again')), { maxLength: Math.min(200, length) }).map((list) => new Map(list));

describe('Kraken books under lost, repeated and mixed-up messages', () => {
  const fixture = fileURLToPath(new URL('../../fixtures/kraken/v2-btcusd-depth25-20260826.jsonl', import.meta.url));

  it('every checksum of the fixture is right, and without faults nothing is asked for again', () => {
    const steps = stepsOf(fixture, 25);
    expect(steps.length).toBe(43);
    expect(playFaulty(steps, 25, new Map())).toBe(0);
  });

  it('property: a book called good is never wrong, and ends equal', () => {
    const steps = stepsOf(fixture, 25);
    let resyncs = 0;
    fc.assert(fc.property(faultsOf(steps.length), (faults) => void (resyncs += playFaulty(steps, 25, faults))), { numRuns: 100 });
    expect(resyncs).toBeGreaterThan(0);
  });

  const whole = sharedPath('recordings/kraken/v2-derived-5pairs-20210417a.jsonl.gz');
  it.skipIf(!whole)('property: the same on five pairs with a thousand levels (needs ../shared/recordings)', () => {
    const steps = stepsOf(whole ?? '', 1_000);
    expect(steps.length).toBe(2_423);
    expect(playFaulty(steps, 1_000, new Map())).toBe(0);
    let resyncs = 0;
    fc.assert(fc.property(faultsOf(steps.length), (faults) => void (resyncs += playFaulty(steps, 1_000, faults))), { numRuns: 4, seed: 20210417 });
    expect(resyncs).toBeGreaterThan(0);
  }, 60_000);
});
