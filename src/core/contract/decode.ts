import * as v from 'valibot';
import { err, ok, type Result } from '../util/result';
import type { ChannelFamily } from './channels';
import type { ErrorName } from './errorCodes';
import { LIMITS } from './limits';
import { AckMessage, AuthMessage, AuthOkMessage, ClientHello, ErrorMessage, GoawayMessage, PingMessage, PongMessage, ResyncMessage, ServerHello, SubscribedMessage, SubscribeMessage, TestResponse, UnsubscribedMessage, UnsubscribeMessage } from './messages/control';
import { BookSnapshotMessage, BookUpdateMessage } from './messages/book';
import { CandleData } from './messages/candles';
import { BatchMessage, BinaryUpdate, InitialData, MarketUpdate, PriceUpdate, type RowsMessage, SchemaMessage, SignalUpdate } from './messages/data';
import { MarketData, SparklineData } from './messages/market';
import { VenueQuoteData } from './messages/venueQuote';
import { BinaryData } from './messages/sentiment';
import { RatingData, SignalRecord } from './messages/signals';
import { HeartbeatMessage, ReceiptMessage, StatusMessage } from './messages/status';
import { TradeItem } from './messages/trades';

const SERVER_SCHEMAS = {
  hello: ServerHello,
  initial_data: InitialData,
  market_update: MarketUpdate,
  signal_update: SignalUpdate,
  binary_update: BinaryUpdate,
  batch: BatchMessage,
  schema: SchemaMessage,
  book_snapshot: BookSnapshotMessage,
  book_update: BookUpdateMessage,
  subscribed: SubscribedMessage,
  unsubscribed: UnsubscribedMessage,
  pong: PongMessage,
  heartbeat: HeartbeatMessage,
  status: StatusMessage,
  receipt: ReceiptMessage,
  auth_ok: AuthOkMessage,
  goaway: GoawayMessage,
  error: ErrorMessage,
  test_response: TestResponse,
  price_update: PriceUpdate,
} as const;

const CLIENT_SCHEMAS = {
  hello: ClientHello,
  subscribe: SubscribeMessage,
  unsubscribe: UnsubscribeMessage,
  ping: PingMessage,
  ack: AckMessage,
  resync: ResyncMessage,
  auth: AuthMessage,
} as const;

type ServerSchemas = typeof SERVER_SCHEMAS;
type ClientSchemas = typeof CLIENT_SCHEMAS;

/** Type names of everything a server may send, the compact rows apart. */
export type ServerMessageType = keyof ServerSchemas;
/** Everything a server may send; compact rows have `t: 'b'` instead of a `type`. */
export type ServerMessage = { [K in ServerMessageType]: v.InferOutput<ServerSchemas[K]> }[ServerMessageType] | RowsMessage;
export type ClientMessageType = keyof ClientSchemas;
export type ClientMessage = { [K in ClientMessageType]: v.InferOutput<ClientSchemas[K]> }[ClientMessageType];
export type ServerMessageOf<K extends ServerMessageType> = v.InferOutput<ServerSchemas[K]>;
export type ClientMessageOf<K extends ClientMessageType> = v.InferOutput<ClientSchemas[K]>;

/** A refused message: the code to answer with, and what was wrong, without the payload. */
export interface DecodeFailure {
  readonly code: Extract<ErrorName, 'bad_json' | 'bad_message' | 'unknown_type'>;
  readonly message: string;
  /** The request id, when one could be read, so that the error can be matched. */
  readonly id?: number;
}

/** Schema of one value or item of each channel family (book changes travel in their own messages). */
const PAYLOAD_SCHEMAS = {
  market: MarketData,
  sparkline: SparklineData,
  quote: VenueQuoteData,
  trades: TradeItem,
  candles: CandleData,
  signals: SignalRecord,
  ratings: RatingData,
  binary: BinaryData,
  binary10: BinaryData,
} as const;
export type PayloadFamily = keyof typeof PAYLOAD_SCHEMAS;
export type ChannelPayload<F extends PayloadFamily> = v.InferOutput<(typeof PAYLOAD_SCHEMAS)[F]>;

export function hasPayload(family: ChannelFamily): family is PayloadFamily {
  return Object.hasOwn(PAYLOAD_SCHEMAS, family);
}

