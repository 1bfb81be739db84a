import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLine, GENESIS, type ChainRecord } from '@/core/analysis/chain';
import { ChainLedger } from '@/core/analysis/chainLedger';
import { readPlan } from '@/core/analysis/chainRecords';
import { advance, judge, openPosition, type Plan } from '@/core/analysis/scorecard';
import { INTERVAL_MS, isInterval, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import { chainFolders, dayFiles, readHead, readLines } from './files';
import { sha256 } from './slot';
import { SentimentCheck } from './verifySentiment';

/** What came of recomputing outcomes: of signals over stored candles, of sentiment from the prices in the log and the range of stored minutes. */
export interface OutcomeCheck {
  readonly equal: number;
  /** Judged by candles that were corrected since, or at a price outside the stored minute: no proof either way. */
  readonly corrected: number;
  /** Nothing is stored to check their prices with. */
  readonly missing: number;
  /** Another outcome follows from the same prices: the record is wrong. */
  readonly wrong: number;
}
export interface ChainCheck {
  readonly chain: string;
  readonly records: number;
  readonly days: number;
  readonly seq: number;
  readonly head: string;
  /** Bytes of a last line that a killed process left unfinished; ignored. */
  readonly unfinished: number;
  readonly forecasts: number;
  readonly outcomes: number;
  readonly void: number;
  readonly open: number;
  /** First thing that is wrong, in words; null = nothing. */
  readonly problem: string | null;
  /** null = not checked: the chain is broken or there are no candles to check with. */
  readonly check: OutcomeCheck | null;
}

/** Stored candles of one series, those that opened in [from, to], oldest first; null when candles cannot be read. */
export type CandleSource = (query: { readonly kind: string; readonly symbol: string; readonly interval: Interval; readonly from: number; readonly to: number }) => Promise<readonly Candle[] | null>;

/** Takes a record; a promise when the next one has to wait. */
type RecordReader = (record: ChainRecord) => Promise<void> | null;

/** Recomputes one chain: every hash, number, link, seal and the account of forecasts. `onRecord` gets each good record. */
export async function verifyChain(folder: string, onRecord: RecordReader = () => null): Promise<Omit<ChainCheck, 'chain' | 'check'>> {
  const ledger = new ChainLedger();
  const files = await dayFiles(folder);
  const mark = await readHead(folder);
  let at = { seq: 0, hash: GENESIS };
  let unfinished = 0, marked = mark === null;
  const state = (problem: string | null): Omit<ChainCheck, 'chain' | 'check'> => ({ records: at.seq, days: files.length, seq: at.seq, head: at.hash, unfinished, ...ledger.counts, problem });
  for (const [k, file] of files.entries()) {
    const path = join(folder, file);
    const { size } = await stat(path);
    let count = 0, bytes = 0, last: ChainRecord | null = null;
    for await (const line of readLines(path)) {
      const length = Buffer.byteLength(line) + 1;
      // The last line of all has no line feed when the process was killed while it was written.
      if (bytes + length > size && k === files.length - 1) {
        unfinished = size - bytes;
        break;
      }
      bytes += length;
      const record = checkLine(line, at, sha256);
      if (!record.ok) return state(`${file} line ${count + 1}: ${record.error}`);
      const wrong = meaning(record.value, ledger, { file, count, head: at.hash, sealed: last?.body.type === 'seal' });
      if (wrong !== null) return state(`${file} line ${count + 1}: ${wrong}`);
      ({ value: last } = record);
      at = record.value;
      count++;
      if (mark?.seq === at.seq && mark.hash === at.hash) marked = true;
      ledger.read(last);
      const wait = onRecord(last);
      if (wait) await wait;
    }
    if (bytes !== size && unfinished === 0) return state(`${file}: the file does not end with a whole record`);
    if (k < files.length - 1 && last?.body.type !== 'seal') return state(`${file}: the day has no seal`);
  }
  return marked ? state(null) : state(`record ${mark?.seq ?? 0}, which was on disk, is not there or is another`);
}

/** What is wrong with what a record says, though its hash is right; null = nothing. */
function meaning({ body }: ChainRecord, ledger: ChainLedger, { file, count, head, sealed }: { file: string; count: number; head: string; sealed: boolean }): string | null {
  if (sealed) return 'a record after the seal of its day';
  if (body.type === 'seal') return body['day'] === file.slice(0, 10) && body['count'] === count && body['head'] === head ? null : 'the seal does not fit its day';
  if (body.type === 'outcomes' && Array.isArray(body['ends'])) return body['ends'].map((end: unknown) => (Array.isArray(end) ? sentimentEnd(end, ledger) : 'ends that are no list')).find((problem) => problem !== null) ?? null;
  if (body.type !== 'outcome') return null;
  const forecast = ledger.get(String(body['of']));
  if (!forecast) return 'an outcome without its forecast';
  if (forecast.id !== body['id']) return 'an outcome of another forecast';
  return body['result'] === 'void' || Number(body['ts']) > forecast.ts ? null : 'an outcome that is not later than its forecast';
}

function sentimentEnd([of, symbol, ts, h, result, , , due]: readonly unknown[], ledger: ChainLedger): string | null {
  const forecast = ledger.get(String(of));
  if (!forecast?.left.has(Number(h))) return 'an outcome without its forecast';
  if (forecast.symbol !== symbol || forecast.ts !== ts) return 'an outcome of another forecast';
  return result === 'void' || Number(due) > forecast.ts ? null : 'an outcome that is not later than its forecast';
}

/** Checks every chain of a log, every end of a sentiment forecast, and with candles every outcome of a signal. `onRecord` gets each good record. */
export async function verifyLog(root: string, candles: CandleSource | null, onRecord: (chain: string, record: ChainRecord) => void = () => undefined): Promise<ChainCheck[]> {
  const checks: ChainCheck[] = [];
  for (const chain of await chainFolders(root)) {
    const signals: Signal[] = [];
    const sentiment = chain.endsWith('.sentiment') ? new SentimentCheck(candles) : null;
    const take = sentiment ? (record: ChainRecord) => sentiment.read(record) : collect(signals);
    const result = await verifyChain(join(root, chain), (record) => {
      onRecord(chain, record);
      return take(record);
    });
    const outcomes = (): Promise<OutcomeCheck | null> | null => (sentiment ? sentiment.finish() : candles && signals.length > 0 ? checkOutcomes(signals, candles) : null);
    checks.push({ chain, ...result, check: result.problem === null ? await outcomes() : null });
  }
  return checks;
}

interface Signal {
  readonly id: string;
  readonly kind: string;
  readonly symbol: string;
  readonly tf: Interval;
  readonly asOf: number;
  readonly side: 1 | -1;
  readonly atr: number;
  readonly plan: Plan;
  outcome: Readonly<Record<string, unknown>> | null;
}

function collect(into: Signal[]): RecordReader {
  const open = new Map<string, Signal>();
  return ({ body, hash }) => {
    const id = String(body['id']);
    const tf = String(body['tf']);
    const plan = readPlan(body['plan']);
    if (body.type === 'signal' && body['scored'] === true && isInterval(tf) && plan) {
      open.set(hash, { id, kind: String(body['source']), symbol: String(body['symbol']), tf, asOf: Number(body['asOf']), side: body['action'] === 'SELL' ? -1 : 1, atr: Number(body['atr']), plan, outcome: null });
    } else if (body.type === 'outcome') {
      const signal = open.get(String(body['of']));
      open.delete(String(body['of']));
      if (signal && body['result'] !== 'void') into.push({ ...signal, outcome: body });
    }
    return null;
  };
}

/** Series are read once, from the first signal to the end of the last. */
async function checkOutcomes(signals: readonly Signal[], source: CandleSource): Promise<OutcomeCheck | null> {
  const check = { equal: 0, corrected: 0, missing: 0, wrong: 0 };
  const series = group(signals);
  for (const own of series.values()) {
    const [first] = own;
    if (!first) continue;
    const to = Math.max(...own.map((s) => Number(s.outcome?.['ts'])));
    const candles = await source({ kind: first.kind, symbol: first.symbol, interval: first.tf, from: first.asOf, to });
    if (candles === null) return null;
    for (const signal of own) check[compare(signal, candles)]++;
  }
  return check;
}

const keyOf = (s: Signal): string => `${s.kind}|${s.symbol}|${s.tf}`;

function group(signals: readonly Signal[]): Map<string, Signal[]> {
  const groups = new Map<string, Signal[]>();
  for (const s of signals) groups.set(keyOf(s), [...(groups.get(keyOf(s)) ?? []), s]);
  return groups;
}

const TOLERANCE = 1e-9;

function compare({ side, atr, plan, asOf, tf, outcome }: Signal, candles: readonly Candle[]): keyof OutcomeCheck {
  const after = candles.filter((c) => c.openTime >= asOf && c.openTime < asOf + 2 * plan.expiryBars * INTERVAL_MS[tf] + 10 * 86_400_000);
  const logged = Number(outcome?.['bars']);
  // The candles it was judged by, as they are stored now.
  if (after.length < logged) return 'missing';
  const now = judge(side, atr, plan, after);
  const same = now !== null && now.reason === outcome?.['result'] && now.bars === logged && [[now.ret, 'ret'] as const, [now.r, 'r'] as const].every(([value, name]) => Math.abs(value - Number(outcome[name])) <= TOLERANCE);
  if (same) return 'equal';
  if (now?.path === outcome?.['path'] || pathOf(side, atr, plan, after.slice(0, logged)) === outcome?.['path']) return 'wrong';
  return (after[0]?.openTime ?? Infinity) > asOf ? 'missing' : 'corrected';
}

/** Mark of exactly these candles. */
function pathOf(side: 1 | -1, atr: number, plan: Plan, candles: readonly Candle[]): number | null {
  const position = openPosition(side, atr, plan);
  for (const candle of candles) advance(position, candle);
  return position.path;
}

