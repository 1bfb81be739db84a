import { SYMBOL_PATTERN } from '../contract';
import { parsePositive } from '../util/decimal';
import { ASSET_CLASSES, type Instrument } from './instrument';

/** Why an input is refused; `code` is the counter label. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
}

/** Earliest venue time that is believed: 2000-01-01. */
const EARLIEST = 946_684_800_000;
/** How far a venue's clock may run ahead, ms. */
const AHEAD_MS = 86_400_000;

/** Latest feed time: 2100-01-01. */
const LATEST = 4_102_444_800_000;

/** A time that feed and calendar can work with. */
export function feasibleTime(time: number): boolean {
  return time >= EARLIEST && time <= LATEST;
}

/** The venue time if it is believable at `now`, else null. */
export function believedTime(venueTime: number | null | undefined, now: number): number | null {
  return typeof venueTime === 'number' && venueTime >= EARLIEST && venueTime <= now + AHEAD_MS ? venueTime : null;
}

/** A text from outside, cut for a counter's detail or a log line. */
export function shown(value: unknown, length = 80): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : typeof value;
  return text.length > length ? `${text.slice(0, length)}...` : text;
}

/** The problem of a number that `parsePositive` refused: a readable number that is not above zero, or no number at all. */
export function numberProblem(what: string, value: unknown): Problem {
  const readable = (typeof value === 'string' && /^[-+]?\d+(\.\d+)?$/.test(value)) || (typeof value === 'number' && Number.isFinite(value));
  return { code: readable ? 'not_positive' : 'not_finite', detail: `${what} ${shown(value)}` };
}

/** A number above zero; NaN = the side or field is empty, `undefined` = unreadable or not positive. */
export function positiveOrNaN(value: unknown): number | undefined {
  return value === null || value === undefined ? NaN : parsePositive(value);
}

/** Facts of an instrument as they must be before anything is computed with them. */
export function usableInstrument(instrument: unknown): instrument is Instrument {
  if (typeof instrument !== 'object' || instrument === null) return false;
  const { symbol, tickSize, lotSize, assetClass, venues } = instrument as Partial<Record<keyof Instrument, unknown>>;
  const positive = (step: unknown): boolean => typeof step === 'number' && Number.isFinite(step) && step > 0;
  return typeof symbol === 'string' && SYMBOL_PATTERN.test(symbol) && positive(tickSize) && positive(lotSize)
    && ASSET_CLASSES.some((name) => name === assetClass) && Array.isArray(venues);
}
