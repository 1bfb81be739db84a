import { onScopeDispose, toValue, watch, type MaybeRefOrGetter } from 'vue';
import { useClient } from './useClient';

/** Holds a channel while the calling scope lives, and follows it when the name changes. null = none. */
export function useSubscription(channel: MaybeRefOrGetter<string | null>): void {
  const client = useClient();
  let release: (() => void) | null = null;
  watch(
    () => toValue(channel),
    (name) => {
      const old = release;
      // The new one first: a channel that two names share is not dropped in between.
      release = name === null ? null : client.subscribeChannel(name);
      old?.();
    },
    { immediate: true, flush: 'sync' },
  );
  onScopeDispose(() => release?.());
}
