import { STREAM_NAMES } from '@/core/contract';
import type { ConnectionStoreApi } from '@/stores/types';

export interface DiagnosticsInput {
  readonly connection: Pick<ConnectionStoreApi, 'streams' | 'mode' | 'feeds' | 'serverVersion' | 'activity'>;
  readonly symbols: number;
  readonly app: string;
  readonly server: string;
  readonly at: Date;
  /** Monotonic ms, the clock of the stream times. */
  readonly mono: number;
}

const since = (mono: number, at: number | null): string => (at === null ? 'never' : `${((mono - at) / 1000).toFixed(1)} s ago`);

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
  return [`Tickglass ${input.app}, server ${c.serverVersion ?? 'unknown'} at ${input.server || 'this address'}`, `time ${input.at.toISOString()}, mode ${c.mode}, symbols ${String(input.symbols)}`, ...streams, ...feeds, 'activity, newest first:', ...activity].join('\n');
}
