// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeClientMetrics } from '@/core/contract';
import { HOP_BOUNDS_MS, HopTimes, quantile } from '@/service/hopTimes';

const EPOCH = 1_767_322_000_000;
const pong = (t: number, server: number): string => `{"type":"pong","id":1,"t":${t},"timestamp":"${new Date(server).toISOString()}"}`;
const rows = (sent: number): string => `{"t":"b","c":1,"e":"k3f9","p":1,"q":2,"v":0,"ts":${sent},"r":[[0,1]],"x":[]}`;

describe('the clock of the server', () => {
  it('lies within half the round trip, whatever way took how long', () => {
    fc.assert(fc.property(fc.integer({ min: -1e7, max: 1e7 }), fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 }), (offset, there, back) => {
      const times = new HopTimes(EPOCH, 0);
      times.heard(pong(1_000, EPOCH + 1_000 + there + offset), 1_000 + there + back);
      const { clock } = times.view(1_000 + there + back);
      expect(Math.abs((clock?.offsetMs ?? NaN) - offset)).toBeLessThanOrEqual(clock?.errorMs ?? NaN);
    }));
  });

  it('keeps the best answer, and takes a worse one when the best has drifted', () => {
    const times = new HopTimes(EPOCH, 0);
    times.heard(pong(1_000, EPOCH + 1_002), 1_004);
    times.heard(pong(6_000, EPOCH + 6_400), 6_500);
    expect(times.view(6_500).clock?.offsetMs).toBe(0);
    expect(times.view(6_500).clock?.errorMs).toBeLessThan(4);
    times.heard(pong(6_000_000, EPOCH + 6_000_100), 6_000_200);
    expect(times.view(6_000_200).clock).toEqual({ offsetMs: 0, errorMs: 101 });
  });

  it.each(['{"type":"pong"}', '{"type":"pong","t":99999999,"timestamp":"2026-01-01T00:00:00.000Z"}', '{"type":"pong","t":1,"timestamp":"never"}', '{"type":"pong","t":-1e9,"timestamp":"2026-01-01T00:00:00.000Z"}'])('is not taken from %s', (text) => {
    const times = new HopTimes(EPOCH, 0);
    times.heard(text, 1_000);
    expect(times.view(1_000).clock).toBeNull();
  });
});

describe('the hops of a price', () => {
  it('are timed from the sending by the server’s clock to receipt, to the commit of the oldest waiting rows, to the painting', () => {
    const times = new HopTimes(EPOCH, 0);
    times.heard(pong(0, EPOCH + 5_000), 0);
    times.heard(rows(EPOCH + 6_000), 1_040);
    times.heard(rows(EPOCH + 6_010), 1_050);
    times.committed(1_055)?.(1_058);
    expect(times.committed(1_060)).toBeNull();
    const { hops } = times.view(1_100);
    expect(hops.receive).toMatchObject({ n: 2 });
    expect(hops.receive.p50).toBeGreaterThan(33);
    expect(hops.receive.p99).toBeLessThanOrEqual(50);
    expect(hops.frame.n).toBe(1);
    expect(hops.frame.p50).toBeGreaterThan(12);
    expect(hops.frame.p50).toBeLessThanOrEqual(16);
    expect(hops.paint.p50).toBeGreaterThan(2);
    expect(hops.paint.p50).toBeLessThanOrEqual(4);
  });

  it('are not timed without a clock, nor to the screen of a hidden page', () => {
    const times = new HopTimes(EPOCH, 0);
    times.heard(rows(EPOCH), 10);
    times.heard(pong(0, EPOCH), 20);
    times.heard(rows(EPOCH), 30, true);
    times.heard('{"type":"batch","channel":"market"}', 40);
    times.forget();
    expect(times.committed(2_000)).toBeNull();
    expect(times.view(2_000).hops).toMatchObject({ receive: { n: 1 }, frame: { n: 0, p50: null, p99: null } });
  });

  it('show the last minutes only', () => {
    const times = new HopTimes(EPOCH, 0);
    times.heard(rows(EPOCH), 0);
    times.committed(5);
    expect(times.view(1_000).hops.frame.n).toBe(1);
    times.view(121_000);
    expect(times.view(242_000).hops.frame.n).toBe(0);
  });

  it('make reports that the server takes, each observation in one of them', () => {
    const times = new HopTimes(EPOCH, 0);
    expect(times.report(0)).toBeNull();
    times.heard(pong(0, EPOCH), 10);
    for (let i = 0; i < 100; i++) {
      times.heard(rows(EPOCH + i * 100), i * 100 + 20);
      times.committed(i * 100 + 25)?.(i * 100 + 27);
    }
    const report = times.report(20_000);
    expect(decodeClientMetrics(report)).toEqual(report);
    for (const hop of ['receive', 'frame', 'paint'] as const) expect(report?.hops[hop]?.counts.reduce((a, b) => a + b, 0)).toBe(100);
    expect(times.report(50_000)).toBeNull();
    expect(times.view(20_000).hops.frame.n).toBe(100);
  });

  it('quantiles lie in the bucket of their observation', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 9_999, noNaN: true }), { minLength: 1, maxLength: 200 }), fc.constantFrom(0.5, 0.99), (observed, q) => {
      const counts = new Array<number>(HOP_BOUNDS_MS.length + 1).fill(0);
      const bucket = (ms: number): number => HOP_BOUNDS_MS.findIndex((bound) => ms <= bound);
      for (const ms of observed) counts[bucket(ms)] = (counts[bucket(ms)] ?? 0) + 1;
      const exact = [...observed].sort((a, b) => a - b)[Math.ceil(q * observed.length) - 1] ?? NaN;
      const found = quantile(counts, q) ?? NaN;
      expect(found).toBeGreaterThanOrEqual(HOP_BOUNDS_MS[bucket(exact) - 1] ?? 0);
      expect(found).toBeLessThanOrEqual(HOP_BOUNDS_MS[bucket(exact)] ?? NaN);
    }));
  });
});
