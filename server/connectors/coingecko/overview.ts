import { err, ok, type Result } from '@/core/util/result';
import { CircuitBreaker, type BreakerOptions } from '../base/breaker';
import type { ConnectorContext, MarketOverview } from '../base/connector';
import type { HttpFailure } from '../base/http';
import { Poller, type PollTaken } from '../base/poller';
import { unreadable, type RestVenue } from '../base/restVenue';
import { judged } from './feed';
import { mapGlobal, mapTrending } from './mapper';
import { OVERVIEW_PATHS, type OverviewPart } from './raw';

const PARTS = ['global', 'trending'] as const satisfies readonly OverviewPart[];
/** It moves slowly, and prices need the calls more. */
const FRESH_MS = 600_000;
/** Nobody asked for so long: nobody looks any more. */
const INTEREST_MS = 1_800_000;

/** Figures of the whole market, read only while somebody asks for them. */
export class OverviewReader {
  private global: MarketOverview['global'] = null;
  private trending: MarketOverview['trending'] = null;
  private askedAt = -Infinity;
  private readonly poller: Poller;

  constructor(private readonly context: ConnectorContext, private readonly venue: RestVenue, options: { readonly breaker: BreakerOptions; readonly lookMs: number; readonly spacingMs: number }) {
    const { clock, random } = context;
    this.poller = new Poller({
      ...options, clock, random, symbols: PARTS, batch: 1, weight: () => 1, budget: venue.budget, breaker: new CircuitBreaker(options.breaker),
      needed: () => clock.monotonic() - this.askedAt < INTEREST_MS,
      ask: ([part], signal) => this.read(part === 'trending' ? 'trending' : 'global', signal),
      changed: () => undefined,
    });
  }

  start(): void {
    this.poller.start();
  }

  stop(): void {
    this.poller.stop();
  }

  overview(): MarketOverview {
    this.askedAt = this.context.clock.monotonic();
    const { global, trending } = this;
    return { source: 'coingecko', global, trending, reason: global && trending ? '' : this.poller.plan().words };
  }

  private async read(part: OverviewPart, signal: AbortSignal): Promise<Result<PollTaken, HttpFailure>> {
    const answer = await this.venue.get(OVERVIEW_PATHS[part], signal);
    if (!answer.ok) return answer;
    const body = judged(answer.value.body);
    if (!body.ok) return body;
    const value = part === 'global' ? (this.global = mapGlobal(body.value, answer.value.receivedAt) ?? this.global) : (this.trending = mapTrending(body.value, answer.value.receivedAt) ?? this.trending);
    return value === null ? err(unreadable('CoinGecko')) : ok({ freshForMs: () => FRESH_MS });
  }
}
