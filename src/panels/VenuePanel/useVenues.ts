import { computed, ref, watch } from 'vue';
import { useClient } from '@/composables/useClient';
import { useNow } from '@/composables/useNow';
import { usePoll } from '@/composables/usePoll';
import { venueName } from '@/components/sourceWords';
import { useConnectionStore } from '@/stores/connection';
import { switchRefusal } from './venueWords';

const EVERY_MS = 5_000;

/** The sources of the server with their figures: asked for every 5 s, and at once when a heartbeat tells of another state. */
export function useVenues() {
  const client = useClient();
  const connection = useConnectionStore();
  const now = useNow();
  const { value, failure, at, refresh } = usePoll((signal) => client.api.venues(signal), { everyMs: EVERY_MS });
  watch(() => [...connection.feeds].map(([id, feed]) => `${id} ${feed.state}`).join(), refresh);
  /** Source that is being started or stopped. */
  const busy = ref<string | null>(null);
  /** Outcome of the last start or stop. */
  const outcome = ref<{ readonly words: string; readonly ok: boolean } | null>(null);

  async function turn(id: string, to: 'start' | 'stop'): Promise<void> {
    if (busy.value !== null) return;
    busy.value = id;
    outcome.value = null;
    const answer = await client.api.switchVenue(id, to, new AbortController().signal);
    busy.value = null;
    const words = answer.ok ? `${venueName(id)} was ${to === 'start' ? 'started' : 'stopped'} from this page.` : `${venueName(id)} was not ${to === 'start' ? 'started' : 'stopped'}: ${switchRefusal(answer.error.code, answer.error.words)}`;
    outcome.value = { words, ok: answer.ok };
    // What was done is told to everybody by the server itself; what was refused only this page knows.
    if (!answer.ok) connection.log({ at: Date.now(), level: 'warn', source: id, text: words });
    refresh();
  }

  return {
    venues: computed(() => value.value ?? []),
    failure,
    /** Time since the newest answer, ms. */
    elapsed: computed(() => Math.max(0, now.value.mono - at.value)),
    refresh,
    busy,
    outcome,
    turn,
  };
}
