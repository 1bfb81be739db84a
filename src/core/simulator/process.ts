import type { AssetClass } from '../market/instrument';
import { CLASS_PARAMETERS, type ClassParameters, type InstrumentParameters } from './parameters';
import { RandomStream } from './random';
import type { Season } from './season';

const DAY_SECONDS = 86_400;
/** From the close of a share session to the next opening, seconds; a weekend's gap is no larger than a night's. */
const LONGEST_NIGHT = 17.5 * 3600;

/** Share left after `seconds` of what halves in `minutes`. (exp, not `**`: V8 computes exp alike on every platform.) */
function halving(seconds: number, minutes: number): number {
  return Math.exp((-Math.LN2 * seconds) / (minutes * 60));
}

/**
 * Log-volatility cascade: a sum of Ornstein-Uhlenbeck processes, one per time scale, started in its stationary state.
 * Component k halves its distance to the mean in tau_k minutes.
 */
class Cascade {
  readonly #values: Float64Array;
  readonly #keep: Float64Array;
  readonly #shock: Float64Array;
  readonly #random: RandomStream;
  readonly #rho: number;
  readonly #rhoRest: number;
  readonly #parameters: ClassParameters;
  /** Sum of the components. */
  level = 0;
  /** The slowest component. */
  get slow(): number {
    return this.#values[this.#values.length - 1] ?? 0;
  }

