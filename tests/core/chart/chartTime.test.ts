import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offsetName, tickLabel, tickRank, ZoneClock, zonedTime } from '@/core/market/chartTime';

const at = (iso: string): number => Date.parse(iso);
const HOUR = 3_600_000;

/** Hour marks around both changes of the clock: UTC time, what the axis says, rank of the label. */
const TABLE: Record<string, readonly (readonly [utc: string, local: string, rank: string])[]> = {
  UTC: [
    ['2024-03-31T00:00:00Z', '2024-03-31 00:00 UTC', 'day'], ['2024-03-31T01:00:00Z', '2024-03-31 01:00 UTC', 'hour'], ['2024-04-01T00:00:00Z', '2024-04-01 00:00 UTC', 'month'],
    ['2025-01-01T00:00:00Z', '2025-01-01 00:00 UTC', 'year'],
  ],
  'Europe/Berlin': [
    ['2024-03-30T23:00:00Z', '2024-03-31 00:00 UTC+1', 'day'], ['2024-03-31T00:00:00Z', '2024-03-31 01:00 UTC+1', 'hour'], ['2024-03-31T01:00:00Z', '2024-03-31 03:00 UTC+2', 'threeHours'],
    ['2024-10-26T22:00:00Z', '2024-10-27 00:00 UTC+2', 'day'], ['2024-10-27T00:00:00Z', '2024-10-27 02:00 UTC+2', 'hour'], ['2024-10-27T01:00:00Z', '2024-10-27 02:00 UTC+1', 'none'],
    ['2024-10-27T02:00:00Z', '2024-10-27 03:00 UTC+1', 'threeHours'], ['2024-12-31T23:00:00Z', '2025-01-01 00:00 UTC+1', 'year'],
  ],
  'America/New_York': [
    ['2024-03-10T05:00:00Z', '2024-03-10 00:00 UTC-5', 'day'], ['2024-03-10T06:00:00Z', '2024-03-10 01:00 UTC-5', 'hour'], ['2024-03-10T07:00:00Z', '2024-03-10 03:00 UTC-4', 'threeHours'],
    ['2024-11-03T04:00:00Z', '2024-11-03 00:00 UTC-4', 'day'], ['2024-11-03T05:00:00Z', '2024-11-03 01:00 UTC-4', 'hour'], ['2024-11-03T06:00:00Z', '2024-11-03 01:00 UTC-5', 'none'],
    ['2024-11-03T07:00:00Z', '2024-11-03 02:00 UTC-5', 'hour'],
  ],
  'Australia/Lord_Howe': [
    // Half an hour: 02:00 becomes 01:30 in April and 02:30 in October.
    ['2024-04-06T13:00:00Z', '2024-04-07 00:00 UTC+11', 'day'], ['2024-04-06T14:00:00Z', '2024-04-07 01:00 UTC+11', 'hour'], ['2024-04-06T15:00:00Z', '2024-04-07 01:30 UTC+10:30', 'halfHour'],
    ['2024-04-06T16:00:00Z', '2024-04-07 02:30 UTC+10:30', 'hour'], ['2024-10-05T14:30:00Z', '2024-10-06 01:00 UTC+10:30', 'hour'], ['2024-10-05T15:30:00Z', '2024-10-06 02:30 UTC+11', 'hour'],
    ['2024-10-05T16:30:00Z', '2024-10-06 03:30 UTC+11', 'threeHours'],
  ],
};

describe.each(Object.entries(TABLE))('the time axis in %s', (zone, rows) => {
  const clock = new ZoneClock(zone);
  it.each(rows)('%s is %s, labelled as a new %s', (utc, local, rank) => {
    expect([zonedTime(at(utc), clock), tickRank(at(utc) - HOUR, at(utc), clock)]).toEqual([local, rank]);
  });

  it('has the offset of the platform at every instant, whatever was asked before', () => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
    const exact = (time: number): string => format.format(time);
    fc.assert(fc.property(fc.array(fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') }), { maxLength: 40 }), (times) => {
      for (const time of times) expect(clock.local(time).toISOString().slice(0, 19).replace('T', ' ')).toBe(exact(time));
    }));
    // Every half hour of two years: no instant near a change is left out.
    for (let time = at('2024-01-01T00:00:00Z'); time < at('2026-01-01T00:00:00Z'); time += 37 * 60_000) expect(clock.local(time).toISOString().slice(0, 19).replace('T', ' ')).toBe(exact(time));
  });
});

describe('labels', () => {
  it('name what changed', () => {
    const clock = new ZoneClock('Europe/Berlin');
    const time = at('2024-03-31T01:05:09Z');
    expect((['year', 'month', 'day', 'time', 'seconds'] as const).map((what) => tickLabel(time, what, clock))).toEqual(['2024', 'Mar', '31', '03:05', '03:05:09']);
    expect([0, 7_200_000, -14_400_000, 37_800_000, -12_600_000].map(offsetName)).toEqual(['UTC', 'UTC+2', 'UTC-4', 'UTC+10:30', 'UTC-3:30']);
    expect(() => new ZoneClock('Mars/Olympus')).toThrow(RangeError);
  });
});
