import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { createSimulatorConnector, type SimulatorConnectorOptions } from '../../../server/connectors/simulator';
import { Hosts } from '../../../server/connectors/base/hosts';
import { memoryLedger } from '../../../server/connectors/base/ledger';
import { createMetrics } from '../../../server/observability/metrics';

const WALL = Date.UTC(2026, 0, 7, 15, 0, 0, 400);
const START = Date.UTC(2026, 0, 7, 15);
const BTC: Instrument = { symbol: 'BTC/USDT', name: 'Bitcoin', assetClass: 'crypto', base: 'BTC', quote: 'USDT', tickSize: 0.01, lotSize: 0.00001, venues: ['simulator'] };
const SPY: Instrument = { symbol: 'SPY', name: 'S&P 500', assetClass: 'equity', base: 'SPY', quote: 'USD', tickSize: 0.01, lotSize: 1, venues: ['simulator'] };

function setup(options: Partial<Omit<SimulatorConnectorOptions, 'context'>> = {}) {
  const events: InputEvent[] = [];
  let monotonic = 0;
  const connector = createSimulatorConnector({
    seed: 1, speed: 1, probe: false, backfillMinutes: 0, ...options,
    context: {
      log: pino({ level: 'silent' }), metrics: createMetrics(), clock: { now: () => WALL, monotonic: () => monotonic },
      random: () => 0.5, instruments: [BTC, SPY], emit: (event) => events.push(event), urls: { ws: '', rest: '' }, key: null, needed: () => true, ledger: memoryLedger(), hosts: new Hosts({ now: () => WALL, monotonic: () => monotonic }, memoryLedger()),
    },
  });
  /** Moves both the injected clock and the timers. */
  const pass = (ms: number, step = 50): void => {
    for (let done = 0; done < ms; done += step) {
      monotonic += step;
      vi.advanceTimersByTime(step);
    }
  };
  /** The machine sleeps: time passes, no timer fires. */
  const sleep = (ms: number): void => void (monotonic += ms);
  return { connector, events, pass, sleep };
}

describe('simulator connector', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('says that it is simulated, and emits events in order when their time has come', async () => {
    const { connector, events, pass } = setup();
    connector.start();
    pass(3_000);
    expect(events[0]).toMatchObject({ type: 'feedStatus', state: 'live' });
    expect(connector.status()).toMatchObject({ state: 'live', symbols: ['BTC/USDT', 'SPY'] });
    expect(connector.status().reason).toContain('simulated');
    const times = events.map((e) => e.receiveTime);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(connector.feedClock.now()).toBe(START + 3_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(START + 3_000);
    expect(Math.max(...times)).toBeGreaterThan(START + 2_800);
    expect(events.every((e) => !('kind' in e) || e.kind === 'simulated')).toBe(true);
    expect(connector.status().messagesPerSecond).toBeGreaterThan(1);
    await connector.stop();
  });

  it('runs at its speed and gives the same market at any speed', async () => {
    const prices = async (speed: number, ms: number): Promise<unknown[]> => {
      const { connector, events, pass } = setup({ speed });
      connector.start();
      pass(ms, 10);
      await connector.stop();
      return events.filter((e) => e.type === 'trade' || e.type === 'quote').filter((e) => e.receiveTime < START + 10_000);
    };
    const slow = await prices(1, 10_000);
    expect(slow.length).toBeGreaterThan(30);
    expect(await prices(20, 500)).toEqual(slow);
  });

  it('stands still while stopped, emits nothing then, and goes on when started again', async () => {
    const { connector, events, pass } = setup();
    connector.start();
    pass(2_000);
    await connector.stop();
    expect(connector.status()).toMatchObject({ state: 'off', messagesPerSecond: 0 });
    const count = events.length;
    const stoppedAt = connector.feedClock.now();
    pass(60_000, 1_000);
    expect(events).toHaveLength(count);
    expect(connector.feedClock.now()).toBe(stoppedAt);
    connector.start();
    pass(2_000);
    expect(events.length).toBeGreaterThan(count + 2);
    expect(Math.max(...events.map((e) => e.receiveTime))).toBeLessThanOrEqual(START + 4_000);
    await connector.stop();
  });

  it('jumps ahead after the machine slept, says so, and does not replay the hours', async () => {
    const { connector, events, pass, sleep } = setup();
    connector.start();
    pass(2_000);
    const before = events.length;
    sleep(3_600_000);
    pass(2_000);
    const after = events.slice(before);
    expect(after.find((e) => e.type === 'feedStatus')).toMatchObject({ state: 'live', reason: expect.stringContaining('jumped ahead after a pause of 3600 s') });
    expect(after.length).toBeLessThan(200);
    expect(after.filter((e) => e.type === 'trade').every((e) => e.receiveTime >= START + 3_600_000)).toBe(true);
    await connector.stop();
  });

  it('catches up on a short pause without a gap', async () => {
    const { connector, events, pass, sleep } = setup();
    connector.start();
    pass(1_000);
    sleep(4_000);
    pass(1_000);
    const seconds = events.flatMap((e) => (e.type === 'quote' && e.symbol === 'BTC/USDT' ? [Math.floor(e.receiveTime / 1000)] : []));
    expect(new Set(seconds).size).toBe(6);
    await connector.stop();
  });

  it('gives the past once, in slices, beside live values', async () => {
    const { connector, events, pass } = setup({ backfillMinutes: 1_440 });
    connector.start();
    expect(events.some((e) => e.type === 'quote')).toBe(true);
    pass(500);
    const candles = events.filter((e) => e.type === 'candle');
    expect(candles.filter((c) => c.symbol === 'BTC/USDT')).toHaveLength(1_440);
    const times = events.map((e) => e.receiveTime);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    await connector.stop();
    connector.start();
    pass(500);
    expect(events.filter((e) => e.type === 'candle')).toHaveLength(candles.length);
    await connector.stop();
  });

  it('prices the probe by the wall clock, only when asked for and running', async () => {
    const { connector, events } = setup({ probe: true });
    expect(connector.probeEvents(WALL)).toEqual([]);
    connector.start();
    expect(events.find((e) => e.type === 'instrument')).toMatchObject({ instrument: { symbol: 'PROBE/CLOCK', assetClass: 'test', tickSize: 0.01 } });
    const wall = 1_767_798_012_345;
    expect(connector.probeEvents(wall)).toMatchObject([{ type: 'quote', bid: '80123.44', ask: '80123.46' }, { type: 'trade', price: '80123.45' }]);
    await connector.stop();
    const off = setup();
    off.connector.start();
    expect(off.connector.probeEvents(wall)).toEqual([]);
    await off.connector.stop();
  });
});