  constructor(key: string, parameters: ClassParameters, stepSeconds: number, rho: number) {
    // The initial state has a stream of its own, so that the coarse history ends in the state the live market starts from.
    const initial = new RandomStream(`${key}|start`);
    this.#parameters = parameters;
    this.#random = new RandomStream(`${key}|volatility`);
    this.#keep = Float64Array.from(parameters.tauMinutes, (tau) => halving(stepSeconds, tau));
    this.#values = Float64Array.from(parameters.variance, (s2) => Math.sqrt(s2) * initial.normal());
    this.#shock = Float64Array.from(parameters.variance, (s2, k) => Math.sqrt(s2 * (1 - (this.#keep[k] ?? 0) * (this.#keep[k] ?? 0))));
    this.#rho = rho;
    this.#rhoRest = Math.sqrt(1 - rho * rho);
    for (const value of this.#values) this.level += value;
  }

  /** `returnShock` is the standard normal of this step's return; it leans on the slowest component only. */
  step(returnShock: number): void {
    const values = this.#values;
    const last = values.length - 1;
    let sum = 0;
    for (let k = 0; k <= last; k++) {
      const own = this.#random.normal();
      const shock = k === last ? this.#rho * returnShock + this.#rhoRest * own : own;
      const value = (this.#keep[k] as number) * (values[k] as number) + (this.#shock[k] as number) * shock;
      values[k] = value;
      sum += value;
    }
    this.level = sum;
  }

  /** Time without trading: the exact transition over the whole pause in one draw per component. `gapShock` as in `step`. */
  pause(seconds: number, gapShock: number): void {
    const { tauMinutes, variance } = this.#parameters;
    this.level = 0;
    for (let k = 0; k < this.#values.length; k++) {
      const keep = halving(seconds, tauMinutes[k] ?? 1);
      const own = this.#random.normal();
      const shock = k === this.#values.length - 1 ? this.#rho * gapShock + this.#rhoRest * own : own;
      const value = keep * (this.#values[k] ?? 0) + Math.sqrt((variance[k] ?? 0) * (1 - keep * keep)) * shock;
      this.#values[k] = value;
      this.level += value;
    }
  }
}

/** Present values of what the instruments of one class share. */
export interface SharedState {
  readonly parameters: ClassParameters;
  readonly stepSeconds: number;
  /** Log volatility of the class cascade. */
  readonly volatility: number;
  /** Its slowest component before the newest pause. */
  readonly slowBeforePause: number;
  /** Return shock of the present step and of the next one (the order book leans on the next). */
  readonly shock: number;
  readonly next: number;
  /** Return shock of the newest pause. */
  readonly pauseShock: number;
}

/** What the instruments of one class share: a return factor and a volatility cascade. Steps only while the class trades. */
export class ClassFactor implements SharedState {
  readonly parameters: ClassParameters;
  readonly #cascade: Cascade;
  readonly #random: RandomStream;
  shock = 0;
  next: number;
  pauseShock = 0;
  slowBeforePause = 0;

  constructor(seed: number, assetClass: AssetClass, readonly stepSeconds: number, coarse: boolean) {
    this.parameters = CLASS_PARAMETERS[assetClass];
    const key = `${seed}|class:${assetClass}`;
    this.#cascade = new Cascade(key, this.parameters, stepSeconds, coarse ? 0 : this.parameters.rho);
    this.#random = new RandomStream(`${key}|return${coarse ? ':history' : ''}`);
    this.next = this.#random.normal();
  }

  get volatility(): number {
    return this.#cascade.level;
  }

  /** The class was closed this long: volatility goes on, and news comes as a gap at the opening. */
  pause(seconds: number): void {
    this.pauseShock = this.#random.normal();
    this.slowBeforePause = this.#cascade.slow;
    this.#cascade.pause(seconds, this.pauseShock);
  }

  /** Advances to the next step. Call before the instruments of the class. */
  step(): void {
    this.#cascade.step(this.shock);
    this.shock = this.next;
    this.next = this.#random.normal();
  }
}

/**
 * Efficient price of one instrument: r = sigma (beta f + sqrt(1 - beta^2) z) + jump, with
 * sigma = volDay / sqrt(86400) * season * exp(L - sum s^2) (analysis.md section 4).
 */
export class PriceProcess {
  readonly #factor: SharedState;
  readonly #cascade: Cascade;
  readonly #random: RandomStream;
  readonly #jumps: RandomStream;
  readonly #commonWeight: number;
  readonly #ownWeight: number;
  readonly #beta: number;
  readonly #betaRest: number;
  readonly #baseSigma: number;
  readonly #jumpChance: number;
  readonly #jumpScale: number;
  readonly #meanCorrection: number;
  #ownShock = 0;
  #ownNext: number;
  /** Natural logarithm of the efficient price. */
  logPrice: number;
  /** Log volatility of the present step, mean 0. */
  logVolatility = 0;
  /** Standard deviation of this step's return. */
  sigma = 0;
  /** Return of this step. */
  change = 0;
  /** Standardised shock of the next step, known one step ahead to the order book only. */
  nextShock = 0;

  /** `coarse`: own streams for the history before the start; no leverage there, because it is generated backwards in time. */
  constructor(seed: number, symbol: string, factor: SharedState, p: InstrumentParameters, coarse: boolean) {
    const c = factor.parameters;
    const key = `${seed}|${symbol}`;
    const purpose = coarse ? ':history' : '';
    this.#factor = factor;
    this.#cascade = new Cascade(key, c, factor.stepSeconds, coarse ? 0 : c.rho);
    this.#random = new RandomStream(`${key}|return${purpose}`);
    this.#jumps = new RandomStream(`${key}|jump${purpose}`);
    this.#commonWeight = Math.sqrt(c.common);
    this.#ownWeight = Math.sqrt(1 - c.common);
    this.#beta = p.beta;
    this.#betaRest = Math.sqrt(1 - p.beta * p.beta);
    this.#baseSigma = p.volDay * Math.sqrt(factor.stepSeconds / DAY_SECONDS);
    this.#jumpChance = (c.jumpsPerDay * factor.stepSeconds) / DAY_SECONDS;
    this.#jumpScale = c.jumpSize * p.volDay * Math.sqrt(60 / DAY_SECONDS);
    this.#meanCorrection = c.variance.reduce((sum, s2) => sum + s2, 0);
    this.#ownNext = this.#random.normal();
    this.logPrice = Math.log(p.startPrice);
  }

  /** Closed for this long, after the factor: the price gaps by what the class moves while closed, a night's worth at most. */
  pause(seconds: number): void {
    const own = this.#random.normal();
    // Over a night the fast components average out; the slow one is what the market closed with.
    const level = this.#commonWeight * this.#factor.slowBeforePause + this.#ownWeight * this.#cascade.slow;
    this.#cascade.pause(seconds, own);
    const { stepSeconds, parameters } = this.#factor;
    const steps = (Math.min(seconds, LONGEST_NIGHT) * parameters.closedVariance) / stepSeconds;
    const sigma = this.#baseSigma * Math.sqrt(steps) * Math.exp(level - (parameters.variance.at(-1) ?? 0));
    this.logPrice += sigma * (this.#beta * this.#factor.pauseShock + this.#betaRest * own);
  }

  step(season: Season): void {
    this.#cascade.step(this.#ownShock);
    this.#ownShock = this.#ownNext;
    this.#ownNext = this.#random.normal();
    const level = this.#commonWeight * this.#factor.volatility + this.#ownWeight * this.#cascade.level;
    const sigma = this.#baseSigma * season.volatility * Math.exp(level - this.#meanCorrection);
    let change = sigma * (this.#beta * this.#factor.shock + this.#betaRest * this.#ownShock);
    if (this.#jumps.uniform() < this.#jumpChance) {
      const size = (0.5 + this.#jumps.uniform()) * this.#jumpScale * season.volatility;
      change += this.#jumps.uniform() < 0.5 ? size : -size;
    }
    this.logVolatility = level;
    this.sigma = sigma;
    this.change = change;
    this.logPrice += change;
    this.nextShock = this.#beta * this.#factor.next + this.#betaRest * this.#ownNext;
  }
}
