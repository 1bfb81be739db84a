import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionAt } from '@/core/market/calendar';

const at = (iso: string): number => Date.parse(iso);

describe('sessionAt', () => {
  it.each([
    // Ordinary summer and winter days: New York is UTC-4, then UTC-5.
    ['equity', '2026-07-15T07:59:59.999Z', 'closed', '2026-07-15T08:00:00Z'],
    ['equity', '2026-07-15T08:00:00Z', 'pre', '2026-07-15T13:30:00Z'],
    ['equity', '2026-07-15T13:30:00Z', 'open', '2026-07-15T20:00:00Z'],
    ['equity', '2026-07-15T20:00:00Z', 'post', '2026-07-16T00:00:00Z'],
    ['equity', '2026-01-14T14:29:59Z', 'pre', '2026-01-14T14:30:00Z'],
    ['equity', '2026-01-14T14:30:00Z', 'open', '2026-01-14T21:00:00Z'],
    // Friday evening to Monday, over the change to summer time (8 March 2026) and back (1 November 2026).
    ['equity', '2026-03-07T02:00:00Z', 'closed', '2026-03-09T08:00:00Z'],
    ['equity', '2026-10-31T01:00:00Z', 'closed', '2026-11-02T09:00:00Z'],
    // Good Friday; the day after Thanksgiving ends at 13:00.
    ['equity', '2026-04-03T15:00:00Z', 'closed', '2026-04-06T08:00:00Z'],
    ['equity', '2026-11-27T17:59:00Z', 'open', '2026-11-27T18:00:00Z'],
    ['equity', '2026-11-27T18:00:00Z', 'closed', '2026-11-30T09:00:00Z'],
    // Currencies: Friday 16:58 to Sunday 17:03 New York time, and a pause of five minutes a day.
    ['fx', '2026-07-17T20:57:59Z', 'open', '2026-07-17T20:58:00Z'],
    ['fx', '2026-07-17T20:58:00Z', 'closed', '2026-07-19T21:03:00Z'],
    ['fx', '2026-07-19T21:02:59Z', 'closed', '2026-07-19T21:03:00Z'],
    ['fx', '2026-07-19T21:03:00Z', 'open', '2026-07-20T20:58:00Z'],
    ['fx', '2026-07-20T21:00:00Z', 'closed', '2026-07-20T21:03:00Z'],
    ['metal', '2026-03-08T21:02:59Z', 'closed', '2026-03-08T21:03:00Z'],
    ['metal', '2026-11-01T22:02:59Z', 'closed', '2026-11-01T22:03:00Z'],
  ] as const)('%s at %s is %s until %s', (assetClass, time, state, next) => {
    expect(sessionAt(assetClass, at(time))).toEqual({ state, nextChange: at(next) });
  });

  it('crypto never closes', () => {
    expect(sessionAt('crypto', at('2026-12-25T12:00:00Z'))).toEqual({ state: 'open', nextChange: null });
  });

  it('the announced change is the next one: the same state until then, another one after', () => {
    const time = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2029-12-31T00:00:00Z') });
    fc.assert(fc.property(fc.constantFrom('equity' as const, 'fx' as const), time, fc.double({ min: 0, max: 1, noNaN: true }), (kind, now, part) => {
      const { state, nextChange } = sessionAt(kind, now);
      if (nextChange === null) throw new Error('no change ahead');
      expect(nextChange).toBeGreaterThan(now);
      expect(sessionAt(kind, Math.floor(now + (nextChange - 1 - now) * part)).state).toBe(state);
      expect(sessionAt(kind, nextChange).state).not.toBe(state);
    }));
  });
});
