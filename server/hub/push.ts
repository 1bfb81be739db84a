/** Size of the header of an unmasked frame with such a payload (RFC 6455, section 5.2). */
const headerSize = (bytes: number): number => (bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10);

/** A final, unmasked text frame. */
export class Frame {
  /** As it goes over the line. */
  readonly line: Buffer;
  /** Of the payload. */
  readonly bytes: number;
  readonly count = 1;

  /** `to`: the position its reader is at once it has it. `ascii`: the text is known to have no other characters, which saves a walk over it. */
  constructor(text: string, readonly to = 0, ascii = false) {
    const bytes = ascii ? text.length : Buffer.byteLength(text);
    const header = headerSize(bytes);
    const line = Buffer.allocUnsafe(header + bytes);
    line[0] = 0x81;
    line[1] = header === 2 ? bytes : header === 4 ? 126 : 127;
    if (header === 4) line.writeUInt16BE(bytes, 2);
    else if (header === 10) line.writeBigUInt64BE(BigInt(bytes), 2);
    line.write(text, header, ascii ? 'latin1' : 'utf8');
    this.line = line;
    this.bytes = bytes;
  }

  get frames(): readonly Frame[] {
    return [this];
  }

  /** The payload. */
  get data(): Buffer {
    return this.line.subarray(this.line.length - this.bytes);
  }
}

/** Frames that go out together, made and put together once for all readers at the same place. */
export class Push {
  /** Of the payloads. */
  readonly bytes: number;
  private joined: Buffer | null = null;

  constructor(readonly frames: readonly Frame[]) {
    this.bytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
  }

  get count(): number {
    return this.frames.length;
  }

  /** Where its reader is at the end; undefined when there is nothing in it. */
  get to(): number | undefined {
    return this.frames.at(-1)?.to;
  }

  /** All of it as it goes over the line. */
  get line(): Buffer {
    return (this.joined ??= this.frames.length === 1 && this.frames[0] ? this.frames[0].line : Buffer.concat(this.frames.map(({ line }) => line)));
  }
}
