// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { client, eachWithItsOwnHub, live, market, pass, socket } from '../../support/streamRig';
import { seeded } from '../../support/seeded';

eachWithItsOwnHub();

describe('a link that falls silent', () => {
  it('is flagged after the heartbeat and two seconds, whenever the silence begins, never before, and only a frame ends it', async () => {
    await live();
    const chance = seeded(1);
    for (let i = 0; i < 60; i++) {
      // Frames go on for a while, at odd moments of the timers; the last one begins the silence.
      for (let n = chance() * 4; n > 0; n--) {
        await pass(Math.floor(chance() * 5_000));
        socket().heartbeat(10);
      }
      expect(market().state).toBe('live');
      await pass(6_999);
      expect(market().state, `silence ${i}`).toBe('live');
      await pass(1);
      expect(market().state, `silence ${i}`).toBe('stale');
      expect(client.getPrice('BTC/USDT')?.stale).toBe(true);
      await pass(Math.floor(chance() * 4_000));
      expect(market().state).toBe('stale');
      socket().heartbeat(10);
      expect(market().state).toBe('live');
    }
  });
});
