import { FakeKraken } from '../../connectors/kraken/fakeKraken';
import { FakeOkx } from '../../connectors/okx/fakeOkx';
import { ChaosProxy } from '../../support/chaosProxy';
import { FakeVenue } from '../../support/fakeVenue';
import { freePort } from '../../support/serverProcess';
import type { BookChange } from '@/service';
import { serve, Stage, total, withClient } from '../stage';
import { pause, timeUntil, type FaultRow, type Trial } from '../trial';
import type { Watch } from '../watch';

/** Follows one book as a program would, and notes each moment at which it was called good and was not. */
class BookEye {
  readonly states: { readonly state: string; readonly at: number }[] = [];
  readonly wrong: string[] = [];
  /** Sizes of bids that were ever shown while the book was called good. */
  readonly shown = new Set<number>();
  /** When the whole book came last. */
  replacedAt = 0;
  state = 'none';
  private readonly bids = new Map<string, string>();
  private readonly asks = new Map<string, string>();

  constructor(watch: Watch, channel: string) {
    watch.client.subscribeChannel(channel, (change) => {
      if (change.family === 'book') this.take(change);
    });
  }

  get best(): readonly [bid: number, ask: number] {
    return [Math.max(...[...this.bids.keys()].map(Number)), Math.min(...[...this.asks.keys()].map(Number))];
  }
  /** Size bid at a price; NaN = none. */
  size(price: string): number {
    return Number(this.bids.get(price));
  }
  when(state: string, since: number): number {
    return this.states.find((step) => step.state === state && step.at >= since)?.at ?? NaN;
  }

  private take(change: BookChange): void {
    if (change.replace) this.replacedAt = performance.now();
    for (const [side, levels] of [[this.bids, change.bids], [this.asks, change.asks]] as const) {
      if (change.replace) side.clear();
      for (const [price, size] of levels) {
        if (Number(size) === 0) side.delete(price);
        else side.set(price, size);
      }
    }
    if (change.state !== this.state) this.states.push({ state: change.state, at: performance.now() });
    this.state = change.state;
    if (change.state !== 'ok') return;
    for (const size of this.bids.values()) this.shown.add(Number(size));
    const [bid, ask] = this.best;
    if (bid >= ask) this.wrong.push(`crossed: ${bid} at or over ${ask}`);
  }
}

const book = withClient({
  id: 'F25', fault: 'upstream gap, duplicate, reorder, stale snapshot', injection: 'the venue loses, doubles and turns book messages, at random places', criterion: 'the book is discarded and rebuilt; clients are told; never crossed while called good; equal at the end',
  quick: false, limitSeconds: 90,
}, async (trial, stage, watch) => {
  const eye = new BookEye(watch, 'book:BTC/USDT@binance');
  await timeUntil(() => stage.venue.open.some((c) => c.streams.has('btcusdt@depth@100ms')), 15_000, 'the book is subscribed');
  let id = 100;
  let bid = 9_900;
  // The market moves up a step at a time; what is bid over an ask that should be gone crosses.
  const step = (): void => {
    id += 1;
    bid += 1;
    stage.venue.book = { lastUpdateId: id, bids: [[`${bid}.00`, '1']], asks: [[`${bid + 2}.00`, '1']] };
    stage.venue.depth('BTCUSDT', id, id, [[`${bid}.00`, '1'], [`${bid - 1}.00`, '0']], [[`${bid + 2}.00`, '1'], [`${bid + 1}.00`, '0']]);
  };
  const moving = setInterval(step, 100);
  trial.defer(() => clearInterval(moving));
  await timeUntil(() => eye.state === 'ok', 20_000, 'the book is good');
  const repaired: number[] = [];
  for (const fault of trial.quick ? (['lost'] as const) : (['lost', 'duplicate', 'reordered', 'lost', 'reordered'] as const)) {
    await pause(trial.random() * 500);
    const at = performance.now();
    stage.venue.onNetwork(...Array.from({ length: 4 }, () => fault));
    await pause(500);
    await timeUntil(() => eye.state === 'ok', 25_000, `the book is good again after ${fault}`);
    const told = eye.states.find((one) => one.at >= at && one.state !== 'ok');
    if (fault === 'lost') trial.holds('lost: clients are told', told !== undefined);
    if (told) repaired.push(eye.when('ok', told.at) - told.at);
  }
  clearInterval(moving);
  await pause(300);
  step();
  await timeUntil(() => eye.state === 'ok' && eye.best[0] === bid && eye.best[1] === bid + 2, 20_000, `the venue's book (${bid}) at the client (${eye.best.join('/')}, ${eye.state})`);
  trial.holds('never crossed while called good', eye.wrong.length === 0);
  if (eye.wrong.length > 0) trial.note(eye.wrong.slice(0, 3).join('; '));
  trial.note(`${repaired.length} rebuilt, at most ${Math.round(Math.max(0, ...repaired))} ms each`);
});

