import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeClientMetrics } from '@/core/contract';
import { createBrowserReports, createSampler } from '../../../server/observability/hops';
import { createMetrics } from '../../../server/observability/metrics';

const REPORT = { version: 1, hops: { receive: { bounds_ms: [5, 10, 50], counts: [3, 40, 2, 1] }, paint: { bounds_ms: [16], counts: [7, 0] } }, clock: { offset_ms: -12.5, error_ms: 4 } };

describe('reports of browsers', () => {
  it('are added to the histogram of their hop, each observation in its bucket', async () => {
    const metrics = createMetrics();
    const take = createBrowserReports(metrics, () => 0);
    const report = decodeClientMetrics(REPORT);
    expect(report && take(report)).toBe(true);
    const text = await metrics.registry.metrics();
    expect(text).toContain('tickglass_hop_seconds_bucket{le="0.005",hop="receive"} 3');
    expect(text).toContain('tickglass_hop_seconds_bucket{le="0.01",hop="receive"} 43');
    expect(text).toContain('tickglass_hop_seconds_count{hop="receive"} 46');
    expect(text).toContain('tickglass_hop_seconds_count{hop="paint"} 7');
    expect(text).not.toContain('hop="frame"');
    expect(text).toContain('tickglass_browser_clock_offset_seconds -0.0125');
  });

  it('are refused beyond a number per second, and counted', async () => {
    const metrics = createMetrics();
    let now = 0;
    const take = createBrowserReports(metrics, () => now);
    const report = decodeClientMetrics({ ...REPORT, hops: {}, clock: null });
    if (!report) throw new Error('an empty report is one');
    const taken = Array.from({ length: 150 }, () => take(report)).filter(Boolean).length;
    now = 1_000;
    expect([taken, take(report)]).toEqual([100, true]);
    expect(await metrics.registry.metrics()).toContain('tickglass_browser_reports_total{outcome="refused"} 50');
  });

  it.each([
    ['another version', { ...REPORT, version: 2 }],
    ['too few counts', { ...REPORT, hops: { receive: { bounds_ms: [5, 10], counts: [1, 2] } } }],
    ['bounds that fall', { ...REPORT, hops: { receive: { bounds_ms: [10, 5], counts: [1, 2, 3] } } }],
    ['a bound below zero', { ...REPORT, hops: { receive: { bounds_ms: [-1], counts: [1, 2] } } }],
    ['a count below zero', { ...REPORT, hops: { receive: { bounds_ms: [1], counts: [-1, 2] } } }],
    ['a count that would take long to add', { ...REPORT, hops: { receive: { bounds_ms: [1], counts: [20_000, 1] } } }],
    ['33 bounds', { ...REPORT, hops: { receive: { bounds_ms: Array.from({ length: 33 }, (_none, i) => i + 1), counts: Array.from({ length: 34 }, () => 1) } } }],
    ['an error below zero', { ...REPORT, clock: { offset_ms: 1, error_ms: -1 } }],
    ['no clock', { version: 1, hops: {} }],
  ])('%s is no report', (_name, body) => {
    expect(decodeClientMetrics(body)).toBeNull();
  });

  it('property: anything at all is a report or null, and a report never makes a metric that is not finite', async () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constant(1e308));
    const body = fc.record({ version: fc.constantFrom(1, 2, '1'), hops: fc.record({ receive: fc.record({ bounds_ms: fc.array(number, { maxLength: 4 }), counts: fc.array(fc.nat(50), { maxLength: 5 }) }) }, { requiredKeys: [] }), clock: fc.option(fc.record({ offset_ms: number, error_ms: number })) });
    const metrics = createMetrics();
    const take = createBrowserReports(metrics, () => 0);
    fc.assert(fc.property(fc.oneof(body, fc.jsonValue()), (value) => {
      const report = decodeClientMetrics(value);
      if (report) take(report);
    }));
    expect(await metrics.registry.metrics()).not.toMatch(/NaN|Infinity\b(?!"})/);
  });
});

describe('the sampler', () => {
  it('takes one in so many, from the first round on', () => {
    const sample = createSampler(4);
    expect(Array.from({ length: 8 }, () => sample())).toEqual([false, false, false, true, false, false, false, true]);
  });
});
