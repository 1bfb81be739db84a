import { computed, type ComputedRef } from 'vue';
import { useConnectionStore } from '@/stores/connection';
import { useNow } from './useNow';

/** Time of the feed, ms: the server's clock carried on since the last heartbeat, in replay and simulation their own. Steps once a second. */
export function useFeedNow(): ComputedRef<number> {
  const connection = useConnectionStore();
  const now = useNow();
  return computed(() => {
    const heard = connection.feedTime;
    return heard === null ? now.value.wall : heard.time + Math.max(0, now.value.mono - heard.heardAt) * (heard.speed ?? 1);
  });
}
