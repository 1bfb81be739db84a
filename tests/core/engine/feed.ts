import type { Analysis } from '@/core/analysis/types';
import type { DataKind, FeedMode } from '@/core/contract';
import { createEngine, type Engine, type EngineOptions } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { EngineOutput } from '@/core/market/outputs';

/** A Wednesday noon in New York: every market is open. */
export const T0 = Date.parse('2026-07-15T16:00:00Z');

type Extra = Partial<Record<string, unknown>>;

/** An engine with short verbs; times are ms after `T0`. */
export class Feed {
  readonly engine: Engine;
  readonly outputs: EngineOutput[] = [];
  private tradeId = 0;

  constructor(options: Partial<EngineOptions> = {}, mode: FeedMode = 'live', analysis?: Analysis, public start: number = T0) {
    this.engine = createEngine({ instruments: BUILT_IN_INSTRUMENTS, venuePriority: ['binance', 'okx'], ...options }, analysis);
    this.send({ type: 'mode', mode, reason: 'test', receiveTime: this.start });
    this.outputs.length = 0;
  }

  /** Sends an input and gives back its outputs. */
  send(input: InputEvent): EngineOutput[] {
    const from = this.outputs.length;
    this.engine.step(input, (output) => this.outputs.push(output));
    return this.outputs.slice(from);
  }

  clock(ms: number): EngineOutput[] {
    return this.send({ type: 'clock', receiveTime: this.start + ms });
  }

  trade(ms: number, price: string, size = '1', extra: Extra = {}): EngineOutput[] {
    this.tradeId += 1;
    return this.send({ ...this.origin(ms), type: 'trade', id: String(this.tradeId), price, size, side: 'buy', ...extra });
  }

  quote(ms: number, bid: string | null, ask: string | null, extra: Extra = {}): EngineOutput[] {
    return this.send({ ...this.origin(ms), type: 'quote', bid, bidSize: bid && '1', ask, askSize: ask && '1', updateId: null, ...extra });
  }

  candle(ms: number, openTime: number, ohlcv: readonly [number, number, number, number, number], extra: Extra = {}): EngineOutput[] {
    const [open, high, low, close, volume] = ohlcv;
    return this.send({
      ...this.origin(ms), type: 'candle', interval: '1m', openTime: this.start + openTime, open, high, low, close, volume, closed: true, ...extra,
    });
  }

  book(ms: number, action: 'snapshot' | 'delta', bids: readonly [string, string][], asks: readonly [string, string][], extra: Extra = {}): EngineOutput[] {
    return this.send({ ...this.origin(ms), type: 'book', action, bids, asks, updateId: ms, ...extra });
  }

  status(ms: number, venue: string, state: 'live' | 'waiting'): EngineOutput[] {
    return this.send({ type: 'feedStatus', venue, state, reason: 'test', receiveTime: this.start + ms });
  }

  of<T extends EngineOutput['type']>(type: T, from: readonly EngineOutput[] = this.outputs): Extract<EngineOutput, { type: T }>[] {
    return from.filter((output): output is Extract<EngineOutput, { type: T }> => output.type === type);
  }

  codes(from: readonly EngineOutput[] = this.outputs): string[] {
    return this.of('refused', from).map((output) => output.code);
  }

  get btc(): NonNullable<ReturnType<Engine['quote']>> {
    const quote = this.engine.quote('BTC/USDT');
    if (!quote) throw new Error('no BTC row');
    return quote;
  }

  private origin(ms: number): { venue: string; kind: DataKind; route: 'socket'; symbol: string; venueTime: number; receiveTime: number } {
    const { mode } = this.engine;
    const kind = mode === 'simulated' || mode === 'replay' ? mode : 'live';
    return { venue: 'binance', kind, route: 'socket', symbol: 'BTC/USDT', venueTime: this.start + ms, receiveTime: this.start + ms };
  }
}
