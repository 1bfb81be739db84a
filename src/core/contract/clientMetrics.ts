import * as v from 'valibot';
import { Finite } from './primitives';

/** Most buckets of one histogram, and most observations in all of them: a browser paints at most 240 times a second and reports at least once a minute. */
const MOST_BUCKETS = 32;
const MOST_COUNT = 20_000;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_COUNT));
const Bound = v.pipe(Finite, v.gtValue(0), v.maxValue(600_000));

/** What was observed since the report before: `counts[i]` observations of at most `bounds_ms[i]`, and more than the bound before; one count more than bounds for those above all. */
const Observed = v.pipe(
  v.object({ bounds_ms: v.pipe(v.array(Bound), v.minLength(1), v.maxLength(MOST_BUCKETS)), counts: v.pipe(v.array(Count), v.maxLength(MOST_BUCKETS + 1)) }),
  v.check(({ bounds_ms, counts }) => counts.length === bounds_ms.length + 1, 'one count more than bounds'),
  v.check(({ bounds_ms }) => bounds_ms.every((bound, i) => i === 0 || bound > (bounds_ms[i - 1] ?? 0)), 'bounds that rise'),
  v.check(({ counts }) => counts.reduce((sum, count) => sum + count, 0) <= MOST_COUNT, 'too many observations'),
);

/** Hops of a price inside the browser: from the server's sending to receipt, to the frame that shows it, to the painted pixel. */
export const CLIENT_HOPS = ['receive', 'frame', 'paint'] as const;
export type ClientHop = (typeof CLIENT_HOPS)[number];

/** Body of `POST /api/v1/client-metrics`, sent by pages whose user opted in. Nothing in it tells who or where. */
export const ClientMetricsReport = v.object({
  version: v.literal(1),
  hops: v.object({ receive: v.optional(Observed), frame: v.optional(Observed), paint: v.optional(Observed) }),
  /** The server's clock minus the browser's, and how far that may be wrong, ms; null before the first answer to a ping. */
  clock: v.nullable(v.object({ offset_ms: Finite, error_ms: v.pipe(Finite, v.minValue(0)) })),
});
export type ClientMetricsReport = v.InferOutput<typeof ClientMetricsReport>;

/** Reads a report; null when it is none. */
export function decodeClientMetrics(value: unknown): ClientMetricsReport | null {
  const read = v.safeParse(ClientMetricsReport, value);
  return read.success ? read.output : null;
}
