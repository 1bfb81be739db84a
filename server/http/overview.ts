import type { OverviewAnswer } from '@/core/contract';
import type { FastifyInstance } from 'fastify';
import type { HttpPorts } from './ports';

const NONE: OverviewAnswer = { source: null, attribution: null, global: null, trending: null, reason: 'No source of the market as a whole is used here' };

/** Figures of the market as a whole as they were last read. Asking keeps them being read. */
export function readOverview(ports: Pick<HttpPorts, 'overview' | 'sources' | 'clock'>): OverviewAnswer {
  const found = ports.overview();
  if (!found) return NONE;
  const now = ports.clock.now();
  const age = (receiveTime: number): number => Math.max(0, now - receiveTime);
  const { source, global, trending, reason } = found;
  return {
    source, attribution: ports.sources.find(({ id }) => id === source)?.attribution ?? null, reason: reason.slice(0, 512),
    global: global && {
      coins: global.coins, markets: global.markets, marketCapUsd: global.marketCapUsd, volumeUsd: global.volumeUsd, changePercent: global.changePercent, dominance: { ...global.dominance },
      venue_time: global.venueTime, age_ms: age(global.receiveTime),
    },
    trending: trending && { coins: trending.coins.map((coin) => ({ ...coin })), age_ms: age(trending.receiveTime) },
  };
}

export function overviewRoute(app: FastifyInstance, ports: HttpPorts): void {
  app.get('/api/v1/overview', () => readOverview(ports));
}
