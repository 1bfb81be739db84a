import { CHANNEL_FAMILIES, channelOf, INTERVAL_MS, MARKET_WIDE_KEY, type CandleData, type Interval, type TradeItem } from '@/core/contract';
import type { CandleOutput, EngineOutput, TradeOutput } from '@/core/market/outputs';
import type { Bus } from '../bus/bus';

export interface PublisherOptions {
  readonly bus: Bus;
  /** A new opaque mark at every call; random, so that no two runs share one. */
  readonly newEpoch: () => string;
  /** Symbols whose per-symbol channels exist from the start. */
  readonly symbols: readonly string[];
}

/** Owner of the channels: gives every change its place (epoch, prev, seq) and puts it on the bus. */
export interface Publisher {
  /** `record` = false keeps a closed candle or a signal from being written to history again (it came from there). */
  publish(output: EngineOutput, record?: boolean): void;
  /** Starts every channel anew, empty. Everything of the old numbering is void. */
  reset(): void;
  /** Symbols that get per-symbol channels from now on. */
  addSymbol(symbol: string): void;
}

interface Channel {
  epoch: string;
  seq: number;
}

/** Open times kept per candle channel and interval: the last closed candle and the forming one. Older ones are history's. */
const CANDLES_KEPT = 2;

class ChannelPublisher implements Publisher {
  private readonly channels = new Map<string, Channel>();
  /** Open times in the candle channels, newest last, by `channel|interval`. */
  private readonly openTimes = new Map<string, number[]>();

  constructor(private readonly options: PublisherOptions) {
    for (const [family, facts] of Object.entries(CHANNEL_FAMILIES)) if (!facts.perSymbol) this.open(family);
    for (const symbol of options.symbols) this.addSymbol(symbol);
  }

  addSymbol(symbol: string): void {
    this.open(channelOf('trades', symbol));
    this.open(channelOf('candles', symbol));
  }

  reset(): void {
    this.openTimes.clear();
    for (const [name, channel] of this.channels) {
      channel.epoch = this.options.newEpoch();
      channel.seq = 0;
      this.options.bus.publish({ type: 'reset', channel: name, epoch: channel.epoch });
    }
  }

  publish(output: EngineOutput, record = true): void {
    switch (output.type) {
      case 'quote': return this.set('market', output.quote.symbol, output.quote);
      case 'sparkline': return this.set('sparkline', output.symbol, output.data);
      case 'rating': return this.set('ratings', `${output.rating.symbol}|${output.rating.tf}`, output.rating);
      case 'sentiment': return this.set('binary', output.symbol ?? MARKET_WIDE_KEY, output.data);
      case 'trade': return this.append(channelOf('trades', output.symbol), tradeItem(output));
      case 'signal':
        this.append('signals', output.record);
        if (record) this.pass(output);
        return;
      case 'candle':
        this.candle(output);
        if (output.closed && record) this.pass(output);
        return;
      case 'instrument':
        this.addSymbol(output.instrument.symbol);
        return this.pass(output);
      case 'feedStatus': case 'mode': case 'refused': return this.pass(output);
      case 'book': return; // book channels come with the book feature
    }
  }

  private open(name: string): Channel {
    const found = this.channels.get(name);
    if (found) return found;
    const channel = { epoch: this.options.newEpoch(), seq: 0 };
    this.channels.set(name, channel);
    this.options.bus.publish({ type: 'reset', channel: name, epoch: channel.epoch });
    return channel;
  }

  private pass(output: EngineOutput): void {
    this.options.bus.publish({ type: 'output', output });
  }

  /** One change; `removed` keys go in the same step. */
  private set(name: string, key: string, value: unknown, removed: readonly string[] = []): void {
    const channel = this.open(name);
    const prev = channel.seq;
    channel.seq += 1 + removed.length;
    const changes = [...removed.map((old) => ({ key: old, value: undefined })), { key, value }];
    this.options.bus.publish({ type: 'keyed', channel: name, epoch: channel.epoch, prev, seq: channel.seq, changes });
  }

  private append(name: string, item: unknown): void {
    const channel = this.open(name);
    const prev = channel.seq++;
    this.options.bus.publish({ type: 'log', channel: name, epoch: channel.epoch, prev, seq: channel.seq, items: [item] });
  }

  private candle(output: CandleOutput): void {
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

/** Key of a candle in its channel. */
export function candleKey(interval: Interval, openTime: number): string {
  return `${interval}|${openTime}`;
}

/** End of a candle, ms: the next one opens there. */
export function closeTime(interval: Interval, openTime: number): number {
  return openTime + INTERVAL_MS[interval];
}

function candleData({ interval, candle, closed, kind }: CandleOutput): CandleData {
  const { openTime, open, high, low, close, volume } = candle;
  return { interval, open_time: openTime, open, high, low, close, volume, closed, quality: kind };
}

function tradeItem({ id, price, size, side, time, venue, kind }: TradeOutput): Omit<TradeItem, 'seq'> {
  return { id, price, size, side, t: time, venue, quality: kind };
}

export function createPublisher(options: PublisherOptions): Publisher {
  return new ChannelPublisher(options);
}
