import type { EngineOutput } from '@/core/market/outputs';

/** One change of a keyed channel; `value` undefined = removed. */
export interface KeyedChange {
  readonly key: string;
  readonly value: unknown;
}

/**
 * Sequenced changes of one channel, made by the channel's one owner (the pipeline). They cover (prev, seq].
 * A gateway applies them to its replica only when `prev` is its own position; otherwise it asks for the state anew.
 */
export interface KeyedDelta {
  readonly type: 'keyed';
  readonly channel: string;
  readonly epoch: string;
  readonly prev: number;
  readonly seq: number;
  readonly changes: readonly KeyedChange[];
}
/** Items of a log channel; item i has sequence prev + 1 + i. */
export interface LogAppend {
  readonly type: 'log';
  readonly channel: string;
  readonly epoch: string;
  readonly prev: number;
  readonly seq: number;
  readonly items: readonly unknown[];
}
/** The numbering of a channel starts anew; its state is empty. */
export interface ChannelReset {
  readonly type: 'reset';
  readonly channel: string;
  readonly epoch: string;
}
/** An engine output that is not (only) a channel change: statuses, modes, records for history. */
export interface OutputMessage {
  readonly type: 'output';
  readonly output: EngineOutput;
}
export type BusMessage = KeyedDelta | LogAppend | ChannelReset | OutputMessage;

/** Internal publish/subscribe. In memory by default; the same contract runs over NATS between processes. */
export interface Bus {
  publish(message: BusMessage): void;
  /** Returns the function that ends the subscription. A listener that throws is logged and does not stop the others. */
  subscribe(listener: (message: BusMessage) => void): () => void;
  /** Says that somebody reads a channel that is made only then (`book:`, `quote:` and everything `@venue`). The result takes it back. */
  want(channel: string): () => void;
  /** Tells the owner of the channels what is wanted by anybody, at each change from none to some and back. Returns the function that ends it. */
  onWant(listener: (channel: string, wanted: boolean) => void): () => void;
}
