import { describe, expect, it } from 'vitest';
import type { HistoryAnswer } from '@/core/contract';
import { gapRows, keptWords, repairProgress, repairWords, storedWords } from '@/panels/HistoryPanel/historyWords';

const AT = Date.parse('2026-11-18T14:00:00Z');
const answer = (over: Partial<HistoryAnswer> = {}): HistoryAnswer => ({
  health: { state: 'ok', reason: '' }, bytes: 119_000_000, max_bytes: 1_000_000_000, gaps: [], backfills: [],
  tables: [{ table: 'candles', rows: 3_110_400, oldest: AT, newest: AT }, { table: 'trades', rows: 12, oldest: AT, newest: AT }, { table: 'gaps', rows: 3, oldest: AT, newest: AT }], ...over,
});
const fill = (symbol: string) => ({ symbol, venue: 'binance', from: AT, to: AT + 3_600_000, done: 20, of: 60, note: 'loaded back to 14:40' });
const gap = (state: string) => ({ symbol: 'BTC/USDT', from: AT, to: AT + 60_000, reason: 'the server was not running', noticed: AT, state, note: 'kraken has nothing from before 14:00', ended: null });

describe('words about history', () => {
  it('say how much is stored, of how much, and since when', () => {
    expect(storedWords(answer(), 'UTC')).toEqual({ words: '3.11M candles, 12 trades; 119 of 1000 MB; the oldest candle is of 2026-11-18 14:00:00 UTC', trouble: false });
  });
  it('say what is wrong, and what was lost before, as trouble', () => {
    expect(storedWords(answer({ health: { state: 'degraded', reason: 'history cannot be written: no space left' } }), 'UTC')).toEqual({ words: 'History cannot be written: no space left', trouble: true });
    expect(storedWords(answer({ health: { state: 'off', reason: 'history is switched off' } }), 'UTC')).toEqual({ words: 'History is switched off', trouble: false });
    expect(storedWords(answer({ health: { state: 'ok', reason: 'the history file was damaged' } }), 'UTC').trouble).toBe(true);
  });
  it('add up repairs, and name the one there is', () => {
    expect(repairWords(answer())).toBeNull();
    expect([repairProgress(answer()), repairProgress(answer({ backfills: [fill('BTC/USDT'), fill('ETH/USDT')] }))]).toEqual([null, { done: 40, of: 120 }]);
    expect(repairWords(answer({ backfills: [fill('BTC/USDT')] }))).toBe('Missing candles are being loaded: BTC/USDT, 20 of 60 minutes. Loaded back to 14:40');
    expect(repairWords(answer({ backfills: [fill('BTC/USDT'), fill('ETH/USDT')] }))).toBe('Missing candles are being loaded: 2 gaps, 40 of 120 minutes.');
  });
  it('name the newest gap that stays, and not those that were repaired', () => {
    expect(keptWords(answer({ gaps: [gap('repaired'), gap('open')] }), 'UTC')).toBeNull();
    expect(keptWords(answer({ gaps: [gap('kept')] }), 'UTC')).toMatch(/^1 gap stays; the newest: BTC\/USDT, .*: the server was not running; kraken has nothing from before 14:00$/);
  });
  it('list every gap with what came of it, bounded', () => {
    const rows = gapRows(answer({ gaps: [gap('open'), gap('kept'), gap('repaired')].map((g, i) => ({ ...g, from: AT + i })) }), 'UTC');
    expect(rows.map((row) => row.outcome.replace(/:.*/, ''))).toEqual(['waits or is being loaded', 'stays', 'repaired']);
    expect(rows[0]).toMatchObject({ symbol: 'BTC/USDT', span: '2026-11-18 14:00:00 to 2026-11-18 14:01:00 UTC', reason: 'the server was not running' });
    expect(gapRows(answer({ gaps: Array.from({ length: 200 }, (_, i) => ({ ...gap('kept'), from: AT + i })) }), 'UTC')).toHaveLength(50);
  });
});
