import { plainDecimal } from '@/core/util/decimal';

/** Decimal text of a JSON number: its shortest form, without exponent. null when it is no number, negative, not finite or of a size no market has. */
export function numberText(value: unknown): string | null {
  return typeof value === 'number' && value >= 0 && value < 1e21 ? plainDecimal(value) : null;
}

/** A value for a message in words. `String` alone throws at an object whose `toString` is no function, and any sender can send one. */
export function shownAs(value: unknown): string {
  return typeof value === 'object' && value !== null ? (JSON.stringify(value) ?? '').slice(0, 40) : String(value).slice(0, 40);
}

/** A UNIX time in seconds as ms since the epoch; null when it is none. */
export function secondsToMs(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 1e11 ? value * 1_000 : null;
}
