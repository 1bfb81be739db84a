// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';
import { CLOSE } from '@/core/contract';
import type { FetchLike } from '@/service';
import { price } from '../../support/fakeHub';
import { build, client, eachWithItsOwnHub, feed, hub, live, market, notes, page, pass, socket } from '../../support/streamRig';

eachWithItsOwnHub();

/** The clock jumps while no timer runs, as when a machine or a page sleeps. */
function sleepFor(ms: number): () => void {
  vi.setSystemTime(Date.now() + ms);
  const { now } = performance;
  const jump = vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + ms);
  return () => jump.mockRestore();
}
/** The server takes the newest socket in and sends what was missed. */
function comesBack(): void {
  expect(socket().accept().sent[0]).toMatchObject({ type: 'hello', resume: { market: { epoch: 'e1', seq: 10 } } });
  socket().hello({ resumed: { market: true } });
  socket().say({ type: 'receipt', channel: 'market', outcome: 'delta', from: { epoch: 'e1', seq: 10 }, to: { epoch: 'e1', seq: 12 }, missed: 2, replayed: 1, lost: 0, timestamp: '' });
  socket().batch(10, 12, { 'BTC/USDT': price(102) });
}
const told = (): string[] => notes.map((n) => n.text);

describe('a page that is put aside (frozen, or in the back-forward cache)', () => {
  it('closes its socket at once, so that the browser may keep it, and nothing tries to connect meanwhile', async () => {
    const old = await live();
    page.fire('sleep');
    expect(old.closedWith).toBe(CLOSE.normal.code);
    expect(market()).toMatchObject({ state: 'backoff', reason: 'The browser put this page aside', nextAttemptAt: null });
    expect(client.getPrice('BTC/USDT')?.stale).toBe(true);
    await pass(1_000);
    expect(hub.of('market')).toHaveLength(1);
  });

  it('is live again with its receipt when it is shown, however long it was', async () => {
    await live();
    page.fire('sleep');
    const restore = sleepFor(3_600_000);
    page.fire('wake');
    await pass(0);
    comesBack();
    expect(market()).toMatchObject({ state: 'live', reconnects: 1, lastReceipt: { missed: 2 } });
    expect(told()).toEqual(['Live', 'The browser put this page aside', 'Live again. Prices: missed 2 changes, all made up for']);
    restore();
  });

  it('comes back by itself when its time passes and nobody says that it is shown', async () => {
    await live();
    page.fire('sleep');
    await pass(6_000);
    expect(hub.of('market').length).toBeGreaterThan(1);
  });

  it('stays stopped when it was refused for good', async () => {
    (await live()).end(CLOSE.forbidden.code);
    page.fire('sleep');
    page.fire('wake');
    await pass(10_000);
    expect(market().state).toBe('stopped');
    expect(hub.of('market')).toHaveLength(1);
  });
});

describe('another network', () => {
  it('a connection that answers is kept', async () => {
    await live();
    page.fire('network');
    const [ping] = socket().ofType('ping').slice(-1);
    await pass(200);
    socket().say({ type: 'pong', id: ping?.['id'], timestamp: '' });
    await feed(10_000, 10);
    expect(hub.of('market')).toHaveLength(1);
    expect(market().state).toBe('live');
  });

  it('one that says nothing more is dropped after three seconds, long before the watchdog would', async () => {
    const old = await live();
    await feed(1_000, 10);
    page.fire('network');
    await pass(3_000);
    expect(old.closedWith).toBe(CLOSE.watchdog.code);
    expect(market().reason).toBe('The network changed; connecting anew');
    await pass(1_000);
    comesBack();
    expect(market().state).toBe('live');
  });

  it('events that come in a row do not put the proof off', async () => {
    const old = await live();
    await feed(1_000, 10);
    page.fire('network');
    await pass(2_000);
    page.fire('network');
    await pass(3_000);
    expect(old.closedWith).toBe(CLOSE.watchdog.code);
  });
});

describe('time', () => {
  it('a machine that slept: marked at the first tick, connected anew within two seconds and a second of spread', async () => {
    const old = await live();
    const restore = sleepFor(600_000);
    await pass(1_010);
    expect(market().state).toBe('stale');
    await pass(1_000);
    expect(old.closedWith).toBe(CLOSE.watchdog.code);
    await pass(1_000);
    comesBack();
    expect(market()).toMatchObject({ state: 'live', reconnects: 1 });
    restore();
  });

  it.each([3_600_000, -3_600_000])('a wall clock that jumps by %d ms changes no decision', async (jump) => {
    await live();
    for (let i = 0; i < 20; i++) {
      vi.setSystemTime(Date.now() + jump);
      await feed(1_000, 10);
    }
    expect(market()).toMatchObject({ state: 'live', reconnects: 0 });
    expect(hub.of('market')).toHaveLength(1);
    expect(client.getPrice('BTC/USDT')?.ageMs).toBeGreaterThanOrEqual(20_000);
    expect(client.getPrice('BTC/USDT')?.ageMs).toBeLessThan(21_000);
  });

  it('never gives up: after hours of refusals the next attempt is still planned', async () => {
    await live();
    for (let i = 0; i < 1_000; i++) {
      socket().fail();
      const wait = (market().nextAttemptAt ?? NaN) - performance.now();
      expect(wait).toBeLessThanOrEqual(10_000);
      await pass(wait);
    }
    comesBack();
    expect(market().state).toBe('live');
  });
});

describe('three streams of one server', () => {
  const each = ['market', 'signals', 'binary'] as const;
  const greet = (name: (typeof each)[number]): void => void hub.latest(name).accept().hello().snapshot(1);
  const waits = (name: (typeof each)[number]): number => (client.status(name)?.nextAttemptAt ?? NaN) - performance.now();
  async function allWaiting(code?: number, reason = '', fetch?: FetchLike): Promise<void> {
    build({ streams: each, random: () => 0.9, ...(fetch ? { fetch } : {}) });
    client.connect();
    await pass(0);
    for (const name of each) greet(name);
    for (let i = 0; i < 3; i++) {
      for (const name of each) {
        if (code === undefined) hub.latest(name).fail();
        else hub.latest(name).end(code, reason);
      }
      // The market's next attempt comes first.
      if (i < 2) await pass(waits('binary'));
    }
    client.retry('market');
    await pass(0);
  }

  it('when one reaches the server, the others do not wait as long as they had planned', async () => {
    await allWaiting();
    expect(waits('signals')).toBeGreaterThan(3_000);
    greet('market');
    expect(waits('signals')).toBeLessThanOrEqual(500);
    await pass(500);
    for (const name of ['signals', 'binary'] as const) greet(name);
    expect(each.map((name) => client.status(name)?.state)).toEqual(['live', 'live', 'live']);
  });

  it('when a plain request gets through, all of them try at once', async () => {
    const snapshot = { type: 'initial_data', stream: 'market', channel: 'market', epoch: 'e1', seq: 1, data: {}, timestamp: '' };
    await allWaiting(undefined, '', () => Promise.resolve({ ok: true, status: 200, json: () => Promise.resolve(snapshot) }));
    hub.latest('market').fail();
    for (let i = 0; i < 40 && !(waits('signals') <= 500); i++) await pass(100);
    expect(each.map(waits).every((ms) => ms <= 500)).toBe(true);
  });

  it('a wait that the server asked for is kept', async () => {
    await allWaiting(CLOSE.overloaded.code, '{"code":"overloaded","retry_after_ms":7000}');
    greet('market');
    expect(waits('signals')).toBe(7_000);
  });
});
