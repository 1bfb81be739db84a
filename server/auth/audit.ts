import { appendFile, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../observability/clock';
import type { Logger } from '../observability/logger';

/** One thing somebody did or was refused. No field is ever a secret or a payload. */
export interface AuditEntry {
  /** ISO-8601, UTC. */
  readonly time: string;
  /** Role; `nobody` before a sign-in. */
  readonly who: string;
  /** Session or token by name; empty when unknown. */
  readonly user: string;
  readonly address: string;
  readonly action: string;
  /** What it was done to: a source, a recording; empty = the server. */
  readonly target: string;
  readonly outcome: string;
}

/** Size at which a file is put aside (one older file is kept), and entries held in memory. */
const LIMITS = { bytes: 5_000_000, kept: 1_000, text: 200 } as const;

/** Characters that could make one line look like two, or move a terminal's cursor, are written as escapes. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const printable = (text: string): string => text.slice(0, LIMITS.text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * Who did what, from where and with which outcome: append-only JSON lines in the data folder, one older file beside it. Writing never delays nor fails a
 * request; what cannot be written stands in the server's log all the same.
 */
export class Audit {
  private entries: AuditEntry[] = [];
  private readonly file: string | null;
  private writing = Promise.resolve();
  private failing = false;

  constructor(private readonly options: { readonly dataDir: string; readonly log: Logger; readonly clock: Clock }) {
    this.file = options.dataDir === ':memory:' ? null : join(options.dataDir, 'audit.jsonl');
  }

  /** `times`: the line stands for so many of the same kind. */
  note(facts: Omit<AuditEntry, 'time'>, times = 1): void {
    const told = times === 1 ? facts : { ...facts, outcome: `${facts.outcome} (${times} times)` };
    const clean = Object.fromEntries(Object.entries(told).map(([name, text]) => [name, printable(text)]));
    const entry = { time: new Date(this.options.clock.now()).toISOString(), ...told, ...clean };
    this.options.log.info({ audit: true, ...told, ...clean, times }, 'audit');
    this.entries.push(entry);
    if (this.entries.length > LIMITS.kept) this.entries = this.entries.slice(-LIMITS.kept / 2);
    const { file } = this;
    if (file !== null) this.writing = this.writing.then(() => this.write(file, entry));
  }

  /** The newest entries of this run and, from the file, of those before; the newest first. */
  async recent(limit: number): Promise<readonly AuditEntry[]> {
    if (this.file === null) return this.entries.slice(-limit).reverse();
    await this.writing;
    const lines = [...(await tail(`${this.file}.1`)), ...(await tail(this.file))];
    return lines.length > 0 ? lines.slice(-limit).reverse() : this.entries.slice(-limit).reverse();
  }

  /** Resolves when everything noted so far is written, or has failed. */
  settled(): Promise<void> {
    return this.writing;
  }

  private async write(file: string, entry: AuditEntry): Promise<void> {
    try {
      await mkdir(dirname(file), { recursive: true });
      const size = await stat(file).then((facts) => facts.size, () => 0);
      if (size > LIMITS.bytes) await rename(file, `${file}.1`);
      await appendFile(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.options.log.error({ err: error }, 'the audit file cannot be written; its lines stand in this log');
      this.failing = true;
    }
  }
}

const TAIL_BYTES = 512_000;

/** Entries at the end of a file; a line that is none (cut off by a crash) is left out. */
async function tail(path: string): Promise<AuditEntry[]> {
  const file = await open(path).catch(() => null);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead).split('\n').flatMap((line) => readEntry(line) ?? []);
  } finally {
    await file.close();
  }
}

function readEntry(line: string): AuditEntry | null {
  try {
    const { time, who, user, address, action, target, outcome } = JSON.parse(line) as Partial<Record<keyof AuditEntry, unknown>>;
    const texts = [time, who, user, address, action, target, outcome].map((value) => (typeof value === 'string' ? value : ''));
    const [t = '', w = '', u = '', a = '', d = '', g = '', o = ''] = texts;
    return t === '' ? null : { time: t, who: w, user: u, address: a, action: d, target: g, outcome: o };
  } catch {
    // The half line of a process that was killed.
    return null;
  }
}
