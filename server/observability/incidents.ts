import type { EngineOutput } from '@/core/market/outputs';
import type { Bus } from '../bus/bus';
import { Floods } from './floods';
import type { Logger } from './logger';
import type { Metrics } from './metrics';

type Output<T extends EngineOutput['type']> = Extract<EngineOutput, { type: T }>;

/**
 * What befalls the sources, as one line of the log and one step of a counter for each event: a source changed its state, the market shown is of another
 * kind, an order book cannot be trusted any more, a value was refused. Gives the way to stop.
 */
export function watchIncidents(bus: Bus, metrics: Pick<Metrics, 'venueStates' | 'modeChanges' | 'booksBroken'>, log: Logger): () => void {
  const states = new Map<string, string>();
  const floods = new Floods();

  /** Its words change more often than its state. */
  function source({ venue, state, reason }: Output<'feedStatus'>): void {
    if (states.get(venue) === state) return;
    states.set(venue, state);
    metrics.venueStates.inc({ venue, state });
    log.info({ venue, state, reason }, 'a source changed its state');
  }
  /** Wrong in itself: a book that is stale because its source is gone is no incident of its own. */
  function book({ venue, symbol, state, reason }: Output<'book'>): void {
    if (state !== 'gap' && state !== 'crossed') return;
    metrics.booksBroken.inc({ venue, state });
    floods.note(`${venue} ${symbol} ${state}`, (times) => log.info({ venue, symbol, state, reason, times }, 'an order book cannot be trusted'));
  }
  const unsubscribe = bus.subscribe((message) => {
    if (message.type !== 'output') return;
    const { output } = message;
    if (output.type === 'feedStatus') source(output);
    else if (output.type === 'book') book(output);
    else if (output.type === 'mode') {
      metrics.modeChanges.inc({ mode: output.mode });
      log.info({ mode: output.mode, reason: output.reason }, 'the kind of the market shown');
    } else if (output.type === 'refused') {
      // Counted where it is refused. What it was is not told: it is the payload of a stranger.
      const { venue, symbol, code } = output;
      floods.note(`${venue} ${code}`, (times) => log.info({ venue, symbol, code, times }, 'a value of a source was refused'));
    }
  });
  return () => {
    unsubscribe();
    floods.stop();
  };
}
