import type { ChainRecord } from '@/core/analysis/chain';
import { publicationKey } from '@/core/analysis/chainRecords';
import type { Candle } from '@/core/market/outputs';
import type { CandleSource, OutcomeCheck, OutcomeReader } from './outcomeCheck';

const MINUTE = 60_000;
/** Trades lie within half a spread of the mids that forecasts are judged by; so much of the price is allowed for it. */
const ROOM = 0.002;
/** Ends that are checked together. */
const AT_ONCE = 100_000;
/** As the model: a price may be this old at the end, ms. */
const oldest = (h: number): number => Math.max(2_000, (h * 1000) / 20);

interface Forecast {
  readonly symbol: string;
  readonly kind: string;
  readonly ts: number;
  readonly mid: number;
  readonly pUp: Map<number, number>;
}
/** Prices said to have been known at one time, by ends that no other message has confirmed. */
interface Unconfirmed {
  readonly kind: string;
  readonly symbol: string;
  readonly due: number;
  readonly oldest: number;
  readonly price: number;
}

/**
 * Recomputes the ends of sentiment forecasts from their chain, record by record: the result must follow from the price at the start (in the forecast) and the price at the end,
 * be told at the end of its time, and repeat the probability said. The price at the end is confirmed by the mid of another forecast of the same moment, else by the range of
 * the stored minutes around it. Voids cannot be recomputed: the age of every price is not kept.
 */
export class SentimentCheck implements OutcomeReader {
  readonly #forecasts = new Map<string, Forecast>();
  /** Mids published, by symbol and time. */
  #mids = new Map<string, number>();
  #unconfirmed: Unconfirmed[] = [];
  readonly #check = { equal: 0, corrected: 0, missing: 0, wrong: 0 };

  /** @param source stored candles; null = without them. */
  constructor(private readonly source: CandleSource | null) {}

  /** A promise when so much has come together that it is checked first: memory does not grow with the log. */
  read({ body, hash }: ChainRecord): Promise<void> | null {
    if (body.type === 'forecast') this.#forecast(hash, body);
    else if (body.type === 'outcomes' && Array.isArray(body['ends'])) for (const end of body['ends']) if (Array.isArray(end)) this.#end(end);
    return this.#unconfirmed.length < AT_ONCE ? null : this.#settle();
  }

  async finish(): Promise<OutcomeCheck> {
    await this.#settle();
    return { ...this.#check };
  }

  /** Checks what is known so far: by other messages, then by candles. Only ends of the newest moment may still be waiting for their message; the candles will do. */
  async #settle(): Promise<void> {
    const series = new Map<string, Unconfirmed[]>();
    for (const one of this.#unconfirmed) {
      const key = `${one.kind}|${one.symbol}`;
      const own = series.get(key);
      if (this.#confirms(one)) this.#check.equal++;
      else if (own) own.push(one);
      else series.set(key, [one]);
    }
    this.#unconfirmed = [];
    this.#mids = new Map();
    for (const own of series.values()) {
      const [{ kind, symbol }] = own as [Unconfirmed, ...Unconfirmed[]];
      const times = own.map(({ due }) => due);
      const candles = (await this.source?.({ kind, symbol, interval: '1m', from: times.reduce((x, y) => Math.min(x, y)) - 5 * MINUTE, to: times.reduce((x, y) => Math.max(x, y)) })) ?? [];
      const byTime = new Map(candles.map((candle) => [candle.openTime, candle]));
      for (const one of own) this.#check[within(one, byTime)]++;
    }
  }

  #forecast(hash: string, body: Readonly<Record<string, unknown>>): void {
    const { symbol, source, ts, mid, horizons } = body;
    const list: readonly unknown[] = Array.isArray(horizons) ? horizons : [];
    const pUp = new Map(list.flatMap((entry) => (Array.isArray(entry) ? [[Number(entry[0]), Number(entry[1])] as const] : [])));
    this.#forecasts.set(hash, { symbol: String(symbol), kind: String(source), ts: Number(ts), mid: Number(mid), pUp });
    this.#mids.set(publicationKey(String(symbol), Number(ts)), Number(mid));
  }

  #end([of, , , horizon, result, price, , due, pUp]: readonly unknown[]): void {
    const forecast = this.#forecasts.get(String(of));
    const h = Number(horizon);
    if (!forecast) return;
    const said = forecast.pUp.get(h);
    forecast.pUp.delete(h);
    if (forecast.pUp.size === 0) this.#forecasts.delete(String(of));
    if (said !== pUp) this.#check.wrong++;
    else if (result === 'void') return;
    else if (due !== forecast.ts + h * 1000 || typeof price !== 'number' || result !== resultOf(forecast.mid, price)) this.#check.wrong++;
    else this.#unconfirmed.push({ kind: forecast.kind, symbol: forecast.symbol, due, oldest: oldest(h), price });
  }

  /** Another forecast of the same symbol at that moment said the same price. Within the moment it may have moved: nothing follows from another one. */
  #confirms({ symbol, due, price }: Unconfirmed): boolean {
    return this.#mids.get(publicationKey(symbol, due)) === price;
  }
}

const resultOf = (from: number, to: number): string => (to > from ? 'up' : to < from ? 'down' : 'flat');

/** Is the price in the range of the minutes in which it may have been quoted? */
function within({ due, oldest: age, price }: Unconfirmed, candles: ReadonlyMap<number, Candle>): 'equal' | 'corrected' | 'missing' {
  const around: Candle[] = [];
  for (let open = Math.floor((due - age) / MINUTE) * MINUTE - MINUTE; open <= due; open += MINUTE) around.push(...[candles.get(open)].filter((candle) => candle !== undefined));
  if (around.length === 0) return 'missing';
  const low = Math.min(...around.map((c) => c.low)) - ROOM * price;
  const high = Math.max(...around.map((c) => c.high)) + ROOM * price;
  return price >= low && price <= high ? 'equal' : 'corrected';
}
