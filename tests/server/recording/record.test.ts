import { describe, expect, it } from 'vitest';
import { readRecordArguments } from '../../../server/cli/record';

describe('npm run record', () => {
  it.each([
    [[], { minutes: null, server: 'http://127.0.0.1:8000' }],
    [['--minutes', '5'], { minutes: 5, server: 'http://127.0.0.1:8000' }],
    [['--minutes=0.5', '--server=https://h.example/'], { minutes: 0.5, server: 'https://h.example/' }],
  ])('%j', (args, value) => expect(readRecordArguments(args)).toEqual({ ok: true, value }));
  it.each([[['--minutes']], [['--minutes', '0']], [['--minutes', 'x']], [['--minutes', '-1']], [['--server', 'ftp://x']], [['--server', 'nothing']], [['stray']], [['--token', 'x']]])('%j is refused in one line', (args) => {
    const read = readRecordArguments(args);
    expect(read.ok).toBe(false);
    expect(read.ok ? '' : read.error).toMatch(/^[^\n]+$/);
  });
});
