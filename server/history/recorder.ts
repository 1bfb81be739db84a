import type { Bus } from '../bus/bus';
import type { HistoryWriter } from './port';

/** Writes every closed candle and every signal that comes over the bus. Returns the function that ends it. */
export function recordFromBus(bus: Bus, history: Pick<HistoryWriter, 'writeCandle' | 'writeSignal'>): () => void {
  return bus.subscribe((message) => {
    if (message.type !== 'output') return;
    const { output } = message;
    if (output.type === 'candle' && output.closed) history.writeCandle(output);
    else if (output.type === 'signal') history.writeSignal(output.record);
  });
}
