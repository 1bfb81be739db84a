import type { ParsedChannel } from '@/core/contract';
import type { Bus } from '../bus/bus';
import { madeOnDemand } from '../bus/onDemand';
import type { Metrics } from '../observability/metrics';
import type { HubOptions } from './options';
import type { Replicas } from './replicas';

/** Keeps channels that are made on demand alive while any client reads them, and for a while after. */
export interface Wants {
  /** A client reads this channel from now on; false = no more channels can be made. Nothing to do for channels that always exist. */
  hold(channel: ParsedChannel): boolean;
  release(channel: ParsedChannel): void;
  stop(): void;
}

interface Want {
  readonly channel: ParsedChannel;
  readonly takeBack: () => void;
  readers: number;
  /** Set while nobody reads it: a reload of the page, or a return to the panel, finds it still there. */
  linger: NodeJS.Timeout | null;
}

export function createWants(bus: Bus, replicas: Replicas, metrics: Metrics, options: Pick<HubOptions, 'lingerMs' | 'wantedChannels'>): Wants {
  const wants = new Map<string, Want>();

  function end(want: Want): void {
    if (want.linger) clearTimeout(want.linger);
    wants.delete(want.channel.name);
    want.takeBack();
    replicas.drop(want.channel.name);
    metrics.wantedChannels.dec({ family: want.channel.family });
  }

  /** Room for one more: channels nobody reads any more go first, the one released first of all. */
  function hasRoom(): boolean {
    if (wants.size < options.wantedChannels) return true;
    const idle = [...wants.values()].find((want) => want.linger !== null);
    if (idle) end(idle);
    return idle !== undefined;
  }

  return {
    hold(channel) {
      if (!madeOnDemand(channel)) return true;
      let want = wants.get(channel.name);
      if (!want) {
        if (!hasRoom()) return false;
        // First the replica: the owner answers the wish with the state, at once.
        replicas.ensure(channel);
        want = { channel, takeBack: bus.want(channel.name), readers: 0, linger: null };
        wants.set(channel.name, want);
        metrics.wantedChannels.inc({ family: channel.family });
      }
      if (want.linger) clearTimeout(want.linger);
      want.linger = null;
      want.readers++;
      return true;
    },
    release(channel) {
      const want = wants.get(channel.name);
      if (!want || --want.readers > 0) return;
      // Behind the others in the order of release.
      wants.delete(channel.name);
      wants.set(channel.name, want);
      want.linger = setTimeout(() => end(want), options.lingerMs).unref();
    },
    stop() {
      for (const want of [...wants.values()]) end(want);
    },
  };
}
