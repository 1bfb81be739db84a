import * as v from 'valibot';
import { BOOK_SETTINGS_PART } from './bookSettings';
import { CHART } from './chart';
import { DRAWINGS } from './drawings';
import { LAYOUT_PART } from './layout';
import { putSaved, readSaved, SAVED_LIMIT, savedText, storage, type SavedPart } from './saved';
import { SETTINGS_PART } from './settings';
import { WATCHLISTS_PART } from './watchlists';

/**
 * Everything the user arranged, as one text: a file, or the fragment of a link. It holds no market data and no address of a server. What comes from outside is
 * read part by part with the same schemas and migrations as what the browser keeps; it replaces nothing before the user has seen what it holds.
 */
export const WORKSPACE_VERSION = 1;
/** Most a link may be long, characters; browsers and mail programs cut longer ones. */
export const LINK_LIMIT = 32_000;
/** Most a workspace may be long when unpacked, characters. */
const TEXT_LIMIT = 2 * SAVED_LIMIT;

/** Parts by the name they have in the text. */
const parts: ReadonlyMap<string, SavedPart<unknown>> = new Map<string, SavedPart<unknown>>([
  ['settings', SETTINGS_PART], ['watchlists', WATCHLISTS_PART], ['layout', LAYOUT_PART], ['chart', CHART], ['drawings', DRAWINGS], ['book', BOOK_SETTINGS_PART],
]);
export const partTitle = (name: string): string => parts.get(name)?.title ?? name;

export interface Workspace {
  /** When it was made, ms since the epoch. */
  readonly made: number;
  /** Values by part, of the present versions. */
  readonly parts: Readonly<Record<string, unknown>>;
}

const Envelope = v.object({ app: v.literal('tickglass'), version: v.pipe(v.number(), v.integer()), made: v.fallback(v.pipe(v.number(), v.finite()), 0), parts: v.record(v.string(), v.record(v.string(), v.unknown())) });

/** What the browser keeps now. */
export function currentWorkspace(now: number, kept: Pick<Storage, 'getItem'> | null = storage()): Workspace {
  return { made: now, parts: Object.fromEntries([...parts].map(([name, part]) => [name, readSaved(part, kept?.getItem(part.key) ?? null).value])) };
}

export function workspaceText({ made, parts: values }: Workspace): string {
  const told = Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
    const part = parts.get(name);
    return part ? [[name, JSON.parse(savedText(part, value))]] : [];
  });
  return JSON.stringify({ app: 'tickglass', version: WORKSPACE_VERSION, made, parts: Object.fromEntries(told) });
}

export type ReadWorkspace = { readonly ok: true; readonly workspace: Workspace; readonly notes: readonly string[] } | { readonly ok: false; readonly words: string };
const refused = (words: string): ReadWorkspace => ({ ok: false, words });

/** Reads a workspace from outside. Never throws; what it cannot use is left out and named. */
export function readWorkspace(text: string): ReadWorkspace {
  if (text.length > TEXT_LIMIT) return refused('It is larger than any workspace can be');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refused('It is not a workspace: its text cannot be read');
  }
  const envelope = v.safeParse(Envelope, raw);
  if (!envelope.success) return refused('It is not a workspace of Tickglass');
  const notes: string[] = envelope.output.version > WORKSPACE_VERSION ? ['Made by a newer version of this page; what this one knows is taken over'] : [];
  const values: Record<string, unknown> = {};
  for (const [name, saved] of Object.entries(envelope.output.parts)) {
    const part = parts.get(name);
    if (!part) {
      notes.push(`“${name.slice(0, 32)}” is not known here and left out`);
      continue;
    }
    const { value, fault } = readSaved(part, saved);
    if (fault === 'broken') notes.push(`${part.title} cannot be read and is left out`);
    else values[name] = value;
  }
  if (Object.keys(values).length === 0) return refused('It holds nothing that can be used here');
  return { ok: true, workspace: { made: envelope.output.made, parts: values }, notes };
}

const BACKUP_KEY = 'tickglass.before';
/** Replaces the chosen parts of what the browser keeps; what was there can be brought back once. false: the storage refused. */
export function applyWorkspace({ parts: values }: Workspace, names: readonly string[], now: number): boolean {
  const before = workspaceText(currentWorkspace(now));
  const written = names.every((name) => {
    const part = parts.get(name);
    return !part || !Object.hasOwn(values, name) || putSaved(part.key, savedText(part, values[name]));
  });
  return putSaved(BACKUP_KEY, before) && written;
}
/** What stood before the last replacement or reset; null when there is none. */
export function workspaceBefore(): Workspace | null {
  const text = storage()?.getItem(BACKUP_KEY) ?? null;
  const read = text === null ? null : readWorkspace(text);
  return read?.ok ? read.workspace : null;
}
/** Defaults for every part; what was there can be brought back once. */
export const emptyWorkspace = (now: number): Workspace => ({ made: now, parts: Object.fromEntries([...parts].map(([name, part]) => [name, part.defaults])) });

const ALPHABET = { '+': '-', '/': '_', '=': '' } as const;
const toLink = (bytes: Uint8Array): string => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join('')).replace(/[+/=]/g, (c) => ALPHABET[c as keyof typeof ALPHABET]);
const fromLink = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

/** All bytes of a stream, given up when they are more than `limit`. */
async function bytesOf(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new RangeError('too large');
    }
    chunks.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
const through = (bytes: Uint8Array<ArrayBuffer>, transform: { readonly readable: ReadableStream<Uint8Array>; readonly writable: WritableStream<BufferSource> }, limit: number): Promise<Uint8Array<ArrayBuffer>> =>
  bytesOf(new Blob([bytes]).stream().pipeThrough(transform), limit);

/** The fragment of a link that holds a workspace, without `#`; null when it would be too long for one. */
export async function packLink(workspace: Workspace): Promise<string | null> {
  const packed = await through(new TextEncoder().encode(workspaceText(workspace)), new CompressionStream('deflate-raw'), TEXT_LIMIT);
  const link = `w=${toLink(packed)}`;
  return link.length > LINK_LIMIT ? null : link;
}

/** Reads the fragment of a link. Never throws, whatever it holds. */
export async function readLink(fragment: string): Promise<ReadWorkspace> {
  const packed = fragment.replace(/^#/, '').replace(/^w=/, '');
  if (packed.length > LINK_LIMIT) return refused('The link is longer than any of ours');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await through(fromLink(packed), new DecompressionStream('deflate-raw'), TEXT_LIMIT));
    return readWorkspace(text);
  } catch {
    return refused('The link is damaged: it may have been cut on its way');
  }
}
