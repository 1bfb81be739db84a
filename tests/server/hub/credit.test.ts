import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Acker } from '@/service/acker';
import { Connection } from '../../../server/hub/connection';
import { Credit } from '../../../server/hub/credit';
import { ACK_BYTES } from '../../../server/hub/greeting';
import type { HubOptions } from '../../../server/hub/options';
import type { Dialect } from '../../../server/hub/reader';
import { bench, Peer } from './bench';
import { quote } from './support';

const KEYS = Array.from({ length: 40 }, (_, i) => `K${i}/USD`);

/** A client that says how far it is only when the test makes it: it has read everything, and handled what it told. */
function join(dialect: Dialect, options: Partial<HubOptions> = {}) {
  const on = bench(options);
  const peer = new Peer();
  const client = new Connection(on.hub, peer, 'market', dialect);
  client.start();
  if (dialect !== 'plain') client.receive(JSON.stringify({ type: 'hello', v: 2, features: ['rows', 'ack'] }));
  let n = 0;
  return {
    ...on, peer, client,
    push() {
      on.owner.quotes(...KEYS.map((k) => quote(k, ++n)));
      client.flushAll();
      peer.take();
    },
    ack: (bytes: number) => client.receive(JSON.stringify({ type: 'ack', bytes })),
    seconds(s: number) {
      for (let i = 0; i < s * 4; i++) {
        on.pass(250);
        client.heard();
        client.tick(on.now());
        peer.take();
      }
    },
  };
}

describe('window of one connection', () => {
  let now = 0;
  const make = () => new Credit(new Peer(), 32_768, { monotonic: () => now });

  it('doubles when a full window is taken in less than 250 ms, halves when it takes more than 500 ms, within 16 to 512 KiB', () => {
    const credit = make();
    const round = (ms: number): number => {
      while (credit.ready()) credit.send(8_192);
      now += ms;
      credit.ack(credit.sent);
      return credit.window / 1_024;
    };
    expect([100, 100, 100, 300, 100, 100].map(round)).toEqual([64, 128, 256, 256, 512, 512]);
    expect([600, 600, 600, 600, 600, 600, 400, 200].map(round)).toEqual([256, 128, 64, 32, 16, 16, 16, 32]);
  });

  it('stays as it is for a client that never fills it', () => {
    const credit = make();
    for (let i = 1; i <= 100; i++) {
      credit.send(8_000);
      now += 100;
      credit.ack(credit.sent);
    }
    expect(credit.window).toBe(32_768);
  });

  it('in the smallest one too, a client that has all that was sent has said so: nobody waits for the other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 20, maxLength: 60 }), (frames) => {
        const credit = new Credit(new Peer(), 16_384, { monotonic: () => now });
        const acker = new Acker((message) => void (message.type === 'ack' && credit.ack(message.bytes)));
        acker.begin();
        acker.begin(ACK_BYTES);
        for (const bytes of frames) {
          expect(credit.ready()).toBe(true);
          credit.send(bytes);
          // It takes long: the window stays the smallest.
          now += 1_000;
          acker.take('x'.repeat(bytes));
        }
        expect(credit.window).toBe(16_384);
      }),
    );
  });

  it('counts what was answered once, and never more than was sent', () => {
    const credit = make();
    credit.send(1_000);
    expect([credit.ack(400), credit.ack(400), credit.ack(100), credit.ack(1e12), credit.unacked]).toEqual([400, 0, 0, 600, 0]);
  });
});

describe('credit by ack', () => {
  it('without it no data goes out although the system took everything; with it the newest values come at once', () => {
    const { push, peer, client, ack } = join('objects');
    for (let i = 0; i < 50; i++) push();
    const frames = peer.read.length;
    expect(client.credit.unacked).toBeLessThan(32_768 + 20_000);
    push();
    expect(peer.read).toHaveLength(frames);
    ack(client.credit.sent);
    peer.take();
    expect(peer.read).toHaveLength(frames + 1);
    expect(peer.read.at(-1)).toContain(`"price":${51 * KEYS.length}`);
  });

  it('a congested client gets its heartbeats and statuses, nothing else', () => {
    const { push, peer, client, seconds } = join('objects');
    for (let i = 0; i < 50; i++) push();
    const before = peer.read.length;
    client.broadcast('{"type":"status"}');
    for (let i = 0; i < 20; i++) {
      push();
      seconds(1);
    }
    expect(new Set(peer.read.slice(before).map((t) => (JSON.parse(t) as { type: string }).type))).toEqual(new Set(['status', 'heartbeat']));
    expect(peer.closed).toBeNull();
  });

  it('30 s without any closes with 4003; a client that goes on answering stays, however slow', () => {
    for (const [answers, code] of [[false, 4003], [true, null]] as const) {
      const { push, peer, client, ack, seconds } = join('objects');
      for (let i = 0; i < 50; i++) push();
      const { sent } = client.credit;
      for (let i = 1; i <= 40; i++) {
        if (answers && i % 10 === 0) ack(sent - 30_000 + i * 100);
        seconds(1);
      }
      expect(peer.closed).toBe(code);
    }
  });

  it('a reader that stopped, pongs and all, is closed with 4003 too and cut; one that only vanished with 4002', () => {
    for (const [busy, code] of [[true, 'slowConsumer'], [false, 'noPong']] as const) {
      const { push, peer, client, pass, now } = join('objects');
      for (let i = 0; i < (busy ? 50 : 1); i++) push();
      let seconds = 0;
      for (; peer.closed !== 1006 && seconds < 60; seconds += 0.25) {
        pass(250);
        client.tick(now());
      }
      expect([client.closedWith, seconds <= 30]).toEqual([code, true]);
    }
  });

  it('answers that move on are free; others are messages like all', () => {
    const free = join('objects');
    for (let i = 0; i < 300; i++) {
      free.push();
      free.ack(free.client.credit.sent);
    }
    expect(free.peer.closed).toBeNull();
    expect(free.peer.read.some((t) => t.includes('rate_limited'))).toBe(false);
    const noisy = join('objects');
    for (let i = 0; i < 300; i++) noisy.ack(1);
    expect(noisy.peer.closed).toBe(4029);
  });
});

describe('credit by pong', () => {
  it('holds for clients that never say ack: plain ones too get no more than they take, and are asked at most ten times a second', () => {
    const { push, peer, client, pass, seconds } = join('plain');
    peer.ponged = (text) => client.ponged(text);
    for (let i = 0; i < 100; i++) {
      push();
      pass(20);
    }
    expect(peer.pings).toBeLessThanOrEqual(20);
    expect(client.credit.unacked).toBeLessThan(client.credit.window + 20_000);
    peer.ponged = () => undefined;
    for (let i = 0; i < 100; i++) push();
    const frames = peer.read.length;
    push();
    expect(peer.read).toHaveLength(frames);
    peer.ponged = (text) => client.ponged(text);
    seconds(1);
    expect(peer.read.length).toBeGreaterThan(frames);
  });

  it('a pong that says nothing, or too much, is a sign of life only', () => {
    const { client, push } = join('plain');
    push();
    const { unacked } = client.credit;
    for (const text of ['', 'x', '-5', '1e3', '9'.repeat(40)]) client.ponged(text);
    expect(client.credit.unacked).toBe(unacked);
  });
});
