import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLOSE, ERRORS, STATUS_CODES, type CloseAction } from '@/core/contract';
import { repoRoot } from '../../support/shared';

const read = (path: string): string => readFileSync(join(repoRoot, path), 'utf8');

/** Cells of every table row of a section, without the head. */
function rows(markdown: string, heading: string): string[][] {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

const ACTIONS: Readonly<Record<CloseAction, string>> = {
  reconnect: 'reconnects with back-off',
  once: 'reconnects once; a second time within 60 s it stops and says so',
  stop: 'stops until somebody acts',
  'fresh-state': 'reconnects and loads everything anew',
  wait: 'reconnects after the time the server named',
};

describe('docs/errors.md equals the codes of core/contract', () => {
  const page = read('docs/errors.md');

  it('has every error code with audience, retry and words, and no other', () => {
    expect(rows(page, 'Error codes')).toEqual(
      Object.entries(ERRORS).map(([name, error]) => [name, error.audience, error.retryable ? 'yes' : 'no', error.words]));
  });

  it('has every close code with what the client does, and no other', () => {
    expect(rows(page, 'Close codes')).toEqual(
      Object.values(CLOSE).map((close) => [String(close.code), close.name, ACTIONS[close.action], close.words]));
  });

  it('has every status code, and no other', () => {
    expect(rows(page, 'Status codes').map(([code]) => code)).toEqual([...STATUS_CODES]);
  });
});

function markdownFiles(folder = ''): string[] {
  return readdirSync(join(repoRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['docs'].includes(path) || path.startsWith('docs/') ? markdownFiles(path) : [];
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Names in backquotes that look like files of this repository. */
const FILE_NAME = /`((?:src|server|scripts|tests|bench|docs|public|\.ci)\/[\w./-]+\.(?:ts|mjs|vue|md|json|svg|css))`/g;

describe('the pages are true about the tree', () => {
  it.each(markdownFiles())('%s links only to pages and pictures that exist', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)/g)].map((match) => match[1] ?? '');
    const broken = links.filter((link) => !existsSync(join(repoRoot, dirname(path), link)));
    expect(broken).toEqual([]);
  });

  it.each(markdownFiles())('%s names only files that exist', (path) => {
    const named = [...read(path).matchAll(FILE_NAME)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !existsSync(join(repoRoot, name)))).toEqual([]);
  });

  it.each([
    ['docs/threat-model.md', Array.from({ length: 20 }, (_none, i) => `S${String(i + 1).padStart(2, '0')}`)],
    ['docs/guarantees.md', Array.from({ length: 16 }, (_none, i) => `**P${i + 1}**`)],
  ])('%s has each requirement once, with its proof or the reason why there is none', (path, ids) => {
    const rows = read(path).split('\n').filter((line) => line.startsWith('| '));
    const lacking = ids.filter((id) => {
      const [row, ...others] = rows.filter((line) => line.startsWith(`| ${id} `));
      return row === undefined || others.length > 0 || !/`tests\/|`npm run |hosting\.md|not there yet/.test(row);
    });
    expect(lacking).toEqual([]);
  });

  it('every page in docs can be reached from the README', () => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path) || !existsSync(join(repoRoot, path))) return;
      seen.add(path);
      for (const match of read(path).matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+\.md)/g)) {
        visit(relative(repoRoot, join(repoRoot, dirname(path), match[1] ?? '')));
      }
    };
    visit('README.md');
    expect(markdownFiles().filter((path) => !seen.has(path))).toEqual([]);
  });
});