const BAD_PRICES = ['NaN', 'Infinity', '-Infinity', '1e999', '-5', '0', '', 'abc', '0x10', '1,000', '10000000.00', '0.00000001'];

const values: FaultRow = {
  id: 'F26', fault: 'values that cannot be', injection: `${BAD_PRICES.length} prices, null, objects, times in 1970 and 2038, crossed and empty quotes`, criterion: 'refused and counted; the last good value stays; a status says so; nothing that is not finite in the bytes',
  quick: true,
  async run(trial) {
    const stage = await Stage.open(trial, { everyMs: 0 });
    const bytes: string[] = [];
    const good = new Promise<void>((resolve) => setTimeout(resolve, 200));
    const moving = setInterval(() => stage.next(), 20);
    const watch = await stage.watch();
    await good;
    clearInterval(moving);
    watch.sockets[0]?.on('message', (data: Buffer) => bytes.push(data.toString('utf8')));
    await stage.converge(5_000);
    const before = await stage.total('tickglass_refused_inputs_total');
    const truth = stage.truth;
    for (const price of BAD_PRICES) stage.venue.trade('BTCUSDT', price);
    for (const over of [{ p: null }, { p: {} }, { p: 12 }, { T: 0, E: 0 }, { T: 2_147_483_647_000, E: 2_147_483_647_000 }, { q: '-1' }, { q: 'NaN' }]) stage.venue.oddTrade('BTCUSDT', { p: String(truth), ...over });
    for (const [bid, ask] of [['NaN', '1'], ['-1', '2'], ['0', '0'], ['20000.00', '10000.00'], ['Infinity', 'Infinity']] as const) stage.venue.quote('BTCUSDT', bid, ask);
    await pause(1_000);
    trial.holds(`the price stays what it was (${truth}, shown ${String(watch.price)})`, watch.price !== null && Math.abs(watch.price - truth) <= 1);
    const refused = (await stage.total('tickglass_refused_inputs_total')) - before;
    trial.holds(`refused and counted (${refused})`, refused >= BAD_PRICES.length - 1);
    trial.holds('a status says data_quality', bytes.some((text) => text.includes('data_quality')));
    // Words may quote what was refused; values may not hold it.
    const bad = bytes.filter((text) => !text.includes('"type":"status"') && /NaN|Infinity|"price":null|1e\+?999/.test(text));
    trial.holds('no NaN, Infinity, nor null price in the bytes', bad.length === 0);
    if (bad.length > 0) trial.note((bad[0] ?? '').slice(0, 200));
    stage.run(50);
    trial.within('goes on with good values after', await stage.converge(5_000), 1_000);
    await stage.sane();
  },
};

/** Two venues, the second of which speaks OKX's protocol. */
async function two(trial: Trial): Promise<{ stage: Stage; okx: FakeOkx }> {
  const okx = await FakeOkx.start();
  trial.defer(() => okx.stop());
  const stage = await Stage.open(trial, { env: { TICKGLASS_FEED: 'binance,okx', TICKGLASS_OKX_WS_URL: okx.wsUrl, TICKGLASS_OKX_REST_URL: okx.restUrl } });
  const moving = setInterval(() => okx.trade('BTCUSDT', (stage.truth + 0.5).toFixed(2)), 50);
  trial.defer(() => clearInterval(moving));
  await timeUntil(() => okx.open.some((c) => c.streams.has('btcusdt@trade')), 15_000, 'the second venue is subscribed');
  return { stage, okx };
}

const silent: FaultRow = {
  id: 'F27', fault: 'a source is silent while its connection lives', injection: 'the venue stops sending; another goes on', criterion: 'stale <= 15 s; the other leads <= 30 s; the label names the source in use; back without a flap',
  quick: false, limitSeconds: 120,
  async run(trial) {
    const { stage } = await two(trial);
    const watch = await stage.watch();
    const source = (): string => watch.client.getPrice('BTC/USDT')?.data.source ?? '';
    await timeUntil(() => source() === 'binance', 15_000, 'the preferred source leads');
    const at = performance.now();
    stage.venue.mute = true;
    const feeds: Record<string, string> = {};
    watch.client.on('feeds', (all) => { for (const [id, { state }] of Object.entries(all)) feeds[id] = state; });
    await timeUntil(() => source() === 'okx', 40_000, 'the other source leads');
    trial.within('the other leads after', performance.now() - at, 30_000);
    await timeUntil(() => feeds['binance'] !== undefined && feeds['binance'] !== 'live', 20_000, 'the silent source is told');
    trial.within('told silent after', performance.now() - at, 20_000);
    trial.holds('the price is not marked while another source gives it', !watch.marked);
    stage.venue.mute = false;
    let changes = 0;
    let last = source();
    const counting = setInterval(() => {
      if (source() !== last) changes += 1;
      last = source();
    }, 20);
    trial.defer(() => clearInterval(counting));
    await timeUntil(() => source() === 'binance', 60_000, 'the preferred source leads again');
    await pause(3_000);
    trial.holds('one change back, no flap', changes === 1);
    await stage.sane();
  },
};

