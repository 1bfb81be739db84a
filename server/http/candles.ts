import { INTERVAL_MS, type DataKind, type FeedMode, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { GapState } from '../history/port';
import type { HttpPorts } from './ports';

export interface CandleRange {
  readonly symbol: string;
  readonly interval: Interval;
  /** Open times, ms, inclusive; null = open end. */
  readonly start: number | null;
  readonly end: number | null;
  readonly limit: number;
}

/** Is there anything before the first candle? `unknown`: it could not be found out now; `note` says why. */
export type OlderState = 'more' | 'end' | 'unknown';

export interface CandleAnswer {
  readonly symbol: string;
  readonly interval: Interval;
  readonly candles: readonly (readonly [openTime: number, o: number, h: number, l: number, c: number, v: number])[];
  /** Stretches without a trade between the first and the last candle: [from, to), ms. */
  readonly gaps: readonly (readonly [from: number, to: number])[];
  readonly source: DataKind;
  readonly older: OlderState;
  /** In words: where history ends, or why it is not known. Empty when there is nothing to say. */
  readonly note: string;
  /** Why stored candles are missing from the answer; absent when they are not. */
  readonly incomplete?: string;
  /** Known gaps of the span that are not repaired: nobody was there to receive these minutes, or a venue could not give them. */
  readonly missing: readonly { readonly from: number; readonly to: number; readonly reason: string; readonly state: GapState; readonly note: string }[];
}

type CandlePorts = Pick<HttpPorts, 'market' | 'history' | 'mode' | 'backfillOlder' | 'archive' | 'feedClock'>;

const MOST_MISSING = 500;

/** What the ledger of gaps says of the answer's span: also of its ends, where there is no candle. Nothing where it cannot be read, which `incomplete` tells. */
async function missingOf({ archive, feedClock }: CandlePorts, { symbol, interval, start, end, limit }: CandleRange, kind: DataKind, candles: readonly Candle[]): Promise<CandleAnswer['missing']> {
  // A full page says nothing of what was before it.
  const from = start !== null && candles.length < limit ? start : candles[0]?.openTime;
  if (!archive || from === undefined) return [];
  const to = Math.max((candles.at(-1)?.openTime ?? from) + INTERVAL_MS[interval], Math.min(end ?? Infinity, feedClock().now()));
  const gaps = await archive.gaps({ kind, symbol, from, to, limit: MOST_MISSING }).catch(() => []);
  return gaps.filter((gap) => gap.state !== 'repaired').map(({ start: since, stop, reason, state, note }) => ({ from: since, to: stop, reason, state, note })).reverse();
}

/** Most rows asked of a venue for one page. */
const OLDER_ROWS = 1_000;

/** Kind of the data shown in a mode. */
export function kindOf(mode: FeedMode): DataKind {
  return mode === 'simulated' || mode === 'replay' ? mode : 'live';
}

/** Stored and present candles of one kind; where both have one, the present one is newer. */
async function known(ports: CandlePorts, range: CandleRange, kind: DataKind): Promise<{ readonly candles: Candle[]; readonly incomplete?: string }> {
  const { symbol, interval, start, end, limit } = range;
  const merged = new Map<number, Candle>();
  let incomplete: string | undefined;
  try {
    for (const candle of await ports.history.candles({ ...range, kind })) merged.set(candle.openTime, candle);
  } catch {
    incomplete = ports.history.health().reason || 'stored candles cannot be read';
  }
  // Asked after the wait, so that both belong to the same market.
  const present = kind === kindOf(ports.mode()) ? ports.market.candles(symbol, interval, 100_000) : [];
  for (const candle of present) if (candle.openTime >= (start ?? -Infinity) && candle.openTime <= (end ?? Infinity)) merged.set(candle.openTime, candle);
  const candles = [...merged.values()].sort((a, b) => a.openTime - b.openTime).slice(-limit);
  return { candles, ...(incomplete === undefined ? {} : { incomplete }) };
}

const ENDS: Readonly<Record<Exclude<DataKind, 'live' | 'delayed'>, string>> = {
  simulated: 'The simulated past begins here',
  replay: 'The recording begins here',
};

/** What venues have from before the oldest known candle, for whoever pages back; and whether that was all. */
async function reachBack(ports: CandlePorts, { symbol, interval, start, end, limit }: CandleRange, kind: DataKind, have: readonly Candle[]): Promise<{ readonly candles: readonly Candle[]; readonly older: OlderState; readonly note: string }> {
  const none = { candles: [] };
  if (have.length >= limit) return { ...none, older: 'more', note: '' };
  const before = have[0]?.openTime ?? (end === null ? null : end + 1);
  if (interval === '1s') return { ...none, older: 'end', note: 'Seconds are kept for two minutes; longer candles reach further back' };
  if (kind === 'simulated' || kind === 'replay') return { ...none, older: 'end', note: ENDS[kind] };
  // A range with a beginning asks for what is stored; only paging back reaches further. Without any candle there is no place to start from.
  if (start !== null || before === null) return { ...none, older: 'unknown', note: '' };
  if (end === null && have.length > 0) return { ...none, older: 'more', note: '' };
  const answer = await ports.backfillOlder({ symbol, interval, before, rows: Math.min(OLDER_ROWS, limit - have.length) });
  if (!answer.ok) return { ...none, older: 'unknown', note: `Older candles cannot be had now: ${answer.error}` };
  const { candles, venue } = answer.value;
  return candles.length > 0 ? { candles, older: 'more', note: '' } : { ...none, older: 'end', note: `${venue} has nothing older` };
}

/** The newest candles of a range: from memory, from history and, for whoever pages back, from the venues. */
export async function readCandles(ports: CandlePorts, range: CandleRange): Promise<CandleAnswer> {
  const { symbol, interval, limit } = range;
  const kind = kindOf(ports.mode());
  const { candles: have, incomplete } = await known(ports, range, kind);
  const { candles: older, older: state, note } = await reachBack(ports, range, kind, have);
  // Prices that became another kind while a venue was asked are not mixed with these: the answer says what it holds.
  const candles = [...older, ...have].slice(-limit);
  return {
    symbol, interval, candles: candles.map((c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume] as const),
    gaps: findGaps(candles, INTERVAL_MS[interval]), source: kind, older: state, note,
    missing: await missingOf(ports, range, kind, candles), ...(incomplete === undefined ? {} : { incomplete }),
  };
}

function findGaps(candles: readonly Candle[], length: number): (readonly [number, number])[] {
  return candles.flatMap((candle, i) => {
    const from = (candles[i - 1]?.openTime ?? candle.openTime - length) + length;
    return candle.openTime > from ? [[from, candle.openTime] as const] : [];
  });
}
