import { isInterval, SCORECARD_KINDS, SCORECARD_WINDOWS, type ScorecardReport } from '@/core/contract';
import type { FastifyInstance } from 'fastify';
import { kindOf } from './candles';
import { fail } from './failure';
import type { HttpPorts } from './ports';
import { known, query, readClock } from './query';

/** Figures change with outcomes, which come with candles; many readers share one computation. */
const KEPT_MS = 2_000;
const MOST_KEPT = 64;

/** `GET /api/v1/scorecard`: what signals and forecasts were worth, from the log and from nothing else. */
export function scorecardRoutes(app: FastifyInstance, ports: HttpPorts): void {
  const { score } = ports;
  if (!score) return;
  const kept = new Map<string, { readonly at: number; readonly report: ScorecardReport }>();
  app.get('/api/v1/scorecard', (request, reply) => {
    const asked = query(request);
    const { symbol, tf } = asked;
    const window = SCORECARD_WINDOWS.find((name) => name === (asked['window'] ?? 'all'));
    if (window === undefined) return fail(reply, 'bad_request', 'window is one of 24h 7d all');
    if (symbol !== undefined && !known(ports, symbol)) return fail(reply, 'unknown_symbol');
    if (tf !== undefined && (typeof tf !== 'string' || !isInterval(tf))) return fail(reply, 'bad_request', 'tf is one of 1m 5m 15m 1h 4h 1d');
    const present = kindOf(ports.mode());
    const source = SCORECARD_KINDS.find((name) => name === (asked['source'] ?? present));
    if (source === undefined) return fail(reply, 'bad_request', 'source is one of live simulated replay');
    const key = `${source === present ? '*' : ''}${source}|${window}|${symbol ?? ''}|${tf ?? ''}`;
    const at = ports.clock.monotonic();
    const found = kept.get(key);
    if (found && at - found.at < KEPT_MS) return found.report;
    const report = score.report({ source, window, symbol: symbol ?? null, tf: tf ?? null, now: source === present ? readClock(ports).now : null });
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, { at, report });
    return report;
  });
}
