import type { Instrument } from '@/core/market/instrument';
import type { InputEvent } from '@/core/market/events';
import type { ConnectorDescriptor } from './connector';

/** What a recording says happened, in its order. Times are the recorder's, ms since the epoch. */
export interface FrameMapper {
  /** A connection was opened; its address tells what was asked for. */
  connected(url: string, at: number): void;
  /** The recorder sent a message. */
  sent(raw: string, at: number): void;
  /** The venue sent a message. */
  received(raw: string, at: number): void;
  /** The venue answered a REST call. */
  answered(url: string, status: number, raw: string, at: number): void;
}

export interface FrameMapperOptions {
  /** Instruments known already; others found in the recording are announced by an instrument event before their first value. */
  readonly instruments: readonly Instrument[];
  readonly emit: (event: InputEvent) => void;
}

/** Everything the product knows of one venue. */
export interface VenueEntry {
  readonly descriptor: ConnectorDescriptor;
  /** Whether a recorded address belongs to it. */
  ownsHost(host: string): boolean;
  /** Whether a received message without a known address looks like one of it. */
  recognises(raw: string): boolean;
  /** The venue's mapper and book sequencer for recorded messages. */
  frames(options: FrameMapperOptions): FrameMapper;
}
