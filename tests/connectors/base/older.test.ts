import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { CandleEvent } from '@/core/market/events';
import { err, ok } from '@/core/util/result';
import { CandleBackfill, type CandleRange } from '../../../server/connectors/base/backfill';

const HOUR = 3_600_000;
const event = (openTime: number, closed = true): CandleEvent => ({
  type: 'candle', venue: 'okx', kind: 'live', route: 'rest', symbol: 'BTC/USDT', venueTime: openTime, receiveTime: 0, interval: '1h', openTime, open: 1, high: 1, low: 1, close: 1, volume: 0, closed,
});

function loader(load: (range: CandleRange) => readonly CandleEvent[] | null) {
  const asked: CandleRange[] = [];
  const backfill = new CandleBackfill({
    full: [], pageRows: 300, random: () => 0, log: pino({ level: 'silent' }), clock: { now: () => 0, monotonic: () => 0 }, signal: new AbortController().signal, offsetMs: () => null,
    emit: () => undefined, retry: { firstMs: 1, baseMs: 1, capMs: 1 }, load: (range) => {
      asked.push(range);
      const events = load(range);
      return Promise.resolve(events ? ok({ events, refused: 0, next: null }) : err({ kind: 'limited', words: 'too many calls', status: 429, retryAfterMs: null, venueCode: null }));
    },
  });
  return { backfill, asked };
}

describe('older candles of a venue', () => {
  it('are one page that ends before the asked time, on the grid, and never wider than the venue gives', async () => {
    const { backfill, asked } = loader(({ start, rows }) => Array.from({ length: rows }, (_, i) => event((start ?? 0) + i * HOUR)));
    const answer = await backfill.older('BTC-USDT', 'BTC/USDT', '1h', 1_000 * HOUR, 1_000);
    expect(asked).toEqual([{ venueSymbol: 'BTC-USDT', symbol: 'BTC/USDT', interval: '1h', start: 700 * HOUR, rows: 300 }]);
    expect(answer.ok && [answer.value.length, answer.value[0]?.openTime, answer.value.at(-1)?.openTime]).toEqual([300, 700 * HOUR, 999 * HOUR]);
  });

  it('are none where a venue answers with its newest instead, and forming ones do not count', async () => {
    const { backfill } = loader(() => [event(2_000 * HOUR), event(999 * HOUR, false)]);
    expect(await backfill.older('XBTUSD', 'BTC/USDT', '1h', 1_000 * HOUR, 100)).toEqual(ok([]));
  });

  it('fail with the words of the venue', async () => {
    expect(await loader(() => null).backfill.older('X', 'BTC/USDT', '1h', 1_000 * HOUR, 100)).toEqual(err('too many calls'));
  });
});
