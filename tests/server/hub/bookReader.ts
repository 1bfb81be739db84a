import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import { decodeServer, type ServerMessageOf } from '@/core/contract';

type BookMessage = ServerMessageOf<'book_snapshot' | 'book_update'>;

/** The reading side of a book by docs/protocol.md, written again from the text. It checks every frame before it takes it for true. */
export class BookReader {
  epoch = '';
  seq = 0;
  /** The newest message: state, reason, venue, ages. */
  head: BookMessage | null = null;
  bids = new Map<string, string>();
  asks = new Map<string, string>();
  snapshots = 0;
  updates = 0;
  /** Frames that did not follow what was held. */
  gaps = 0;
  /** A fault of the link lost frames: without a resync nothing more is believed. */
  private depth = 0;

  constructor(readonly channel: string) {}

  apply(texts: readonly string[]): void {
    for (const text of texts) {
      const decoded = decodeServer(text);
      if (!decoded.ok) throw new Error(`${decoded.error.message}: ${text.slice(0, 400)}`);
      const m = decoded.value;
      if ('type' in m && (m.type === 'book_snapshot' || m.type === 'book_update') && m.channel === this.channel) this.take(m);
    }
  }

  private take(m: BookMessage): void {
    if (m.type === 'book_snapshot') {
      expect(m.epoch !== this.epoch || m.seq >= this.seq).toBe(true);
      this.bids = new Map();
      this.asks = new Map();
      this.depth = m.depth;
      this.snapshots++;
    } else {
      if (m.epoch !== this.epoch || m.prev > this.seq) return void this.gaps++;
      if (m.seq <= this.seq) return;
      this.updates++;
    }
    this.epoch = m.epoch;
    this.seq = m.seq;
    this.head = m;
    for (const [side, levels] of [[this.bids, m.bids], [this.asks, m.asks]] as const) {
      for (const [price, size] of levels) if (size === '0') side.delete(price);
      else side.set(price, size);
    }
    this.check(m);
  }

  private check(m: BookMessage): void {
    const { bids, asks } = this.levels;
    expect(Math.max(bids.length, asks.length)).toBeLessThanOrEqual(this.depth);
    const parts = Array.from({ length: 25 }, (_, i) => [bids[i], asks[i]].flatMap((level) => level ?? [])).flat();
    expect(m.crc).toBe(crc32(parts.join(':')));
    if (bids[0] && asks[0]) expect(Number(bids[0][0])).toBeLessThan(Number(asks[0][0]));
    if (m.state !== 'ok') expect(m.reason).not.toBe('');
  }

  /** What is held, best first. */
  get levels(): { bids: [string, string][]; asks: [string, string][] } {
    return { bids: [...this.bids].sort((a, b) => Number(b[0]) - Number(a[0])), asks: [...this.asks].sort((a, b) => Number(a[0]) - Number(b[0])) };
  }
}
