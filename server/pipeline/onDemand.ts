import { parseChannel } from '@/core/contract';
import type { BookOutput, TradeOutput } from '@/core/market/outputs';
import type { Bus } from '../bus/bus';
import { madeOnDemand } from '../bus/onDemand';
import type { Logger } from '../observability/logger';
import { BookDemand } from './bookDemand';
import type { Demand, DemandContext, DemandName } from './demand';
import { CandlesDemand, QuotesDemand, ShortDemand, TradesDemand } from './valueDemands';

/** Makes the channels that somebody wants, and only those. */
export interface OnDemand {
  /** An output of the engine, told in its own step. */
  told(output: BookOutput | TradeOutput): void;
  /** Publishes what changed since the last flush. */
  flush(): void;
  /** The market shown changed; the numbering of every channel has been started anew. */
  forget(): void;
}

/** Channels looked at in one flush; with more of them they take turns, so that a flush never holds up the process. */
const LOOKS = 250;

function make(name: DemandName, context: DemandContext): Demand {
  if (name.family === 'book') return new BookDemand(name, context);
  if (name.family === 'trades') return new TradesDemand(name, context);
  if (name.family === 'binary10') return new ShortDemand(name, context);
  return name.family === 'quote' ? new QuotesDemand(name, context) : new CandlesDemand(name, context);
}

export function createOnDemand(bus: Bus, context: DemandContext, log: Logger): OnDemand {
  const demands = new Map<string, Demand>();
  const bySymbol = new Map<string, Set<Demand>>();
  let start = 0;

  /** A fault in one channel must not stop the others. */
  function guarded(channel: string, work: () => boolean): boolean {
    try {
      return work();
    } catch (error) {
      log.error({ err: error, channel }, 'a channel could not be made');
      return true;
    }
  }

  function add(name: DemandName): void {
    context.channels.open(name.name);
    const demand = make(name, context);
    demands.set(name.name, demand);
    bySymbol.set(name.symbol, (bySymbol.get(name.symbol) ?? new Set()).add(demand));
    // At once, so that its first reader need not wait.
    demand.flush();
  }

  function remove(name: DemandName): void {
    const demand = demands.get(name.name);
    const same = bySymbol.get(name.symbol);
    if (demand) same?.delete(demand);
    if (same?.size === 0) bySymbol.delete(name.symbol);
    demands.delete(name.name);
    context.channels.drop(name.name);
  }

  bus.onWant((name, wanted) => {
    const channel = parseChannel(name);
    if (!channel || channel.symbol === null || !madeOnDemand(channel)) return;
    const named = { ...channel, symbol: channel.symbol };
    guarded(name, () => {
      if (!wanted) remove(named);
      else if (!demands.has(name)) add(named);
      return true;
    });
  });

  return {
    told(output) {
      const interested = bySymbol.get(output.symbol);
      if (interested) for (const demand of interested) demand.told(output);
    },
    flush() {
      const all = [...demands];
      let looks = 0;
      for (let i = 0; i < all.length; i++) {
        const next = all[(start + i) % all.length];
        if (next && guarded(next[0], () => next[1].flush()) && ++looks >= LOOKS) {
          start = (start + i + 1) % all.length;
          return;
        }
      }
    },
    forget() {
      for (const demand of demands.values()) demand.forget();
    },
  };
}
