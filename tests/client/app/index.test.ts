// @vitest-environment node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoRoot } from '../../support/shared';

const html = readFileSync(join(repoRoot, 'index.html'), 'utf8');
const script = /<script data-base-finder>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';

/** Runs the page's own script with an address and gives the base it sets. */
function baseOf(pathname: string): string {
  let href = '';
  const page = { createElement: () => ({ set href(value: string) { href = value; } }), head: { appendChild: () => undefined }, querySelectorAll: () => [] };
  new Function('document', 'location', 'addEventListener', script)(page, { pathname }, () => undefined);
  return href;
}

describe('the script that finds the base', () => {
  it.each([
    ['/', '/'], ['/index.html', '/'], ['/market', '/'], ['/market/BTC%2FUSDT', '/'], ['/market/BTC/USDT', '/'], ['/analysis', '/'], ['/status/', '/'],
    ['/some/where/', '/some/where/'], ['/some/where/index.html', '/some/where/'], ['/some/where/market/AAPL', '/some/where/'], ['/some/where/status/nothing-here', '/some/where/'], ['/some/where/nowhere', '/some/where/'],
  ])('%s -> %s', (pathname, base) => expect(baseOf(pathname)).toBe(base));

  it('is the only inline script of the page', () => {
    expect(html.match(/<script(?![^>]*\bsrc=)/g)).toHaveLength(1);
  });
});
