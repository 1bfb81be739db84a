import fc from 'fast-check';
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

  it('tells the owner of a channel when it becomes wanted and when nobody wants it any more, and a late owner what is wanted', () => {
    const bus = createMemoryBus(silentLog);
    const told: string[] = [];
    const note = (who: string) => (channel: string, wanted: boolean) => void told.push(`${who} ${channel} ${wanted}`);
    const stop = bus.onWant(note('a'));
    const first = bus.want('book:X');
    const second = bus.want('book:X');
    first();
    first(); // taken back once, however often it is called
    expect(told).toEqual(['a book:X true']);
    bus.onWant(note('b'));
    second();
    stop();
    bus.want('quote:X');
    expect(told).toEqual(['a book:X true', 'b book:X true', 'a book:X false', 'b book:X false', 'b quote:X true']);
  });

  it('property: an owner knows exactly what is wanted, after any order of wishes', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ channel: fc.constantFrom('a', 'b', 'c'), take: fc.nat() })), (ops) => {
        const bus = createMemoryBus(silentLog);
        const known = new Set<string>();
        bus.onWant((channel, wanted) => {
          expect(known.has(channel)).toBe(!wanted);
          if (wanted) known.add(channel);
          else known.delete(channel);
        });
        const held: { channel: string; end: () => void }[] = [];
        for (const { channel, take } of ops) {
          if (take % 2 === 0) held.push({ channel, end: bus.want(channel) });
          else held.splice(take % (held.length + 1), 1)[0]?.end();
          expect([...known].sort()).toEqual([...new Set(held.map((h) => h.channel))].sort());
        }
      }),
    );
  });
});
