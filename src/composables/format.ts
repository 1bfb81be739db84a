/**
 * Words and numbers for people. Pure, except for caches of `Intl` formatters, which are costly to make and cheap to keep.
 * Unknown (null) is always the empty text, never 0 or a dash: a blank cell is how the product says "not known".
 */

/** `UTC`, `local` (the browser's own) or a named zone such as `Europe/Berlin`. */
export type Zone = string;

const numberFormats = new Map<number, Intl.NumberFormat>();
function numberFormat(decimals: number, minimum = decimals): Intl.NumberFormat {
  const key = minimum * 100 + decimals;
  let format = numberFormats.get(key);
  if (!format) numberFormats.set(key, (format = new Intl.NumberFormat('en-US', { minimumFractionDigits: minimum, maximumFractionDigits: decimals })));
  return format;
}

/** Decimals a step needs: 0.01 -> 2, 1e-8 -> 8, 5 -> 0, 0.25 -> 2. */
export function decimalsOf(step: number): number {
  if (!Number.isFinite(step) || step <= 0) return 2;
  const [mantissa = '', exponent] = step.toExponential().split('e');
  const digits = (mantissa.split('.')[1] ?? '').length;
  return Math.min(12, Math.max(0, digits - Number(exponent)));
}

/** A price with exactly `decimals` places (from the tick size): `61,837.63`. */
export function formatPrice(value: number | null, decimals: number): string {
  if (value === null) return '';
  // A price finer than its step says (step not known yet, or wrong) must not read as nothing: three digits of it instead.
  const needed = value !== 0 && Math.abs(value) < 0.5 * 10 ** -decimals ? 2 - Math.floor(Math.log10(Math.abs(value))) : decimals;
  return numberFormat(Math.min(12, Math.max(0, needed))).format(value);
}

/** A price change with its sign; zero has none: `+12.50`, `−3.00` (a true minus, as wide as the plus). */
export function formatChange(value: number | null, decimals: number): string {
  if (value === null) return '';
  const text = numberFormat(Math.min(12, Math.max(0, decimals))).format(Math.abs(value));
  if (!/[1-9]/.test(text)) return text;
  return (value > 0 ? '+' : '\u2212') + text;
}

/** `value` is already in percent: `+2.51%`. */
export function formatPercent(value: number | null, decimals = 2): string {
  return value === null ? '' : `${formatChange(value, decimals)}%`;
}

/** A share 0..1 as percent without sign: `62%`. */
export function formatShare(value: number | null, decimals = 0): string {
  return value === null ? '' : `${numberFormat(decimals).format(value * 100)}%`;
}

const UNITS = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'K']] as const;
/** A volume in about three digits: `950`, `12.3K`, `1.24B`. */
export function formatCompact(value: number | null): string {
  if (value === null) return '';
  const size = Math.abs(value);
  // 999,950 would round to "1000K": the limit is half a last digit below the unit.
  const unit = UNITS.find(([limit]) => size >= limit * 0.9995);
  const scaled = unit ? value / unit[0] : value;
  const whole = Math.abs(scaled);
  const decimals = whole >= 99.95 ? 0 : whole >= 9.995 ? 1 : whole >= 0.9995 || unit ? 2 : 4;
  return numberFormat(decimals, unit ? decimals : 0).format(scaled) + (unit?.[1] ?? '');
}

/** A size with at most `decimals` places, trailing zeros left out. */
export function formatSize(value: number | null, decimals: number): string {
  return value === null ? '' : numberFormat(Math.min(12, Math.max(0, decimals)), 0).format(value);
}

/** A span of time in its one largest unit: `0 s`, `14 s`, `3 min`, `5 h`, `2 d`. */
export function formatAge(ms: number | null): string {
  if (ms === null) return '';
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A waiting time, rounded up so that it never shows 0 while something is still to come: `3 s`. */
export function formatCountdown(ms: number): string {
  return formatAge(Math.ceil(Math.max(0, ms) / 1_000) * 1_000);
}

/** A round trip: `<1 ms`, `24 ms`, `1.3 s`. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return '';
  if (ms < 1) return '<1 ms';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${numberFormat(1).format(ms / 1_000)} s`;
}

type Parts = 'time' | 'minute' | 'date' | 'dateTime';
const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const DATE = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
const PARTS: Readonly<Record<Parts, Intl.DateTimeFormatOptions>> = {
  time: { ...TIME, second: '2-digit' },
  minute: TIME,
  date: DATE,
  dateTime: { ...DATE, ...TIME, second: '2-digit' },
};
const timeFormats = new Map<string, Intl.DateTimeFormat>();
function timeFormat(parts: Parts, zone: Zone): Intl.DateTimeFormat {
  const key = `${parts}:${zone}`;
  let format = timeFormats.get(key);
  if (!format) timeFormats.set(key, (format = new Intl.DateTimeFormat('sv-SE', { ...PARTS[parts], ...(zone === 'local' ? {} : { timeZone: zone }) })));
  return format;
}

/** `ms` since the Unix epoch in ISO order, 24 hours: `14:03:59`, `2024-08-08`, `2024-08-08 14:03:59`. */
export function formatTime(ms: number | null, zone: Zone, parts: Parts = 'time'): string {
  return ms === null || !Number.isFinite(ms) ? '' : timeFormat(parts, zone).format(ms);
}

let localZone = '';
/** Name of the zone for beside a time: `UTC`, or one such as `Europe/Berlin`. That of the browser is asked for once: it stands in the tooltip of every trade. */
export const zoneName = (zone: Zone): string => (zone === 'local' ? (localZone ||= new Intl.DateTimeFormat().resolvedOptions().timeZone) : zone);

/** Both zones in full, for a tooltip: `2024-08-08 14:03:59 UTC · 16:03:59 Europe/Berlin`. */
export function formatBothZones(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return '';
  return `${formatTime(ms, 'UTC', 'dateTime')} UTC · ${formatTime(ms, 'local', 'dateTime')} ${zoneName('local')}`;
}

/** Index of the first character in which `next` differs from `previous`, both right-aligned; `next.length` when equal. */
export function firstChanged(previous: string, next: string): number {
  if (previous.length !== next.length) return 0;
  let i = 0;
  while (i < next.length && previous[i] === next[i]) i++;
  return i;
}
