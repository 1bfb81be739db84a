import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinanceBookSequencer } from '../../../server/connectors/binance/book';

const update = (U: number, u: number) => ({ E: 1, s: 'BTCUSDT', U, u, b: [], a: [] });
const snapshot = (lastUpdateId: number) => ({ lastUpdateId, bids: [], asks: [] });

describe('Binance book sequencer', () => {
  it('1-5 waits for the snapshot, drops what it contains and applies the rest', () => {
    const book = new BinanceBookSequencer();
    expect(book.update(update(95, 99))).toEqual({ type: 'wait', first: true });
    expect(book.update(update(100, 104))).toEqual({ type: 'wait', first: false });
    expect(book.update(update(105, 106))).toEqual({ type: 'wait', first: false });
    expect(book.snapshot(snapshot(102))).toEqual({ type: 'replace', snapshot: snapshot(102), updates: [update(100, 104), update(105, 106)] });
    expect(book.updateId).toBe(106);
  });

  it('takes a snapshot that ends exactly at an event, so that the next starts at lastUpdateId + 1 (seen in real data)', () => {
    const book = new BinanceBookSequencer();
    book.update(update(95, 99));
    book.update(update(100, 104));
    expect(book.snapshot(snapshot(99))).toMatchObject({ type: 'replace', updates: [update(100, 104)] });
  });

  it('3 asks again for a snapshot older than the stream', () => {
    const book = new BinanceBookSequencer();
    book.update(update(100, 104));
    expect(book.snapshot(snapshot(98))).toMatchObject({ type: 'refetch' });
    expect(book.snapshot(snapshot(99))).toMatchObject({ type: 'replace' });
  });

  it('6 ignores old updates, resyncs on a gap and keeps the event after it', () => {
    const book = new BinanceBookSequencer();
    book.snapshot(snapshot(100));
    expect(book.update(update(90, 100)).type).toBe('drop');
    expect(book.update(update(98, 101)).type).toBe('apply');
    expect(book.update(update(103, 104))).toEqual({ type: 'resync', reason: 'updates 102 to 102 are missing' });
    expect(book.updateId).toBeNull();
    expect(book.snapshot(snapshot(103))).toMatchObject({ type: 'replace', updates: [update(103, 104)] });
  });

  it('keeps a bounded number of waiting events', () => {
    const book = new BinanceBookSequencer(10);
    for (let i = 0; i < 100; i += 1) book.update(update(i, i));
    expect(book.buffered).toBe(10);
    expect(book.snapshot(snapshot(50)).type).toBe('refetch');
    expect(book.snapshot(snapshot(95)).type).toBe('replace');
  });

  it('property: with lost, repeated and late events nothing is ever applied out of sequence, and a complete stream has no resync', () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 });
    const faults = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'lose', 'repeat', 'late'), { minLength: 40, maxLength: 40 });
    fc.assert(fc.property(chunks, faults, fc.nat(60), (sizes, fault, at) => {
      const stream: ReturnType<typeof update>[] = [];
      let id = 1;
      sizes.forEach((n, i) => {
        const event = update(id, id + n - 1);
        id += n;
        if (fault[i] !== 'lose') stream.push(event);
        if (fault[i] === 'repeat') stream.push(event);
        if (fault[i] === 'late' && stream.length > 1) stream.push(stream[stream.length - 2] ?? event);
      });
      const book = new BinanceBookSequencer();
      let state: number | null = null;
      let resyncs = 0;
      const apply = (U: number, u: number) => {
        expect(state !== null && U <= state + 1 && u > state).toBe(true);
        state = u;
      };
      const handle = (step: ReturnType<typeof book.update>) => {
        if (step.type === 'apply') apply(step.update.U, step.update.u);
        if (step.type === 'replace') {
          state = step.snapshot.lastUpdateId;
          step.updates.forEach((e) => apply(e.U, e.u));
        }
        if (step.type === 'resync') {
          resyncs += 1;
          state = null;
        }
      };
      stream.forEach((event, i) => {
        handle(book.update(event));
        if (book.updateId === null && i >= at % stream.length) handle(book.snapshot(snapshot(event.u)));
        expect(book.updateId).toBe(state);
      });
      if (!fault.slice(0, sizes.length).includes('lose')) expect(resyncs).toBe(0);
    }));
  });
});
