import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { createEngine, type Engine } from '@/core/engine';
import type { BookEvent, InputEvent, LevelChange } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { syntheticInstruments } from '@/core/simulator';
import { createMemoryBus } from '../server/bus/memoryBus';
import { CoinbaseTranslator } from '../server/connectors/coinbase/translate';
import { VENUES } from '../server/connectors/registry';
import { replayFrames } from '../server/connectors/replay';
import { ReplayRouter } from '../server/connectors/replay/frames';
import { readRecording, type Envelope } from '../server/connectors/replay/reader';
import { createMetrics } from '../server/observability/metrics';
import { createPipeline, type Pipeline } from '../server/pipeline/pipeline';
import { repoRoot, sharedPath } from '../tests/support/shared';
import { quantile, type Figure } from './figure';

/** Frames between two turns of the event loop: timers (the 100 ms of book channels) run as they do under a real load. */
const FRAMES_PER_TURN = 200;
const ROUNDS = 5;
/** Rounds before those that count: until the code is compiled. A server runs for weeks. */
const WARM_ROUNDS = 3;
const INSTRUMENTS = 24;

/** Recordings of the venues with books; the excerpts in the repository where the whole ones are absent. */
const RECORDINGS = [
  ['recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz', 'tests/fixtures/binance/spot-btcusdt-20240808-excerpt.jsonl'],
  ['recordings/okx/btc-usdt-20220513.jsonl.gz', 'tests/fixtures/okx/btc-usdt-20220513-excerpt.jsonl'],
  ['recordings/coinbase/advanced-btc-eth-20260809-part1.jsonl.gz', 'tests/fixtures/coinbase/advanced-btc-eth-20260809-excerpt.jsonl'],
  ['recordings/kraken/v1-5pairs-20210417a.jsonl.gz', 'tests/fixtures/kraken/v2-btcusd-depth25-20260826.jsonl'],
] as const;
const [BINANCE, , COINBASE] = RECORDINGS;

const pathOf = ([whole, excerpt]: readonly [string, string]): string => sharedPath(whole) ?? repoRoot + excerpt;

async function linesOf(path: string): Promise<Envelope[]> {
  const lines: Envelope[] = [];
  for await (const chunk of readRecording(path)) lines.push(...chunk.envelopes);
  return lines;
}

/** The server's own chain from an event to the bus, with readers of what is made on demand. */
function chain(mode: 'replay' | 'live', from: number, wanted: readonly string[]): { pipeline: Pipeline; engine: Engine; published: () => number } {
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  let published = 0;
  bus.subscribe(() => { published += 1; });
  const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: VENUES.map((v) => v.descriptor.id) });
  let time = from;
  let epoch = 0;
  const pipeline = createPipeline({ engine, bus, feedClock: () => ({ now: () => time, speed: 1 }), metrics: createMetrics(), log, newEpoch: () => `e${String(epoch++)}` });
  pipeline.accept({ type: 'mode', mode, reason: 'benchmark', receiveTime: from });
  for (const channel of wanted) bus.want(channel);
  pipeline.start();
  const accept = (event: InputEvent): void => {
    time = Math.max(time, event.receiveTime);
    pipeline.accept(event);
  };
  return { pipeline: { ...pipeline, accept, start: () => undefined, stop: () => pipeline.stop() }, engine, published: () => published };
}

interface Round {
  readonly perSecond: number;
  readonly p99Us: number;
}

/** All frames of the recording as fast as they go: frames per second of processor time, and microseconds from frame to bus. */
async function ingest(lines: readonly Envelope[]): Promise<Round> {
  const { pipeline, published } = chain('replay', lines[0]?.at ?? 0, ['book:BTC/USDT', 'book:BTC/USDT@binance', 'quote:BTC/USDT', 'trades:BTC/USDT@binance']);
  const router = new ReplayRouter({ venues: VENUES, instruments: BUILT_IN_INSTRUMENTS, emit: pipeline.accept });
  const took = new Float64Array(lines.length);
  const started = process.cpuUsage();
  for (const [i, line] of lines.entries()) {
    if (i % FRAMES_PER_TURN === 0) await nextTurn();
    const from = performance.now();
    router.accept(line);
    took[i] = performance.now() - from;
  }
  const { user, system } = process.cpuUsage(started);
  pipeline.stop();
  if (published() < lines.length / 2) throw new Error(`only ${String(published())} bus messages of ${String(lines.length)} frames`);
  return { perSecond: lines.length / ((user + system) / 1e6), p99Us: quantile([...took], 0.99) * 1_000 };
}

/** Largest whole book of a recording. */
async function wholeBook(path: string): Promise<{ venue: string; bids: readonly LevelChange[]; asks: readonly LevelChange[] }> {
  const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: [] });
  const emit = (event: InputEvent): void => engine.step(event, () => undefined);
  emit({ type: 'mode', mode: 'replay', reason: 'benchmark', receiveTime: 1e12 });
  await replayFrames(path, { venues: VENUES, instruments: BUILT_IN_INSTRUMENTS, emit });
  const books = engine.books().map(({ venue, symbol }) => engine.book(venue, symbol, Infinity)).filter((book) => book !== null);
  const [largest] = books.sort((a, b) => b.levels[0] + b.levels[1] - a.levels[0] - a.levels[1]);
  if (!largest) throw new Error(`no book in ${path}`);
  return largest;
}

