import { WebSocket } from 'ws';
import { STREAMS } from '@/core/contract';
import { ACK_BYTES } from '../../../server/hub/greeting';
import { run } from '../../../scripts/process';
import { ChaosProxy } from '../../support/chaosProxy';
import { quote, startHub, type Running } from '../../server/hub/support';
import { Raw } from '../../support/rawFrames';
import { besideOthers, Stage } from '../stage';
import { pause, quantile, timeUntil, type FaultRow, type Trial } from '../trial';
import { Watch } from '../watch';

/** Time without credit after which a client is closed, ms. */
const STALL_MS = 30_000;

/** A client of the second version that reads and confirms, until it is told to stop reading. */
class Reader {
  bytes = 0;
  frames = 0;
  code: number | null = null;
  reason = '';
  errors: string[] = [];
  /** Runs with each frame that arrives. */
  onText: (text: string) => void = () => undefined;
  private acked = 0;
  readonly ws: WebSocket;

  constructor(port: number, localAddress: string, private readonly acks = true) {
    this.ws = new WebSocket(`ws://127.0.0.1:${port}${STREAMS.market.path}`, ['tickglass.v2.rows'], { localAddress });
    this.ws.on('error', () => undefined);
    this.ws.on('open', () => this.send({ type: 'hello', v: 2, features: acks ? ['rows', 'ack'] : ['rows'] }));
    this.ws.on('close', (code, reason) => {
      this.code = code;
      this.reason = reason.toString();
    });
    this.ws.on('message', (data: Buffer) => this.take(data));
  }
  send(message: unknown): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(message));
  }
  get open(): boolean {
    return this.frames > 0;
  }
  private take(data: Buffer): void {
    this.bytes += data.length;
    this.frames += 1;
    if (this.acks && this.bytes - this.acked >= ACK_BYTES) this.send({ type: 'ack', bytes: (this.acked = this.bytes) });
    const text = data.toString('utf8');
    if (text.startsWith('{"type":"error"')) this.errors.push((JSON.parse(text) as { code: string }).code);
    this.onText(text);
  }
}

/** Symbols of the busy market; the first tells the time. */
const NAMES = Array.from({ length: 100 }, (_none, i) => `S${i}/USD`);
const CLOCK = NAMES[0] ?? '';

/** The real hub on a real socket, and a hundred symbols that change 40 times a second each; the price of one is the time. */
async function busyHub(trial: Trial): Promise<Running> {
  const hub = await startHub({ marketIntervalMs: 25, tickMs: 250 }, { knownSymbol: (symbol) => NAMES.includes(symbol) });
  let n = 0;
  const moving = setInterval(() => {
    n += 1;
    hub.owner.quotes(...NAMES.map((symbol, i) => quote(symbol, i === 0 ? Number(performance.now().toFixed(2)) : Number((100 + i + (n % 1_000) / 100).toFixed(2)))));
  }, 25);
  trial.defer(() => {
    clearInterval(moving);
    return hub.stop();
  });
  return hub;
}

const slowLink: FaultRow = {
  id: 'F09', fault: 'slow link, 1 Mbit/s and 256 kbit/s', injection: 'proxy: rate, with the deep buffers of the system before it; real hub with 100 symbols at 4,000 updates/s, the price of one is the time', criterion: 'age of what arrives p99 <= 1 s at 1 Mbit/s; no reconnect',
  quick: false, limitSeconds: 120,
  async run(trial) {
    const hub = await busyHub(trial);
    for (const [name, bytesPerSecond, limit] of [['1 Mbit/s', 125_000, 1_000], ['256 kbit/s', 32_000, 2_000]] as const) {
      const proxy = await ChaosProxy.open({ target: hub.port, seed: trial.seed, queueBytes: 16_384 });
      trial.defer(() => proxy.close());
      proxy.set({ bytesPerSecond }, 'down');
      const watch = new Watch(`http://127.0.0.1:${proxy.port}`, { symbol: CLOCK, random: trial.random });
      trial.defer(() => watch.close());
      await timeUntil(() => watch.state === 'live' && watch.price !== null, 30_000, 'live');
      const at = performance.now();
      const bytes = watch.sockets[0]?.bytes ?? 0;
      await pause(15_000);
      const ages = [...watch.arrivals].filter(([, when]) => when > at + 2_000).map(([price, when]) => when - price);
      trial.note(`${name}: ${Math.round(((watch.sockets[0]?.bytes ?? 0) - bytes) / 15_000)} kB/s, ${ages.length} times told, age p50 ${Math.round(quantile(ages, 0.5))} ms`);
      trial.within(`${name}: age p99`, quantile(ages, 0.99), limit);
      trial.holds(`${name}: no reconnect, no disorder`, watch.sockets.length === 1 && watch.disorder.length === 0 && ages.length > 5);
      watch.close();
    }
  },
};

