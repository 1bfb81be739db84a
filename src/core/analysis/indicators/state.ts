/** State of an indicator as plain JSON: `null` stands for a number not defined. */
export interface Snapshot { readonly [name: string]: number | boolean | null | readonly (number | null)[] | Snapshot }

const cell = (x: number): number | null => (Number.isNaN(x) ? null : x);

/** Every number, flag and ring of an object and of the objects it is made of. */
export function snapshotOf(state: object): Snapshot {
  return Object.fromEntries(Object.entries(state).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'number') return [name, cell(value)];
    if (typeof value === 'boolean') return [name, value];
    if (value instanceof Float64Array) return [name, Array.from(value, cell)];
    if (typeof value === 'object' && value !== null) return [name, snapshotOf(value)];
    throw new TypeError(`${name}: state is made of numbers, flags, rings and objects of those`);
  }));
}

/**
 * Puts a snapshot into an object made with the same parameters.
 * @throws TypeError for anything but such a snapshot; the object is then of no use.
 */
export function restoreInto(state: object, snapshot: unknown): void {
  const refuse = (name: string): never => {
    throw new TypeError(`${name}: not a snapshot of this state`);
  };
  if (typeof snapshot !== 'object' || snapshot === null) return refuse('state');
  const given = new Map<string, unknown>(Object.entries(snapshot));
  for (const [name, own] of Object.entries(state) as [string, unknown][]) {
    const value = given.get(name);
    if (typeof own === 'number' && (typeof value === 'number' || value === null)) Reflect.set(state, name, value ?? NaN);
    else if (typeof own === 'boolean' && typeof value === 'boolean') Reflect.set(state, name, value);
    else if (own instanceof Float64Array && Array.isArray(value) && value.length === own.length) {
      value.forEach((x: unknown, i) => (own[i] = typeof x === 'number' ? x : x === null ? NaN : refuse(name)));
    } else if (typeof own === 'object' && own !== null && !(own instanceof Float64Array)) restoreInto(own, value);
    else refuse(name);
  }
}