/** Validates one value of a channel; null when it is not one. */
export function decodePayload<F extends PayloadFamily>(family: F, value: unknown): ChannelPayload<F> | null {
  const parsed = v.safeParse(PAYLOAD_SCHEMAS[family], value);
  return parsed.success ? parsed.output : null;
}

function parse(text: string): Result<Record<string, unknown>, DecodeFailure> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ code: 'bad_json', message: 'not valid JSON' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err({ code: 'bad_message', message: 'a message is a JSON object' });
  }
  return ok(value as Record<string, unknown>);
}

function describe(issues: readonly v.BaseIssue<unknown>[]): string {
  const first = issues[0];
  if (!first) return 'not of the expected form';
  const path = first.path?.map((p) => String(p.key)).join('.') ?? '';
  return (path ? `${path}: ${first.message}` : first.message).slice(0, 200);
}

function readId(object: Record<string, unknown>): { id?: number } {
  const id = object['id'];
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 && id <= LIMITS.maxRequestId ? { id } : {};
}

/** Depth of nesting, stopping at `limit + 1`. Strings are skipped; the text need not be valid JSON. */
export function nestingDepth(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (deepest > limit) return deepest;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/** Reads a client message. Accepts the plain text `ping`. Never throws. */
export function decodeClient(text: string): Result<ClientMessage, DecodeFailure> {
  if (text === 'ping') return ok({ type: 'ping' });
  if (nestingDepth(text, LIMITS.jsonDepth) > LIMITS.jsonDepth) return err({ code: 'bad_message', message: 'nested too deeply' });
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const type = parsed.value['type'];
  if (typeof type !== 'string') return err({ code: 'bad_message', message: 'type is missing', ...readId(parsed.value) });
  if (!Object.hasOwn(CLIENT_SCHEMAS, type)) return err({ code: 'unknown_type', message: 'this message type is not known', ...readId(parsed.value) });
  const result = v.safeParse(CLIENT_SCHEMAS[type as ClientMessageType], parsed.value);
  return result.success ? ok(result.output) : err({ code: 'bad_message', message: describe(result.issues), ...readId(parsed.value) });
}

/** Reads a server message. An unknown type is a failure the caller counts and ignores. Never throws. */
export function decodeServer(text: string): Result<ServerMessage, DecodeFailure> {
  if (text === 'pong') return ok({ type: 'pong', timestamp: '' });
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  if (parsed.value['t'] === 'b') return decodeRows(parsed.value);
  const type = parsed.value['type'];
  if (typeof type !== 'string') return err({ code: 'bad_message', message: 'type is missing' });
  if (!Object.hasOwn(SERVER_SCHEMAS, type)) return err({ code: 'unknown_type', message: type.slice(0, 40) });
  const result = v.safeParse(SERVER_SCHEMAS[type as ServerMessageType], parsed.value);
  return result.success ? ok(result.output) : err({ code: 'bad_message', message: describe(result.issues), ...readId(parsed.value) });
}

const isPosition = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;
const isCell = (x: unknown): x is number | null => x === null || (typeof x === 'number' && Number.isFinite(x));

/** Checks compact rows without building anything new: this runs at every push. */
function decodeRows(raw: Record<string, unknown>): Result<RowsMessage, DecodeFailure> {
  const bad = (what: string): Result<RowsMessage, DecodeFailure> => err({ code: 'bad_message', message: `rows: ${what}` });
  const { c, e, p, q, v: sv = 0, ts, r, x = [] } = raw;
  if (!isPosition(c) || !isPosition(p) || !isPosition(q) || !isPosition(sv)) return bad('position');
  if (typeof e !== 'string' || e.length === 0 || e.length > 64) return bad('epoch');
  if (typeof ts !== 'number' || !Number.isFinite(ts)) return bad('time');
  if (!Array.isArray(r) || !Array.isArray(x) || !x.every(isPosition)) return bad('rows');
  for (const row of r as unknown[]) {
    if (!Array.isArray(row) || row.length < 2 || !isPosition(row[0])) return bad('row');
    for (let i = 1; i < row.length; i++) if (!isCell(row[i])) return bad('cell');
  }
  return ok({ t: 'b', c, e, p, q, v: sv, ts, r: r as (number | null)[][], x });
}

/** Encodes a message. Refuses to write a non-finite number, which JSON would silently turn into null. */
export function encode(message: ServerMessage | ClientMessage): string {
  return JSON.stringify(message, refuseNonFinite);
}

function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`not a finite number: ${key}`);
  return value;
}
