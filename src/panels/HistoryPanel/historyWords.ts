import { formatCompact, formatTime, zoneName } from '@/composables/format';
import type { HistoryAnswer } from '@/core/contract';

type Zone = Parameters<typeof formatTime>[1];

export interface HistoryLine {
  readonly words: string;
  /** Something is wrong that a reader should look at. */
  readonly trouble: boolean;
}

/** A moment with its day and zone. */
const moment = (ms: number, zone: Zone): string => `${formatTime(ms, zone, 'dateTime')} ${zoneName(zone)}`;
/** From one moment to another; the zone is said once. */
const span = (from: number, to: number, zone: Zone): string => `${formatTime(from, zone, 'dateTime')} to ${moment(to, zone)}`;
const MB = 1_000_000;
const NAMES: Readonly<Record<string, string>> = { candles: 'candles', trades: 'trades', signals: 'signals' };

/** What is stored, in one line. */
export function storedWords({ health, bytes, max_bytes: most, tables }: HistoryAnswer, zone: Zone): HistoryLine {
  if (health.state !== 'ok') return { words: capital(health.reason), trouble: health.state === 'degraded' };
  const counts = tables.flatMap(({ table, rows }) => (NAMES[table] === undefined ? [] : [`${formatCompact(rows)} ${NAMES[table]}`])).join(', ');
  const oldest = tables.find(({ table }) => table === 'candles')?.oldest ?? null;
  const since = oldest === null ? '' : `; the oldest candle is of ${moment(oldest, zone)}`;
  const words = `${counts}; ${(bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0)} of ${(most / MB).toFixed(0)} MB${since}`;
  return { words: health.reason === '' ? words : `${words}. ${capital(health.reason)}`, trouble: health.reason !== '' };
}

/** Repairs under way, in one line; null when nothing is being repaired. */
export function repairWords({ backfills }: HistoryAnswer): string | null {
  if (backfills.length === 0) return null;
  const [done, of] = backfills.reduce(([d, o], fill) => [d + fill.done, o + fill.of], [0, 0]);
  const [first] = backfills;
  const whose = backfills.length === 1 ? (first?.symbol ?? '') : `${backfills.length} gaps`;
  return `Missing candles are being loaded: ${whose}, ${done} of ${of} minutes. ${first && backfills.length === 1 ? capital(first.note) : ''}`.trim();
}

/** Minutes loaded of all that are missing; null when nothing is being repaired. */
export function repairProgress({ backfills }: HistoryAnswer): { readonly done: number; readonly of: number } | null {
  return backfills.length === 0 ? null : backfills.reduce((sum, { done, of }) => ({ done: sum.done + done, of: sum.of + of }), { done: 0, of: 0 });
}

/** Gaps that are listed at most. */
const MOST_LISTED = 50;
const STATES: Readonly<Record<string, string>> = { open: 'waits or is being loaded', repaired: 'repaired', kept: 'stays' };

/** The newest gaps one by one, with what came of each. */
export function gapRows({ gaps }: HistoryAnswer, zone: Zone): readonly { readonly key: string; readonly symbol: string; readonly span: string; readonly reason: string; readonly outcome: string }[] {
  return gaps.slice(0, MOST_LISTED).map(({ symbol, from, to, reason, state, note }) => ({ key: `${symbol} ${from}`, symbol, span: span(from, to, zone), reason, outcome: [STATES[state] ?? state, note].filter(Boolean).join(': ') }));
}

/** Gaps that stay, in one line; null when there are none. */
export function keptWords({ gaps }: HistoryAnswer, zone: Zone): string | null {
  const kept = gaps.filter((gap) => gap.state === 'kept');
  const [newest] = kept;
  if (!newest) return null;
  return `${kept.length} ${kept.length === 1 ? 'gap stays' : 'gaps stay'}; the newest: ${newest.symbol}, ${span(newest.from, newest.to, zone)}: ${newest.reason}; ${newest.note}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
