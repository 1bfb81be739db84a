import { LIMITS, TIMINGS } from '@/core/contract';
import type { AdmissionLimits } from './limits';

/** Settings of the hub. All times are ms. Defaults: DEFAULT_HUB_OPTIONS. */
export interface HubOptions extends AdmissionLimits {
  readonly serverVersion: string;
  /** Name of this process in a cluster. */
  readonly node: string;
  /** Shortest time between two pushes to a client. */
  readonly marketIntervalMs: number;
  /** Longest time after which plain clients get signals and sentiment again, changed or not. */
  readonly signalsIntervalMs: number;
  readonly binaryIntervalMs: number;
  /** Longest time after which plain clients get each market value again. */
  readonly marketRefreshMs: number;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Let in clients that send no Origin (and no cookie). Right for loopback, and where a token is asked for. */
  readonly allowAbsentOrigin: boolean;
  /** Bytes that may wait for one client before it gets no more data. */
  readonly windowBytes: number;
  /** Bytes waiting for one client at which it is cut. */
  readonly hardCapBytes: number;
  /** Time without any progress after which a waiting client is closed (4003). */
  readonly stallMs: number;
  readonly heartbeatMs: number;
  readonly helloMs: number;
  /** A client silent for this long is pinged; two pings without an answer close it (4002). */
  readonly pingMs: number;
  /** How often these times are looked at. */
  readonly tickMs: number;
  /** Time a peer has to answer a close before it is cut. */
  readonly closeTimeoutMs: number;
  readonly messagesPer10s: number;
  readonly messageBurst: number;
  readonly subscribesPer10s: number;
  readonly malformedPer10s: number;
  readonly resyncsPerMinute: number;
  readonly symbols: number;
  readonly channels: number;
  /** Time a channel that is made on demand stays after its last reader left. */
  readonly lingerMs: number;
  /** Channels made on demand, for all clients together. */
  readonly wantedChannels: number;
  /** Largest client message, bytes. */
  readonly frameBytes: number;
}

export const DEFAULT_HUB_OPTIONS: HubOptions = {
  serverVersion: '0.0.0',
  node: 'a',
  marketIntervalMs: 100,
  signalsIntervalMs: 30_000,
  binaryIntervalMs: 30_000,
  marketRefreshMs: 5_000,
  allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
  allowedOrigins: [],
  allowAbsentOrigin: true,
  windowBytes: 32_768,
  hardCapBytes: 1_048_576,
  stallMs: 30_000,
  heartbeatMs: TIMINGS.heartbeatMs,
  helloMs: TIMINGS.helloMs,
  // Three of them, and what a peer that vanished held is freed within 30 s.
  pingMs: 9_500,
  tickMs: 250,
  closeTimeoutMs: 5_000,
  messagesPer10s: LIMITS.messagesPer10s,
  messageBurst: LIMITS.messageBurst,
  subscribesPer10s: LIMITS.subscribesPer10s,
  malformedPer10s: LIMITS.malformedPer10s,
  resyncsPerMinute: 6,
  symbols: LIMITS.symbols,
  channels: LIMITS.channels,
  lingerMs: 10_000,
  wantedChannels: 4_096,
  frameBytes: LIMITS.frameBytes,
  perAddress: 50,
  total: 5_000,
  upgradesPerSecond: 20,
  upgradeBurst: 40,
  upgradesTotalPerSecond: 500,
};
