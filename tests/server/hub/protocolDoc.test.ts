import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHANNEL_FAMILIES, CLOSE, ERRORS, STATUS_CODES, STREAMS, SUBPROTOCOLS } from '@/core/contract';
import { LEGACY_NAMES } from '../../../server/hub/legacy';

const text = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const section = (title: string): string => text.split(/^## /m).find((s) => s.includes(title)) ?? '';
const rows = (title: string): string[][] => section(title).split('\n').filter((l) => l.startsWith('| ') && !l.startsWith('| ---') && !l.startsWith('| code')).map((l) => l.split('|').slice(1, -1).map((c) => c.trim()));

describe('docs/protocol.md', () => {
  it('lists every close code with its name and words, and no other', () => {
    expect(rows('Close codes').map(([code, name, words]) => [code, name, words])).toEqual(Object.values(CLOSE).map((c) => [String(c.code), `\`${c.name}\``, c.words]));
  });
  it('lists every error code with its words, audience and whether to retry, and no other', () => {
    expect(rows('Error codes')).toEqual(Object.entries(ERRORS).map(([name, e]) => [`\`${name}\``, e.words, e.audience, e.retryable ? 'yes' : 'no']));
  });
  it('names every status code, path, channel, subprotocol and compatibility name', () => {
    const names = [...STATUS_CODES, ...Object.values(STREAMS).map((s) => s.path), ...Object.entries(CHANNEL_FAMILIES).map(([name, f]) => (f.perSymbol ? `${name}:SYMBOL` : name)), ...SUBPROTOCOLS, ...LEGACY_NAMES];
    expect(names.filter((n) => !text.includes(`\`${n}\``))).toEqual([]);
  });
});
