import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsOf, firstChanged, formatAge, formatBothZones, formatChange, formatCompact, formatCountdown, formatLatency, formatPercent, formatPrice, formatShare, formatSize, formatTime, zoneName } from '@/composables/format';

describe('numbers', () => {
  it.each([[0.01, 2], [0.00001, 5], [1e-8, 8], [1, 0], [5, 0], [10, 0], [0.25, 2], [0.005, 3], [0, 2], [Number.NaN, 2]])('a step of %d needs %i decimals', (step, n) => expect(decimalsOf(step)).toBe(n));

  it('prices keep their places on both sides of a power of ten', () => {
    expect([99_999.99, 100_000, 0.00000644, 0.5].map((p) => formatPrice(p, p < 0.01 ? 8 : 2))).toEqual(['99,999.99', '100,000.00', '0.00000644', '0.50']);
  });

  it('unknown is blank everywhere', () => {
    expect([formatPrice(null, 2), formatChange(null, 2), formatPercent(null), formatShare(null), formatCompact(null), formatSize(null, 2), formatAge(null), formatLatency(null), formatTime(null, 'UTC'), formatBothZones(null)].join('')).toBe('');
  });

  it('changes carry a true sign, and nothing has none', () => {
    expect([formatChange(12.5, 2), formatChange(-3, 2), formatChange(0, 2), formatChange(-0.001, 2), formatPercent(2.508), formatPercent(-0.004)]).toEqual(['+12.50', '\u22123.00', '0.00', '0.00', '+2.51%', '0.00%']);
  });

  it.each([[950, '950'], [999.6, '1.00K'], [12_345, '12.3K'], [999_950, '1.00M'], [1_240_000_000, '1.24B'], [3.2e13, '32.0T'], [0, '0'], [0.1234, '0.1234'], [5.256, '5.26'], [-12_345, '-12.3K']])('%d is %s', (value, text) => expect(formatCompact(value)).toBe(text));

  it('a compact number is never longer than six characters and never off by more than 1 %', () => {
    const factor: Record<string, number> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
    fc.assert(fc.property(fc.double({ min: 1, max: 9e14, noNaN: true }), (value) => {
      const text = formatCompact(value);
      const unit = factor[text.slice(-1)] ?? 1;
      expect(text.length).toBeLessThanOrEqual(6);
      expect(Math.abs(Number.parseFloat(text) * unit - value) / value).toBeLessThan(0.01);
    }));
  });

  it('finds the digits that changed', () => {
    expect([firstChanged('61,837.63', '61,839.01'), firstChanged('99.99', '100.00'), firstChanged('1.00', '1.00')]).toEqual([5, 0, 4]);
  });
});

describe('times', () => {
  it.each([[0, '0 s'], [999, '0 s'], [59_999, '59 s'], [60_000, '1 min'], [3_599_999, '59 min'], [3_600_000, '1 h'], [86_400_000, '1 d'], [-5, '0 s']])('%i ms is %s', (ms, text) => expect(formatAge(ms)).toBe(text));

  it('a countdown never shows 0 while something is to come', () => {
    expect([formatCountdown(1), formatCountdown(1_000), formatCountdown(1_001), formatCountdown(0)]).toEqual(['1 s', '1 s', '2 s', '0 s']);
  });

  it('round trips', () => expect([formatLatency(0.2), formatLatency(23.6), formatLatency(1_340)]).toEqual(['<1 ms', '24 ms', '1.3 s']));

  it('any named zone, with its own offset at each instant', () => {
    const [winter, summer] = [Date.UTC(2024, 0, 15, 12), Date.UTC(2024, 6, 15, 12)];
    const at = (zone: string) => [formatTime(winter, zone, 'minute'), formatTime(summer, zone, 'minute'), zoneName(zone)];
    expect([at('Europe/Berlin'), at('America/New_York'), at('Asia/Kolkata'), at('Australia/Lord_Howe'), at('UTC')]).toEqual([
      ['13:00', '14:00', 'Europe/Berlin'], ['07:00', '08:00', 'America/New_York'], ['17:30', '17:30', 'Asia/Kolkata'], ['23:00', '22:30', 'Australia/Lord_Howe'], ['12:00', '12:00', 'UTC'],
    ]);
  });

  it('clock and date in ISO order, midnight as 00', () => {
    const midnight = Date.UTC(2024, 7, 8);
    expect([formatTime(midnight, 'UTC'), formatTime(midnight, 'UTC', 'date'), formatTime(midnight + 50_639_000, 'UTC', 'dateTime'), formatTime(midnight, 'UTC', 'minute'), formatTime(Number.NaN, 'UTC')]).toEqual(['00:00:00', '2024-08-08', '2024-08-08 14:03:59', '00:00', '']);
  });
});
