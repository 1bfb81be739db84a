import type { AssetClass, Instrument } from '../market/instrument';
import { sessionAt } from '../market/calendar';
import { instrumentParameters, type InstrumentParameters } from './parameters';
import { ClassFactor, PriceProcess } from './process';
import { RandomStream } from './random';
import { seasonAt, type Season } from './season';
import { TradeProcess } from './trades';

/** Weight of the next shock in the book's lean (analysis.md section 4). */
const LEAN_NEXT = 0.7;
const LEAN_NOISE = Math.sqrt(0.51);
/** Persistence per second and spread of the (log) size of the queues at the touch. */
const QUEUE_KEEP = 0.9;
const QUEUE_SPREAD = 0.5;
const QUEUE_TRADES = 6;

/** State of one simulated instrument after a step, in whole ticks and lots. */
export class SimulatedInstrument {
  readonly parameters: InstrumentParameters;
  readonly price: PriceProcess;
  readonly trades: TradeProcess;
  readonly #random: RandomStream;
  readonly #tick: number;
  readonly #spread: number;
  readonly #queueLots: number;
  #queue = 0;
  bidTicks = 0;
  askTicks = 0;
  bidLots = 0;
  askLots = 0;
  /** (bid size - ask size) / (sum), before rounding; -1..1. */
  imbalance = 0;

  constructor(seed: number, readonly instrument: Instrument, factor: ClassFactor, initialPrice: number | undefined) {
    const p = instrumentParameters(instrument, initialPrice);
    const key = `${seed}|${instrument.symbol}`;
    const medianLots = p.medianSize / instrument.lotSize;
    this.parameters = p;
    this.price = new PriceProcess(seed, instrument.symbol, factor, p, false);
    this.trades = new TradeProcess(key, p.tradesPerSecond, medianLots);
    this.#random = new RandomStream(`${key}|book`);
    this.#tick = instrument.tickSize;
    this.#spread = factor.parameters.spread;
    this.#queueLots = Math.max(2, QUEUE_TRADES * medianLots);
    this.quoteAround(0);
  }

  /** Mid of the quoted touch, price units. */
  get mid(): number {
    return ((this.bidTicks + this.askTicks) / 2) * this.#tick;
  }

  step(season: Season): void {
    const price = this.price;
    price.step(season);
    const floor = Math.log(10 * this.#tick);
    if (price.logPrice < floor) price.logPrice = floor;
    const random = this.#random;
    this.imbalance = Math.tanh(1.1 * (LEAN_NEXT * price.nextShock + LEAN_NOISE * random.normal()));
    this.quoteAround(this.#spread * price.sigma * (0.6 + 0.8 * random.uniform()));
    this.#queue = QUEUE_KEEP * this.#queue + QUEUE_SPREAD * Math.sqrt(1 - QUEUE_KEEP ** 2) * random.normal();
    this.#setSizes();
    this.trades.step(season.activity, price.logVolatility, price.change / price.sigma, this.imbalance);
  }

  /** Sets the touch: half the spread relative to the price, at least half a tick, rounded outward. */
  quoteAround(relativeHalfSpread: number): void {
    const ticks = Math.exp(this.price.logPrice) / this.#tick;
    const half = Math.max(0.5, relativeHalfSpread * ticks);
    this.bidTicks = Math.max(1, Math.floor(ticks - half));
    this.askTicks = Math.max(this.bidTicks + 1, Math.ceil(ticks + half));
    this.#setSizes();
  }

  #setSizes(): void {
    const half = 0.5 * this.#queueLots * Math.exp(this.#queue);
    this.bidLots = Math.max(1, Math.round(half * (1 + this.imbalance)));
    this.askLots = Math.max(1, Math.round(half * (1 - this.imbalance)));
  }
}

/** The instruments of one class, with their session. */
interface ClassGroup {
  readonly assetClass: AssetClass;
  readonly factor: ClassFactor;
  readonly members: readonly SimulatedInstrument[];
  open: boolean;
  /** Time at which `open` may change, ms. */
  until: number;
  season: Season;
  seasonUntil: number;
  /** Time up to which the class was simulated, ms; null before the first step. */
  done: number | null;
}

/** Numeric market: all instruments stepped second by second, without building events. */
export class SimulatedMarket {
  readonly instruments: readonly SimulatedInstrument[];
  readonly #groups: readonly ClassGroup[];

  constructor(seed: number, instruments: readonly Instrument[], initialPrices?: ReadonlyMap<string, number>) {
    const classes = [...new Set(instruments.map((i) => i.assetClass))];
    const made = new Map<string, SimulatedInstrument>();
    this.#groups = classes.map((assetClass) => {
      const factor = new ClassFactor(seed, assetClass, 1, false);
      const members = instruments
        .filter((i) => i.assetClass === assetClass)
        .map((i) => new SimulatedInstrument(seed, i, factor, initialPrices?.get(i.symbol)));
      for (const member of members) made.set(member.instrument.symbol, member);
      return { assetClass, factor, members, open: false, until: -Infinity, season: { volatility: 1, activity: 1 }, seasonUntil: -Infinity, done: null };
    });
    this.instruments = instruments.flatMap((i) => made.get(i.symbol) ?? []);
  }

  /** One second beginning at `time` (ms). `visit` is called for each instrument whose market is open. */
  step(time: number, visit: (instrument: SimulatedInstrument) => void): void {
    for (const group of this.#groups) {
      if (!this.#isOpen(group, time)) continue;
      if (group.done !== null && time > group.done) this.#pause(group, (time - group.done) / 1000);
      group.done = time + 1000;
      group.factor.step();
      for (const member of group.members) {
        member.step(group.season);
        visit(member);
      }
    }
  }

  #pause(group: ClassGroup, seconds: number): void {
    group.factor.pause(seconds);
    for (const member of group.members) member.price.pause(seconds);
  }

  #isOpen(group: ClassGroup, time: number): boolean {
    if (time >= group.until) {
      const session = sessionAt(group.assetClass, time);
      group.open = session.state === 'open';
      group.until = session.nextChange ?? Infinity;
      group.seasonUntil = -Infinity;
    }
    if (group.open && time >= group.seasonUntil) {
      group.season = seasonAt(group.assetClass, time, group.until);
      group.seasonUntil = time - (time % 60_000) + 60_000;
    }
    return group.open;
  }
}
