import { CLOSE } from '@/core/contract';
import type { Fault, ResilientSocket, ResilientSocketOptions, Verdict } from '@/service/resilientSocket';
import type { TimerId, WebSocketLike } from '@/service/types';

/** The same promises as the wrapper of reconnecting-websocket, over the platform's own WebSocket: what would take its place. */
export function createNativeSocket({ url, protocols, WebSocket: Socket, timers, connectTimeoutMs, handlers }: ResilientSocketOptions): ResilientSocket {
  let generation = 0;
  let socket: WebSocketLike | null = null;
  let timer: TimerId | null = null;

  function discard(code: number, reason: string): void {
    generation++;
    timers.clear(timer);
    timer = null;
    const old = socket;
    socket = null;
    if (old && old.readyState < 2) old.close(code, reason);
  }
  function end(mine: number, fault: Fault): void {
    if (mine !== generation) return;
    const verdict: Verdict = handlers.judge(fault);
    discard(CLOSE.normal.code, '');
    if (verdict !== 'stop') timer = timers.set(begin, verdict.delayMs);
    handlers.closed(fault, verdict);
  }
  function begin(): void {
    const mine = ++generation;
    const abnormal = { code: CLOSE.abnormal.code, reason: '' };
    const current = (): boolean => mine === generation;
    timer = timers.set(() => end(mine, abnormal), connectTimeoutMs);
    handlers.connecting();
    try {
      socket = new Socket(url, [...protocols]);
    } catch {
      // A refused address is judged as unreachable, in a turn of its own.
      timers.clear(timer);
      timer = timers.set(() => end(mine, abnormal), 0);
      return;
    }
    const made = socket;
    made.addEventListener('open', () => {
      if (!current()) return;
      timers.clear(timer);
      handlers.open(made.protocol);
    });
    made.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (!current()) return;
      if (typeof event.data === 'string') handlers.message(event.data);
      else handlers.binary();
    });
    made.addEventListener('error', () => end(mine, abnormal));
    made.addEventListener('close', ({ code, reason }: { readonly code: number; readonly reason: string }) => end(mine, { code, reason }));
  }
  return {
    connect(delayMs) {
      discard(CLOSE.normal.code, '');
      if (delayMs <= 0) begin();
      else timer = timers.set(begin, delayMs);
    },
    send(text) {
      if (socket?.readyState !== 1) return false;
      socket.send(text);
      return true;
    },
    drop: discard,
  };
}
