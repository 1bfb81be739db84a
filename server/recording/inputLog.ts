import type { InputEvent } from '@/core/market/events';

/** Inputs of up to half a second, as JSON lines `{"seq":…,"event":…}`; those with `"extra":true` the engine did not take. */
export interface InputChunk {
  readonly text: string;
  readonly events: number;
  /** Number of the last input, and feed time of the first and the last, ms. */
  readonly seq: number;
  readonly from: number;
  readonly to: number;
}

export type ChunkSink = (chunk: InputChunk) => void;

/** Times and sizes after which a chunk is handed on. */
const CHUNK_MS = 500;
const CHUNK_CHARACTERS = 262_144;

/**
 * The engine's inputs as text, numbered from 1 in the order in which the engine took them. Each is written out once, whoever reads along;
 * with nobody reading it is only counted.
 */
export class InputLog {
  /** Number of the newest input. */
  seq = 0;
  private lines: string[] = [];
  private characters = 0;
  private from = 0;
  private to = 0;
  private readonly sinks = new Set<ChunkSink>();
  private timer: NodeJS.Timeout | null = null;

  get isRead(): boolean {
    return this.sinks.size > 0;
  }

  /** Takes an input, just before the engine does. */
  readonly accept = (event: InputEvent): void => {
    this.seq += 1;
    this.write(event, '', this.seq);
  };

  /** Adds an input the engine did not take: it repeats what the engine knows, for whoever starts to read here. It has the number of its place; in a head, which stands before the first moment, 0. */
  insert(event: InputEvent, head = false): void {
    this.write(event, ',"extra":true', head ? 0 : this.seq);
  }

  private write(event: InputEvent, mark: string, seq: number): void {
    if (this.sinks.size === 0) return;
    const line = `{"seq":${seq}${mark},"event":${JSON.stringify(event)}}`;
    if (this.lines.length === 0) this.from = event.receiveTime;
    this.to = event.receiveTime;
    this.lines.push(line);
    this.characters += line.length;
    if (this.characters >= CHUNK_CHARACTERS) this.flush();
  }

  /** Hands on what waits. */
  flush(): void {
    if (this.lines.length === 0) return;
    const chunk: InputChunk = { text: `${this.lines.join('\n')}\n`, events: this.lines.length, seq: this.seq, from: this.from, to: this.to };
    this.lines = [];
    this.characters = 0;
    for (const sink of this.sinks) sink(chunk);
  }

  /** Reads along from here on. Returns the function that ends it, after what waits was handed on. */
  read(sink: ChunkSink): () => void {
    this.flush();
    this.sinks.add(sink);
    this.timer ??= setInterval(() => this.flush(), CHUNK_MS).unref();
    return () => {
      this.flush();
      this.sinks.delete(sink);
      if (this.sinks.size > 0 || this.timer === null) return;
      clearInterval(this.timer);
      this.timer = null;
    };
  }
}
