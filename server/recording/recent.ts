import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { InputChunk } from './inputLog';

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);

interface Held {
  readonly chunk: Omit<InputChunk, 'text'>;
  /** Wall time of the arrival, monotonic ms. */
  readonly at: number;
  data: string | Buffer;
  bytes: number;
}

export interface RecentLimits {
  /** Bytes held at most, and time kept, ms. */
  readonly bytes: number;
  readonly ms: number;
}

/** The last minutes of the input log, compressed, in memory: bounded by time and by bytes. The oldest go first. */
export class Recent {
  private held: Held[] = [];
  private size = 0;

  constructor(private readonly limits: RecentLimits, private readonly monotonic: () => number) {}

  /** Bytes held at the moment, and how far back they reach, ms. */
  get state(): { readonly bytes: number; readonly ms: number; readonly events: number } {
    const first = this.held[0];
    return { bytes: this.size, ms: first ? this.monotonic() - first.at : 0, events: this.held.reduce((sum, { chunk }) => sum + chunk.events, 0) };
  }

  readonly add = ({ text, ...chunk }: InputChunk): void => {
    const held: Held = { chunk, at: this.monotonic(), data: text, bytes: text.length };
    this.held.push(held);
    this.size += held.bytes;
    this.trim();
    // In a thread of the pool. Whatever fails there leaves the text as it is: larger, and right.
    pack(text, { level: 1 }).then((packed) => {
      this.size += this.held.includes(held) ? packed.length - held.bytes : 0;
      held.data = packed;
      held.bytes = packed.length;
    }, () => undefined);
  };

  /** What is held now, oldest first, as journal text. */
  async *read(): AsyncGenerator<string> {
    for (const { data } of [...this.held]) yield typeof data === 'string' ? data : (await unpack(data)).toString('utf8');
  }

  /** Feed time of the oldest input held, ms; null when there is none. */
  get from(): number | null {
    return this.held[0]?.chunk.from ?? null;
  }

  private trim(): void {
    const oldest = this.monotonic() - this.limits.ms;
    let gone = 0;
    while (gone < this.held.length - 1 && (this.size > this.limits.bytes || (this.held[gone]?.at ?? oldest) < oldest)) this.size -= this.held[gone++]?.bytes ?? 0;
    if (gone > 0) this.held = this.held.slice(gone);
  }
}
