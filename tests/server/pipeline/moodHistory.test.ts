import { describe, expect, it } from 'vitest';
import { MARKET_WIDE_KEY, type BinaryData } from '@/core/contract';
import type { BusMessage } from '../../../server/bus/bus';
import { keepMood } from '../../../server/pipeline/moodHistory';

const breadth = { n: 2, adv: 2, dec: 0, flat: 0, net: 1, upVol: null, aboveEma20: null, callShare: null, newHigh: 0, newLow: 0 };
const told = (ts: number, mood: number | null, more: Partial<BinaryData> = {}): BinaryData => ({ v: 1, up: null, down: null, method: 'm', source: 'live', venue: '', ts, mid: null, px: 'mid', horizons: [], drivers: [], breadth: null, mood, seq: null, prev: null, hash: null, ...more });
const delta = (value: unknown, key = MARKET_WIDE_KEY, channel = 'binary'): BusMessage => ({ type: 'keyed', channel, epoch: 'e', prev: 0, seq: 1, changes: [{ key, value }] });

function rig(): { say: (message: BusMessage) => void; points: ReturnType<typeof keepMood> } {
  let listen: (message: BusMessage) => void = () => undefined;
  const points = keepMood({ subscribe: (listener) => { listen = listener; return () => undefined; } });
  return { say: (message) => listen(message), points };
}

describe('history of the mood', () => {
  it('keeps what was told of the whole list, the later word of one moment, and nothing else', () => {
    const { say, points } = rig();
    for (const message of [delta(told(1, 50)), delta(told(2, 60)), delta(told(2, 61, { breadth })), delta(told(3, 1), 'BTC/USDT'), delta(told(4, 1), MARKET_WIDE_KEY, 'market'), delta({ mood: 5 }), delta(undefined)]) say(message);
    expect(points()).toEqual([[1, 50, null], [2, 61, 1]]);
  });

  it('begins anew with another kind of data, and is bounded', () => {
    const { say, points } = rig();
    say(delta(told(1, 50)));
    say({ type: 'reset', channel: 'market', epoch: 'f' });
    expect(points()).toHaveLength(1);
    say({ type: 'reset', channel: 'binary', epoch: 'f' });
    expect(points()).toEqual([]);
    for (let t = 1; t <= 1_200; t++) say(delta(told(t, null)));
    expect([points().length, points()[0]?.[0]]).toEqual([1_000, 201]);
  });
});
