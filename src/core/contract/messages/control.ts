import * as v from 'valibot';
import { LIMITS } from '../limits';
import { ChannelName, Epoch, FeedModeSchema, Finite, IsoTime, KeyedPayload, RequestId, Seq, ShortText, SymbolName } from '../primitives';

const Position = v.object({ epoch: Epoch, seq: Seq });
const Symbols = v.pipe(v.array(SymbolName), v.maxLength(LIMITS.symbols));
const Channels = v.pipe(v.array(ChannelName), v.minLength(1), v.maxLength(LIMITS.channels));
const Ticket = v.object({ ticket: v.pipe(v.string(), v.maxLength(128)) });

// ---- client to server -------------------------------------------------------------------------

/** Where a client stopped in one channel. `symbols` names exactly those whose state it holds; absent = all. */
export const ResumePoint = v.object({ epoch: Epoch, seq: Seq, symbols: v.optional(Symbols) });
export type ResumePoint = v.InferOutput<typeof ResumePoint>;

export const ClientHello = v.object({
  type: v.literal('hello'),
  v: v.pipe(v.number(), v.safeInteger()),
  client: v.optional(v.object({ name: ShortText, version: ShortText })),
  features: v.optional(v.pipe(v.array(ShortText), v.maxLength(16))),
  auth: v.optional(Ticket),
  resume: v.optional(v.record(ChannelName, ResumePoint)),
});
export type ClientHello = v.InferOutput<typeof ClientHello>;

/** Plain clients leave out `id` (no answer is matched) and `symbols` (all symbols). */
export const SubscribeMessage = v.object({
  type: v.literal('subscribe'),
  id: v.optional(RequestId),
  channels: v.optional(Channels),
  symbols: v.optional(Symbols),
});
export type SubscribeMessage = v.InferOutput<typeof SubscribeMessage>;

export const UnsubscribeMessage = v.object({
  type: v.literal('unsubscribe'),
  id: v.optional(RequestId),
  channels: v.optional(Channels),
  symbols: v.optional(Symbols),
});
export type UnsubscribeMessage = v.InferOutput<typeof UnsubscribeMessage>;

export const PingMessage = v.object({ type: v.literal('ping'), id: v.optional(RequestId), t: v.optional(Finite) });
export type PingMessage = v.InferOutput<typeof PingMessage>;

/** Cumulative payload bytes the client has handled. */
export const AckMessage = v.object({ type: v.literal('ack'), bytes: Seq });
export type AckMessage = v.InferOutput<typeof AckMessage>;

export const ResyncMessage = v.object({
  type: v.literal('resync'),
  id: RequestId,
  channel: ChannelName,
  have: v.optional(Position),
  symbols: v.optional(Symbols),
  sv: v.optional(Seq),
});
export type ResyncMessage = v.InferOutput<typeof ResyncMessage>;

export const AuthMessage = v.object({ type: v.literal('auth'), ...Ticket.entries });
export type AuthMessage = v.InferOutput<typeof AuthMessage>;

// ---- server to client -------------------------------------------------------------------------

export const ServerHello = v.object({
  type: v.literal('hello'),
  v: v.pipe(v.number(), v.safeInteger()),
  conn: ShortText,
  node: ShortText,
  server_version: ShortText,
  time: IsoTime,
  stream: ShortText,
  mode: FeedModeSchema,
  heartbeat_ms: Finite,
  dead_ms: Finite,
  flush_ms: Finite,
  window_bytes: Finite,
  ack_bytes: Finite,
  stale_ms: Finite,
  limits: v.object({ frame_bytes: Finite, symbols: Finite, channels: Finite, msgs_per_10s: Finite }),
  reconnect: v.object({ base_ms: Finite, cap_ms: Finite, first_ms: Finite }),
  auth: v.object({ mode: ShortText, expires_in_ms: v.nullable(Finite) }),
  resumed: v.optional(v.record(ShortText, v.boolean())),
  reasons: v.optional(v.record(ShortText, ShortText)),
});
export type ServerHello = v.InferOutput<typeof ServerHello>;

/** `data` holds the state of the newly added keys as of `asof`; keys already held are not repeated. */
export const SubscribedMessage = v.object({
  type: v.literal('subscribed'),
  id: v.optional(RequestId),
  sv: Seq,
  channels: v.array(
    v.object({
      channel: ChannelName,
      epoch: Epoch,
      asof: Seq,
      /** Symbols now subscribed by this request; absent = all. */
      symbols: v.optional(Symbols),
      data: v.optional(KeyedPayload),
      items: v.optional(v.array(v.unknown())),
    }),
  ),
  rejected: v.array(v.object({ channel: v.optional(v.string()), symbol: v.optional(v.string()), code: ShortText })),
});
export type SubscribedMessage = v.InferOutput<typeof SubscribedMessage>;

export const UnsubscribedMessage = v.object({
  type: v.literal('unsubscribed'),
  id: v.optional(RequestId),
  sv: Seq,
  channels: v.array(ChannelName),
  symbols: v.optional(Symbols),
});
export type UnsubscribedMessage = v.InferOutput<typeof UnsubscribedMessage>;

export const PongMessage = v.object({
  type: v.literal('pong'),
  id: v.optional(RequestId),
  t: v.optional(Finite),
  timestamp: IsoTime,
});
export type PongMessage = v.InferOutput<typeof PongMessage>;

export const AuthOkMessage = v.object({ type: v.literal('auth_ok'), expires_in_ms: v.nullable(Finite) });
export type AuthOkMessage = v.InferOutput<typeof AuthOkMessage>;

/** The server will close soon; come back after `retry_after_ms`. */
export const GoawayMessage = v.object({
  type: v.literal('goaway'),
  reason: ShortText,
  retry_after_ms: Finite,
  close_in_ms: Finite,
});
export type GoawayMessage = v.InferOutput<typeof GoawayMessage>;

export const ErrorMessage = v.object({
  type: v.literal('error'),
  id: v.optional(RequestId),
  code: ShortText,
  message: v.pipe(v.string(), v.maxLength(512)),
  retryable: v.boolean(),
  retry_after_ms: v.optional(Finite),
  timestamp: IsoTime,
});
export type ErrorMessage = v.InferOutput<typeof ErrorMessage>;

/** A labelled test message an administrator sent to their own sockets. */
export const TestResponse = v.object({ type: v.literal('test_response'), message: ShortText, timestamp: IsoTime });
export type TestResponse = v.InferOutput<typeof TestResponse>;
