import { STREAM_NAMES, STREAMS, type StreamName } from '@/core/contract';
import type { Clients } from './clients';
import type { HubContext } from './context';
import { createFlusher } from './flusher';

/** Sends what changed, soon after it changed, and repeats to plain clients what did not. */
export interface Pushes {
  /** A channel of this stream has something for its readers. */
  touch(stream: StreamName, channel: string): void;
  stop(): void;
}

export function createPushes(hub: HubContext, clients: Clients, beforeFlush: () => void): Pushes {
  const { clock, options } = hub;
  const dirty: Record<StreamName, Set<string>> = { market: new Set(), signals: new Set(), binary: new Set() };
  const flusher = (name: StreamName) => createFlusher(options.marketIntervalMs, clock, () => flush(name));
  const flushers = { market: flusher('market'), signals: flusher('signals'), binary: flusher('binary') };

  const hop = hub.metrics.hop.labels({ hop: 'socket' });
  /** When the oldest of what waits was published. */
  const touchedAt: Record<StreamName, number | null> = { market: null, signals: null, binary: null };

  function flush(stream: StreamName): void {
    if (stream === 'market') beforeFlush();
    const channels = dirty[stream];
    const since = touchedAt[stream];
    dirty[stream] = new Set();
    touchedAt[stream] = null;
    clients.each((connection) => connection.flushAll(channels));
    if (since !== null) hop.observe((clock.monotonic() - since) / 1_000);
  }

  /** Values without a change for `everyMs` go to plain clients again, so that silence never has to be interpreted. */
  function refresh(stream: StreamName, everyMs: number): void {
    const channel = STREAMS[stream].channel;
    const replica = hub.replicas.get(channel);
    if (!replica) return;
    const since = clock.monotonic() - everyMs;
    for (const connection of clients.all) {
      if (connection.dialect !== 'plain') continue;
      for (const sub of connection.subscriptions.all) {
        if (sub.channel.name !== channel || sub.plan || !connection.ready()) continue;
        clients.guarded(connection, () => connection.send(hub.encoder.refresh(replica, sub, sub.sent, since)));
      }
    }
  }

  // Values are looked at twice per interval, so that none is silent for longer than it; signals are repeated whole.
  const every: Readonly<Record<StreamName, number>> = { market: options.marketRefreshMs / 2, signals: options.signalsIntervalMs, binary: options.binaryIntervalMs / 2 };
  const timers = STREAM_NAMES.map((name) => setInterval(() => refresh(name, every[name]), every[name]).unref());

  return {
    touch(stream, channel) {
      dirty[stream].add(channel);
      touchedAt[stream] ??= clock.monotonic();
      flushers[stream].touch();
    },
    stop() {
      for (const name of STREAM_NAMES) flushers[name].stop();
      for (const timer of timers) clearInterval(timer);
    },
  };
}
