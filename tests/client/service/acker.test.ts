// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { ClientMessage } from '@/core/contract';
import { Acker } from '@/service/acker';

const make = () => {
  const sent: ClientMessage[] = [];
  return { sent, acker: new Acker((message) => sent.push(message)) };
};

describe('what was handled is told', () => {
  it('in bytes of the whole connection, each time enough came together, and the rest when time passed', () => {
    const { sent, acker } = make();
    acker.begin();
    acker.take('x'.repeat(90)); // the greeting itself counts
    acker.begin(100);
    acker.take('x'.repeat(9));
    acker.take('é€😀x'); // 2 + 3 + 4 + 1 bytes
    acker.take('x'.repeat(50));
    acker.tell();
    acker.tell();
    expect(sent).toEqual([{ type: 'ack', bytes: 109 }, { type: 'ack', bytes: 159 }]);
  });

  it('not to a server that never greeted, and from nothing on a new connection', () => {
    const { sent, acker } = make();
    acker.begin();
    acker.take('x'.repeat(1e6));
    acker.tell();
    acker.begin();
    acker.begin(10);
    acker.take('0123456789');
    expect(sent).toEqual([{ type: 'ack', bytes: 10 }]);
  });
});
