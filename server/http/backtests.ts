import { randomBytes } from 'node:crypto';
import { backtest, type Backtest } from '@/core/analysis/outcomesBacktest';
import { isInterval, SYMBOL_PATTERN, type BacktestJob, type DataKind, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { FastifyInstance } from 'fastify';
import { sha256 } from '../scorelog/slot';
import { kindOf } from './candles';
import { fail } from './failure';
import type { HttpPorts } from './ports';
import { known, time } from './query';

export const BACKTESTS_PATH = '/api/v1/backtests';

/** One runs at a time, in slices that leave the event loop free. */
const LIMITS = { candles: 50_000, waiting: 4, kept: 20, bodyBytes: 6_000_000, sliceMs: 8 } as const;

interface Asked {
  readonly symbol: string;
  readonly tf: Interval;
  readonly source: DataKind;
  readonly warm: number;
  /** Candles sent along; null = those that are stored. */
  readonly given: readonly Candle[] | null;
  readonly from: number | null;
  readonly to: number | null;
}
interface Job {
  state: BacktestJob['state'];
  progress: number;
  report: Backtest | null;
  error: string;
  readonly asked: Asked;
}

/** `POST /api/v1/backtests` starts a backtest over stored candles or over those of its body, `GET /api/v1/backtests/ID` tells how far it is. */
export function backtestRoutes(app: FastifyInstance, ports: HttpPorts): void {
  if (!ports.score) return;
  const jobs = new Map<string, Job>();
  let running = Promise.resolve();
  let gone = false;
  app.addHook('onClose', () => {
    gone = true;
  });
  const told = (id: string, { state, progress, report, error, asked }: Job): object => ({ id, state, progress, symbol: asked.symbol, tf: asked.tf, report, error });

  app.post(BACKTESTS_PATH, { bodyLimit: LIMITS.bodyBytes }, (request, reply) => {
    const asked = readBody(request.body, ports);
    if (typeof asked === 'string') return fail(reply, 'bad_request', asked);
    if (asked.given === null && !known(ports, asked.symbol)) return fail(reply, 'unknown_symbol');
    if ([...jobs.values()].filter(({ state }) => state === 'waiting' || state === 'running').length >= LIMITS.waiting) return fail(reply, 'rate_limited', `${LIMITS.waiting} backtests are waiting or running: try again when one is done`);
    const id = randomBytes(6).toString('hex');
    const job: Job = { state: 'waiting', progress: 0, report: null, error: '', asked };
    jobs.set(id, job);
    for (const old of jobs.keys()) if (jobs.size > LIMITS.kept) jobs.delete(old);
    running = running.then(() => execute(job, ports, () => gone));
    return reply.code(202).send(told(id, job));
  });
  app.get(`${BACKTESTS_PATH}/:id`, (request, reply) => {
    const { params } = request;
    const id = typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
    const job = jobs.get(id);
    return job ? told(id, job) : fail(reply, 'not_found');
  });
}

/** Never rejects: what goes wrong is the job's error. */
async function execute(job: Job, ports: HttpPorts, gone: () => boolean): Promise<void> {
  job.state = 'running';
  try {
    const { symbol, tf, source, given, warm, from, to } = job.asked;
    const candles = given ?? await ports.history.candles({ kind: source, symbol, interval: tf, start: from, end: to, limit: LIMITS.candles });
    if (candles.length === 0) throw new Error('there are no such candles');
    const steps = backtest({ symbol, tf, venue: 'backtest', source, candles, warm, sha256 });
    let since = performance.now();
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        Object.assign(job, { state: 'done', progress: 1, report: step.value });
        return;
      }
      job.progress = step.value;
      if (gone()) return;
      if (performance.now() - since < LIMITS.sliceMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  } catch (error) {
    Object.assign(job, { state: 'failed', error: error instanceof Error ? error.message.slice(0, 500) : 'unknown fault' });
  }
}

/** What is asked; text = what is wrong with it. */
function readBody(body: unknown, ports: HttpPorts): Asked | string {
  const { symbol, tf = '1m', from, to, warm = 0, candles }: Readonly<Record<string, unknown>> = typeof body === 'object' && body !== null ? { ...body } : {};
  if (typeof symbol !== 'string' || !SYMBOL_PATTERN.test(symbol)) return 'symbol is a symbol such as BTC/USDT';
  if (typeof tf !== 'string' || !isInterval(tf) || tf === '1s') return 'tf is one of 1m 5m 15m 1h 4h 1d';
  if (typeof warm !== 'number' || !Number.isInteger(warm) || warm < 0 || warm > LIMITS.candles) return `warm is a number of candles up to ${LIMITS.candles}`;
  const range = [from, to].map((value) => time(typeof value === 'number' ? String(value) : (value ?? undefined)));
  const [start, end] = range;
  if (start === undefined || end === undefined) return 'from and to are times in ms or ISO-8601';
  const given = candles === undefined ? null : readCandleRows(candles);
  return typeof given === 'string' ? given : { symbol, tf, source: given ? 'replay' : kindOf(ports.mode()), warm, given, from: start, to: end };
}

/** Rows [open time, open, high, low, close, volume], oldest first, as /api/v1/candles gives them; or CSV with t,o,h,l,c,v. */
function readCandleRows(value: unknown): readonly Candle[] | string {
  const rows = typeof value === 'string' ? csvRows(value) : value;
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > LIMITS.candles) return `candles are 1 to ${LIMITS.candles} rows of [t, o, h, l, c, v], or CSV with these columns`;
  const candles: Candle[] = [];
  for (const [k, row] of rows.entries()) {
    const numbers: readonly unknown[] = Array.isArray(row) ? row : [];
    const [openTime, open, high, low, close, volume = 0] = numbers;
    if (![openTime, open, high, low, close, volume].every((x): x is number => typeof x === 'number' && Number.isFinite(x))) return `row ${k + 1} of the candles is no candle`;
    const candle = { openTime: Number(openTime), open: Number(open), high: Number(high), low: Number(low), close: Number(close), volume: Number(volume) };
    const usable = candle.low > 0 && candle.high >= Math.max(candle.open, candle.close) && candle.low <= Math.min(candle.open, candle.close) && candle.volume >= 0;
    if (!usable || candle.openTime <= (candles.at(-1)?.openTime ?? -Infinity)) return `row ${k + 1} of the candles is no candle, or not later than the one before`;
    candles.push(candle);
  }
  return candles;
}

function csvRows(text: string): number[][] {
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim());
  const places = ['t', 'o', 'h', 'l', 'c', 'v'].map((name) => names.indexOf(name));
  return lines.filter((line) => line !== '').map((line) => {
    const cells = line.split(',');
    return places.map((place, k) => (place < 0 ? (k === 5 ? 0 : NaN) : cells[place]?.trim() ? Number(cells[place]) : NaN));
  });
}
