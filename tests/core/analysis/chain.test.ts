import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, checkLine, GENESIS, HashChain } from '@/core/analysis/chain';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** Reads a file of lines; the number of good records before the first bad one, and what is wrong. */
function verify(lines: readonly string[]): { good: number; error: string | null } {
  let before = { seq: 0, hash: GENESIS };
  for (const [good, line] of lines.entries()) {
    const record = checkLine(line, before, sha256);
    if (!record.ok) return { good, error: record.error };
    before = record.value;
  }
  return { good: lines.length, error: null };
}
function make(n: number): string[] {
  const chain = new HashChain(sha256);
  return Array.from({ length: n }, (_, i) => chain.append({ type: 'test', value: i / 7, name: `ä${i}`, none: null }).line);
}

describe('canonical JSON', () => {
  it('is that of RFC 8785: its own sample', () => {
    const sample = { numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001], string: '\u20ac$\u000f\nA\'B"\\\\"/', literals: [null, true, false] };
    expect(canonical(sample)).toBe('{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}');
    expect(canonical({ '\u20ac': 1, '\r': 2, '1': 3, '\ud83d\ude00': 4, ö: 5 })).toBe('{"\\r":2,"1":3,"ö":5,"€":1,"😀":4}');
  });

  it('does not depend on the order of keys, and says what it cannot hold', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(canonical(Object.fromEntries(Object.entries(value).reverse()))).toBe(canonical(value));
      expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value));
    }));
    expect(() => canonical({ a: NaN })).toThrow(TypeError);
    expect(canonical({ a: undefined, b: -0 })).toBe('{"b":0}');
  });
});

describe('hash chain', () => {
  it('goes on where it was left', () => {
    const one = new HashChain(sha256);
    const first = one.append({ type: 'a' });
    const two = new HashChain(sha256, one.position);
    expect(two.append({ type: 'b' })).toMatchObject({ seq: 2, prev: first.hash });
    expect(verify(make(20))).toEqual({ good: 20, error: null });
  });

  it('shows every changed, deleted or added character, and every deleted, repeated or swapped line before the last', () => {
    const lines = make(12);
    fc.assert(fc.property(fc.nat({ max: 11 }), fc.nat(), fc.constantFrom('change', 'drop', 'add'), (at, where, how) => {
      const line = lines[at] ?? '';
      const k = where % line.length;
      const other = line[k] === 'x' ? 'y' : 'x';
      const changed = how === 'change' ? line.slice(0, k) + other + line.slice(k + 1) : how === 'drop' ? line.slice(0, k) + line.slice(k + 1) : `${line.slice(0, k)} ${line.slice(k)}`;
      // A blank in a text is a change too; so is one between tokens, which reads the same.
      expect(verify(lines.with(at, changed)).error).not.toBeNull();
    }), { numRuns: 500 });
    fc.assert(fc.property(fc.nat({ max: 10 }), fc.nat({ max: 11 }), (i, j) => {
      expect(verify(lines.toSpliced(i, 1)).error).not.toBeNull();
      expect(verify(lines.toSpliced(i, 0, lines[j] ?? '')).error).not.toBeNull();
      if (i !== j) expect(verify(lines.with(i, lines[j] ?? '').with(j, lines[i] ?? '')).error).not.toBeNull();
    }));
  });

  it('refuses what is no record, whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      expect(checkLine(line, { seq: 0, hash: GENESIS }, sha256).ok).toBe(false);
    }));
  });
});
