import { err, ok, type Result } from '../util/result';

/** SHA-256 of a text's UTF-8 bytes in lower-case hex. The core has none of its own: the server gives Node's, a page the browser's. */
export type Sha256 = (text: string) => string;

/** `prev` of the first record of a chain. */
export const GENESIS = '0'.repeat(64);
/** Version of the line format. */
export const CHAIN_FORMAT = 1;

/**
 * Canonical JSON (RFC 8785): keys in order of their UTF-16 units, no space, numbers as ECMAScript writes them. Keys whose value is
 * undefined are left out. Throws a TypeError for what JSON cannot hold: NaN, infinities, functions.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that JSON cannot hold');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} that JSON cannot hold`);
  const entries = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

/** Content of a record: an object with a `type`; `seq` is added by the chain. */
export type ChainBody = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ChainLink {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
}
export interface ChainRecord extends ChainLink {
  readonly body: ChainBody;
}

/**
 * A chain of records, each of which holds the hash of the one before: hash = SHA-256(prev || body), body being the canonical JSON of
 * the record with its `seq`. One record a line: `{"body":{...},"hash":"...","prev":"..."}`.
 */
export class HashChain {
  private seq: number;
  private head: string;

  constructor(private readonly sha256: Sha256, start: { readonly seq: number; readonly hash: string } = { seq: 0, hash: GENESIS }) {
    this.seq = start.seq;
    this.head = start.hash;
  }

  /** Number and hash of the newest record; 0 and `GENESIS` before the first. */
  get position(): { readonly seq: number; readonly hash: string } {
    return { seq: this.seq, hash: this.head };
  }

  /** Adds a record; its line has no line feed. */
  append(body: ChainBody): ChainLink & { readonly line: string } {
    const seq = this.seq + 1;
    const text = canonical({ ...body, seq });
    const prev = this.head;
    const hash = this.sha256(prev + text);
    this.seq = seq;
    this.head = hash;
    return { seq, prev, hash, line: `{"body":${text},"hash":"${hash}","prev":"${prev}"}` };
  }
}

/** Reads one line and checks it against the record before. The text must be what `append` writes, byte for byte. */
export function checkLine(line: string, before: { readonly seq: number; readonly hash: string }, sha256: Sha256): Result<ChainRecord, string> {
  const parsed = parseLine(line);
  if (!parsed.ok) return parsed;
  const { body, prev, hash, seq } = parsed.value;
  if (seq !== before.seq + 1) return err(`record ${seq} where ${before.seq + 1} is expected`);
  if (prev !== before.hash) return err(`record ${seq} does not follow the record before it`);
  const text = canonical(body);
  if (sha256(prev + text) !== hash) return err(`record ${seq} was changed`);
  if (line !== `{"body":${text},"hash":"${hash}","prev":"${prev}"}`) return err(`record ${seq} is not written in its canonical form`);
  return parsed;
}

/** Reads one line without checking its hash. */
export function parseLine(line: string): Result<ChainRecord, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return err('a line that is no record');
  }
  if (!isObject(value) || !isObject(value['body'])) return err('a line that is no record');
  const { body, prev, hash } = value;
  const { seq, type } = body;
  if (typeof prev !== 'string' || typeof hash !== 'string' || typeof seq !== 'number' || typeof type !== 'string') return err('a line that is no record');
  return ok({ body: { ...body, type }, seq, prev, hash });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
