import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { usePoll, type Poll } from '@/composables/usePoll';
import { useReplays, type Answer, type ReplayApi } from '@/composables/useReplays';
import type { RecordingsAnswer } from '@/core/contract';
import { titleOf } from './replayWords';

const EVERY_MS = 3_000;

export interface RecordingsView {
  readonly answer: Poll<RecordingsAnswer>;
  /** Name of what is being done; null while nothing is. */
  readonly busy: Readonly<ShallowRef<string | null>>;
  readonly outcome: Readonly<ShallowRef<{ readonly ok: boolean; readonly words: string } | null>>;
  record(action: 'start' | 'stop'): Promise<void>;
  /** Gives the name of the file. */
  report(): Promise<string | null>;
  remove(name: string): Promise<void>;
  /** Opens a recording; gives the id of its room. */
  open(file: string): Promise<string | null>;
  closeReplay(id: string): Promise<void>;
  /** Address of a file for download. */
  download(name: string): string;
}

/** Recordings of the server, and what can be done with them. */
export function useRecordings(): RecordingsView {
  const port = useReplays();
  const api = port.load();
  const busy = shallowRef<string | null>(null);
  const outcome = shallowRef<{ readonly ok: boolean; readonly words: string } | null>(null);
  const answer = usePoll(async (signal) => (await api).recordings(signal), { everyMs: EVERY_MS });
  const ended = new AbortController();
  onScopeDispose(() => ended.abort());

  async function act<T>(name: string, ask: (api: ReplayApi, signal: AbortSignal) => Answer<T>, done: (value: T) => string): Promise<T | null> {
    if (busy.value !== null) return null;
    busy.value = name;
    const result = await ask(await api, ended.signal);
    busy.value = null;
    outcome.value = result.ok ? { ok: true, words: done(result.value) } : { ok: false, words: result.error.words };
    answer.refresh();
    return result.ok ? result.value : null;
  }

  return {
    answer, busy, outcome,
    async record(action) {
      await act('record', (a, signal) => a.record(action, signal), ({ name }) => (action === 'start' ? 'Recording' : `Saved as ${titleOf(name)}`));
    },
    report: async () => (await act('report', (a, signal) => a.report(signal), ({ name }) => `Saved as ${titleOf(name)}. It holds market data and facts of the server, no secrets and nothing of its users.`))?.name ?? null,
    async remove(name) {
      await act('remove', (a, signal) => a.remove(name, signal), () => `${titleOf(name)} was deleted`);
    },
    open: async (file) => (await act(file, (a, signal) => a.open(file, signal), () => 'Opening the replay'))?.id ?? null,
    async closeReplay(id) {
      await act('close', (a, signal) => a.close(id, signal), () => 'The replay was closed');
    },
    download: (name) => `${port.home}api/v1/recordings/download?${new URLSearchParams({ name }).toString()}`,
  };
}
