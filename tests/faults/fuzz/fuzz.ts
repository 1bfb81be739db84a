import { createConnection } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeClient, decodeClientMetrics, decodeServer, STREAMS } from '@/core/contract';
import { createEngine } from '@/core/engine';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { Reducer } from '@/service/reducer';
import { WebSocket } from 'ws';
import { VENUES } from '../../../server/connectors/registry';
import { frame, Raw } from '../../support/rawFrames';
import { pause } from '../trial';
import { CLIENT_FRAMES, SERVER_FRAMES, venueFrames } from './corpus';
import { mutate, mutateRequest } from './mutate';

/** What a part of the fuzzing found. */
export interface Fuzzed {
  readonly name: string;
  readonly cases: number;
  /** Inputs that were taken for good: that some are shows that the mutations reach what lies behind the parser. */
  readonly accepted: number;
  /** The first inputs that made something throw, with what it said. */
  readonly faults: readonly string[];
  /** Slowest single input, ms. */
  readonly slowestMs: number;
  /** Heap in use after the last third minus after the second, both after a collection, MB. */
  readonly grownMb: number;
}

const MOST_FAULTS = 10;
const T0 = 1_800_000_000_000;
const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)] as T;

/** The collector on demand, whatever flags the process was started with. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}
function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Feeds mutated inputs to a target that must never throw; `take` says whether it took the input for good. */
async function feed(name: string, cases: number, next: () => string, take: (text: string) => boolean): Promise<Fuzzed> {
  const faults: string[] = [];
  let accepted = 0;
  let slowestMs = 0;
  let heap = 0;
  for (let i = 0; i < cases; i += 1) {
    const text = next();
    const began = performance.now();
    try {
      if (take(text)) accepted += 1;
    } catch (error) {
      if (faults.length < MOST_FAULTS) faults.push(`${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 2).join(' ') : String(error)} for ${text.slice(0, 300)}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - began);
    if (i === Math.floor((cases * 2) / 3)) heap = heapMb();
    // The rest of the process lives too.
    if (i % 2_000 === 1_999) await pause(0);
  }
  return { name, cases, accepted, faults, slowestMs, grownMb: heapMb() - heap };
}

/** Decoders of the contract in both directions, and the client's reducer behind one of them. */
export async function fuzzContract(cases: number, random: () => number): Promise<Fuzzed[]> {
  const third = Math.floor(cases / 3);
  const makeReducer = (): Reducer => new Reducer('market', { change: () => undefined, send: () => undefined, receipt: () => undefined, rejected: () => undefined, refused: () => undefined, broken: () => undefined });
  let reducer = makeReducer();
  let now = 0;
  return [
    await feed('client to server', third, () => mutate(pick(CLIENT_FRAMES, random), random), (text) => decodeClient(text).ok),
    await feed('server to client, with reducer', third, () => mutate(pick(SERVER_FRAMES, random), random), (text) => {
      const decoded = decodeServer(text);
      if (!decoded.ok) return false;
      now += 1;
      // A new one now and then, greeted: else the first wrong epoch would hide all that follows.
      if (now % 500 === 1) {
        reducer = makeReducer();
        const hello = decodeServer(SERVER_FRAMES[0] ?? '');
        if (hello.ok && 'type' in hello.value && hello.value.type === 'hello') reducer.opened(hello.value, {}, now);
        reducer.want('book:BTC/USDT', now);
        reducer.want('trades:BTC/USDT', now);
      }
      reducer.handle(decoded.value, now);
      if (now % 50 === 0) reducer.tick(now * 10);
      return true;
    }),
    await feed('reports of browsers', cases - 2 * third, () => mutate('{"version":1,"hops":{"receive":{"bounds_ms":[5,10,50],"counts":[3,40,2,1]}},"clock":{"offset_ms":-12.5,"error_ms":4}}', random), (text) => {
      try {
        return decodeClientMetrics(JSON.parse(text)) !== null;
      } catch (error) {
        if (error instanceof SyntaxError) return false;
        throw error;
      }
    }),
  ];
}

/** Mapper, book sequencer and engine behind the frames of each venue. */
export async function fuzzVenues(cases: number, random: () => number): Promise<Fuzzed[]> {
  const found: Fuzzed[] = [];
  const all = venueFrames();
  const each = Math.floor(cases / all.size);
  for (const { descriptor: { id }, frames } of VENUES.filter((venue) => all.has(venue.descriptor.id))) {
    let events = 0;
    let raw = '';
    const bad: string[] = [];
    let mapper = frames({ instruments: BUILT_IN_INSTRUMENTS, emit: () => undefined });
    const begin = (): void => {
      const engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: [id] });
      engine.step({ type: 'mode', mode: 'replay', reason: 'fuzz', receiveTime: T0 }, () => undefined);
      mapper = frames({
        instruments: BUILT_IN_INSTRUMENTS,
        emit: (event) => {
          events += 1;
          engine.step(event, (output) => {
            if (!isFiniteAll(output)) bad.push(`${output.type} of ${raw.slice(0, 200)}`);
          });
        },
      });
      mapper.connected(`wss://${id}.example/ws`, T0);
    };
    const corpus = all.get(id) ?? [];
    let n = 0;
    found.push(await feed(`frames of ${id}`, each, () => mutate(pick(corpus, random), random), (text) => {
      if (n % 2_000 === 0) begin();
      n += 1;
      const before = events;
      raw = text;
      if (random() < 0.1) mapper.answered(`https://${id}.example/api/v3/depth?symbol=BTCUSDT`, 200, text, T0 + n);
      else mapper.received(text, T0 + n);
      return events > before;
    }));
    if (bad.length > 0) found.push({ name: `${id}: not finite`, cases: 0, accepted: 0, faults: bad.slice(0, MOST_FAULTS), slowestMs: 0, grownMb: 0 });
  }
  return found;
}

/** No number anywhere in it is NaN or infinite. */
function isFiniteAll(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isFiniteAll);
}

