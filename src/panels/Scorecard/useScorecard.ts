import { computed } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { useClient } from '@/composables/useClient';
import { usePoll } from '@/composables/usePoll';
import { INTERVAL_MS, isInterval, SCORECARD_KINDS, SCORECARD_WINDOWS, type Interval, type ScorecardKind, type ScorecardWindow, type SentimentCell, type SignalCell } from '@/core/contract';
import { useConnectionStore } from '@/stores/connection';
import type { Subject } from './figures';

const EVERY_MS = 15_000;
const FAMILIES = ['signals', 'sentiment'] as const;
export type Family = (typeof FAMILIES)[number];

const byName = (a: { readonly symbol: string | null }, b: { readonly symbol: string | null }): number => ((a.symbol ?? '') < (b.symbol ?? '') ? -1 : (a.symbol ?? '') > (b.symbol ?? '') ? 1 : 0);
const length = (tf: Interval | null): number => (tf === null ? 0 : INTERVAL_MS[tf]);

/** The report asked for, what of it is shown, and the cell in sight: all choices are part of the address. */
export function useScorecard() {
  const [route, router, client, connection] = [useRoute(), useRouter(), useClient(), useConnectionStore()];
  const query = (key: string): string => (typeof route.query[key] === 'string' ? route.query[key] : '');
  const put = (change: Readonly<Record<string, string | undefined>>): void => void router.replace({ query: { ...route.query, ...change } });
  const window = computed<ScorecardWindow>({ get: () => SCORECARD_WINDOWS.find((w) => w === query('window')) ?? 'all', set: (w) => put({ window: w === 'all' ? undefined : w }) });
  const family = computed<Family>({ get: () => FAMILIES.find((f) => f === query('of')) ?? 'signals', set: (f) => put({ of: f === 'signals' ? undefined : f, method: undefined }) });
  const symbol = computed<string>({ get: () => query('symbol'), set: (s) => put({ symbol: s || undefined }) });
  const tf = computed<Interval | null>(() => {
    const text = query('tf');
    return isInterval(text) ? text : null;
  });
  const horizon = computed<number | null>(() => (/^\d{1,6}$/.test(query('h')) ? Number(query('h')) : null));
  // Which log: that of the data shown now unless another one is chosen.
  const present = computed<ScorecardKind>(() => (connection.mode === 'simulated' || connection.mode === 'replay' ? connection.mode : 'live'));
  const source = computed<ScorecardKind>({ get: () => SCORECARD_KINDS.find((k) => k === query('data')) ?? present.value, set: (k) => put({ data: k === present.value ? undefined : k, cell: undefined }) });
  const asked = computed(() => ({ source: source.value === present.value ? null : source.value, window: window.value, symbol: symbol.value || null, tf: family.value === 'signals' ? tf.value : null }));
  // Another kind of data has its own log: nothing of the one before may stay.
  const poll = usePoll((signal) => client.api.scorecard(asked.value, signal), { everyMs: EVERY_MS, key: () => [JSON.stringify(asked.value), connection.mode].join() });
  const report = poll.value;

  const methods = computed(() => [...new Set((family.value === 'signals' ? report.value?.pooledSignals : report.value?.pooledSentiment)?.map((c) => c.method) ?? [])]);
  const method = computed<string>({ get: () => methods.value.find((m) => m === query('method')) ?? methods.value[0] ?? '', set: (m) => put({ method: m }) });
  const own = <C extends { readonly method: string }>(cells: readonly C[] | undefined): C[] => (cells ?? []).filter((c) => c.method === method.value);
  const signals = computed<SignalCell[]>(() => {
    const pooled = symbol.value === '' ? own(report.value?.pooledSignals).filter((c) => tf.value === null || c.tf === tf.value || c.tf === null) : [];
    return [...pooled.sort((a, b) => length(a.tf) - length(b.tf)), ...own(report.value?.signals).sort((a, b) => byName(a, b) || length(a.tf) - length(b.tf))];
  });
  const sentiment = computed<SentimentCell[]>(() => {
    const all = [...(symbol.value === '' ? own(report.value?.pooledSentiment) : []), ...own(report.value?.sentiment).sort((a, b) => byName(a, b) || a.h - b.h)];
    return all.filter((c) => horizon.value === null || c.h === horizon.value);
  });
  const horizons = computed(() => [...new Set(own(report.value?.pooledSentiment).map((c) => c.h))].sort((a, b) => a - b));
  const subjects = computed<Subject[]>(() => (family.value === 'signals' ? signals.value.map((cell) => ({ kind: 'signals', cell })) : sentiment.value.map((cell) => ({ kind: 'sentiment', cell }))));
  const keyOf = ({ kind, cell }: Subject): string => `${cell.symbol ?? '*'}|${kind === 'signals' ? (cell.tf ?? '*') : String(cell.h)}`;
  const shown = computed<Subject | null>(() => subjects.value.find((s) => keyOf(s) === query('cell')) ?? subjects.value.find(({ kind, cell }) => kind === 'sentiment' || cell.tf === tf.value) ?? subjects.value[0] ?? null);
  const show = (subject: Subject): void => put({ cell: keyOf(subject) });
  return { source, present, window, family, symbol, tf, horizon, method, methods, horizons, poll, report, subjects, shown, show, keyOf, put };
}
