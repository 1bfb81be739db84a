import type { ClientMessage, ReceiptMessage } from '@/core/contract';
import type { ChannelChange } from './types';

/** Where the reducer's results go. */
export interface ReducerPort {
  change(change: ChannelChange): void;
  /** Sends to the server; only called between `opened` and `closed`. */
  send(message: ClientMessage): void;
  receipt(receipt: ReceiptMessage): void;
  rejected(channel: string, code: string): void;
  /** Something of the server could not be understood. */
  refused(what: string): void;
  /** The connection cannot be repaired by a resync. */
  broken(what: string): void;
}

/** Range of changes that a frame covers: (prev, seq] of one numbering. */
export interface Frame {
  readonly epoch: string;
  readonly prev: number;
  readonly seq: number;
}

/** Reasons in `hello.reasons` that are followed by a snapshot; any other is a refusal. */
export const RESUME_REASONS: ReadonlySet<string> = new Set(['epoch_changed', 'too_old', 'filter_changed', 'unknown_position', 'fresh']);
