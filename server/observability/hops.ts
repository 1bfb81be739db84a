import type { ClientHop, ClientMetricsReport } from '@/core/contract';
import type { Metrics } from './metrics';

/** Every so many inputs one is timed: an observation costs as much as an input. */
const EVERY = 16;
/** Reports of browsers taken per second, all together. */
const REPORTS_PER_SECOND = 100;

/** True for one call in `EVERY`. */
export function createSampler(every = EVERY): () => boolean {
  let n = 0;
  return () => {
    n = n + 1 === every ? 0 : n + 1;
    return n === 0;
  };
}

/** Takes reports of browsers into the metrics; false when there were too many this second. */
export function createBrowserReports(metrics: Pick<Metrics, 'hop' | 'browserReports' | 'browserClockOffset' | 'browserClockError'>, monotonic: () => number): (report: ClientMetricsReport) => boolean {
  let second = 0;
  let taken = 0;
  return ({ hops, clock }) => {
    const now = Math.floor(monotonic() / 1_000);
    if (now !== second) {
      second = now;
      taken = 0;
    }
    if ((taken += 1) > REPORTS_PER_SECOND) {
      metrics.browserReports.inc({ outcome: 'refused' });
      return false;
    }
    metrics.browserReports.inc({ outcome: 'taken' });
    for (const hop of ['receive', 'frame', 'paint'] as const satisfies readonly ClientHop[]) {
      const observed = hops[hop];
      if (!observed) continue;
      const series = metrics.hop.labels({ hop });
      observed.counts.forEach((count, i) => {
        // The middle of its bucket stands for each observation in it; those above all bounds for twice the last.
        const upper = observed.bounds_ms[i] ?? (observed.bounds_ms.at(-1) ?? 0) * 2;
        const seconds = ((observed.bounds_ms[i - 1] ?? 0) + upper) / 2_000;
        for (let k = 0; k < count; k += 1) series.observe(seconds);
      });
    }
    if (clock) {
      metrics.browserClockOffset.set(clock.offset_ms / 1_000);
      metrics.browserClockError.observe(clock.error_ms / 1_000);
    }
    return true;
  };
}
