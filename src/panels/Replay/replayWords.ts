import { formatTime, zoneName, type Zone } from '@/composables/format';
import type { RecordingFile, ReplayInfo } from '@/core/contract';

/** A length of time in its two largest units: `6 min 12 s`, `1 h 4 min`, `2 d 3 h`. */
export function lengthWords(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return '';
  const s = Math.max(0, Math.round(ms / 1_000));
  const parts: readonly (readonly [number, string])[] = [[Math.floor(s / 86_400), 'd'], [Math.floor(s / 3_600) % 24, 'h'], [Math.floor(s / 60) % 60, 'min'], [s % 60, 's']];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(' ');
}

/** `812 B`, `1.2 MB`. */
export function bytesWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1_000 ** step;
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step] ?? ''}`;
}

/** Name of a file without its folder and ending. */
export const titleOf = (name: string): string => name.replace(/^[^/]*\//, '').replace(/\.(parquet|jsonl|jsonl\.gz)$/, '');

const KINDS: Readonly<Record<string, string>> = { live: 'Live market', simulated: 'Simulated market', replay: 'Replay', mixed: 'Live and simulated market in turn', none: 'No feed' };

/** What a recording holds, in words. */
export function kindWords({ kind, mode, report, exact }: Pick<RecordingFile, 'kind' | 'mode' | 'report' | 'exact'>): string {
  if (kind === 'frames') return 'Messages as a venue sent them';
  const what = KINDS[mode] ?? 'Market of unknown kind';
  return `${report ? `Bug report: ${what.toLowerCase()}` : what}${exact ? ', from the first event on' : ''}`;
}

/** When it was recorded. */
export function spanWords({ from, to }: Pick<RecordingFile, 'from' | 'to'>, zone: Zone): string {
  return from === null || to === null ? '' : `${formatTime(from, zone, 'dateTime')} ${zoneName(zone)}`;
}

export const SPEEDS: readonly { readonly value: number; readonly text: string }[] = [
  ...[1, 2, 5, 10, 20, 50, 100].map((value) => ({ value, text: `${value}×` })), { value: 0, text: 'Fastest' },
];

/** What the replay does, in words. */
export function stateWords({ state, progress, problem }: Pick<ReplayInfo, 'state' | 'progress' | 'problem'>): string {
  if (state === 'seeking') return `Going there: ${Math.floor((progress ?? 0) * 100)} %`;
  if (state === 'ended') return problem === '' ? 'The recording is over' : `The recording ends early: ${problem}`;
  return state === 'playing' ? 'Playing' : 'Paused';
}

/** Whether the state at the end is the recorded server's own; empty while that cannot be said. */
export function verdictWords(info: Pick<ReplayInfo, 'state' | 'endHash' | 'app' | 'serverApp' | 'exact'>, hash: string | null): { readonly text: string; readonly good: boolean } | null {
  if (info.state !== 'ended' || info.endHash === null || hash === null) return null;
  if (info.endHash === hash) return { text: 'Same state as the recorded server', good: true };
  return { text: info.app === info.serverApp ? 'Not the state of the recorded server' : `Not the state of the recorded server, which had version ${info.app}`, good: false };
}
