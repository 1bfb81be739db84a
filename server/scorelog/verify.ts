import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLine, GENESIS, type ChainRecord } from '@/core/analysis/chain';
import { ChainLedger } from '@/core/analysis/chainLedger';
import { chainFolders, dayFiles, readHead, readLines } from './files';
import type { CandleSource, OutcomeCheck, OutcomeReader } from './outcomeCheck';
import { sha256 } from './slot';
import { SentimentCheck } from './verifySentiment';
import { SignalCheck } from './verifySignals';

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

/** Recomputes one chain: every hash, number, link, seal and the account of forecasts. `onRecord` gets each good record. */
export async function verifyChain(folder: string, onRecord: OutcomeReader['read'] = () => null): Promise<Omit<ChainCheck, 'chain' | 'check'>> {
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
    const outcomes: OutcomeReader = chain.endsWith('.sentiment') ? new SentimentCheck(candles) : new SignalCheck(candles);
    const result = await verifyChain(join(root, chain), (record) => {
      onRecord(chain, record);
      return outcomes.read(record);
    });
    checks.push({ chain, ...result, check: result.problem === null ? await outcomes.finish() : null });
  }
  return checks;
}
