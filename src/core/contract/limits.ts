/** Limits of the wire. Defaults; the server may configure them and announces its own in `hello`. */
export const LIMITS = {
  /** Largest client message, bytes. */
  frameBytes: 16_384,
  /** Symbols one connection may name, over all channels. */
  symbols: 500,
  /** Channels one connection may hold. */
  channels: 64,
  /** Client messages per 10 s. */
  messagesPer10s: 100,
  /** Client messages at once. */
  messageBurst: 50,
  /** Subscribe and unsubscribe messages per 10 s. */
  subscribesPer10s: 20,
  /** Malformed messages per 10 s before the connection is closed with 4400. */
  malformedPer10s: 20,
  /** Deepest nesting of a client message. */
  jsonDepth: 8,
  /** Largest request id. */
  maxRequestId: 2 ** 31,
  /** Characters of a channel name. */
  channelLength: 96,
  /** Largest part of a v2 snapshot, bytes. */
  snapshotPartBytes: 65_536,
  /** Removals a keyed channel remembers, so that a client behind them can still resume. */
  tombstones: 10_000,
  /** Items a log channel keeps for resume. */
  logItems: 5_000,
  /** Time a log channel keeps its items for resume, ms. */
  logAgeMs: 15 * 60_000,
  /** Bytes of a close reason (RFC 6455 section 5.5). */
  closeReasonBytes: 123,
} as const;

/** Timings of the wire, ms. */
export const TIMINGS = {
  /** The server sends a heartbeat when nothing else was sent for this long. */
  heartbeatMs: 5_000,
  /** A client drops a connection on which nothing arrived for this long. */
  deadMs: 12_000,
  /** Silence beyond the heartbeat after which a client shows the stream as stale. */
  staleGraceMs: 2_000,
  /** Time a v2 client has to say `hello`. */
  helloMs: 5_000,
  /** Time after which a client takes a server that sent no `hello` for a v1 server. */
  legacyMs: 2_000,
  /** A source is stale when its last value is older than this (continuous markets). */
  staleMs: 15_000,
  /** An open subscribe is sent again, with a new id, after this. */
  requestMs: 5_000,
  /** Time in LIVE after which the back-off counter starts anew. */
  healthyMs: 10_000,
  /** Back-off: first retry within this, then doubling from `backoffBaseMs` to `backoffCapMs`, full jitter. */
  backoffFirstMs: 1_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 10_000,
} as const;
