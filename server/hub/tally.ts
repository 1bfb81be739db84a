import type { Metrics } from '../observability/metrics';
import type { EndpointName } from './reader';

/** Counts that grow with every frame. A metric costs as much as a frame, so they are added up here and told from time to time. */
export class Tally {
  frames = 0;
  bytes = 0;
  acks = 0;

  constructor(
    private readonly metrics: Metrics,
    private readonly stream: EndpointName,
  ) {}

  /** Moves what came together into the metrics. */
  tell(): void {
    const { metrics, stream } = this;
    if (this.frames > 0) metrics.sentFrames.inc({ stream }, this.frames);
    if (this.bytes > 0) metrics.sentBytes.inc({ stream }, this.bytes);
    if (this.acks > 0) metrics.clientMessages.inc({ type: 'ack' }, this.acks);
    this.frames = this.bytes = this.acks = 0;
  }
}

export type Tallies = Readonly<Record<EndpointName, Tally>>;

export const createTallies = (metrics: Metrics): Tallies => ({
  market: new Tally(metrics, 'market'),
  signals: new Tally(metrics, 'signals'),
  binary: new Tally(metrics, 'binary'),
  any: new Tally(metrics, 'any'),
});

export function tellTallies(tallies: Tallies): void {
  for (const tally of Object.values(tallies)) tally.tell();
}
