import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { backoffDelay } from '@/core/util/backoff';
import { Connection } from '../../../server/hub/connection';
import { seeded } from '../../support/seeded';
import { waitFor } from '../../support/waitFor';
import { bench, Peer } from './bench';
import { quote, startHub, V2, type Running } from './support';

const REPLY_CAP = 65_536;
const symbols = Array.from({ length: 200 }, (_, i) => `K${i}/USD`);
const sizes = (peer: Peer) => peer.waiting.map((w) => w.text.length);

function join() {
  const on = bench({ messageBurst: 1e6, messagesPer10s: 1e6, subscribesPer10s: 1e6, resyncsPerMinute: 1e6, malformedPer10s: 1e6 });
  const peer = new Peer();
  const client = new Connection(on.hub, peer, 'market', 'objects');
  peer.ponged = (text) => client.ponged(text);
  client.receive('{"type":"hello","v":2}');
  return { ...on, peer, client };
}

describe('what one client can make the server hold', () => {
  it('an answer carries no more state than a part of a snapshot; the rest follows in parts as there is room', () => {
    const { owner, peer, client, pass, now } = join();
    owner.quotes(...symbols.map((s) => quote(s, 1)));
    const channels = Array.from({ length: 20 }, (_, i) => `candles:K${i}/USD`);
    for (const channel of channels) owner.set(channel, Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`1m|${i}`, { open_time: i, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: true, quality: 'live' }])));
    peer.take();
    client.receive(JSON.stringify({ type: 'subscribe', id: 1, channels }));
    expect(Math.max(...sizes(peer))).toBeLessThan(REPLY_CAP + 8_192);
    expect(client.credit.unacked).toBeLessThan(client.credit.window + 2 * REPLY_CAP + 8_192);
    for (let i = 0; i < 100; i++) {
      peer.take();
      pass(100);
      client.tick(now());
      client.flushAll();
    }
    const whole = new Set(peer.read.flatMap((t) => {
      const m = JSON.parse(t) as { type: string; channel: string; part: number; parts: number; channels?: { channel: string; data?: object }[] };
      return m.type === 'subscribed' ? (m.channels ?? []).filter((c) => c.data).map((c) => c.channel) : m.type === 'initial_data' && m.part === m.parts ? [m.channel] : [];
    }));
    expect(channels.filter((c) => !whole.has(c))).toEqual([]);
    expect(peer.closed).toBeNull();
  });

  it('property: whatever a client that never reads asks for, replies stop at 64 KiB and it is not cut for them', () => {
    const ask = fc.oneof(
      fc.constant('ping'), fc.constant('{'), fc.constant('{"type":"nope"}'), fc.constant('{"type":"auth","ticket":"x"}'), fc.constant('{"type":"hello","v":2}'),
      fc.nat(100).map((id) => JSON.stringify({ type: 'ping', id, t: id })),
      fc.record({ type: fc.constantFrom('subscribe', 'unsubscribe'), id: fc.nat(100), channels: fc.subarray(['market', 'sparkline', 'candles:K1/USD', 'trades:K1/USD', 'x'.repeat(90)], { minLength: 1 }), symbols: fc.subarray(symbols, { minLength: 1, maxLength: 200 }) }).map((m) => JSON.stringify(m)),
      fc.record({ type: fc.constant('resync'), id: fc.nat(100), channel: fc.constantFrom('market', 'sparkline', 'nope') }).map((m) => JSON.stringify(m)),
    );
    fc.assert(
      fc.property(fc.array(ask, { minLength: 20, maxLength: 60 }), (texts) => {
        const { owner, peer, client } = join();
        owner.quotes(...symbols.slice(0, 20).map((s) => quote(s, 1)));
        for (let i = 0; i < 40; i++) for (const text of texts) client.receive(text);
        // One answer and one part of state may go out on top of what waited when they were asked for.
        expect(peer.buffered()).toBeLessThan(REPLY_CAP + client.credit.window + REPLY_CAP);
        expect(peer.closed).toBeNull();
      }),
      { numRuns: 40 },
    );
  });
});

describe('many clients at once', () => {
  let running: Running | null = null;
  afterEach(async () => {
    await running?.stop();
    running = null;
  });

  it('are advised to spread their return over the time in which the server can let them in', async () => {
    running = await startHub({ upgradesTotalPerSecond: 1_000 });
    const first = await running.connect('market', V2);
    expect(await first.hello()).toMatchObject({ reconnect: { first_ms: 1_000, base_ms: 1_000, cap_ms: 10_000 } });
    await running.stop();
    running = await startHub({ upgradesTotalPerSecond: 4 });
    for (let i = 0; i < 4; i++) await running.connect('market', V2);
    // The next upgrade is let in when there is a token again.
    const { connect } = running;
    const later = await waitFor(() => connect('market', V2).catch(() => null));
    expect(await later.hello()).toMatchObject({ reconnect: { first_ms: 1_250 } });
  });

  it('that were turned away are not all told the same time', async () => {
    let n = 0;
    running = await startHub({ total: 1 }, { random: () => n++ / 10 });
    await running.connect('market');
    const times = await Promise.all([0, 1, 2].map(async () => JSON.parse((await (await running!.connect('market')).closing()).reason) as { retry_after_ms: number }));
    expect(times.map((t) => t.retry_after_ms).sort()).toEqual([5_000, 5_100, 5_200]);
  });

  /** Largest share of the clients in any 100 ms. */
  function peak(instants: readonly number[]): number {
    const sorted = [...instants].sort((a, b) => a - b);
    let most = 0;
    for (let from = 0, to = 0; to < sorted.length; to++) {
      while ((sorted[to] ?? 0) - (sorted[from] ?? 0) > 100) from++;
      most = Math.max(most, to - from + 1);
    }
    return most / sorted.length;
  }

  it.each([[200, 0.12], [5_000, 0.05], [30_000, 0.05]])('come back spread out after an outage of %i ms: at most %f of 10,000 in any 100 ms', (outageMs, share) => {
    const chance = seeded(outageMs);
    const options = { firstMs: 1_000, baseMs: 1_000, capMs: 10_000 };
    const instants = Array.from({ length: 10_000 }, () => {
      let at = 0;
      for (let attempt = 1; ; attempt++) {
        at += backoffDelay(attempt, chance(), options);
        if (at >= outageMs) return at;
      }
    });
    expect(peak(instants)).toBeLessThanOrEqual(share);
  });

  it('told to go come back within what the server can take', () => {
    const spreadMs = (10_000 / 500) * 1_000;
    const chance = seeded(1);
    expect(peak(Array.from({ length: 10_000 }, () => chance() * spreadMs))).toBeLessThanOrEqual(0.03);
  });
});
