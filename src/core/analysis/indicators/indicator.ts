import type { Candle } from '../../market/outputs';
import { restoreInto, snapshotOf, type Snapshot } from './state';

/** Values at one candle in the order of the columns; NaN = not defined (warm-up, flat window), and never leaves the program. */
export type Row = Readonly<Float64Array>;

/** One indicator of one series, candle by candle; the cost does not depend on the length of the past, and nothing is allocated. */
export abstract class Indicator {
  readonly #row: Float64Array;

  /** @param width number of columns. */
  constructor(width: number) {
    this.#row = new Float64Array(width);
  }

  /** Takes a closed candle in; its values, valid until the next call. Prices must be finite and positive, the volume not negative. */
  next(c: Candle): Row {
    this.step(c, true, this.#row);
    return this.#row;
  }

  /** The values if this candle were the next; nothing is changed but `into`, which has a place for each column. */
  peek(c: Candle, into: Float64Array): Row {
    this.step(c, false, into);
    return into;
  }

  /** What the candles to come depend on, as plain JSON. */
  snapshot(): Snapshot {
    return snapshotOf(this);
  }

  /**
   * Goes on from a snapshot of an indicator with the same parameters.
   * @throws TypeError when it is none; this indicator is then of no use.
   */
  restore(snapshot: unknown): this {
    restoreInto(this, snapshot);
    return this;
  }

  /** Writes the values at a candle and, with `commit`, takes it in. */
  protected abstract step(c: Candle, commit: boolean, out: Float64Array): void;
}

/** One value of an indicator. */
export interface Column {
  /** As in the reference set: `rsi_14`, `bb_upper`. */
  readonly name: string;
  /** For people: "Upper band". */
  readonly label: string;
  readonly draw: 'line' | 'histogram' | 'dots' | 'none';
}

/** A number that can be chosen. */
export interface Param {
  readonly label: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** 1 for numbers of candles. */
  readonly step: number;
}

/** Parameters by name; those left out take their default. */
export type ParamValues = Readonly<Record<string, number>>;

/** What there is to know of one kind of indicator. */
export interface IndicatorSpec {
  readonly name: string;
  /** For people: "Relative strength index". */
  readonly title: string;
  readonly params: Readonly<Record<string, Param>>;
  /** `price`: that of the candles; `change`: a difference of prices; `percent` of the price; `index`: a scale of its own; `volume`. */
  readonly unit: 'price' | 'change' | 'percent' | 'index' | 'volume';
  /** Over the candles or in a pane of its own. */
  readonly pane: 'overlay' | 'own';
  /** Says nothing without traded volume: left out for quotes. */
  readonly volume: boolean;
  /** Marks that readers look for, as RSI 30 and 70. */
  readonly levels: readonly number[];
  columns(params?: ParamValues): readonly Column[];
  /** @throws RangeError for an unknown parameter or one outside its limits. */
  create(params?: ParamValues): Indicator;
}

/** A number of candles. */
export const candles = (usual: number, label = 'Candles', min = 2): Param => ({ label, default: usual, min, max: 500, step: 1 });
/** A factor of a width. */
export const factor = (usual: number, label: string): Param => ({ label, default: usual, min: 0.1, max: 20, step: 0.1 });

interface Definition<P extends string> extends Pick<IndicatorSpec, 'name' | 'title' | 'unit' | 'pane'> {
  readonly params: Readonly<Record<P, Param>>;
  readonly volume?: boolean;
  readonly levels?: readonly number[];
  /** Name and label of each column, in the order of the values; drawn as a line unless told. */
  columns(params: Readonly<Record<P, number>>): readonly (readonly [name: string, label: string, draw?: Column['draw']])[];
  create(params: Readonly<Record<P, number>>): Indicator;
}

/** Makes a definition whose parameters are typed one that anybody may ask by name. */
export function define<P extends string>(definition: Definition<P>): IndicatorSpec {
  const { name, title, unit, pane, params, volume = false, levels = [] } = definition;
  const limits: Readonly<Record<string, Param>> = params;
  const complete = (given: ParamValues): Record<P, number> => {
    for (const [key, value] of Object.entries(given)) {
      const limit = Object.hasOwn(limits, key) ? limits[key] : undefined;
      if (!limit) throw new RangeError(`${name} has no parameter ${key}`);
      const fits = value >= limit.min && value <= limit.max && (limit.step !== 1 || Number.isInteger(value));
      if (!fits) throw new RangeError(`${name}: ${key} must be ${limit.step === 1 ? 'a whole number ' : ''}from ${limit.min} to ${limit.max}, not ${value}`);
    }
    return { ...(Object.fromEntries(Object.entries(limits).map(([key, limit]) => [key, limit.default])) as Record<P, number>), ...given };
  };
  return {
    name, title, unit, pane, params, volume, levels,
    columns: (given = {}) => definition.columns(complete(given)).map(([column, label, draw = 'line']) => ({ name: column, label, draw })),
    create: (given = {}) => definition.create(complete(given)),
  };
}
