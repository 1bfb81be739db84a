// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';
import { CLOSE } from '@/core/contract';
import { type FetchLike } from '@/service';
import { price } from '../../support/fakeHub';
import { build, client, eachWithItsOwnHub, feed, hub, live, market, notes, page, pass, socket } from '../../support/streamRig';

eachWithItsOwnHub();

describe('the device', () => {
  it('offline drops at once and waits for the network, not for a timer', async () => {
    await live();
    page.online = false;
    page.fire('offline');
    expect(market()).toMatchObject({ state: 'offline', nextAttemptAt: null });
    expect(client.getPrice('BTC/USDT')?.stale).toBe(true);
    await pass(60_000);
    expect(hub.of('market')).toHaveLength(1);
    page.online = true;
    page.fire('online');
    await pass(0);
    expect(hub.of('market')).toHaveLength(2);
  });

  it('a server on this machine is tried although the device is offline', async () => {
    build({ server: 'http://127.0.0.1:8000' });
    await live();
    page.online = false;
    page.fire('offline');
    expect(market().state).toBe('offline');
    await pass(1_000);
    socket().accept().hello({ resumed: { market: true } }).batch(10, 11, { 'BTC/USDT': price(101) });
    expect(market().state).toBe('live');
  });

  it.each(['wake', 'network'] as const)("'%s' (shown again, another network) ends a long wait at once", async (event) => {
    await live();
    for (let i = 0; i < 6; i++) {
      socket().fail();
      await pass((market().nextAttemptAt ?? 0) - performance.now());
    }
    socket().fail();
    const before = hub.of('market').length;
    page.fire(event);
    await pass(0);
    expect(hub.of('market')).toHaveLength(before + 1);
  });

  it('disconnectAll ends it: no socket, no timer', async () => {
    await live();
    client.disconnectAll();
    expect(market().state).toBe('idle');
    await pass(60_000);
    expect(hub.of('market')).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('REST stands in', () => {
  const answer = (seq: number, value: number): Awaited<ReturnType<FetchLike>> =>
    ({ ok: true, status: 200, json: () => Promise.resolve({ type: 'initial_data', stream: 'market', channel: 'market', epoch: 'e1', seq, data: { 'BTC/USDT': price(value) }, timestamp: '' }) });

  it('after three seconds without a socket asks every five, and the later socket resumes from there', async () => {
    let asked = 0;
    const urls: string[] = [];
    build({ fetch: (url) => { urls.push(url); return Promise.resolve(answer(10 + ++asked, 100 + asked)); }, random: () => 0.99 });
    (await live()).fail();
    await pass(2_900);
    expect(asked).toBe(0);
    await pass(200);
    expect(urls).toEqual(['https://terminal.example/api/v1/snapshot?channel=market']);
    expect(market().fallback).toBe(true);
    expect(client.getPrice('BTC/USDT')).toMatchObject({ data: { price: 101 }, stale: false });
    await pass(5_000);
    expect(asked).toBe(2);
    socket().accept();
    expect(socket().sent[0]).toMatchObject({ resume: { market: { epoch: 'e1', seq: 12 } } });
    socket().hello({ resumed: { market: true } }).batch(12, 13, { 'BTC/USDT': price(103) });
    expect(market()).toMatchObject({ state: 'live', fallback: false });
    await feed(20_000, 13);
    expect(asked).toBe(2);
  });

  it('is not taken for data while it fails, and asks less often', async () => {
    let asked = 0;
    build({ fetch: () => { asked++; return Promise.reject(new Error('refused')); } });
    (await live()).fail();
    await pass(60_000);
    expect(market().fallback).toBe(false);
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThan(10);
  });
});

describe('listeners', () => {
  it('one that throws does not stop the others, and is told', async () => {
    const heard: number[] = [];
    client.subscribe('BTC/USDT', () => { throw new Error('bad listener'); });
    client.subscribe('BTC/USDT', ({ data }) => heard.push(data.price ?? NaN));
    await live();
    expect(heard).toEqual([100]);
    expect(notes.some((n) => n.level === 'error' && n.text.includes('bad listener'))).toBe(true);
  });

  it('tells connected and disconnected once per time', async () => {
    const told: string[] = [];
    client.on('connected', () => told.push('connected'));
    client.on('disconnected', ({ reason }) => told.push(`disconnected: ${reason}`));
    (await live()).fail();
    await pass(500);
    socket().fail();
    await pass(1_000);
    socket().accept().hello().snapshot(10);
    expect(told).toEqual(['connected', `disconnected: ${CLOSE.abnormal.words}`, 'connected']);
  });
});
