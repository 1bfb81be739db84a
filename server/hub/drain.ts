import { encode } from '@/core/contract';
import type { Connection } from './connection';

export interface Drain {
  readonly reason: string;
  /** The whole time it may take, ms. */
  readonly graceMs: number;
  readonly connections: ReadonlySet<Connection>;
  /** Time over which the clients are to come back, ms. */
  readonly spreadMs: number;
  readonly random: () => number;
}

/** Orderly end: goaway with a spread return, close 4001, and what is still there at the end is cut. */
export async function drain({ reason, graceMs, connections, spreadMs, random }: Drain): Promise<void> {
  if (connections.size === 0) return;
  const closeInMs = Math.min(2_000, Math.floor(graceMs / 4));
  const returns = new Map([...connections].map((c) => [c, Math.round(random() * spreadMs)]));
  for (const [connection, retry] of returns) {
    connection.broadcast(encode({ type: 'goaway', reason: reason.slice(0, 256), retry_after_ms: retry, close_in_ms: closeInMs }));
  }
  await pause(closeInMs, () => connections.size === 0);
  for (const connection of connections) connection.close('drain', returns.get(connection) ?? 1_000);
  await pause(graceMs - closeInMs, () => connections.size === 0);
  for (const connection of [...connections]) connection.session.terminate();
}

/** Waits until `done`, at the longest `ms`. */
function pause(ms: number, done: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const end = performance.now() + ms;
    const timer = setInterval(() => {
      if (!done() && performance.now() < end) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
}
