import { Audit } from '../server/auth/audit';
import { Auth } from '../server/auth/auth';
import { createLogger } from '../server/observability/logger';
import { createMetrics } from '../server/observability/metrics';
import { systemClock } from '../server/observability/clock';
import type { Figure } from './figure';

const SAMPLES = 1_000;
const CALLS = 20;
const TOKEN = 'k9'.repeat(24);
/** Wrong in the last character, and in all of them. */
const CLOSE = `${TOKEN.slice(0, -1)}x`;
const FAR = 'z'.repeat(TOKEN.length);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[], m: number): number => values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1);

/** Welch's t of two sets of times, each without its slowest tenth: what else the machine does is in there. */
function welch(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a, b].map((times) => [...times].sort((p, q) => p - q).slice(0, Math.floor(times.length * 0.9)));
  if (!x || !y) return NaN;
  const [mx, my] = [mean(x), mean(y)];
  return (mx - my) / Math.sqrt(variance(x, mx) / x.length + variance(y, my) / y.length);
}

/** Does the time of a refusal tell how much of a token was right? (Threat model, S18.) */
export function measureTokens(): Promise<Figure[]> {
  const auth = new Auth({
    token: TOKEN, viewerToken: 'v7'.repeat(24), trustedProxies: [], connectionsPerUser: 1, clock: systemClock, audit: new Audit({ dataDir: ':memory:', log: createLogger('silent'), clock: systemClock }),
    metrics: createMetrics(),
  });
  const times: Record<string, number[]> = { [CLOSE]: [], [FAR]: [] };
  const once = (token: string): number => {
    const from = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) auth.roleOf(token);
    return Number(process.hrtime.bigint() - from);
  };
  for (let i = 0; i < 2_000; i++) once(i % 2 === 0 ? CLOSE : FAR);
  // In turn, and each of them first as often as second.
  for (let i = 0; i < SAMPLES; i++) for (const token of i % 2 === 0 ? [CLOSE, FAR] : [FAR, CLOSE]) times[token]?.push(once(token));
  const [near = [], far = []] = [times[CLOSE], times[FAR]];
  return Promise.resolve([
    { name: 'tokens: |t| of nearly right against quite wrong', value: Math.abs(welch(near, far)), unit: '', budget: 4.5, bound: 'at most', note: `${SAMPLES} samples of ${CALLS} comparisons each; above 4.5 the times would differ` },
    { name: 'tokens: one comparison', value: mean(far) / CALLS / 1_000, unit: 'us', budget: null, bound: 'at most' },
  ]);
}