export interface ServerFuzzed {
  readonly frames: number;
  readonly requests: number;
  readonly closes: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly unanswered: number;
}

/** Mutated frames and requests at a server over loopback; it judges nothing: whether the server lived is seen from outside. */
export async function fuzzServer(port: number, frames: number, requests: number, random: () => number): Promise<ServerFuzzed> {
  const closes: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  let unanswered = 0;
  let sent = 0;
  let address = 0;
  const next = (): string => {
    address += 1;
    return `127.${100 + (Math.floor(address / 62_500) % 100)}.${Math.floor(address / 250) % 250}.${1 + (address % 250)}`;
  };
  while (sent < frames) {
    const done = await Promise.all(Array.from({ length: 8 }, () => (random() < 0.2 ? rawConnection(port, next(), random) : textConnection(port, next(), random))));
    for (const { count, code } of done) {
      sent += count;
      closes[code] = (closes[code] ?? 0) + 1;
    }
  }
  for (let i = 0; i < requests; i += 16) {
    const answers = await Promise.all(Array.from({ length: 16 }, () => request(port, next(), mutateRequest(`127.0.0.1:${port}`, random))));
    for (const status of answers) {
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 'none') unanswered += 1;
    }
  }
  return { frames: sent, requests, closes, statuses, unanswered };
}

/** As many messages as the limits let one connection say. */
function textConnection(port: number, localAddress: string, random: () => number): Promise<{ count: number; code: number }> {
  const isPlain = random() < 0.3;
  const ws = new WebSocket(`ws://127.0.0.1:${port}${pick(Object.values(STREAMS), random).path}`, isPlain ? [] : [pick(['tickglass.v2.rows', 'tickglass.v2.json'], random)], { localAddress });
  let count = 0;
  return new Promise((resolve) => {
    const timer = setTimeout(() => ws.terminate(), 3_000);
    ws.on('error', () => undefined);
    ws.on('close', (code) => {
      clearTimeout(timer);
      resolve({ count, code });
    });
    ws.on('open', () => {
      if (!isPlain) ws.send(CLIENT_FRAMES[0] ?? '');
      // More than may be said at once, so that the limits are met as well.
      for (; count < 130; count += 1) ws.send(mutate(pick(CLIENT_FRAMES, random), random).slice(0, 20_000));
      ws.ping();
      ws.once('pong', () => ws.terminate());
    });
  });
}

/** Frames whose heads are wrong. */
async function rawConnection(port: number, localAddress: string, random: () => number): Promise<{ count: number; code: number }> {
  const raw = await Raw.open(port, { localAddress });
  let count = 0;
  for (; count < 30 && !raw.ended; count += 1) {
    const bytes = frame(random() < 0.7 ? 0x81 : Math.floor(random() * 256), mutate(pick(CLIENT_FRAMES, random), random).slice(0, 2_000));
    for (let k = 0; k < 3 && random() < 0.3; k += 1) bytes[Math.floor(random() * Math.min(14, bytes.length))] = Math.floor(random() * 256);
    raw.socket.write(bytes);
  }
  raw.socket.end();
  const began = performance.now();
  while (!raw.ended && performance.now() - began < 3_000) await pause(5);
  raw.socket.destroy();
  return { count, code: raw.closeCode ?? 1006 };
}

/** Status of the answer; `none` when the connection ended without one or nothing came for seven seconds. */
function request(port: number, localAddress: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1', localAddress });
    let answer = '';
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none');
    };
    const timer = setTimeout(done, 7_000);
    socket.on('error', done);
    socket.on('close', done);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1', 0, 64);
      if (answer.length >= 12) done();
    });
    socket.on('connect', () => socket.end(text));
  });
}
