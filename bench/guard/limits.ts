import type { Figure } from '../figure';

/** A figure that may not get worse. None depends on how fast the machine is; the one of processor time is a ratio, with much room. */
export interface Limit {
  readonly unit: string;
  /** As it was when the limit was set. */
  readonly today: number;
  readonly limit: number;
  readonly bound: 'at most' | 'at least';
}

const most = (today: number, limit: number, unit: string): Limit => ({ today, limit, unit, bound: 'at most' });
const least = (today: number, limit: number, unit: string): Limit => ({ today, limit, unit, bound: 'at least' });

const KB = 'kB gzip';
const UPDATE = 'B/update';
const WRITES = 'writes/client/tick';
const HEAP = 'B/client/tick';

/** Today's values with some room. Who makes a figure better lowers its limit. */
export const LIMITS = {
  'bundle: first load of /market, JS': most(89.7, 90, KB),
  'bundle: /analysis, further JS': most(74.1, 75, KB),
  'bundle: chart, further JS': most(65.5, 67, KB),
  'bundle: all style sheets': most(29.9, 32, KB),
  'hub, sparse rows: bytes': most(71.8, 75, UPDATE),
  'hub, rows: bytes': most(105.7, 112, UPDATE),
  'hub, objects: bytes': most(347.3, 365, UPDATE),
  'hub, plain: bytes': most(461.1, 485, UPDATE),
  // A heartbeat may fall into the time of a slow machine.
  'hub, sparse rows: writes': most(1, 1.15, WRITES),
  'hub, rows: writes': most(1, 1.15, WRITES),
  'hub, objects: writes': most(1, 1.15, WRITES),
  // It is asked by pings how far it is.
  'hub, plain: writes': most(1.2, 1.6, WRITES),
  'hub, sparse rows: heap of one more client': most(200, 1_200, HEAP),
  'hub, rows: heap of one more client': most(600, 1_200, HEAP),
  'hub, objects: heap of one more client': most(200, 1_200, HEAP),
  'hub, plain: heap of one more client': most(100, 1_200, HEAP),
  'hub: updates per CPU second, times naive ws without a network': least(10.7, 3, ''),
  'engine: heap of one trade': most(2_020, 2_300, 'B'),
} as const satisfies Readonly<Record<string, Limit>>;

export type GuardName = keyof typeof LIMITS;

/** The measured values beside their limits; what was not measured fails. */
export function judge(measured: Readonly<Record<string, number>>, limits: Readonly<Record<string, Limit>> = LIMITS): Figure[] {
  return Object.entries(limits).map(([name, { unit, today, limit, bound }]) => ({ name, value: measured[name] ?? NaN, unit, budget: limit, bound, note: `${String(today)} when the limit was set` }));
}
