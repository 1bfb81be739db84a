import type { LampShape } from '@/components/lamp';
import { formatAge, formatCountdown, formatLatency, formatSize } from '@/composables/format';
import type { BudgetInfo, FeedStateName, VenueInfo } from '@/core/contract';

/** Shape and short words of each state of a source. */
export const FEED_WORDS: Readonly<Record<FeedStateName, readonly [shape: LampShape, words: string]>> = {
  off: ['ring', 'off'],
  connecting: ['ring', 'connecting'],
  live: ['disc', 'delivers'],
  standby: ['ring', 'on standby'],
  stale: ['half', 'silent'],
  waiting: ['bar', 'waiting'],
  refused: ['bar', 'refuses'],
  ended: ['bar', 'ended'],
  unknown: ['half', 'unknown state'],
};

const CLASS_WORDS: Readonly<Record<string, string>> = { crypto: 'crypto', equity: 'shares', fx: 'currencies', metal: 'metals', test: 'test' };
/** Classes of instruments as users read them. */
export const classWords = (classes: readonly string[]): string => classes.map((c) => CLASS_WORDS[c] ?? c).join(', ');

/** When the next try comes, `elapsedMs` after the report; empty when none is planned. */
export function nextTry({ nextAttemptInMs }: Pick<VenueInfo, 'nextAttemptInMs'>, elapsedMs: number): string {
  if (nextAttemptInMs === null) return '';
  const left = nextAttemptInMs - elapsedMs;
  return left > 0 ? `Next try in ${formatCountdown(left)}.` : 'Trying now.';
}

/** Why a source is as it is and what comes next, as sentences. */
export function reasonWords({ reason, nextAttemptInMs }: Pick<VenueInfo, 'reason' | 'nextAttemptInMs'>, elapsedMs: number): string {
  const why = reason === '' ? '' : `${reason.charAt(0).toUpperCase()}${reason.slice(1).replace(/[.\s]+$/, '')}.`;
  // Many reasons name the time of the next try themselves, as it was when they were written.
  return [why, nextTry({ nextAttemptInMs }, elapsedMs)].filter(Boolean).join(' ');
}

export interface BudgetBar {
  readonly name: string;
  /** 0..1, the part that is used. */
  readonly used: number;
  readonly words: string;
  /** Less than a tenth is left. */
  readonly low: boolean;
}

/** A budget as a bar and in words: what is left, and when it is whole again. */
export function budgetBar({ name, per, limit, used, resetsInMs }: BudgetInfo, elapsedMs: number): BudgetBar {
  const left = Math.max(0, limit - used);
  const reset = resetsInMs === null || used === 0 || resetsInMs < elapsedMs ? '' : `, whole again in ${formatCountdown(resetsInMs - elapsedMs)}`;
  return { name: `${name} per ${per}`, used: limit > 0 ? Math.min(1, used / limit) : 1, words: `${formatSize(left, 0)} of ${formatSize(limit, 0)} left${reset}`, low: left < limit / 10 };
}

export interface Fact {
  readonly label: string;
  readonly text: string;
  readonly amber?: boolean;
}

const CIRCUIT_WORDS: Readonly<Record<string, string>> = {
  closed: 'plain requests work', open: 'plain requests are paused after repeated failures', half_open: 'one plain request is tried after failures',
};
const BOOK_ORDER = ['ok', 'syncing', 'gap', 'crossed', 'stale'] as const;
const BOOK_WORDS: Readonly<Record<string, string>> = { ok: 'good', syncing: 'loading', gap: 'with a gap', crossed: 'crossed', stale: 'old' };

/** Order books by state in words; empty when the source has none. */
export function bookWords(books: VenueInfo['books']): string {
  return BOOK_ORDER.flatMap((state) => ((books[state] ?? 0) > 0 ? [`${String(books[state])} ${BOOK_WORDS[state] ?? state}`] : [])).join(', ');
}

const offset = (ms: number): string => (Math.abs(ms) < 1 ? 'none' : `${formatLatency(Math.abs(ms))} ${ms > 0 ? 'ahead of this server' : 'behind this server'}`);
const list = (symbols: readonly string[]): string => symbols.join(', ');

/** Everything worth knowing about a source beyond its row; what does not apply is left out. */
export function venueFacts(venue: VenueInfo): Fact[] {
  const books = bookWords(venue.books);
  const badBooks = Object.entries(venue.books).some(([state, n]) => state !== 'ok' && n > 0);
  const asked = Object.entries(venue.subscriptions).filter(([, n]) => n > 0);
  const key = venue.keyVariable === null ? 'none needed' : venue.keySet ? `${venue.keyVariable} is set` : `${venue.keyVariable} is not set`;
  const facts: (Fact | null)[] = [
    { label: 'Leads', text: venue.leads === 1 ? '1 symbol' : `${String(venue.leads)} symbols` },
    books ? { label: 'Order books', text: books, amber: badBooks } : null,
    books || venue.gapsRepaired > 0 ? { label: 'Gaps repaired', text: String(venue.gapsRepaired) } : null,
    { label: 'Reconnects', text: String(venue.reconnects) },
    { label: 'Clock', text: venue.clockOffsetMs === null ? 'not known' : offset(venue.clockOffsetMs) },
    asked.length > 0 ? { label: 'Subscriptions', text: asked.map(([state, n]) => `${String(n)} ${state}`).join(', ') } : null,
    venue.circuit === null ? null : { label: 'Requests', text: CIRCUIT_WORDS[venue.circuit] ?? venue.circuit, amber: venue.circuit !== 'closed' },
    venue.fallback ? { label: 'Route', text: 'by plain requests, as the stream does not deliver', amber: true } : null,
    venue.thin.length > 0 ? { label: 'Thin', text: `far slower than usual: ${list(venue.thin)}`, amber: true } : null,
    venue.silent.length > 0 ? { label: 'Silent', text: `connected, but nothing comes: ${list(venue.silent)}`, amber: true } : null,
    venue.unknownMessages > 0 ? { label: 'Not understood', text: `${String(venue.unknownMessages)} messages, left out` } : null,
    { label: 'Key', text: key, amber: venue.keySet === false },
  ];
  return facts.filter((fact) => fact !== null);
}

/** Reports come every 5 s: a younger one is still the present state, and its figures must not seem to grow old in between. */
const PRESENT_MS = 10_000;

/** Age of the newest message, or that there is none; it grows only when reports fail to come or the source sends nothing. */
export const messageAge = ({ lastMessageAgeMs, state }: Pick<VenueInfo, 'lastMessageAgeMs' | 'state'>, elapsedMs: number): string =>
  lastMessageAgeMs === null ? 'none yet' : `${formatAge(lastMessageAgeMs + (state === 'live' && elapsedMs < PRESENT_MS ? 0 : elapsedMs))} old`;

/** Words for a refused start or stop. */
export function switchRefusal(code: string, words: string): string {
  if (code === 'unauthorized') return 'Only an administrator may start or stop a source, and this page is not signed in as one.';
  if (code === 'forbidden') return 'This account may read everything, but only an administrator may start or stop a source.';
  return `${words.replace(/[.\s]+$/, '')}. Nothing was changed.`;
}
