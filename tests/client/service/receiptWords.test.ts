// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { ReceiptMessage } from '@/core/contract';
import { receiptWords, reunionWords, worseReceipt } from '@/service/receiptWords';

const receipt = (channel: string, change: Partial<ReceiptMessage> = {}): ReceiptMessage =>
  ({ type: 'receipt', channel, outcome: 'delta', from: null, to: { epoch: 'e', seq: 1 }, missed: 2, replayed: 2, lost: 0, timestamp: '', ...change });
const current = (channel: string): ReceiptMessage => receipt(channel, { outcome: 'current', missed: 0, replayed: 0 });

describe('what an interruption cost, in one calm line', () => {
  it.each([
    [[], ''],
    [[receipt('market', { outcome: 'snapshot', reason: 'fresh', missed: null })], ''],
    [[current('market'), current('sparkline')], 'Prices, Last-hour lines: nothing was missed'],
    [[receipt('market'), current('sparkline')], 'Prices: missed 2 changes, all made up for'],
    [[receipt('market', { missed: 1 }), receipt('trades:BTC/USDT@kraken', { lost: 30 })], 'Prices: missed 1 change, all made up for. Trades of BTC/USDT at Kraken: 30 items missed for good; a gap is shown'],
    [['market', 'sparkline', 'ratings', 'candles:AAPL:1m', 'quote:AAPL'].map((channel) => receipt(channel, { outcome: 'snapshot', reason: 'epoch_changed', missed: null })),
      'Prices, Last-hour lines, Ratings and 2 more: loaded anew, the numbering restarted; steps in between are not shown'],
  ])('%#', (receipts, words) => expect(reunionWords(receipts)).toBe(words));

  it('what is repaired inside a connection is worth no line; what is lost is', () => {
    expect(receiptWords(receipt('market'))).toBe('');
    expect(receiptWords(receipt('signals', { lost: 1 }))).toBe('Signals: 1 item missed for good; a gap is shown');
  });

  it('the panel shows the one that cost most, in whichever order they came', () => {
    const byCost = [receipt('quote:AAPL', { outcome: 'snapshot', reason: 'fresh', missed: null }), current('market'), receipt('market', { missed: 1 }), receipt('market', { missed: 9 }), receipt('ratings', { outcome: 'snapshot', reason: 'too_old', missed: null }), receipt('signals', { lost: 2 })];
    for (const [i, a] of byCost.entries()) for (const b of byCost.slice(i + 1)) expect([worseReceipt(a, b), worseReceipt(b, a)]).toEqual([b, b]);
  });
});