const refused: FaultRow = {
  id: 'F28', fault: 'upstream refuses: closes at once, 429, 418, 451, 503, HTML for JSON', injection: 'the venue answers so, for 6 s each', criterion: 'back-off, never faster than its own limits; Retry-After is kept; words name it; the server lives',
  quick: false, limitSeconds: 120,
  async run(trial) {
    for (const [name, fault] of [['closes at once', null], ['429 for 5 s', { status: 429, retryAfter: '5' }], ['418 for 5 s', { status: 418, retryAfter: '5' }], ['503', { status: 503 }], ['451', { status: 451 }]] as const) {
      const stage = await Stage.open(trial);
      const { venue } = stage;
      const words = async (): Promise<string> => ((await (await fetch(`${stage.server.url}/api/v1/venues`)).json()) as { id: string; reason: string; state: string }[]).filter((v) => v.id === 'binance').map((v) => `${v.state}: ${v.reason}`).join();
      venue.restFault = { status: fault?.status ?? 200, body: '<html>blocked</html>' };
      venue.refuse = fault;
      const flapping = fault === null ? setInterval(() => venue.drop(), 20) : null;
      const before = venue.handshakes.length;
      venue.drop();
      await pause(6_000);
      if (flapping !== null) clearInterval(flapping);
      const tries = venue.handshakes.length - before;
      trial.holds(`${name}: ${tries} attempts in 6 s (${(await words()).slice(0, 90)})`, tries >= 1 && tries <= (fault !== null && 'retryAfter' in fault ? 2 : 12));
      venue.refuse = null;
      venue.restFault = null;
      // Where the place is refused for good, nothing is tried again in vain.
      if (name !== '451') trial.within(`${name}: connected again after`, await timeUntil(() => venue.open.length > 0, 40_000, `connected again after ${name}`), 30_000);
      await stage.sane();
    }
  },
};

const allDown: FaultRow = {
  id: 'F29', fault: 'all upstreams down, then back', injection: 'the only venue is stopped and started again', criterion: 'mode live, simulated, live with a status each; no simulated value in a live candle or under a live label',
  quick: false, limitSeconds: 150,
  async run(trial) {
    const port = await freePort();
    let venue = await FakeVenue.start(port);
    trial.defer(() => venue.stop());
    const { server, watch, sane } = await serve(trial, { TICKGLASS_FEED: 'auto', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_BINANCE_WS_URL: `ws://127.0.0.1:${port}`, TICKGLASS_BINANCE_REST_URL: `http://127.0.0.1:${port}` });
    // What the venue gives by REST as well; the simulator's market is far away from it.
    const REAL = 100;
    const near = (price: number): boolean => Math.abs(price / REAL - 1) < 0.05;
    const moving = setInterval(() => venue.trade('BTCUSDT', REAL.toFixed(2)), 50);
    trial.defer(() => clearInterval(moving));
    const modes: string[] = [];
    const codes: string[] = [];
    const mixed: string[] = [];
    watch.client.on('mode', (mode) => modes.push(mode));
    watch.client.on('status', ({ code }) => codes.push(code));
    watch.client.on('change', (change) => {
      if (change.family !== 'market') return;
      for (const { value } of change.updates) if (value && (value.quality === 'live') !== near(value.price ?? REAL)) mixed.push(`${String(value.price)} as ${value.quality}`);
    });
    const quality = (): string => watch.client.getPrice('BTC/USDT')?.data.quality ?? '';
    await timeUntil(() => quality() === 'live', 30_000, 'live');
    const at = performance.now();
    await venue.stop();
    await timeUntil(() => quality() === 'simulated', 60_000, 'simulated');
    trial.within('simulated, and labelled so, after', performance.now() - at, 45_000);
    await pause(2_000);
    venue = await FakeVenue.start(port);
    const back = performance.now();
    await timeUntil(() => quality() === 'live', 80_000, 'live again');
    trial.within('live again after', performance.now() - back, 70_000);
    trial.holds(`modes in order: ${modes.join(', ')}`, /live.*simulated.*live/.test(modes.join(',')));
    trial.holds('told by status feed_mode', codes.filter((code) => code === 'feed_mode').length >= 2);
    trial.holds('no value under the wrong label', mixed.length === 0);
    if (mixed.length > 0) trial.note(mixed.slice(0, 3).join('; '));
    const { candles } = (await (await fetch(`${server.url}/api/v1/candles?symbol=BTC/USDT&interval=1m&limit=500`)).json()) as { candles: number[][] };
    const foreign = candles.filter(([, open = REAL, high = REAL, low = REAL, close = REAL]) => ![open, high, low, close].every(near));
    trial.holds(`${candles.length} live candles, none with a simulated price`, foreign.length === 0);
    await sane();
  },
};

