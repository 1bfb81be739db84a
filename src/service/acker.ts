import type { ClientMessage } from '@/core/contract';

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Tells the server how much of its text was handled, so that no more is under way than this side takes (docs/protocol.md, section 5). */
export class Acker {
  private handled = 0;
  private told = 0;
  /** From the greeting; infinite = the server has not asked for it. */
  private every = Infinity;

  constructor(private readonly send: (message: ClientMessage) => void) {}

  /** A connection begins, then its greeting says how often. */
  begin(everyBytes = Infinity): void {
    if (everyBytes === Infinity) this.handled = this.told = 0;
    this.every = everyBytes;
  }

  take(text: string): void {
    this.handled += BEYOND_ASCII.test(text) ? new TextEncoder().encode(text).length : text.length;
    if (this.handled - this.told >= this.every) this.tell();
  }

  /** Time passed: what is left over is told too. */
  tell(): void {
    if (this.every === Infinity || this.handled === this.told) return;
    this.told = this.handled;
    this.send({ type: 'ack', bytes: this.told });
  }
}
