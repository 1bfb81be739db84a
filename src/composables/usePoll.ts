import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import type { Result } from '@/core/util/result';
import type { ApiFailure } from '@/service';

export interface Poll<T> {
  /** Newest answer; stays when a later request fails. */
  readonly value: Readonly<ShallowRef<T | null>>;
  /** Why the newest request brought nothing; null when it did. */
  readonly failure: Readonly<ShallowRef<ApiFailure | null>>;
  /** Monotonic ms of the newest answer; 0 before the first. */
  readonly at: Readonly<ShallowRef<number>>;
  /** Asks at once. */
  refresh(): void;
}

interface PollOptions {
  readonly everyMs: number;
  /** Asks only while this is true; reactive. Default: always. */
  readonly active?: () => boolean;
  /** Asks at once when this changes; reactive. */
  readonly key?: () => unknown;
}

/**
 * Asks again and again while the calling scope lives, `active` is true and the page is shown; never twice at a time. A changed key gives
 * up the open request and forgets the answer to the old question.
 */
export function usePoll<T>(ask: (signal: AbortSignal) => Promise<Result<T, ApiFailure>>, { everyMs, active = () => true, key = () => null }: PollOptions): Poll<T> {
  const value = shallowRef<T | null>(null);
  const failure = shallowRef<ApiFailure | null>(null);
  const at = shallowRef(0);
  let open: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    open?.abort();
    open = null;
  };
  async function once(): Promise<void> {
    stop();
    if (!active()) return;
    if (document.visibilityState === 'hidden') return void (timer = setTimeout(() => void once(), everyMs));
    const mine = (open = new AbortController());
    const answer = await ask(mine.signal);
    if (open !== mine) return;
    open = null;
    failure.value = answer.ok ? null : answer.error;
    if (answer.ok) {
      value.value = answer.value;
      at.value = performance.now();
    }
    timer = setTimeout(() => void once(), everyMs);
  }
  const shown = (): void => {
    if (document.visibilityState === 'visible' && open === null) void once();
  };
  watch(key, () => {
    value.value = failure.value = null;
    void once();
  });
  watch(active, () => void once(), { immediate: true });
  document.addEventListener('visibilitychange', shown);
  onScopeDispose(() => {
    stop();
    document.removeEventListener('visibilitychange', shown);
  });
  return { value, failure, at, refresh: () => void once() };
}