function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Heap of an engine that holds the whole book of every instrument at each of the four venues, MiB, and the levels held. */
async function bookMemory(): Promise<{ mib: number; levels: number }> {
  const books = await Promise.all(RECORDINGS.map((recording) => wholeBook(pathOf(recording))));
  const instruments = syntheticInstruments(INSTRUMENTS);
  const before = heapMiB();
  const engine = createEngine({ instruments, venuePriority: [] });
  engine.step({ type: 'mode', mode: 'live', reason: 'benchmark', receiveTime: 1e12 }, () => undefined);
  let levels = 0;
  for (const { symbol } of instruments) {
    for (const { venue, bids, asks } of books) {
      // Through JSON, so that no book shares its texts with another.
      const own = JSON.parse(JSON.stringify({ bids, asks })) as Pick<BookEvent, 'bids' | 'asks'>;
      engine.step({ type: 'book', action: 'snapshot', venue, kind: 'live', route: 'socket', symbol, venueTime: null, receiveTime: 1e12, updateId: 1, ...own }, () => undefined);
      levels += bids.length + asks.length;
    }
  }
  const mib = heapMiB() - before;
  if (engine.books().length !== books.length * INSTRUMENTS) throw new Error('books are missing');
  return { mib, levels };
}

/**
 * Longest turn of the event loop, ms, with the Coinbase frames through the live connector's own reader, engine and bus: processor
 * time is what the work costs, wall time also what other processes take away meanwhile.
 */
async function longestTurn(lines: readonly Envelope[]): Promise<{ readonly wall: number; readonly processor: number }> {
  const { pipeline, engine } = chain('live', lines[0]?.at ?? 0, ['book:BTC/USD', 'quote:BTC/USD']);
  let wall = 0;
  let processor = 0;
  const timed = <T>(turn: () => T): T => {
    const from = performance.now();
    const used = process.cpuUsage();
    const result = turn();
    const { user, system } = process.cpuUsage(used);
    wall = Math.max(wall, performance.now() - from);
    processor = Math.max(processor, (user + system) / 1_000);
    return result;
  };
  const reading: (() => boolean)[] = [];
  let at = 0;
  const translator = new CoinbaseTranslator({
    kind: 'live', route: 'socket', symbolOf: (product) => product.replace('-', '/'), emit: pipeline.accept, resync: () => undefined,
    readLarge: (slice) => reading.push(slice), now: () => at,
  });
  for (const product of ['BTC/USD', 'ETH/USD']) {
    const base = BUILT_IN_INSTRUMENTS.find((i) => i.symbol === product.replace('USD', 'USDT')) ?? BUILT_IN_INSTRUMENTS[0];
    if (base && !engine.instrument(product)) pipeline.accept({ type: 'instrument', venue: 'coinbase', instrument: { ...base, symbol: product, quote: 'USD' }, receiveTime: lines[0]?.at ?? 0 });
  }
  for (const line of lines) {
    at = line.at;
    if (line.t === 'recv') timed(() => translator.frame(line.raw, at));
    await nextTurn();
    while (reading[0]) {
      const [slice] = reading;
      if (timed(slice)) reading.shift();
      await nextTurn();
    }
  }
  pipeline.stop();
  if (engine.book('coinbase', 'BTC/USD', 1)?.state !== 'ok') throw new Error('the Coinbase book was not read');
  return { wall, processor };
}

/** From raw frames to the bus, with books. */
export async function measureIngest(): Promise<Figure[]> {
  const binance = await linesOf(pathOf(BINANCE));
  const coinbase = await linesOf(pathOf(COINBASE));
  const rounds: Round[] = [];
  const turns: { readonly wall: number; readonly processor: number }[] = [];
  for (let i = 0; i < WARM_ROUNDS; i++) await ingest(binance);
  for (let i = 0; i < ROUNDS; i++) rounds.push(await ingest(binance));
  for (let i = 0; i < ROUNDS; i++) turns.push(await longestTurn(coinbase));
  const { mib, levels } = await bookMemory();
  const frames = `median of ${String(ROUNDS)} x ${String(binance.length)} Binance frames, books and their channels included`;
  return [
    { name: 'ingest: frames a second and core, raw to bus', value: quantile(rounds.map((r) => r.perSecond), 0.5), unit: '/s', budget: 100_000, bound: 'at least', note: frames },
    { name: 'ingest: frame to bus, p99', value: quantile(rounds.map((r) => r.p99Us), 0.5), unit: 'us', budget: 2_000, bound: 'at most', note: frames },
    { name: `ingest: ${String(RECORDINGS.length)} venues x ${String(INSTRUMENTS)} whole books`, value: mib, unit: 'MiB', budget: null, bound: 'at most', note: `${String(levels)} levels, heap after collection` },
    ...(['processor', 'wall'] as const).map((time): Figure => ({
      name: `ingest: longest turn, Coinbase snapshot, ${time} time`, value: quantile(turns.map((turn) => turn[time]), 0.5), unit: 'ms', budget: time === 'processor' ? 20 : null, bound: 'at most',
      note: `median of ${String(ROUNDS)} x the longest of ${String(coinbase.length)} frames, from the text of the frame on`,
    })),
  ];
}
