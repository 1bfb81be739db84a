import { CHANNEL_FAMILIES, INTERVAL_MS, channelOf, MARKET_WIDE_KEY } from '@/core/contract';
import type { BookOutput, CandleOutput, EngineOutput } from '@/core/market/outputs';
import type { Bus } from '../bus/bus';
import type { ChannelSet } from './channelSet';
import type { OnDemand } from './onDemand';
import { candleData, candleKey, tradeItem } from './payloads';

export interface PublisherOptions {
  readonly bus: Bus;
  readonly channels: ChannelSet;
  /** The channels that are made only while somebody reads them. */
  readonly onDemand: OnDemand;
  /** Symbols whose per-symbol channels exist from the start. */
  readonly symbols: readonly string[];
}

/** Turns engine outputs into changes of channels. */
export interface Publisher {
  /**
   * `record` = false keeps a closed candle or a signal from being written to history again (it came from there). `now` is the feed time of
   * the input behind it.
   */
  publish(output: EngineOutput, record?: boolean, now?: number): void;
  /** Starts every channel anew, empty. Everything of the old numbering is void. */
  reset(): void;
  /** Symbols that get per-symbol channels from now on. */
  addSymbol(symbol: string): void;
}

/** Open times kept per candle channel and interval: the last closed candle and the forming one. Older ones are history's. */
const CANDLES_KEPT = 2;

class ChannelPublisher implements Publisher {
  /** Open times in the candle channels, newest last, by `channel|interval`. */
  private readonly openTimes = new Map<string, number[]>();
  /** State last passed on, by venue and symbol of the book. */
  private readonly bookStates = new Map<string, BookOutput['state']>();

  constructor(private readonly options: PublisherOptions) {
    for (const [family, facts] of Object.entries(CHANNEL_FAMILIES)) if (!facts.perSymbol) options.channels.open(family);
    for (const symbol of options.symbols) this.addSymbol(symbol);
  }

  addSymbol(symbol: string): void {
    this.options.channels.open(channelOf('trades', symbol));
    this.options.channels.open(channelOf('candles', symbol));
  }

  reset(): void {
    this.openTimes.clear();
    this.bookStates.clear();
    this.options.channels.renewAll();
    this.options.onDemand.forget();
  }

  publish(output: EngineOutput, record = true, now = -Infinity): void {
    switch (output.type) {
      case 'quote': return this.set('market', output.quote.symbol, output.quote);
      case 'sparkline': return this.set('sparkline', output.symbol, output.data);
      case 'rating': return this.set('ratings', `${output.rating.symbol}|${output.rating.tf}`, output.rating);
      case 'sentiment':
        if (output.quiet !== true) this.set('binary', output.symbol ?? MARKET_WIDE_KEY, output.data);
        return this.pass(output);
      case 'trade':
        this.options.channels.append(channelOf('trades', output.symbol), [tradeItem(output)]);
        return this.options.onDemand.told(output);
      case 'signal':
        this.options.channels.append('signals', [output.record]);
        if (record) this.pass(output);
        return;
      case 'candle':
        this.candle(output, now);
        if (output.closed && record) this.pass(output);
        return;
      case 'instrument':
        this.addSymbol(output.instrument.symbol);
        return this.pass(output);
      case 'feedStatus': case 'mode': case 'refused': case 'outcome': return this.pass(output);
      case 'book': return this.book(output);
    }
  }

  /** Books change thousands of times a second; beside their readers others hear of changes of state only. */
  private book(output: BookOutput): void {
    this.options.onDemand.told(output);
    const key = `${output.venue} ${output.symbol}`;
    if (this.bookStates.get(key) === output.state) return;
    this.bookStates.set(key, output.state);
    this.pass(output);
  }

  private pass(output: EngineOutput): void {
    this.options.bus.publish({ type: 'output', output });
  }

  /** One change; `removed` keys go in the same step. */
  private set(name: string, key: string, value: unknown, removed: readonly string[] = []): void {
    this.options.channels.set(name, [...removed.map((old) => ({ key: old, value: undefined })), { key, value }]);
  }

  private candle(output: CandleOutput, now: number): void {
    // A whole past may come in at once; its candles would be told only to be removed again, and remembered as removed.
    if (output.closed && now - output.candle.openTime > (CANDLES_KEPT + 1) * INTERVAL_MS[output.interval]) return;
    const name = channelOf('candles', output.symbol);
    const { openTime } = output.candle;
    const family = `${name}|${output.interval}`;
    const held = this.openTimes.get(family) ?? [];
    // A repair of an older candle is read from history; pushing it would make the channel grow without bound.
    if (held.length >= CANDLES_KEPT && openTime < (held[0] ?? 0)) return;
    const times = held.includes(openTime) ? held : [...held, openTime].sort((a, b) => a - b);
    const dropped = times.length > CANDLES_KEPT ? times.slice(0, times.length - CANDLES_KEPT) : [];
    this.openTimes.set(family, times.slice(-CANDLES_KEPT));
    this.set(name, candleKey(output.interval, openTime), candleData(output), dropped.map((time) => candleKey(output.interval, time)));
  }
}

export function createPublisher(options: PublisherOptions): Publisher {
  return new ChannelPublisher(options);
}
