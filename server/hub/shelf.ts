import type { View } from './encode';
import type { Push } from './push';
import type { Replica } from './replicas';

interface Made {
  readonly epoch: string;
  readonly seq: number;
  readonly shape: View['shape'];
  readonly prev: number;
  readonly cursor: number;
  readonly sid: number;
  readonly sv: number;
  readonly push: Push | null;
}

/**
 * Pushes made at one instant, for readers who read the same from the same place. Nearly all who have equal filters stand at one place:
 * the first push of a filter is found by comparing, without making a key; those of other places by their key.
 */
export class Shelf {
  private readonly first = new Map<Replica, Map<string, Made>>();
  private readonly others = new Map<string, Push | null>();

  clear(): void {
    if (this.first.size > 0) this.first.clear();
    if (this.others.size > 0) this.others.clear();
  }

  /** `prev`, `cursor`: what the reader holds and has seen; `sid`, `sv`: what else is written into its frames. undefined = not made yet. */
  find(replica: Replica, view: View, prev: number, cursor: number, sid: number, sv: number): Push | null | undefined {
    const made = this.first.get(replica)?.get(view.filter.id);
    if (!made) return undefined;
    const same = made.cursor === cursor && made.prev === prev && made.seq === replica.seq && made.shape === view.shape && made.sid === sid && made.sv === sv && made.epoch === replica.epoch;
    return same ? made.push : this.others.get(keyOf(replica, view, prev, cursor, sid, sv));
  }

  put(replica: Replica, view: View, prev: number, cursor: number, sid: number, sv: number, push: Push | null): void {
    const { epoch, seq } = replica;
    const { filter, shape } = view;
    let filters = this.first.get(replica);
    if (!filters) this.first.set(replica, (filters = new Map()));
    if (filters.has(filter.id)) this.others.set(keyOf(replica, view, prev, cursor, sid, sv), push);
    else filters.set(filter.id, { epoch, seq, shape, prev, cursor, sid, sv, push });
  }
}

const keyOf = (replica: Replica, { channel, filter, shape }: View, prev: number, cursor: number, sid: number, sv: number): string =>
  `${channel.name}|${replica.epoch}|${prev}|${cursor}|${replica.seq}|${shape}|${sid}|${sv}|${filter.id}`;
