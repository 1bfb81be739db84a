import { describe, expect, it } from 'vitest';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { silentLog } from '../hub/support';
import type { BusMessage } from '../../../server/bus/bus';

const reset = (channel: string): BusMessage => ({ type: 'reset', channel, epoch: 'e' });

describe('memory bus', () => {
  it('gives every listener the same order, also for messages published while delivering', () => {
    const bus = createMemoryBus(silentLog);
    const seen: [string, string][] = [];
    const note = (who: string) => (m: BusMessage) => void (m.type === 'reset' && seen.push([who, m.channel]));
    bus.subscribe((m) => {
      if (m.type === 'reset' && m.channel === 'a') bus.publish(reset('b'));
    });
    bus.subscribe(note('one'));
    bus.subscribe(note('two'));
    bus.publish(reset('a'));
    expect(seen).toEqual([['one', 'a'], ['two', 'a'], ['one', 'b'], ['two', 'b']]);
  });

  it('goes on when a listener throws, and stops with unsubscribe', () => {
    const bus = createMemoryBus(silentLog);
    let n = 0;
    bus.subscribe(() => {
      throw new Error('broken');
    });
    const stop = bus.subscribe(() => void n++);
    bus.publish(reset('a'));
    stop();
    bus.publish(reset('b'));
    expect(n).toBe(1);
  });
});
