import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { STREAM_NAMES, type FeedMode, type FeedSummary, type StreamName } from '@/core/contract';
import type { Activity, ConnectionStoreApi, FeedTime, HopsView, StreamView, TabsView } from './types';

const MAX_ACTIVITY = 500;
/** Shortest time between two samples of the feed's clock that tells its speed, ms. */
const MIN_SAMPLE_MS = 1_000;
/** States in which values come. */
const FLOWING: ReadonlySet<StreamView['state']> = new Set(['live', 'syncing']);

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
  const feedTime = shallowRef<FeedTime | null>(null);
  const tabs = shallowRef<TabsView>({ role: 'alone', others: 0 });
  const hops = shallowRef<HopsView | null>(null);
  const activity = shallowRef<readonly Activity[]>([]);
  let lastId = 0;

  return {
    streams,
    mode,
    feeds,
    serverVersion,
    feedTime,
    activity,
    tabs,
    hops,
    setHops(next: HopsView): void {
      hops.value = next;
    },
    setTabs(next: TabsView): void {
      tabs.value = next;
    },
    setStream(view: StreamView): void {
      // Each attempt to reconnect is a state of its own; the outage began with the first of them.
      const downSince = FLOWING.has(view.state) ? null : (streams.value[view.name].downSince ?? view.since);
      streams.value = { ...streams.value, [view.name]: { ...view, downSince } };
    },
    setMode(next: FeedMode): void {
      mode.value = next;
    },
    setFeeds(next: Readonly<Record<string, FeedSummary>>): void {
      feeds.value = new Map(Object.entries(next));
    },
    setFeedTime(time: number, heardAt: number, known?: number): void {
      const last = feedTime.value;
      const wait = last ? heardAt - last.heardAt : 0;
      // Samples close together measure the network, not the clock; a step back is another feed.
      const speed = known ?? (!last || time < last.time ? null : wait < MIN_SAMPLE_MS ? last.speed : (time - last.time) / wait);
      feedTime.value = { time, heardAt, speed };
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
