import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditProblems, licenceAllowed, lockProblems, type Lock } from '../../../scripts/dependencies';
import { exposureWarning, floorProblem } from '../../../server/cli/start';
import { repoRoot } from '../../support/shared';

const read = (name: string): unknown => JSON.parse(readFileSync(join(repoRoot, name), 'utf8'));

describe('dependencies (S15)', () => {
  it('have licences of the list, a checksum each, and run nothing when they are installed', () => {
    const { packages } = read('package-lock.json') as { packages: Lock };
    const { dependencies } = read('package.json') as { dependencies: Record<string, string> };
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(lockProblems(packages, Object.keys(dependencies))).toEqual([]);
  });

  it.each([['MIT', true], ['(MIT OR GPL-3.0)', true], ['MIT AND CC-BY-4.0', true], ['GPL-3.0', false], ['AGPL-3.0 AND MIT', false], ['UNLICENSED', false], ['SEE LICENSE IN x', false], ['', false]])('the licence %s: %s', (licence, allowed) => expect(licenceAllowed(licence)).toBe(allowed));

  it('are refused when they come from elsewhere, without a checksum, with a program, or are too many', () => {
    const good = { license: 'MIT', integrity: 'sha512-x', resolved: 'https://registry.example/a/-/a-1.0.0.tgz' };
    const wrong = { 'node_modules/a': { ...good, resolved: 'git+ssh://git@host.example/a.git' }, 'node_modules/b': { ...good, integrity: 'sha1-x' }, 'node_modules/c/node_modules/@x/d': { ...good, hasInstallScript: true }, 'node_modules/e': { ...good, license: 'GPL-2.0' } };
    expect(lockProblems({ '': {}, 'node_modules/ok': good }, [])).toEqual([]);
    expect(lockProblems(wrong, []).map((words) => words.split(':')[0])).toEqual(['a', 'b', '@x/d', 'e']);
    expect(lockProblems({}, Array<string>(17).fill('x'))).toHaveLength(1);
  });

  it('reads what npm audit says; no answer is no clean bill', () => {
    expect(auditProblems('{"vulnerabilities":{"ws":{"severity":"high"},"x":{"severity":"low"}}}')).toEqual(['ws: a known weakness (high); npm audit tells more']);
    expect(auditProblems('npm warn x\n{"vulnerabilities":{}}\n')).toEqual([]);
    for (const said of ['', 'npm error', '{"message":"405 Method Not Allowed"}', '{', '{"vulnerabilities":null}']) expect(auditProblems(said)).toBeNull();
  });

  it('keeps the server from starting with a `ws` that has known weaknesses', () => {
    expect(floorProblem()).toBeNull();
    for (const [version, good] of [['8.23.0', true], ['8.24.1', true], ['9.0.0', true], ['8.23.0-rc.1', true], ['8.22.9', false], ['7.99.99', false], ['0', false]] as const) {
      expect([version, floorProblem(() => version) === null]).toEqual([version, good]);
    }
  });

  it('warns who lets others in without TLS', () => {
    const config = { host: '127.0.0.1', trustedProxies: [] as string[], expose: false, allowedHosts: ['localhost:8000', '[::1]'], token: null as string | null };
    expect(exposureWarning(config)).toBeNull();
    expect(exposureWarning({ ...config, host: '0.0.0.0' })).toContain('TLS');
    expect(exposureWarning({ ...config, expose: true })).toContain('TLS');
    expect(exposureWarning({ ...config, allowedHosts: ['terminal.example.org'] })).toContain('TICKGLASS_TOKEN');
    expect(exposureWarning({ ...config, allowedHosts: ['terminal.example.org'], token: 'x' })).toBeNull();
    expect(exposureWarning({ ...config, host: '0.0.0.0', trustedProxies: ['10.0.0.1'] })).toBeNull();
  });
});

describe('orders (S20)', () => {
  it('cannot be placed: no connector knows a private or trading address of a venue', () => {
    const files = execFileSync('git', ['ls-files', 'server', 'src'], { cwd: repoRoot, encoding: 'utf8' }).split('\n').filter((name) => /\.(ts|vue)$/.test(name));
    const found = files.flatMap((name) => {
      const text = readFileSync(join(repoRoot, name), 'utf8');
      return /\/(?:api\/v\d\/order\b|0\/private\/|trade\/order|v\d\/brokerage\/orders|fapi\/|papi\/)|AddOrder|placeOrder|createOrder|newOrder/.test(text) ? [name] : [];
    });
    expect(files.length).toBeGreaterThan(200);
    expect(found).toEqual([]);
  });
});
