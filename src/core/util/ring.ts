/** Bounded list that forgets its oldest item: `push` is O(1), reading is oldest first. */
export class Ring<T> {
  private readonly items: T[] = [];
  private start = 0;

  /** @param capacity most items kept; at least 1. */
  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`ring capacity ${capacity} is not a positive integer`);
  }

  get length(): number {
    return this.items.length;
  }

  /** Adds an item; gives back the one that fell out, if any. */
  push(item: T): T | undefined {
    if (this.items.length < this.capacity) {
      this.items.push(item);
      return undefined;
    }
    const dropped = this.items[this.start];
    this.items[this.start] = item;
    this.start = (this.start + 1) % this.capacity;
    return dropped;
  }

  /** Item by age, 0 = oldest; negative counts from the newest (-1). */
  at(index: number): T | undefined {
    const position = index < 0 ? this.items.length + index : index;
    if (position < 0 || position >= this.items.length) return undefined;
    return this.items[(this.start + position) % this.items.length];
  }

  /** The newest `limit` items, oldest first. */
  last(limit: number = this.items.length): T[] {
    const count = Math.max(0, Math.min(Math.floor(limit), this.items.length));
    const ordered = [...this.items.slice(this.start), ...this.items.slice(0, this.start)];
    return ordered.slice(ordered.length - count);
  }

  clear(): void {
    this.items.length = 0;
    this.start = 0;
  }
}
