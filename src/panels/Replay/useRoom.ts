import { shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { feedStands } from '@/composables/feedStand';
import { usePoll } from '@/composables/usePoll';
import { useReplays, type ApiFailure } from '@/composables/useReplays';
import type { ReplayCommand, ReplayInfo, StateHash } from '@/core/contract';
import { useConnectionStore } from '@/stores/connection';

/** How often the room is asked where it stands, ms. */
const EVERY_MS = 500;
/** The room is being closed from this page: nothing more is asked of it. */
const leaving = shallowRef(false);
const HASH_MS = 2_000;

export interface Room {
  readonly info: Readonly<ShallowRef<ReplayInfo | null>>;
  /** Why the room does not answer. */
  readonly failure: Readonly<Ref<ApiFailure | null>>;
  readonly hash: Readonly<ShallowRef<StateHash | null>>;
  /** Why the last command was refused; null when it was obeyed. */
  readonly refused: Readonly<ShallowRef<string | null>>;
  send(command: ReplayCommand): Promise<void>;
  /** Closes the room on the server. */
  close(): Promise<boolean>;
}

/** The replay in whose room this page is: where it stands, and its controls. */
export function useRoom(): Room {
  const port = useReplays();
  const api = port.load();
  const told = shallowRef<ReplayInfo | null>(null);
  const refused = shallowRef<string | null>(null);
  const { failure } = usePoll(async (signal) => {
    const answer = await (await api).info(signal);
    if (answer.ok) told.value = answer.value;
    return answer;
  }, { everyMs: EVERY_MS, active: () => port.room !== null && !leaving.value });
  const connection = useConnectionStore();
  // Heartbeats tell the time every few seconds only, and nothing of a pause: every clock and age of the page follows this one.
  watch(told, (info) => {
    if (!info) return;
    const [now, moving] = [performance.now(), info.state === 'playing'];
    feedStands(!moving, now);
    connection.setFeedTime(info.time, now, moving ? info.speed || undefined : 0);
  });
  const { value: hash } = usePoll(async (signal) => (await api).hash(signal), { everyMs: HASH_MS, active: () => port.room !== null && !leaving.value, key: () => told.value?.state });
  return {
    info: told, failure, hash, refused,
    async send(command) {
      const answer = await (await api).command(command, new AbortController().signal);
      refused.value = answer.ok ? null : answer.error.words;
      if (answer.ok) told.value = answer.value;
    },
    async close() {
      if (port.room === null) return false;
      leaving.value = true;
      // A stream that is cut would knock at a room that is gone before this page is left.
      const goOn = port.rest();
      const answer = await (await api).close(port.room, new AbortController().signal);
      leaving.value = answer.ok;
      if (!answer.ok) goOn();
      refused.value = answer.ok ? null : answer.error.words;
      return answer.ok;
    },
  };
}
