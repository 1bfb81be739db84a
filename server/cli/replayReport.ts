import { createEngine } from '@/core/engine';
import type { Engine } from '@/core/engine';
import type { EngineOutput } from '@/core/market/outputs';
import { err, ok, type Result } from '@/core/util/result';
import { checkReadable } from '../connectors/replay';
import { VENUES } from '../connectors/registry';
import { stateHash } from '../recording/recordings';
import { openSource, type ReadStats } from '../recording/source';

const USAGE = 'usage: npm run -s replay -- FILE [--json] [--books N]';

interface Arguments {
  readonly file: string;
  readonly json: boolean;
  readonly books: number;
}

/** What the command prints with `--json`. */
export interface ReplayReport {
  /** Messages of venues: received frames and REST answers; for our own recordings, inputs of the engine. */
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

/** Runs a recording, ours or raw frames, through the engine as fast as possible, with the clock inputs of its time. */
export async function replayReport(file: string, levels: number): Promise<Result<ReplayReport, string>> {
  const readable = await checkReadable(file);
  const opened = readable.ok ? await openSource(file, VENUES) : readable;
  if (!opened.ok) return opened;
  const engine = createEngine(opened.value.engine);
  const stats: ReadStats = { frames: 0, corrupt: 0, damage: null };
  const refused: Record<string, number> = {};
  let badInputs = 0;
  const out = (output: EngineOutput): void => {
    if (output.type === 'refused') refused[output.code] = (refused[output.code] ?? 0) + 1;
  };
  for await (const batch of opened.value.read(stats)) {
    for (const { event } of batch) {
      if (event.type === 'badInput') badInputs += 1;
      engine.step(event, out);
    }
  }
  if (opened.value.kind === 'own' && stats.damage !== null) return err(`${file}: ${stats.damage}`);
  const frames = opened.value.kind === 'own' ? (opened.value.events ?? 0) : stats.frames;
  return ok({ frames, errors: stats.corrupt + badInputs, refused, ...describe(engine, levels) });
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
  return { quotes, books, trades, candles, hash: stateHash(engine) };
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
