import { computed, type ComputedRef } from 'vue';
import { MODE_LABELS, type Label } from '@/components/kinds';
import type { FeedMode, StreamName } from '@/core/contract';
import { useConnectionStore } from '@/stores/connection';
import type { StreamState } from '@/stores/types';

const BY_REQUEST: Label = { tag: 'DELAYED', words: 'The stream is down; prices come by plain requests every few seconds', tone: 'amber' };
const NOT_LIVE: Label = { tag: 'NOT LIVE', words: 'The stream is interrupted; the numbers are the last ones received', tone: 'amber' };
const UNNAMED: Label = { tag: 'NOT LIVE', words: 'The stream is down; prices come by plain requests every few seconds, and each row names its source', tone: 'amber' };
const WAITING: Label = { tag: 'CONNECTING', words: 'Waiting for the server to say what feeds it', tone: 'plain' };

/**
 * What may be said about a panel's numbers: what feeds the server, and whether it reaches this page. The word LIVE never stands
 * over numbers that stand still. Simulated and replayed numbers keep their own label, whatever the link does.
 */
export function feedLabel(mode: FeedMode | 'unknown', state: StreamState, fallback: boolean): Label {
  if (mode === 'simulated' || mode === 'replay' || mode === 'none') return MODE_LABELS[mode];
  if (state === 'live') return mode === 'unknown' ? WAITING : MODE_LABELS[mode];
  if (fallback) return mode === 'unknown' ? UNNAMED : BY_REQUEST;
  if (mode === 'unknown' && ['idle', 'connecting', 'hello', 'syncing'].includes(state)) return WAITING;
  return NOT_LIVE;
}

/** Label of the panels that show one stream. */
export function useFeedLabel(name: StreamName): ComputedRef<Label> {
  const connection = useConnectionStore();
  return computed(() => feedLabel(connection.mode, connection.streams[name].state, connection.streams[name].fallback));
}
