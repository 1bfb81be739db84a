import { createHash } from 'node:crypto';
import { createEngine } from '@/core/engine';
import type { Engine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import type { EngineOutput } from '@/core/market/outputs';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { err, ok, type Result } from '@/core/util/result';
import { checkReplayFile, replayFrames } from '../connectors/replay';
import { VENUES } from '../connectors/registry';

const USAGE = 'usage: npm run -s replay -- FILE [--json] [--books N]';

interface Arguments {
  readonly file: string;
  readonly json: boolean;
  readonly books: number;
}

/** What the command prints with `--json`. */
export interface ReplayReport {
  /** Messages of venues: received frames and REST answers. */
  readonly frames: number;
  /** Unreadable lines and messages refused by a mapper. */
  readonly errors: number;
  /** Values refused by the engine or a mapper, by code. */
  readonly refused: Record<string, number>;
  readonly quotes: Record<string, object>;
  readonly books: Record<string, Record<string, object>>;
  readonly trades: Record<string, Record<string, { readonly count: number; readonly volume: string }>>;
  readonly candles: Record<string, Record<'1m', readonly (readonly number[])[]>>;
  /** SHA-256 of the engine's state: equal hashes, equal markets. */
  readonly hash: string;
}

/** Reads the command line; the error is one clear line. */
export function readArguments(args: readonly string[]): Result<Arguments, string> {
  let json = false;
  let books = 20;
  const files: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? '';
    if (arg === '--json') json = true;
    else if (arg === '--books' || arg.startsWith('--books=')) {
      const text = arg === '--books' ? (args[(i += 1)] ?? '') : arg.slice('--books='.length);
      if (!/^\d{1,5}$/.test(text)) return err(`--books takes a number of levels from 0 to 99999, not "${text}"`);
      books = Number(text);
    } else if (arg.startsWith('-')) return err(`unknown option ${arg}; ${USAGE}`);
    else files.push(arg);
  }
  const [file] = files;
  return file !== undefined && files.length === 1 ? ok({ file, json, books }) : err(USAGE);
}

/** Runs a recording through mapper and engine, as fast as possible, with a clock input at each whole second of feed time. */
export async function replayReport(file: string, levels: number): Promise<Result<ReplayReport, string>> {
  const info = await checkReplayFile(file, VENUES);
  if (!info.ok) return info;
  // History deep enough that the candles of a day-long recording are all there.
  const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: VENUES.map((v) => v.descriptor.id), candleHistory: 2_000 });
  const refused: Record<string, number> = {};
  let badInputs = 0;
  const out = (output: EngineOutput): void => {
    if (output.type === 'refused') refused[output.code] = (refused[output.code] ?? 0) + 1;
  };
  const emit = (event: InputEvent): void => {
    if (event.type === 'badInput') badInputs += 1;
    engine.step(event, out);
  };
  let second = Math.ceil(info.value.firstTime / 1_000);
  emit({ type: 'mode', mode: 'replay', reason: 'replay command', receiveTime: info.value.firstTime });
  const result = await replayFrames(file, {
    venues: VENUES,
    instruments: BUILT_IN_INSTRUMENTS,
    emit,
    onVenue: (venue, at) => emit({ type: 'feedStatus', venue, state: 'live', reason: 'replay', receiveTime: at }),
    onTime: (at) => {
      // After a hole in the recording a few clock steps do what thousands would.
      if (at / 1_000 - second > 600) second = Math.floor(at / 1_000) - 600;
      for (; second * 1_000 <= at; second += 1) engine.step({ type: 'clock', receiveTime: second * 1_000 }, out);
    },
  });
  engine.step({ type: 'clock', receiveTime: Math.max(second * 1_000, result.time) }, out);
  return ok({ frames: result.frames, errors: result.corrupt + badInputs, refused, ...describe(engine, levels) });
}

function describe(engine: Engine, levels: number): Omit<ReplayReport, 'frames' | 'errors' | 'refused'> {
  const quotes: ReplayReport['quotes'] = {};
  for (const { symbol, ...quote } of engine.quotes()) if (quote.receiveTime !== null) quotes[symbol] = quote;
  const books: ReplayReport['books'] = {};
  for (const { venue, symbol } of engine.books()) {
    const book = engine.book(venue, symbol, levels);
    if (book) (books[venue] ??= {})[symbol] = { state: book.state, updateId: book.updateId, levels: book.levels, bids: book.bids, asks: book.asks };
  }
  const trades: ReplayReport['trades'] = {};
  for (const { venue, symbol, count, volume } of engine.tradeTotals()) (trades[venue] ??= {})[symbol] = { count, volume };
  const candles: ReplayReport['candles'] = {};
  for (const { symbol } of engine.instruments()) {
    const rows = engine.candles(symbol, '1m', 100_000).map((c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume]);
    if (rows.length > 0) candles[symbol] = { '1m': rows };
  }
  return { quotes, books, trades, candles, hash: createHash('sha256').update(engine.fingerprint()).digest('hex') };
}

/** The report for eyes. */
export function reportText(report: ReplayReport): string {
  const lines = [`${report.frames} messages, ${report.errors} errors`];
  for (const [symbol, quote] of Object.entries(report.quotes)) {
    const { last, bid, ask, venue } = quote as { last: number | null; bid: number | null; ask: number | null; venue: string };
    lines.push(`${symbol.padEnd(12)} last ${last ?? '-'}  bid ${bid ?? '-'}  ask ${ask ?? '-'}  (${venue})`);
  }
  for (const [venue, symbols] of Object.entries(report.trades)) {
    for (const [symbol, { count, volume }] of Object.entries(symbols)) lines.push(`${symbol.padEnd(12)} ${count} trades, volume ${volume} (${venue})`);
  }
  for (const [symbol, intervals] of Object.entries(report.candles)) lines.push(`${symbol.padEnd(12)} ${intervals['1m'].length} one-minute candles`);
  return `${[...lines, `state ${report.hash}`].join('\n')}\n`;
}
