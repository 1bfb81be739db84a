import { STREAM_NAMES, type VenueInfo } from '@/core/contract';
import type { ConnectionStoreApi } from '@/stores/types';
import { bookWords } from '../VenuePanel/venueWords';

export interface DiagnosticsInput {
  readonly connection: Pick<ConnectionStoreApi, 'streams' | 'mode' | 'feeds' | 'serverVersion' | 'activity'>;
  readonly symbols: number;
  /** As the server told them last; empty when it did not. */
  readonly venues: readonly VenueInfo[];
  readonly app: string;
  readonly server: string;
  readonly at: Date;
  /** Monotonic ms, the clock of the stream times. */
  readonly mono: number;
}

const since = (mono: number, at: number | null): string => (at === null ? 'never' : `${((mono - at) / 1000).toFixed(1)} s ago`);

const ms = (value: number | null): string => (value === null ? 'unknown' : `${value.toFixed(0)} ms`);

/** Several lines of one source: everything the status view shows of it, without prices and without keys. */
function venueLines(v: VenueInfo): string[] {
  const lines = [
    `source ${v.id}: ${v.state} (${v.reason}), newest ${ms(v.lastMessageAgeMs)}, ${v.messagesPerSecond.toFixed(1)}/s, lag ${ms(v.lagMs)}, clock ${ms(v.clockOffsetMs)}, reconnects ${String(v.reconnects)}, next try ${v.nextAttemptInMs === null ? 'none' : ms(v.nextAttemptInMs)}`,
    `  leads ${String(v.leads)}, symbols ${String(v.symbols.length)}, unserved ${String(v.unserved.length)}, books ${bookWords(v.books) || 'none'}, gaps repaired ${String(v.gapsRepaired)}, circuit ${v.circuit ?? 'none'}, fallback ${v.fallback ? 'yes' : 'no'}, unknown messages ${String(v.unknownMessages)}, key ${v.keySet === null ? 'none needed' : v.keySet ? 'set' : 'not set'}`,
  ];
  const subscriptions = Object.entries(v.subscriptions).map(([state, n]) => `${state} ${String(n)}`);
  if (subscriptions.length > 0) lines.push(`  subscriptions: ${subscriptions.join(', ')}`);
  if (v.budgets.length > 0) lines.push(`  budgets: ${v.budgets.map((b) => `${b.name} per ${b.per} ${String(b.used)}/${String(b.limit)}`).join(', ')}`);
  if (v.thin.length > 0) lines.push(`  thin: ${v.thin.join(', ')}`);
  if (v.silent.length > 0) lines.push(`  silent: ${v.silent.join(', ')}`);
  if (v.unserved.length > 0) lines.push(`  unserved: ${v.unserved.map((u) => `${u.symbol} (${u.reason})`).join(', ')}`);
  return lines;
}

/** Plain text for a report of a fault: states and figures, no prices, no addresses but the server's. */
export function diagnostics(input: DiagnosticsInput): string {
  const { connection: c, mono } = input;
  const streams = STREAM_NAMES.map((name) => {
    const s = c.streams[name];
    const latency = s.latencyMs === null ? 'unknown' : `${s.latencyMs.toFixed(0)} ms`;
    return `${name}: ${s.state}${s.reason ? ` (${s.reason})` : ''}, latency ${latency}, ${s.updatesPerSecond.toFixed(0)}/s, last ${since(mono, s.lastMessageAt)}, reconnects ${String(s.reconnects)}, refused ${String(s.refused)}, fallback ${s.fallback ? 'yes' : 'no'}`;
  });
  const feeds = [...c.feeds].map(([id, f]) => `feed ${id}: ${f.state}, age ${f.age_ms === null ? 'unknown' : `${f.age_ms.toFixed(0)} ms`}${f.reason ? `, ${f.reason}` : ''}`);
  const activity = c.activity.slice(0, 30).map((a) => `${new Date(a.at).toISOString()} ${a.level} ${a.source}: ${a.text}`);
  return [`Tickglass ${input.app}, server ${c.serverVersion ?? 'unknown'} at ${input.server || 'this address'}`, `time ${input.at.toISOString()}, mode ${c.mode}, symbols ${String(input.symbols)}`, ...streams, ...feeds, ...input.venues.flatMap(venueLines), 'activity, newest first:', ...activity].join('\n');
}
