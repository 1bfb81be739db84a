import type { ErrorName, ParsedChannel, ReceiptMessage, ServerMessage, StreamName } from '@/core/contract';
import type { Outlet, Subscription } from './delivery';

/** The stream of a connection; `any` = the endpoint on which channels are asked for by name. */
export type EndpointName = StreamName | 'any';
/** What the client speaks: plain messages, or v2 with object or row encoding. */
export type Dialect = 'plain' | 'objects' | 'rows';
export type Receipt = Omit<ReceiptMessage, 'type' | 'timestamp'>;

/** A connection as its subscriptions see it. */
export interface Reader extends Outlet {
  readonly endpoint: EndpointName;
  readonly dialect: Dialect;
  /** Its rows carry changed columns only. */
  readonly sparse: boolean;
  readonly defaultChannel: ParsedChannel | null;
  sv: number;
  reply(message: ServerMessage): boolean;
  /** Counts one of its messages as refused, without an answer. */
  refused(code: ErrorName): void;
  error(code: ErrorName, detail: string, id?: number, retryAfterMs?: number): void;
  /** Sends what is missing in one channel, or in all. */
  flush(sub: Subscription): void;
  flushAll(): void;
}
