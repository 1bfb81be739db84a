import type { Logger } from '../observability/logger';
import type { Bus, BusMessage } from './bus';

/**
 * Bus inside one process. Delivery is synchronous and in one total order: a message published by a listener waits until the
 * present one has reached every listener.
 */
export function createMemoryBus(log: Logger): Bus {
  const listeners = new Set<(message: BusMessage) => void>();
  const waiting: BusMessage[] = [];
  let delivering = false;

  function deliver(message: BusMessage): void {
    for (const listener of listeners) {
      try {
        listener(message);
      } catch (error) {
        log.error({ err: error, messageType: message.type }, 'a bus listener failed');
      }
    }
  }

  return {
    publish(message) {
      if (delivering) {
        waiting.push(message);
        return;
      }
      delivering = true;
      deliver(message);
      for (let next = waiting.shift(); next; next = waiting.shift()) deliver(next);
      delivering = false;
    },
    subscribe(listener) {
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const own = (message: BusMessage): void => listener(message);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}
