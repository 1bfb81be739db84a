import * as v from 'valibot';
import { shallowRef } from 'vue';

/**
 * Everything the browser keeps is one text per part, `{ version, <field>: … }`. A text that cannot be used (broken, or written by a newer version) never
 * stops the start: it is moved aside under `<key>.aside`, what can be read of it is used, the rest are the defaults, and the user is told.
 */
export interface SavedPart<T> {
  /** Name in the storage. */
  readonly key: string;
  /** For people: "Settings", "Watchlists". */
  readonly title: string;
  /** Grows when a field changes its meaning; `migrations` then gets one more step. */
  readonly version: number;
  /** Where the value stands in the text. */
  readonly field: string;
  readonly schema: v.GenericSchema<unknown, T>;
  readonly defaults: T;
  readonly migrations: Migrations;
}
/** `migrations[n]` turns the fields of version n into those of n + 1. */
export type Migrations = Readonly<Record<number, (old: Readonly<Record<string, unknown>>) => Record<string, unknown>>>;
export type SavedFault = 'broken' | 'newer';
export interface SavedProblem {
  readonly key: string;
  readonly title: string;
  readonly fault: SavedFault;
}

/** Most a text may be long; more is not ours. */
export const SAVED_LIMIT = 1_000_000;
const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is the same as not ours: the caller sees no object and says "broken".
    return undefined;
  }
}

/** Reads a text of any version, or its value already taken out of JSON. Never throws. */
export function readSaved<T>(part: SavedPart<T>, saved: string | null | Record<string, unknown>): { readonly value: T; readonly fault: SavedFault | null } {
  if (saved === null) return { value: part.defaults, fault: null };
  const whole = typeof saved === 'string' ? (saved.length > SAVED_LIMIT ? undefined : parsed(saved)) : saved;
  const inner = isObject(whole) ? whole[part.field] : undefined;
  if (!isObject(whole) || !isObject(inner)) return { value: part.defaults, fault: 'broken' };
  const version = typeof whole['version'] === 'number' && Number.isInteger(whole['version']) ? whole['version'] : part.version;
  let fields: Record<string, unknown> = inner;
  try {
    for (let n = version; n < part.version; n++) fields = part.migrations[n]?.(fields) ?? fields;
  } catch {
    // A step met a shape it was not written for.
    return { value: part.defaults, fault: 'broken' };
  }
  const result = v.safeParse(part.schema, { ...part.defaults, ...fields });
  if (!result.success) return { value: part.defaults, fault: version > part.version ? 'newer' : 'broken' };
  return { value: result.output, fault: version > part.version ? 'newer' : null };
}

/** The text of a value, of the present version. */
export const savedText = <T>(part: SavedPart<T>, value: T): string => JSON.stringify({ version: part.version, [part.field]: value });

/** The browser's storage, or null where it is refused (private windows, blocked cookies). */
export function storage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** What was moved aside since the page began; the shell tells the user. */
export const savedProblems = shallowRef<readonly SavedProblem[]>([]);

/** The kept value; a text that cannot be used is moved aside first. */
export function loadSaved<T>(part: SavedPart<T>): T {
  const text = storage()?.getItem(part.key) ?? null;
  const { value, fault } = readSaved(part, text);
  if (fault !== null && text !== null) {
    putSaved(`${part.key}.aside`, text);
    savedProblems.value = [...savedProblems.value.filter(({ key }) => key !== part.key), { key: part.key, title: part.title, fault }];
    // Told once: from now on the storage holds what is used.
    putSaved(part.key, savedText(part, value));
  }
  return value;
}

/** Writes one text. false: the storage is full or refused; the value then holds for this page only, and nothing else depends on it. */
export function putSaved(key: string, text: string): boolean {
  try {
    storage()?.setItem(key, text);
    return storage() !== null;
  } catch {
    return false;
  }
}
export const saveSaved = <T>(part: SavedPart<T>, value: T): boolean => putSaved(part.key, savedText(part, value));

/** What is said of a text that was moved aside. */
export const problemWords = ({ title, fault, key }: SavedProblem): string =>
  fault === 'newer' ? `${title}: saved by a newer version of this page. What it knows was taken over; the original is kept as ${key}.aside`
    : `${title}: what was saved cannot be read, so the defaults stand. The original is kept as ${key}.aside`;
