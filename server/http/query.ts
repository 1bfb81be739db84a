import type { FastifyRequest } from 'fastify';
import type { HttpPorts } from './ports';

type Query = Readonly<Record<string, unknown>>;

/** Parameters of an address. One that is given twice is a list and passes no reader below. */
export const query = (request: FastifyRequest): Query => (typeof request.query === 'object' && request.query !== null ? { ...request.query } : {});

export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** A whole number in range; the default when absent; null when it is neither. */
export function whole(value: unknown, fallback: number, most: number): number | null {
  if (value === undefined) return fallback;
  const read = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0;
  return read >= 1 && read <= most ? read : null;
}

/** A time as ms since the epoch or in ISO-8601; undefined when it is neither, null when absent. */
export function time(value: unknown): number | null | undefined {
  if (value === undefined) return null;
  if (typeof value !== 'string') return undefined;
  const read = /^\d{1,15}$/.test(value) ? Number(value) : /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isFinite(read) ? read : undefined;
}

/** A size above 0 as plain decimal text; the default when absent, null when it is neither. */
export function decimal(value: unknown, fallback: string): string | null {
  if (value === undefined) return fallback;
  return typeof value === 'string' && /^\d{1,12}(\.\d{1,12})?$/.test(value) && Number(value) > 0 ? value : null;
}

/** A venue's id; null when absent, undefined when it cannot be one. */
export function venueId(value: unknown): string | null | undefined {
  if (value === undefined) return null;
  return typeof value === 'string' && /^[a-z][a-z0-9]{0,15}$/.test(value) ? value : undefined;
}

export function known(ports: Pick<HttpPorts, 'market'>, symbol: unknown): symbol is string {
  return typeof symbol === 'string' && ports.market.instrument(symbol) !== null;
}

/** Whole ms: clocks have fractions that tell nobody anything. */
export const wholeMs = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

/** Real time since a receipt on the feed clock, whole ms; null when nothing was received. */
export function ageOf(receiveTime: number | null, ports: Pick<HttpPorts, 'feedClock'>): number | null {
  const { now, speed } = readClock(ports);
  return wholeMs(receiveTime === null ? null : Math.max(0, now - receiveTime) / speed);
}

/** Present and speed of the feed; a feed that stands still has real ages. */
export function readClock(ports: Pick<HttpPorts, 'feedClock'>): { readonly now: number; readonly speed: number } {
  const clock = ports.feedClock();
  return { now: clock.now(), speed: clock.speed > 0 && Number.isFinite(clock.speed) ? clock.speed : 1 };
}
