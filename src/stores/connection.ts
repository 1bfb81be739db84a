import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { STREAM_NAMES, type FeedMode, type FeedSummary, type StreamName } from '@/core/contract';
import type { Activity, ConnectionStoreApi, StreamView } from './types';

const MAX_ACTIVITY = 500;

/** A stream before anything happened. */
export function idleStream(name: StreamName): StreamView {
  return { name, state: 'idle', reason: 'Not connected yet', since: 0, nextAttemptAt: null, latencyMs: null, updatesPerSecond: 0, lastMessageAt: null, reconnects: 0, fallback: false, refused: 0, lastReceipt: null };
}

/** What the connection bar, the status view and the activity log show: see `ConnectionStoreApi`. */
export const useConnectionStore = defineStore('connection', () => {
  const [market, signals, binary] = STREAM_NAMES;
  const streams = shallowRef<Readonly<Record<StreamName, StreamView>>>({ market: idleStream(market), signals: idleStream(signals), binary: idleStream(binary) });
  const mode = shallowRef<FeedMode | 'unknown'>('unknown');
  const feeds = shallowRef<ReadonlyMap<string, FeedSummary>>(new Map());
  const serverVersion = shallowRef<string | null>(null);
  const activity = shallowRef<readonly Activity[]>([]);
  let lastId = 0;

  return {
    streams,
    mode,
    feeds,
    serverVersion,
    activity,
    setStream(view: StreamView): void {
      streams.value = { ...streams.value, [view.name]: view };
    },
    setMode(next: FeedMode): void {
      mode.value = next;
    },
    setFeeds(next: Readonly<Record<string, FeedSummary>>): void {
      feeds.value = new Map(Object.entries(next));
    },
    setServerVersion(version: string): void {
      serverVersion.value = version;
    },
    log(entry: Omit<Activity, 'id'>): void {
      activity.value = [{ ...entry, id: ++lastId }, ...activity.value].slice(0, MAX_ACTIVITY);
    },
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const connectionStoreApi = (store: ReturnType<typeof useConnectionStore>): ConnectionStoreApi => store;
