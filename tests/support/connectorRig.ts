import { pino } from 'pino';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { Instrument } from '@/core/market/instrument';
import type { InputEvent } from '@/core/market/events';
import type { ConnectorContext } from '../../server/connectors/base/connector';
import { Hosts } from '../../server/connectors/base/hosts';
import { memoryLedger } from '../../server/connectors/base/ledger';
import { SESSION_DEFAULTS, type SessionLimits } from '../../server/connectors/base/session';
import { systemClock, type Clock } from '../../server/observability/clock';
import { createMetrics } from '../../server/observability/metrics';

/** A logger that says nothing. */
export const silentLog = pino({ level: 'silent' });

/** Built-in instruments by canonical symbol. */
export function pick(...symbols: readonly string[]): readonly Instrument[] {
  return BUILT_IN_INSTRUMENTS.filter((i) => symbols.includes(i.symbol));
}

/** Session timings for tests: the same rules, in milliseconds instead of seconds. */
export const FAST_LIMITS: SessionLimits = {
  ...SESSION_DEFAULTS,
  messagesPerSecond: 50,
  connectTimeoutMs: 1_000,
  staleMs: 150,
  silentMs: 400,
  backoff: { firstMs: 30, baseMs: 30, capMs: 100 },
  limitedMs: 200,
  overlapMs: 60,
};

/** A context that collects what a connector emits. */
export function collectingContext(urls: { readonly ws: string; readonly rest: string }, instruments: readonly Instrument[]): ConnectorContext & { readonly events: InputEvent[] } {
  const events: InputEvent[] = [];
  return { log: silentLog, metrics: createMetrics(), clock: systemClock, random: Math.random, instruments, urls, events, key: null, needed: () => true, ledger: memoryLedger(), hosts: new Hosts(systemClock, memoryLedger()), emit: (event) => events.push(event) };
}

export type EventOf<T extends InputEvent['type']> = Extract<InputEvent, { type: T }>;
/** Picks the events of one type out of those collected so far. */
export type EventsOf = <T extends InputEvent['type']>(type: T) => EventOf<T>[];

export function eventsOf(events: readonly InputEvent[]): EventsOf {
  return <T extends InputEvent['type']>(type: T) => events.filter((event): event is EventOf<T> => event.type === type);
}

/** Wednesday 2026-11-18 16:00 UTC (11:00 in New York) and the Saturday after it. */
export const OPEN = Date.UTC(2026, 10, 18, 16);
export const SATURDAY = Date.UTC(2026, 10, 21, 16);

/** A wall clock that begins at `start`. */
export function clockFrom(start: number): Clock {
  const begun = performance.now();
  return { now: () => start + performance.now() - begun, monotonic: () => performance.now() };
}
