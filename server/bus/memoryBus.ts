import type { Logger } from '../observability/logger';
import type { Bus, BusMessage } from './bus';

/**
 * Bus inside one process. Delivery is synchronous and in one total order: a message published by a listener waits until the
 * present one has reached every listener.
 */
export function createMemoryBus(log: Logger): Bus {
  const listeners = new Set<(message: BusMessage) => void>();
  const waiting: BusMessage[] = [];
  const wants = new Map<string, number>();
  const owners = new Set<(channel: string, wanted: boolean) => void>();
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

  function count(channel: string, by: 1 | -1): void {
    const before = wants.get(channel) ?? 0;
    if (before + by === 0) wants.delete(channel);
    else wants.set(channel, before + by);
    if (before === 0 || before + by === 0) for (const owner of owners) owner(channel, by === 1);
  }

  return {
    want(channel) {
      count(channel, 1);
      let held = true;
      return () => {
        if (held) count(channel, -1);
        held = false;
      };
    },
    onWant(listener) {
      const own = (channel: string, wanted: boolean): void => listener(channel, wanted);
      owners.add(own);
      for (const channel of wants.keys()) own(channel, true);
      return () => void owners.delete(own);
    },
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
