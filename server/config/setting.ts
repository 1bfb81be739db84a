import { err, ok, type Result } from '@/core/util/result';

/** One setting: everything the loader, `--help` and docs/configuration.md need to know about it. */
export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  readonly group: string;
  /** What is accepted, in words. */
  readonly type: string;
  readonly unit: string;
  readonly default: T;
  /** The default as it is shown; empty = not set. */
  readonly defaultText: string;
  readonly description: string;
  readonly example: string;
  /** Its value is never shown: not in a log, an error or the documentation. */
  readonly secret: boolean;
  /** Present without a value means `on`. */
  readonly flag: boolean;
  /** Reads the text; the error says what is accepted, without the value. */
  parse(text: string): Result<T, string>;
}

type Facts = Pick<Setting<unknown>, 'env' | 'group' | 'description' | 'example'> & { readonly unit?: string; readonly secret?: boolean };

function setting<T>(facts: Facts, type: string, fallback: T, defaultText: string, parse: Setting<T>['parse'], flag = false): Setting<T> {
  return { unit: '', secret: false, ...facts, type, default: fallback, defaultText, parse, flag };
}

export function text(facts: Facts, fallback: string): Setting<string> {
  return setting(facts, 'text', fallback, fallback, (raw) => (raw.trim() === '' ? err('must not be empty') : ok(raw.trim())));
}

/** Text that may be left out. */
export function optionalText(facts: Facts, type = 'text'): Setting<string | null> {
  return setting<string | null>(facts, type, null, '', (raw) => (raw.trim() === '' ? err('must not be empty') : ok(raw.trim())));
}

/** A token: what can stand in a header, so no spaces. It may be left out. */
export function secretText(facts: Facts): Setting<string | null> {
  return setting<string | null>(facts, 'token', null, '', (raw) => (/^[\x21-\x7e]{1,512}$/.test(raw.trim()) ? ok(raw.trim()) : err('must be up to 512 letters, digits and signs without spaces')));
}

export function number(facts: Facts, fallback: number, range: { readonly min: number; readonly max: number; readonly integer?: boolean }): Setting<number> {
  const kind = range.integer === false ? 'number' : 'integer';
  const type = `${kind}, ${range.min} to ${range.max}`;
  return setting(facts, type, fallback, String(fallback), (raw) => {
    const value = /^-?\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : Number.NaN;
    const fits = value >= range.min && value <= range.max && (range.integer === false || Number.isSafeInteger(value));
    return fits ? ok(value) : err(`must be a${kind === 'integer' ? 'n' : ''} ${type}`);
  });
}

/** A number, or null for what is built in. */
export function optionalNumber(facts: Facts, range: { readonly min: number; readonly max: number }): Setting<number | null> {
  const inner = number(facts, 0, range);
  return { ...inner, default: null, defaultText: 'built-in', parse: (raw) => inner.parse(raw) };
}

export function choice<const V extends string>(facts: Facts, fallback: NoInfer<V>, values: readonly V[]): Setting<V> {
  const words = values.map((v) => `\`${v}\``).join(', ');
  return setting<V>(facts, words, fallback, fallback, (raw) => {
    const found = values.find((v) => v === raw.trim().toLowerCase());
    return found === undefined ? err(`must be one of ${values.join(', ')}`) : ok(found);
  });
}

/** `on` or `off`; `true`, `false`, `1`, `0`, `yes`, `no` are understood. */
export function toggle(facts: Facts, fallback: boolean): Setting<boolean> {
  return setting(facts, '`on`, `off`', fallback, fallback ? 'on' : 'off', (raw) => {
    const word = raw.trim().toLowerCase();
    if (['on', 'true', '1', 'yes'].includes(word)) return ok(true);
    return ['off', 'false', '0', 'no'].includes(word) ? ok(false) : err('must be on or off');
  }, true);
}

/** A comma-separated list of which every entry passes `check` (it returns the entry as kept, or null). */
export function list(facts: Facts, type: string, check: (entry: string) => string | null, defaultText: string): Setting<readonly string[]> {
  return setting<readonly string[]>(facts, type, [], defaultText, (raw) => {
    const entries = raw.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
    const kept = entries.map(check);
    const bad = kept.indexOf(null);
    if (bad < 0 && entries.length > 0) return ok(kept.filter((entry) => entry !== null));
    const wrong = entries.length > 1 ? ` (wrong: ${JSON.stringify((entries[bad] ?? '').slice(0, 60))})` : '';
    return err(`must be a ${type}${wrong}`);
  });
}

export function url(facts: Facts, protocols: readonly string[]): Setting<string | null> {
  const type = `URL (${protocols.map((p) => `${p}//`).join(' or ')})`;
  return setting<string | null>(facts, type, null, "the venue's", (raw) => {
    const parsed = URL.canParse(raw.trim()) ? new URL(raw.trim()) : null;
    if (!parsed || !protocols.includes(parsed.protocol)) return err(`must be a ${type}`);
    return parsed.username === '' && parsed.password === '' ? ok(raw.trim().replace(/\/+$/, '')) : err('must not contain a user name or password');
  });
}

/** A setting with a reader of its own. */
export function custom<T>(facts: Facts, type: string, fallback: T, defaultText: string, parse: Setting<T>['parse']): Setting<T> {
  return setting(facts, type, fallback, defaultText, parse);
}
