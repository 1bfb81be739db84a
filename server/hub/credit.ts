import type { Session } from './session';

/**
 * Says whether a connection may be given more. The one implementation looks at the bytes the operating system has not
 * taken yet; end-to-end credit from `ack` messages will be a second one behind the same interface.
 */
export interface Credit {
  /** May another frame be sent now? */
  ready(): boolean;
  /** The client says it has handled this many payload bytes. */
  ack(bytes: number): void;
  /** How long nothing could be delivered although something waits, ms. Ask it regularly. */
  stalledMs(now: number): number;
}

export function createBufferCredit(session: Session, windowBytes: number, now: number): Credit {
  let delivered = 0;
  let progressAt = now;
  return {
    ready: () => session.stats().buffered < windowBytes,
    ack: () => undefined,
    stalledMs(at) {
      const stats = session.stats();
      if (stats.delivered !== delivered || stats.buffered === 0) {
        delivered = stats.delivered;
        progressAt = at;
      }
      return at - progressAt;
    },
  };
}