const stopped: FaultRow = {
  id: 'F10', fault: 'reader stops, for 8 s and for good', injection: 'the client pauses its socket and confirms nothing; real hub as in F09', criterion: 'at most a window and a frame under way; on resume converged <= 500 ms; without credit for 30 s closed with 4003; memory <= 256 KiB each',
  quick: false, limitSeconds: 120,
  async run(trial) {
    const hub = await busyHub(trial);
    const sent = async (): Promise<number> => (await hub.metrics.sentBytes.get()).values.reduce((sum, { value }) => sum + value, 0);
    const reader = new Reader(hub.port, '127.0.10.1');
    await timeUntil(() => reader.bytes > 20_000, 30_000, 'the client reads');
    let told = 0;
    const ids: string[] = [];
    reader.onText = (text) => (told = newest(text, ids) ?? told);
    await pause(500);
    reader.ws.pause();
    const before = await sent();
    await pause(8_000);
    trial.within('sent while it stood still (window of this fast link: at most 512 KiB)', ((await sent()) - before) / 1_024, 512 + 32, 'KiB');
    const at = performance.now();
    reader.ws.resume();
    await timeUntil(() => performance.now() - told < 300, 10_000, 'fresh values again');
    trial.within('converged after', performance.now() - at, 500);
    trial.holds('same connection', reader.code === null);
    const stuck = Array.from({ length: 20 }, (_none, i) => new Reader(hub.port, `127.0.10.${10 + i}`));
    await timeUntil(() => stuck.every((one) => one.bytes > 1_000), 30_000, 'they read');
    for (const one of stuck) one.ws.pause();
    const since = performance.now();
    const closed = (): Promise<number> => hub.count('clientCloses', { code: '4003' });
    const memory = process.memoryUsage();
    await pause(10_000);
    const grown = (process.memoryUsage().external - memory.external + process.memoryUsage().heapUsed - memory.heapUsed) / 1_024 / stuck.length;
    trial.within('memory by each of 20 stopped readers, both ends', Math.max(0, grown), 2 * 256, 'KiB');
    await timeUntil(async () => (await closed()) >= stuck.length, STALL_MS + 20_000, 'all are closed with 4003');
    trial.within('closed with 4003 after', performance.now() - since, STALL_MS + 10_000);
    for (const one of [...stuck, reader]) one.ws.terminate();
  },
};

/** The newest time told in a frame of rows; null when there is none in it. */
function newest(text: string, ids: string[]): number | null {
  const frame = JSON.parse(text) as { type?: string; ids?: readonly string[]; r?: readonly (readonly [number, ...unknown[]])[]; data?: Record<string, { price?: number }> };
  if (frame.type === 'schema' && frame.ids) ids.push(...frame.ids);
  const row = frame.r?.find(([id]) => id === ids.indexOf(CLOCK));
  return row && typeof row[1] === 'number' ? row[1] : null;
}

const slowCrowd: FaultRow = {
  id: 'F11', fault: 'many slow readers among the good', injection: '500 readers stop beside 500 that read', criterion: 'p99 of the good ones changes by less than 10 %, or less than 10 ms',
  quick: false, limitSeconds: 180,
  async run(trial) {
    const half = 500;
    // The readers share two processors with the server: so many messages a second that they do not wait for one another.
    const stage = await Stage.open(trial, { everyMs: 250 });
    const join = async (from: number): Promise<Reader[]> => {
      const made: Reader[] = [];
      for (let i = 0; i < half; i += 50) {
        made.push(...Array.from({ length: 50 }, (_none, k) => new Reader(stage.server.port, `127.0.11.${from + ((i + k) % 50)}`)));
        await timeUntil(() => made.every((one) => one.open), 20_000, 'they are connected');
        await pause(150);
      }
      return made;
    };
    const good = await join(1);
    const p99 = async (): Promise<number> => {
      const late: number[] = [];
      for (const one of good) {
        one.onText = (text) => {
          if (text.includes(String(stage.truth))) late.push(performance.now() - (stage.sentAt.at(-1) ?? 0));
        };
      }
      // So long that one hiccup of the machine is less than a hundredth of it.
      await pause(30_000);
      return quantile(late, 0.99);
    };
    const slow = await join(101);
    const before = await p99();
    for (const one of slow) one.ws.pause();
    await pause(2_000);
    const after = await p99();
    trial.note(`p99 of ${half} good clients: ${Math.round(before)} ms with all reading, ${Math.round(after)} ms with ${half} stopped`);
    trial.within('change', after - before, Math.max(10, before * 0.1));
    for (const one of [...good, ...slow]) one.ws.terminate();
    await stage.sane();
  },
};

