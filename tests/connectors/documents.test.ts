import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VENUES } from '../../server/connectors/registry';
import { repoRoot } from '../support/shared';

const read = (path: string): string => readFileSync(join(repoRoot, path), 'utf8');

/** Cells of the table rows under a heading, without the head. */
function rows(markdown: string, heading: string): string[][] {
  const section = markdown.split(/^#{2,3} /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').filter((line) => line.startsWith('|')).slice(2).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()));
}

/** Injections that the mock venue of this project must be able to do. */
const INJECTIONS = [
  'recording', 'delay', 'lost', 'duplicate', 'reordered', 'ack after data', 'second snapshot', 'checksum 0', 'wrong checksum', 'sequence reset', '5 MB', 'invalid JSON', 'unknown type', 'pong`', 'missing pings',
  'missing pong', 'serverShutdown', '64008', '1000', '1001', '1006', '1008', '1011', '401', '429', '403', '451', '503', 'REST 429, 418', 'HTTP 200', 'slow-loris', '1.3 s', 'delisted',
];

describe('docs/adding-a-venue.md', () => {
  it('covers every venue of the registry and no other, each row with its evidence', () => {
    const table = rows(read('docs/adding-a-venue.md'), 'Coverage');
    expect([...new Set(table.map(([venue]) => venue))].sort()).toEqual(VENUES.map((v) => v.descriptor.id).sort());
    for (const [venue, channel, , meaning, action, evidence] of table) {
      expect([venue, channel, meaning, action].every((cell) => cell !== undefined && cell !== ''), `${venue} ${channel}`).toBe(true);
      expect(evidence, `${venue} ${channel}`).toMatch(/recording|sample|documented|not proved|real answers/);
    }
  });

  it('names only files of a venue that some venue has', () => {
    const names = rows(read('docs/adding-a-venue.md'), 'The files, in their order').flatMap(([cell = '']) => [...cell.matchAll(/`(\w+\.ts)`/g)].map((m) => m[1] ?? ''));
    expect(names.length).toBeGreaterThan(8);
    const folders = VENUES.map((v) => readdirSync(join(repoRoot, 'server/connectors', v.descriptor.id)));
    expect(names.filter((name) => !folders.some((files) => files.includes(name)))).toEqual([]);
  });
});

describe('tests/connectors/README.md', () => {
  const table = rows(read('tests/connectors/README.md'), 'What the fake venue does, and which case proves it');

  it('has every injection', () => {
    const text = table.map(([injection]) => injection).join('\n');
    expect(INJECTIONS.filter((name) => !text.includes(name))).toEqual([]);
  });

  it.each(table)('%s: each case named exists', (_injection, _switch, proof = '') => {
    const suite = ['conformance.ts', 'conformanceBooks.ts', 'restConformance.ts'].map((name) => read(`tests/connectors/${name}`)).join('\n');
    const cases = [...proof.matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? '');
    expect(cases.length).toBeGreaterThan(0);
    for (const name of cases) {
      const [, folder, title = name] = /^([a-z]+):(.+)$/.exec(name) ?? [];
      const text = folder === undefined ? suite : readdirSync(join(repoRoot, 'tests/connectors', folder)).filter((f) => f.endsWith('.test.ts')).map((f) => read(`tests/connectors/${folder}/${f}`)).join('\n');
      const start = /^[A-Z]\d+[a-z]?$/.test(title) ? `'${title} ` : `'${title}`;
      expect(text.includes(start), `${name} in ${folder ?? 'the suite'}`).toBe(true);
    }
  });
});
