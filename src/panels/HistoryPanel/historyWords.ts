import { formatCompact, formatTime } from '@/composables/format';
import type { HistoryAnswer } from '@/core/contract';

type Zone = Parameters<typeof formatTime>[1];

export interface HistoryLine {
  readonly words: string;
  /** Something is wrong that a reader should look at. */
  readonly trouble: boolean;
}

const MB = 1_000_000;
const NAMES: Readonly<Record<string, string>> = { candles: 'candles', trades: 'trades', signals: 'signals' };

/** What is stored, in one line. */
export function storedWords({ health, bytes, max_bytes: most, tables }: HistoryAnswer, zone: Zone): HistoryLine {
  if (health.state !== 'ok') return { words: capital(health.reason), trouble: health.state === 'degraded' };
  const counts = tables.flatMap(({ table, rows }) => (NAMES[table] === undefined ? [] : [`${formatCompact(rows)} ${NAMES[table]}`])).join(', ');
  const oldest = tables.find(({ table }) => table === 'candles')?.oldest ?? null;
  const since = oldest === null ? '' : `; the oldest candle is of ${formatTime(oldest, zone, 'dateTime')}`;
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

/** Gaps that stay, in one line; null when there are none. */
export function keptWords({ gaps }: HistoryAnswer, zone: Zone): string | null {
  const kept = gaps.filter((gap) => gap.state === 'kept');
  const [newest] = kept;
  if (!newest) return null;
  return `${kept.length} ${kept.length === 1 ? 'gap stays' : 'gaps stay'}; the newest: ${newest.symbol}, ${formatTime(newest.from, zone, 'dateTime')} to ${formatTime(newest.to, zone, 'dateTime')}: ${newest.reason}; ${newest.note}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
