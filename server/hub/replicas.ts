import { LIMITS, parseChannel, type ParsedChannel } from '@/core/contract';
import type { BusMessage } from '../bus/bus';
import { madeOnDemand } from '../bus/onDemand';
import type { Clock } from '../observability/clock';
import type { Logger } from '../observability/logger';
import { KeyedChannel } from './keyedChannel';
import { LogChannel } from './logChannel';
import { markColumns } from './rows';

export type Replica = KeyedChannel | LogChannel;

/** Items of log channels together; with many channels each keeps fewer than LIMITS.logItems, but at least LOG_ITEMS_FLOOR. */
const LOG_ITEMS_TOTAL = 200_000;
const LOG_ITEMS_FLOOR = 500;
/** Log items a new client gets. */
export const LOG_SNAPSHOT_ITEMS = 100;

/** The hub's copies of all channels, by name. A channel exists from its first message on, one that is made on demand while `ensure` asked for it. */
export interface Replicas {
  /** Takes a message of the bus; returns the channel it changed. */
  apply(message: BusMessage): ParsedChannel | null;
  get(name: string): Replica | null;
  /** What a name means, the same object for all who read an existing channel; null when it is no channel. */
  channelOf(name: string): ParsedChannel | null;
  /** The channel, made empty if there is none yet. Callers check the symbol first. */
  ensure(channel: ParsedChannel): Replica;
  /** Forgets a channel that is made on demand. The others are never dropped. */
  drop(name: string): void;
}

/** `symbols`: the instruments, in the order in which prices are told to who has none. */
export function createReplicas(clock: Clock, log: Logger, symbols?: () => readonly string[]): Replicas {
  const known = new Map<string, { readonly channel: ParsedChannel; readonly replica: Replica }>();
  let logs = 0;

  function make(channel: ParsedChannel): Replica {
    if (channel.kind === 'keyed') return channel.family === 'market' ? new KeyedChannel(LIMITS.tombstones, markColumns, symbols) : new KeyedChannel(LIMITS.tombstones);
    logs++;
    const share = (): number => Math.max(LOG_ITEMS_FLOOR, Math.floor(LOG_ITEMS_TOTAL / logs));
    return new LogChannel({ items: () => Math.min(LIMITS.logItems, share()), ageMs: LIMITS.logAgeMs, keep: LOG_SNAPSHOT_ITEMS });
  }
  function open(channel: ParsedChannel): Replica {
    const found = known.get(channel.name)?.replica;
    if (found) return found;
    const replica = make(channel);
    known.set(channel.name, { channel, replica });
    return replica;
  }

  const channelOf = (name: string): ParsedChannel | null => known.get(name)?.channel ?? parseChannel(name);

  return {
    channelOf,
    apply(message) {
      if (message.type === 'output') return null;
      const channel = channelOf(message.channel);
      // What is made on demand for somebody else is not kept here.
      if (!channel || (madeOnDemand(channel) && !known.has(channel.name))) return null;
      const replica = open(channel);
      let whole = true;
      if (message.type === 'reset') replica.reset(message.epoch);
      else if (message.type === 'keyed' && replica.kind === 'keyed') whole = replica.apply(message, clock.monotonic());
      else if (message.type === 'log' && replica.kind === 'log') whole = replica.append(message, clock.monotonic());
      else log.error({ channel: message.channel, messageType: message.type }, 'a message of the wrong kind for its channel');
      if (!whole) log.error({ channel: message.channel }, 'changes of a channel were missed; its readers get a snapshot or are told the loss');
      return channel;
    },
    get: (name) => known.get(name)?.replica ?? null,
    ensure: open,
    drop(name) {
      if (known.get(name)?.channel.kind === 'log') logs--;
      known.delete(name);
    },
  };
}