/** A book update of the venue as it stands on the line, and the last digit of its size. */
const UPDATED_SIZE = /("channel":"book","type":"update","data":\[\{"symbol":"BTC\/USDT","bids":\[\{"price":99\.00,"qty":\d*)(\d)(\.0{8})/;

const checksum: FaultRow = {
  id: 'F30', fault: 'wrong checksum of a book', injection: 'proxy before a venue in plain text: a digit of a size is changed on its way', criterion: 'noticed at the next checksum, the wrong size never shown, rebuilt <= 1 s after the venue is asked',
  quick: true,
  async run(trial) {
    const venue = await FakeKraken.start();
    trial.defer(() => venue.stop());
    const line = await ChaosProxy.open({ target: venue.port, seed: trial.seed });
    trial.defer(() => line.close());
    const { server, watch, sane } = await serve(trial, { TICKGLASS_FEED: 'kraken', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_KRAKEN_WS_URL: `ws://127.0.0.1:${line.port}`, TICKGLASS_KRAKEN_REST_URL: venue.restUrl });
    await timeUntil(() => venue.open.some((c) => c.streams.has('btcusdt@trade')), 15_000, 'the server subscribes');
    const eye = new BookEye(watch, 'book:BTC/USDT@kraken');
    let size = 1;
    const moving = setInterval(() => {
      size += 2;
      venue.trade('BTCUSDT', '100.00');
      venue.bookUpdate('BTCUSDT', [['99.00', `${size}.00000000`]], []);
    }, 50);
    trial.defer(() => clearInterval(moving));
    await timeUntil(() => eye.state === 'ok', 20_000, 'the book is good');
    const noticed: number[] = [];
    const rebuilt: number[] = [];
    for (let round = trial.quick ? 1 : 3; round > 0; round -= 1) {
      // Right after one snapshot the next waits: a venue that is asked for its book again and again would refuse.
      if (!trial.quick) await pause(11_000);
      const asked = (): number => venue.asked.filter(({ method, params }) => method === 'subscribe' && params?.channel === 'book').length;
      const [broken, before] = [(): Promise<number> => total(server, 'tickglass_books_broken_total'), asked()];
      const wasBroken = await broken();
      const flip = bitFlip(line);
      await timeUntil(async () => flip.at > 0 && (await broken()) > wasBroken, 10_000, 'the wrong checksum is noticed');
      noticed.push(performance.now() - flip.at);
      await timeUntil(() => asked() > before, 15_000, 'the venue is asked for the book');
      rebuilt.push(await timeUntil(() => eye.replacedAt > flip.at && eye.state === 'ok' && eye.size('99.00') > flip.size, 15_000, 'the book is good again'));
      trial.holds(`changed to ${flip.size}, which is never shown`, !eye.shown.has(flip.size));
    }
    trial.within(`${noticed.length} bit flips, noticed after at most`, Math.max(...noticed), 1_000);
    trial.within('rebuilt after the venue was asked, after at most', Math.max(...rebuilt), 1_000);
    trial.holds('the log names the checksum', server.output().includes('the checksum is'));
    trial.holds('never crossed while called good', eye.wrong.length === 0);
    await sane();
  },
};

/** Changes the size in the next book update on the line to the even number below it; the venue's own are odd. */
function bitFlip(line: ChaosProxy): { at: number; size: number } {
  const flip = { at: 0, size: NaN };
  line.mutate = (data) => {
    const text = data.toString('latin1');
    const found = UPDATED_SIZE.exec(text);
    // It may stand in the next piece of the stream.
    if (!found) return data;
    const [whole, head = '', digit = '', tail = ''] = found;
    const wrong = `${head}${Number(digit) - 1}${tail}`;
    flip.size = Number(/(\d+)\.0{8}$/.exec(wrong)?.[1]);
    flip.at = performance.now();
    line.mutate = null;
    return Buffer.from(text.replace(whole, wrong), 'latin1');
  };
  return flip;
}

export const VENUE_ROWS: readonly FaultRow[] = [book, values, silent, refused, allDown, checksum];
