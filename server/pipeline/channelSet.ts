import type { Bus, KeyedChange } from '../bus/bus';

interface Channel {
  epoch: string;
  seq: number;
}

/** The channels of one owner: gives every change its place (epoch, prev, seq) and puts it on the bus. */
export class ChannelSet {
  private readonly channels = new Map<string, Channel>();

  /** @param newEpoch a new opaque mark at every call; random, so that no two runs share one. */
  constructor(
    private readonly bus: Bus,
    private readonly newEpoch: () => string,
  ) {}

  /** Announces a channel unless it is there. */
  open(name: string): void {
    if (!this.channels.has(name)) this.renew(name);
  }

  /** The numbering starts anew, the state is empty. */
  renew(name: string): void {
    const channel = { epoch: this.newEpoch(), seq: 0 };
    this.channels.set(name, channel);
    this.bus.publish({ type: 'reset', channel: name, epoch: channel.epoch });
  }

  /** `renew`, unless nothing was published since the last one. */
  restart(name: string): void {
    if (this.channels.get(name)?.seq !== 0) this.renew(name);
  }

  renewAll(): void {
    for (const name of [...this.channels.keys()]) this.renew(name);
  }

  /** Nobody reads it any more. */
  drop(name: string): void {
    this.channels.delete(name);
  }

  /** Changes of a keyed channel, applied by readers together. */
  set(name: string, changes: readonly KeyedChange[]): void {
    if (changes.length === 0) return;
    this.bus.publish({ type: 'keyed', channel: name, ...this.next(name, changes.length), changes });
  }

  append(name: string, items: readonly unknown[]): void {
    if (items.length === 0) return;
    this.bus.publish({ type: 'log', channel: name, ...this.next(name, items.length), items });
  }

  private next(name: string, count: number): { epoch: string; prev: number; seq: number } {
    this.open(name);
    const channel = this.channels.get(name) ?? { epoch: '', seq: 0 };
    const prev = channel.seq;
    channel.seq += count;
    return { epoch: channel.epoch, prev, seq: channel.seq };
  }
}
