import type { RowsMessage, ServerMessage, ServerMessageOf } from '@/core/contract';
import type { StreamPort } from './streamOptions';

export interface ControlPort {
  readonly port: StreamPort;
  /** Monotonic ms of receipt. */
  readonly now: number;
  pong(message: ServerMessageOf<'pong'>): void;
  /** The server will close; come back after this time, ms. */
  goaway(retryAfterMs: number): void;
}

/** What concerns the stream and not its channels; everything else is the reducer's. */
export function hearControl(message: Exclude<ServerMessage, RowsMessage>, { port, now, pong, goaway }: ControlPort): void {
  switch (message.type) {
    case 'heartbeat':
      port.mode(message.mode);
      if (message.feed_time !== undefined) port.feedTime(message.feed_time, now);
      return port.feeds(message.feeds);
    case 'pong':
      return pong(message);
    case 'status':
      if (message.mode) port.mode(message.mode);
      return port.notice(message);
    case 'goaway':
      goaway(message.retry_after_ms);
      return port.note({ level: 'info', text: `The server says goodbye (${message.reason})` });
    case 'test_response':
      return port.note({ level: 'info', text: `Test message: ${message.message}` });
    case 'error':
      return port.note({ level: 'warn', text: `The server answered: ${message.message}` });
    default:
      return;
  }
}
