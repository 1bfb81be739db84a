import ReconnectingWebSocket from 'reconnecting-websocket';
import { CLOSE } from '@/core/contract';
import type { TimerId, Timers, WebSocketConstructor, WebSocketLike } from './types';

/** How a connection ended. `afterError`: the library reports 1000 here, so the code is ours (abnormal). */
export interface Fault {
  readonly code: number;
  readonly reason: string;
}
/** What to do after a fault: try again after a delay, or never by itself. */
export type Verdict = { readonly delayMs: number } | 'stop';

export interface SocketHandlers {
  /** An attempt begins. */
  connecting(): void;
  /** Open; the subprotocol the server chose, empty for none. */
  open(protocol: string): void;
  message(text: string): void;
  /** A frame that is not text. */
  binary(): void;
  /** Decides what follows. Called once per ended connection that nobody dropped, before `closed`. */
  judge(fault: Fault): Verdict;
  closed(fault: Fault, verdict: Verdict): void;
}

/** A connection that comes back by itself. */
export interface ResilientSocket {
  /** Connects after `delayMs`; whatever was there before is thrown away. */
  connect(delayMs: number): void;
  /** Sends when open; otherwise drops: intent is sent again after the next greeting, never from a queue. */
  send(text: string): boolean;
  /** Throws the connection away without waiting for its close event. No handler is called for it any more. */
  drop(code: number, reason: string): void;
}

export interface ResilientSocketOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly WebSocket: WebSocketConstructor;
  readonly timers: Timers;
  readonly connectTimeoutMs: number;
  readonly handlers: SocketHandlers;
}

const ABNORMAL: Fault = { code: CLOSE.abnormal.code, reason: '' };

/** Stands in for a socket whose constructor threw (a refused address): fails like an unreachable host. */
class RefusedSocket implements WebSocketLike {
  readonly readyState = 3;
  readonly protocol = '';
  binaryType = 'blob';
  private readonly failed = new Set<(event: never) => void>();
  constructor() {
    setTimeout(() => this.failed.forEach((listener) => (listener as (event: Event) => void)(new Event('error'))), 0);
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'error') this.failed.add(listener);
  }
  removeEventListener(_type: string, listener: (event: never) => void): void {
    this.failed.delete(listener);
  }
  send(): void {
    // Never open, so nothing is ever sent.
  }
  close(): void {
    this.failed.clear();
  }
}

/**
 * The only file that touches reconnecting-websocket 4.4.0 (its known traps: docs/decisions). Rules kept here:
 * - the delay comes from a getter, asked at each attempt, so that each retry has its own jitter and obeys the close code;
 * - no queue (`maxEnqueuedMessages` 0), no retry limit, growth factor 1: counting and growing is the stream's business;
 * - never `reconnect()`: a socket that is closed or waiting is thrown away and a new one is made;
 * - every callback checks its generation, so a late event of a dropped socket does nothing;
 * - the close code is read from the native socket, because the library says 1000 after an error.
 */
class RwsSocket implements ResilientSocket {
  private generation = 0;
  private rws: ReconnectingWebSocket | null = null;
  private waiting: TimerId | null = null;

  constructor(private readonly options: ResilientSocketOptions) {}

  connect(delayMs: number): void {
    this.discard(CLOSE.normal.code, '');
    if (delayMs <= 0) return this.begin();
    this.waiting = this.options.timers.set(() => this.begin(), delayMs);
  }

  send(text: string): boolean {
    if (!this.rws || this.rws.readyState !== this.rws.OPEN) return false;
    this.rws.send(text);
    return true;
  }

  drop(code: number, reason: string): void {
    this.discard(code, reason);
  }

  private discard(code: number, reason: string): void {
    this.generation++;
    this.options.timers.clear(this.waiting);
    this.waiting = null;
    const old = this.rws;
    this.rws = null;
    old?.close(code, reason);
  }

  private begin(): void {
    this.waiting = null;
    const mine = ++this.generation;
    const { handlers, url, protocols, connectTimeoutMs } = this.options;
    const current = (): boolean => mine === this.generation;
    const ended = { fault: null as Fault | null, verdict: null as Verdict | null, constructed: false };
    const judge = (): Verdict => (ended.verdict ??= handlers.judge(ended.fault ?? ABNORMAL));

    const rws = new ReconnectingWebSocket(url, [...protocols], {
      WebSocket: guard(this.options.WebSocket, {
        attempt: () => {
          ended.fault = ended.verdict = null;
          if (current()) handlers.connecting();
        },
        // The first word counts: `ws` and browsers report a close after the error that caused it.
        fault: (fault) => void (ended.fault ??= fault),
      }),
      maxEnqueuedMessages: 0,
      maxRetries: Infinity,
      reconnectionDelayGrowFactor: 1,
      maxReconnectionDelay: Infinity,
      connectionTimeout: connectTimeoutMs,
      get minReconnectionDelay(): number {
        if (!ended.constructed || !current()) return 0;
        const verdict = judge();
        return verdict === 'stop' ? 0 : verdict.delayMs;
      },
    });
    ended.constructed = true;
    this.rws = rws;
    rws.addEventListener('open', () => {
      if (current()) handlers.open(rws.protocol);
    });
    rws.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (!current()) return;
      if (typeof event.data === 'string') handlers.message(event.data);
      else handlers.binary();
    });
    rws.addEventListener('close', () => {
      if (!current()) return;
      const verdict = judge();
      const fault = ended.fault ?? ABNORMAL;
      if (verdict === 'stop') this.discard(CLOSE.normal.code, '');
      handlers.closed(fault, verdict);
    });
  }
}

interface GuardPort {
  attempt(): void;
  fault(fault: Fault): void;
}

/** Wraps the constructor so that our listeners are the first, and stay when the library takes its own off: an `error` that nobody hears ends a Node process. */
function guard(Base: WebSocketConstructor, port: GuardPort): WebSocketConstructor {
  return new Proxy(Base, {
    construct(target, [url, protocols]: [string, string[]]): WebSocketLike {
      port.attempt();
      let socket: WebSocketLike;
      try {
        socket = new target(url, protocols);
      } catch {
        // A refused address (mixed content, a bad URL) must not end the library's promise chain; it is judged as unreachable.
        return new RefusedSocket();
      }
      let over = false;
      const once = (fault: Fault): void => {
        if (!over) port.fault(fault);
        over = true;
      };
      socket.addEventListener('error', () => once(ABNORMAL));
      socket.addEventListener('close', (event: { readonly code: number; readonly reason: string }) => once({ code: event.code, reason: event.reason }));
      return socket;
    },
  });
}

export function createResilientSocket(options: ResilientSocketOptions): ResilientSocket {
  return new RwsSocket(options);
}
