/** What a label of the time axis names; the greatest change since the candle before. */
export type TickRank = 'year' | 'month' | 'day' | 'halfDay' | 'sixHours' | 'threeHours' | 'hour' | 'halfHour' | 'fiveMinutes' | 'minute' | 'second' | 'none';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Offsets are looked up at both ends of such a stretch; when they agree they hold inside. No zone changes twice within it. */
const STRETCH = 12 * HOUR;
/** Offsets kept per zone before they are forgotten. */
const MOST_OFFSETS = 20_000;

const STEPS: readonly (readonly [TickRank, number])[] = [
  ['halfDay', 12 * HOUR], ['sixHours', 6 * HOUR], ['threeHours', 3 * HOUR], ['hour', HOUR], ['halfHour', 30 * MINUTE], ['fiveMinutes', 5 * MINUTE], ['minute', MINUTE], ['second', SECOND],
];

/**
 * A named zone ("Europe/Berlin", "UTC"): its distance from UTC at any instant, from the platform's zone data (Intl), so that both changes of
 * the clock, half-hour ones and past rules come out right. An unknown name is a RangeError.
 */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  private readonly known = new Map<number, number>();

  constructor(readonly zone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
  }

  /** Local time minus UTC, ms, at an instant (ms since the epoch). */
  offset(time: number): number {
    const stretch = Math.floor(time / STRETCH) * STRETCH;
    const at = this.lookUp(stretch);
    return at === this.lookUp(stretch + STRETCH) ? at : this.exact(time);
  }

  /** The local clock at an instant, counted as if it were UTC: for reading fields with `getUTC…`. */
  local(time: number): Date {
    return new Date(time + this.offset(time));
  }

  private lookUp(time: number): number {
    const found = this.known.get(time);
    if (found !== undefined) return found;
    if (this.known.size >= MOST_OFFSETS) this.known.clear();
    const offset = this.exact(time);
    this.known.set(time, offset);
    return offset;
  }

  private exact(time: number): number {
    const whole = Math.floor(time / SECOND) * SECOND;
    const read: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.format.formatToParts(whole)) read[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  }
}

/** The greatest unit in which an instant differs from the one before by the local clock: what its label should name. */
export function tickRank(before: number | null, time: number, clock: ZoneClock): TickRank {
  if (before === null) return 'none';
  const a = clock.local(before);
  const b = clock.local(time);
  if (a.getUTCFullYear() !== b.getUTCFullYear()) return 'year';
  if (a.getUTCMonth() !== b.getUTCMonth()) return 'month';
  if (a.getUTCDate() !== b.getUTCDate()) return 'day';
  for (const [rank, step] of STEPS) if (Math.floor(a.getTime() / step) !== Math.floor(b.getTime() / step)) return rank;
  return 'none';
}

const two = (n: number): string => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Label of the axis: `2024`, `Mar`, `31`, `14:30`, `14:30:05`. */
export function tickLabel(time: number, what: 'year' | 'month' | 'day' | 'time' | 'seconds', clock: ZoneClock): string {
  const at = clock.local(time);
  if (what === 'year') return String(at.getUTCFullYear());
  if (what === 'month') return MONTHS[at.getUTCMonth()] ?? '';
  if (what === 'day') return String(at.getUTCDate());
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${what === 'seconds' ? `:${two(at.getUTCSeconds())}` : ''}`;
}

/** `2024-03-31 03:00 UTC+2`; the offset tells the two hours of an autumn night apart. `seconds` adds them. */
export function zonedTime(time: number, clock: ZoneClock, { seconds = false, date = true }: { readonly seconds?: boolean; readonly date?: boolean } = {}): string {
  const at = clock.local(time);
  const day = date ? `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ` : '';
  return `${day}${tickLabel(time, seconds ? 'seconds' : 'time', clock)} ${offsetName(clock.offset(time))}`;
}

/** `UTC`, `UTC+2`, `UTC+10:30`, `UTC-4`. */
export function offsetName(offset: number): string {
  if (offset === 0) return 'UTC';
  const minutes = Math.round(Math.abs(offset) / MINUTE);
  return `UTC${offset < 0 ? '-' : '+'}${Math.floor(minutes / 60)}${minutes % 60 === 0 ? '' : `:${two(minutes % 60)}`}`;
}