const subscribes = besideOthers({
  id: 'F19', fault: 'flood of subscriptions', injection: '1,000 subscribes at once; 10,000 symbols; the same and older ids; come and go', criterion: 'rate_limited, then 4029; too large a list is refused; the last answer names the last state',
  quick: true,
}, async (trial, stage) => {
  const flood = new Reader(stage.server.port, '127.0.19.1');
  await timeUntil(() => flood.open, 10_000, 'connected');
  for (let i = 0; i < 1_000; i += 1) flood.send({ type: i % 2 === 0 ? 'subscribe' : 'unsubscribe', id: i, channels: ['sparkline'] });
  await timeUntil(() => flood.code !== null, 10_000, 'the flood is closed');
  trial.holds(`rate_limited (${flood.errors.length} errors), then ${String(flood.code)}`, flood.errors.includes('rate_limited') && flood.code === 4029);
  trial.holds('the close names the time to wait', /retry_after_ms/.test(flood.reason));
  const many = new Reader(stage.server.port, '127.0.19.2');
  const granted: boolean[] = [];
  many.onText = (text) => {
    const message = JSON.parse(text) as { type?: string; channels?: { symbols?: string[] }[] };
    if (message.type === 'subscribed') granted.push((message.channels ?? []).some(({ symbols }) => symbols?.some((symbol) => /^S\d/.test(symbol)) === true));
  };
  await timeUntil(() => many.open, 10_000, 'connected');
  for (let i = 0; i < 20; i += 1) many.send({ type: 'subscribe', id: i, channels: ['market'], symbols: Array.from({ length: 500 }, (_none, k) => `S${i * 500 + k}`) });
  await timeUntil(() => many.code !== null || many.errors.length + granted.length >= 20, 20_000, 'twenty answers');
  trial.holds(`10,000 unknown symbols in 20 lists: ${many.errors.length} errors (${[...new Set(many.errors)].join(', ')}), ${granted.filter(Boolean).length} granted${many.code === null ? '' : `, closed ${many.code}`}`, granted.every((one) => !one));
  const ids = new Reader(stage.server.port, '127.0.19.3');
  const answers: { type: string; id: number }[] = [];
  ids.onText = (text) => {
    const message = JSON.parse(text) as { type: string; id: number };
    if (message.type === 'subscribed' || message.type === 'unsubscribed') answers.push(message);
  };
  await timeUntil(() => ids.open, 10_000, 'connected');
  for (const [type, id] of [['subscribe', 5], ['subscribe', 5], ['unsubscribe', 3], ['subscribe', 3], ['unsubscribe', 9]] as const) ids.send({ type, id, channels: ['sparkline'] });
  await timeUntil(() => answers.length >= 5, 10_000, 'five answers');
  trial.holds('each id is answered in order', answers.map(({ type, id }) => `${type} ${id}`).join() === 'subscribed 5,subscribed 5,unsubscribed 3,subscribed 3,unsubscribed 9');
  for (const one of [flood, many, ids]) one.ws.terminate();
});

const connects = besideOthers({
  id: 'F20', fault: 'flood of connections', injection: '1,000 upgrades at once from one address, then 4,000 from 200 addresses, by a process that gives way to the others', criterion: 'admission by address (429) and in all; others get in; event loop never late by 250 ms',
  quick: true, limitSeconds: 90,
}, async (trial, stage) => {
  const { port } = stage.server;
  await stage.longestDelayMs();
  const first = flood(port, trial.quick ? 200 : 1_000, '127.0.20', 1);
  await pause(100);
  const other = await Raw.open(port, { localAddress: '127.0.22.1' });
  trial.holds('another address gets in meanwhile', other.status === 101);
  other.socket.destroy();
  const one = await first;
  const allowed = 40 + Math.ceil(one.seconds * 20) + 5;
  trial.holds(`one address: ${told(one)} (101 allowed ${allowed} times)`, one.of('429') > 0 && one.of('101') <= allowed && one.of('101') + one.of('429') === one.all);
  trial.within('event loop late by at most', await stage.longestDelayMs(), 250);
  if (!trial.quick) await pause(2_000);
  const many = await flood(port, trial.quick ? 400 : 4_000, '127.0.21', trial.quick ? 20 : 200);
  trial.holds(`${trial.quick ? 20 : 200} addresses: ${told(many)}`, many.of('101') > 0 && many.of('101') + many.of('429') === many.all);
  trial.within('event loop late by at most', await stage.longestDelayMs(), 250);
  await timeUntil(async () => (await stage.clients()) === 1, 30_000, 'all slots are free again');
});

interface Flooded {
  readonly all: number;
  readonly seconds: number;
  /** How many were answered with a status. */
  of(status: string): number;
  readonly answers: Readonly<Record<string, number>>;
}
const told = ({ all, seconds, answers }: Flooded): string => `${all} in ${seconds.toFixed(1)} s, ${Object.entries(answers).map(([answer, count]) => `${count} answered ${answer}`).join(', ')}`;

/** Opens many connections at once, in a process of its own: what it takes is not taken for a delay of the server. */
async function flood(port: number, all: number, network: string, hosts: number): Promise<Flooded> {
  const { output, code } = await run('tsx', ['tests/faults/floodMain.ts', ...[port, all, network, hosts].map(String)]);
  if (code !== 0) throw new Error(`the flood ended with ${code}: ${output}`);
  const { seconds, answers } = JSON.parse(output.split('\n').find((line) => line.startsWith('{')) ?? '') as Pick<Flooded, 'seconds' | 'answers'>;
  return { all, seconds, answers, of: (status) => answers[status] ?? 0 };
}

export const LOAD_ROWS: readonly FaultRow[] = [slowLink, stopped, slowCrowd, subscribes, connects];
