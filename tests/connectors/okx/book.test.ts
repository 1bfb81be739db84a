import { describe, expect, it } from 'vitest';
import { OkxBookSequencer, okxChecksum, type OkxBookData } from '../../../server/connectors/okx/book';

const event = (prevSeqId: number | null, seqId: number | null, more: Partial<OkxBookData> = {}): OkxBookData => ({ bids: [], asks: [], ts: 1, checksum: null, prevSeqId, seqId, ...more });
const levels = { bids: [['99', '1']], asks: [['101', '2']] } as const;
const started = (seqId = 10): OkxBookSequencer => {
  const book = new OkxBookSequencer();
  expect(book.snapshot(event(-1, seqId, levels)).type).toBe('replace');
  return book;
};

describe('OKX book sequencer', () => {
  it('1-2 a snapshot, then exactly the updates that follow; signs of life and restarted numbers are no gap', () => {
    const book = started();
    for (const [prev, seq] of [[10, 14], [14, 14], [14, 3], [3, 9]] as const) expect(book.update(event(prev, seq)).type).toBe('apply');
    expect(book.seqId).toBe(9);
  });

  it('2-3 a missing update is a gap; what comes after is dropped until the venue confirms or sends a snapshot', () => {
    const book = started();
    expect(book.update(event(12, 13))).toEqual({ type: 'resync', reason: 'an update follows 12, the book is at 10' });
    expect(book.synced).toBe(false);
    expect(book.update(event(13, 14)).type).toBe('drop');
    expect(book.snapshot(event(-1, 20, levels)).type).toBe('replace');
    expect(book.update(event(20, 21)).type).toBe('apply');
  });

  it('2 a repeated update is dropped, also when numbers have restarted since; a lost restart is a gap, not silence', () => {
    const book = started();
    book.update(event(10, 14));
    book.update(event(14, 15));
    expect(book.update(event(10, 14)).type).toBe('drop');
    expect(book.update(event(3, 4))).toMatchObject({ type: 'resync' });
  });

  it('1 a snapshot older than what was seen is not believed, twice; then the venue must have restarted', () => {
    const book = started();
    book.update(event(10, 14));
    expect(book.snapshot(event(-1, 10, levels)).type).toBe('resync');
    expect(book.snapshot(event(-1, 10, levels)).type).toBe('resync');
    expect(book.snapshot(event(-1, 10, levels)).type).toBe('replace');
  });

  it('4 without a snapshot: waits, refuses an older REST one, drops what it contains, lets its number fall inside an update', () => {
    const book = new OkxBookSequencer();
    expect(book.update(event(10, 14))).toEqual({ type: 'wait', first: true });
    expect(book.update(event(14, 20))).toEqual({ type: 'wait', first: false });
    expect(book.restSnapshot(event(null, 9, levels))).toMatchObject({ type: 'refetch' });
    expect(book.restSnapshot(event(null, 17, levels))).toMatchObject({ type: 'replace', updates: [{ prevSeqId: 14, seqId: 20 }] });
    expect(book.update(event(21, 22)).type).toBe('resync');
  });

  it('4 a REST snapshot ahead of the stream drops what it contains and still finds its place', () => {
    const book = new OkxBookSequencer();
    book.update(event(10, 14));
    expect(book.restSnapshot(event(null, 17, levels))).toMatchObject({ type: 'replace', updates: [] });
    expect(book.update(event(14, 16)).type).toBe('drop');
    expect(book.update(event(16, 20)).type).toBe('apply');
    expect(book.update(event(19, 24)).type).toBe('resync');
  });

  it('4 after the ack of a new subscription updates may wait for REST again; a REST answer nobody waits for is ignored', () => {
    const book = started();
    expect(book.restSnapshot(event(null, 50, levels)).type).toBe('drop');
    book.update(event(12, 13));
    book.confirmed();
    expect(book.update(event(30, 31))).toEqual({ type: 'wait', first: true });
  });

  it('4 keeps a bounded number of waiting updates', () => {
    const book = new OkxBookSequencer(10);
    for (let i = 0; i < 100; i += 1) book.update(event(i, i + 1));
    expect(book.restSnapshot(event(null, 50, levels)).type).toBe('refetch');
    expect(book.restSnapshot(event(null, 95, levels))).toMatchObject({ type: 'replace', updates: { length: 5 } });
  });

  it('5 a checksum must be right when it is there; 0 and absent are not looked at', () => {
    const right = okxChecksum([['99', '5']], [['101', '2']]);
    const book = started();
    expect(book.update(event(10, 11, { bids: [['99', '5']], checksum: right })).type).toBe('apply');
    expect(book.verified).toBe(1);
    expect(book.update(event(11, 12, { checksum: right + 1 }))).toMatchObject({ type: 'resync', reason: expect.stringContaining('checksum') as string });
  });

  it('5 without numbers the checksum is required and time must not run backwards', () => {
    const checksum = okxChecksum(levels.bids, levels.asks);
    const begin = () => {
      const book = new OkxBookSequencer();
      expect(book.snapshot(event(null, null, { ...levels, checksum, ts: 5 })).type).toBe('replace');
      return book;
    };
    expect(begin().update(event(null, null, { checksum, ts: 6 })).type).toBe('apply');
    expect(begin().update(event(null, null, { ts: 6 })).type).toBe('resync');
    expect(begin().update(event(null, null, { checksum, ts: 4 })).type).toBe('resync');
    expect(new OkxBookSequencer().snapshot(event(null, null, levels)).type).toBe('resync');
  });

  it('the checksum goes on with the longer side alone, in the texts of the venue', () => {
    // "3366.1:7:3366.8:9:3366:6": two bids, one ask.
    expect(okxChecksum([['3366.1', '7'], ['3366', '6']], [['3366.8', '9']])).not.toBe(okxChecksum([['3366.1', '7'], ['3366.0', '6']], [['3366.8', '9']]));
    expect(okxChecksum([], [])).toBe(0);
  });
});
