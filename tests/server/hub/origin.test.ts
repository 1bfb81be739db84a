import { describe, expect, it } from 'vitest';
import { checkOrigin, hostAllowed } from '../../../server/hub/origin';

const rules = { allowedHosts: ['localhost', '127.0.0.1', '[::1]', 'desk.example:8443'], allowedOrigins: ['https://app.example'], allowAbsentOrigin: true };

describe('host check', () => {
  it.each([
    'localhost', 'localhost:8000', '127.0.0.1:1', '[::1]', '[::1]:8000', 'desk.example:8443',
  ])('accepts %s', (host) => expect(hostAllowed(host, rules.allowedHosts)).toBe(true));

  it.each([
    undefined, '', 'evil.example', 'localhost.evil', 'localhost.evil:8000', 'evil-localhost', 'LOCALHOST', 'localhost.', 'localhost:', 'localhost:x', 'localhost:123456',
    'user@localhost', 'user:pass@localhost:8000', 'localhost@evil', 'localhost/evil', 'localhost#', 'localhost ', ' localhost', 'localhost,evil', 'localhost\t', '127.0.0.1.evil',
    '127.1', '2130706433', '0x7f.0.0.1', '0.0.0.0', '::1', '[::1', '::1]', '[::1].evil', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', 'desk.example', 'desk.example:8444', 'xn--lcalhost-n1a', 'locaⅼhost', '[::1%lo]',
  ])('refuses %s', (host) => expect(hostAllowed(host, rules.allowedHosts)).toBe(false));

  it('takes IPv6 names without brackets in the settings', () => expect(hostAllowed('[::1]:80', ['::1'])).toBe(true));
});

describe('origin check', () => {
  const verdict = (origin: string | undefined, cookie?: string, more = {}) => checkOrigin({ host: 'localhost:8000', origin, cookie }, { ...rules, ...more });

  it.each(['http://localhost:8000', 'https://localhost:8000', 'https://app.example'])('accepts %s', (origin) => expect(verdict(origin)).toBe('ok'));
  it.each([
    'null', '', 'http://localhost', 'http://localhost:8001', 'http://localhost.evil:8000', 'http://127.0.0.1:8000', 'http://evil', 'file://', 'http://localhost:8000/', 'http://localhost:8000.evil',
    'https://app.example.evil', 'https://app.example:444', 'http://app.example', 'HTTP://localhost:8000', 'http://user@localhost:8000', 'ws://localhost:8000', 'https://app.example https://evil',
  ])('refuses %s', (origin) => expect(verdict(origin)).toBe('bad_origin'));

  it('lets programs without an Origin in, but not with a cookie, and not where that is off', () => {
    expect(verdict(undefined)).toBe('ok');
    expect(verdict(undefined, 'session=1')).toBe('bad_origin');
    expect(verdict(undefined, undefined, { allowAbsentOrigin: false })).toBe('bad_origin');
  });
  it('judges the Host first', () => expect(checkOrigin({ host: 'evil.example', origin: 'http://evil.example' }, rules)).toBe('bad_host'));
});
