import type { ParsedChannel } from '@/core/contract';
import type { Engine } from '@/core/engine';
import type { BookOutput, TradeOutput } from '@/core/market/outputs';
import type { ChannelSet } from './channelSet';

/** One channel that somebody wants: how it is made from the engine. */
export interface Demand {
  /** An output of this channel's symbol, in the engine's own step. */
  told(output: BookOutput | TradeOutput): void;
  /** Publishes what changed in the engine; false = there was nothing to look at. */
  flush(): boolean;
  /** The market shown changed: what was published is void. */
  forget(): void;
}

export interface DemandContext {
  readonly engine: Engine;
  readonly channels: ChannelSet;
  /** Feed time, ms. */
  readonly now: () => number;
  /** Levels a side of book channels. */
  readonly bookDepth: number;
  /** Flushes after which something is looked at although nothing was told of it: a second's worth. */
  readonly idleFlushes: number;
}

/** A channel of one symbol, and of one venue unless that is null. */
export interface DemandName extends ParsedChannel {
  readonly symbol: string;
}
