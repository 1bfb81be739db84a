import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Attempts, Pace } from '../../../server/auth/pace';
import { createPeerReader, limitKey, proxyEntry } from '../../../server/auth/peer';
import { readCookie, writeCookie } from '../../../server/auth/cookie';
import { CsrfTokens } from '../../../server/auth/secret';
import { SESSION_LIMITS, Sessions } from '../../../server/auth/sessions';
import { TICKET_LIMITS, Tickets } from '../../../server/auth/tickets';
import type { Identity } from '../../../server/auth/identity';
import { ADMIN, authOf, HandClock, requestOf, VIEWER } from './rig';

const bearer = (token: string) => requestOf({ authorization: `Bearer ${token}` });
const HOUR = 3_600_000;

describe('sessions', () => {
  it('end 12 h after their last use, 7 days after their beginning, and at sign-out', () => {
    const clock = new HandClock();
    const sessions = new Sessions(clock);
    const { secret, session } = sessions.open('viewer');
    clock.mono += SESSION_LIMITS.idleMs - 1;
    expect(sessions.find(secret)).toBe(session);
    clock.mono += SESSION_LIMITS.idleMs;
    expect(sessions.find(secret)).toBeNull();
    const long = sessions.open('admin');
    for (let passed = 0; passed + 11 * HOUR < SESSION_LIMITS.wholeMs; passed += 11 * HOUR) {
      clock.mono += 11 * HOUR;
      expect(sessions.find(long.secret)).toBe(long.session);
    }
    clock.mono += 11 * HOUR;
    expect(sessions.find(long.secret)).toBeNull();
    const out = sessions.open('admin');
    sessions.end(out.session);
    expect([sessions.find(out.secret), out.session.ended]).toEqual([null, true]);
  });

  it('do not care for the wall clock: an hour forth or back ends none and prolongs none', () => {
    const clock = new HandClock();
    const sessions = new Sessions(clock);
    const { secret, session } = sessions.open('viewer');
    for (const jump of [HOUR, -2 * HOUR, 20 * HOUR]) {
      clock.wall += jump;
      expect([sessions.find(secret), sessions.leftMs(session)]).toEqual([session, SESSION_LIMITS.idleMs]);
    }
  });

  it('are bounded in number: those unused for longest go, and know that they are over', () => {
    const clock = new HandClock();
    const sessions = new Sessions(clock);
    const first = sessions.open('admin');
    for (let i = 0; i < SESSION_LIMITS.most + 10; i++) {
      clock.mono += 1;
      sessions.open('viewer');
    }
    expect([sessions.size, first.session.ended]).toEqual([SESSION_LIMITS.most, true]);
  });

  it('have secrets of 256 bits that nothing but the browser knows', () => {
    const sessions = new Sessions(new HandClock());
    const { secret, session } = sessions.open('admin');
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(JSON.stringify([session, sessions])).not.toContain(secret.slice(0, 8));
    expect(new Set(Array.from({ length: 100 }, () => sessions.open('viewer').secret)).size).toBe(100);
  });
});

describe('cookies', () => {
  it('are written for one host, for no script and no other site', () => {
    expect(writeCookie('s', false)).toBe('tickglass=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800');
    expect(writeCookie('s', true)).toBe('__Host-tickglass=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure');
    expect(writeCookie('', false)).toContain('Max-Age=0');
  });
  it.each([['tickglass=a', 'a'], ['x=1; tickglass=a ; y=2', 'a'], ['tickglass=', ''], ['xtickglass=a', null], ['Tickglass=a', null], ['tickglass=a; tickglass=b', null], ['', null], ['tickglass', null]])('%s reads as %s', (header, value) => {
    expect(readCookie(header, 'tickglass')).toBe(value);
  });
});

describe('tokens', () => {
  const auth = authOf(new HandClock());
  it('give their role, whole and nothing else', () => {
    expect([auth.roleOf(ADMIN), auth.roleOf(VIEWER)]).toEqual(['admin', 'viewer']);
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom(ADMIN.slice(0, -1), `${ADMIN}a`, ADMIN.toUpperCase(), ` ${ADMIN}`, '', `${ADMIN}\0`)), (given) => auth.roleOf(given) === null));
  });
  it('are not looked for in cookies, and a header goes before a cookie', () => {
    expect(auth.identify(requestOf({ cookie: `tickglass=${ADMIN}` }))).toBeNull();
    const { secret } = auth.sessions.open('viewer');
    expect(auth.identify(requestOf({ cookie: `tickglass=${secret}` }))).toMatchObject({ role: 'viewer', via: 'cookie' });
    expect(auth.identify(requestOf({ cookie: `tickglass=${secret}`, authorization: 'Bearer wrong' }))).toBeNull();
    expect(auth.identify(bearer(secret))).toMatchObject({ role: 'viewer', via: 'bearer' });
  });
  it('let everybody in where none is set', () => expect(authOf(new HandClock(), { token: null, viewerToken: null }).identify(requestOf({}))).toMatchObject({ role: 'admin', via: 'open' }));
});

describe('tokens against other sites', () => {
  it('belong to one session, and to one process', () => {
    const tokens = new CsrfTokens();
    const token = tokens.make('session-a');
    expect([tokens.isValid('session-a', token), tokens.isValid('session-b', token), new CsrfTokens().isValid('session-a', token)]).toEqual([true, false, false]);
    expect(tokens.make('session-a')).not.toBe(token);
    for (const wrong of [undefined, '', '.', token.slice(1), `${token}x`, token.split('.')[0], `x.${token.split('.')[1] ?? ''}`, ['a'], 'x'.repeat(10_000)]) expect(tokens.isValid('session-a', wrong)).toBe(false);
  });
});

describe('tickets', () => {
  const who: Identity = { role: 'viewer', via: 'cookie', session: null, user: 'u' };
  it('are good once, for 30 s, for one stream and from one address', () => {
    const clock = new HandClock();
    const tickets = new Tickets(clock);
    const once = tickets.issue(who, 'a', 'market');
    expect([tickets.redeem(once, 'a', 'market'), tickets.redeem(once, 'a', 'market')]).toEqual([who, null]);
    const [elsewhere, other, late] = [0, 0, 0].map(() => tickets.issue(who, 'a', 'market'));
    expect(tickets.redeem(elsewhere ?? '', 'b', 'market')).toBeNull();
    expect(tickets.redeem(elsewhere ?? '', 'a', 'market'), 'used up by the attempt').toBeNull();
    expect(tickets.redeem(other ?? '', 'a', 'signals')).toBeNull();
    clock.mono += TICKET_LIMITS.lifeMs;
    expect(tickets.redeem(late ?? '', 'a', 'market')).toBeNull();
    expect(tickets.redeem('made up', 'a', 'market')).toBeNull();
  });
  it('are 60 a minute and user, and bounded in all', () => {
    const clock = new HandClock();
    const auth = authOf(clock);
    for (let i = 0; i < 60; i++) expect(typeof auth.ticket(who, requestOf({}), 'market')).toBe('string');
    expect(auth.ticket(who, requestOf({}), 'market')).toBe(60_000);
    const tickets = new Tickets(clock);
    const first = tickets.issue(who, 'a', 'market');
    for (let i = 0; i < TICKET_LIMITS.most; i++) tickets.issue(who, 'a', 'market');
    expect(tickets.redeem(first, 'a', 'market')).toBeNull();
  });
});

describe('pace', () => {
  it('never lets more through in any window than its limit (property)', () => {
    fc.assert(fc.property(fc.array(fc.record({ wait: fc.integer({ min: 0, max: 30_000 }), key: fc.constantFrom('a', 'b') }), { maxLength: 200 }), (steps) => {
      const clock = new HandClock();
      const pace = new Pace(clock, 5);
      const passed: { readonly key: string; readonly at: number }[] = [];
      for (const { wait, key } of steps) {
        clock.mono += wait;
        if (pace.take(key) === 0) passed.push({ key, at: clock.mono });
      }
      return passed.every((one) => passed.filter(({ key, at }) => key === one.key && at >= one.at && at < one.at + 60_000).length <= 5);
    }));
  });

  it('lets five wrong tokens a minute through, then makes the wait longer each time, and forgives who was right', () => {
    const clock = new HandClock();
    const attempts = new Attempts(clock);
    for (let i = 0; i < 5; i++) {
      expect(attempts.waitMs('a')).toBe(0);
      attempts.failed('a');
    }
    expect(attempts.waitMs('a')).toBe(60_000);
    expect(attempts.waitMs('b')).toBe(0);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      clock.mono += attempts.waitMs('a');
      attempts.failed('a');
      waits.push(attempts.waitMs('a'));
    }
    expect(waits.at(-1)).toBe(900_000);
    expect(waits.every((wait, i) => wait >= (waits[i - 1] ?? 0))).toBe(true);
    attempts.succeeded('a');
    expect(attempts.waitMs('a')).toBe(0);
  });
});

describe('the peer behind a proxy', () => {
  const trusted = createPeerReader(['loopback', '10.0.0.0/8', '2001:db8::/32']);
  const from = (remote: string, told?: string, proto?: string) => trusted(requestOf({ ...(told === undefined ? {} : { 'x-forwarded-for': told }), ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }) }, remote));

  it.each([
    ['203.0.113.9', '192.0.2.1', 'https', '203.0.113.9', false], // not a listed proxy: what it says counts nothing
    ['127.0.0.1', '192.0.2.1', 'https', '192.0.2.1', true],
    ['::1', '192.0.2.1', 'HTTPS', '192.0.2.1', true],
    ['::ffff:127.0.0.1', '192.0.2.1', 'http', '192.0.2.1', false],
    ['127.0.0.1', '1.2.3.4, 192.0.2.1', undefined, '192.0.2.1', false], // the first was written by the client
    ['127.0.0.1', '192.0.2.1, 10.1.1.1', 'https', '192.0.2.1', true], // a chain of listed ones
    ['127.0.0.1', '10.9.9.9, 10.1.1.1', 'https', '10.9.9.9', true],
    ['127.0.0.1', undefined, 'https', '127.0.0.1', true],
    ['127.0.0.1', 'unknown', undefined, '127.0.0.1', false],
    ['127.0.0.1', '192.0.2.1, <script>', undefined, '127.0.0.1', false],
    ['127.0.0.1', '192.0.2.1:5555', undefined, '127.0.0.1', false],
    ['2001:db8::5', '::ffff:192.0.2.1', 'http,https', '192.0.2.1', true],
    ['127.0.0.1', '', '', '127.0.0.1', false],
  ])('%s that says %s by %s is %s', (remote, told, proto, address, secure) => expect(from(remote, told, proto)).toEqual({ address, secure }));

  it('believes nobody where no proxy is listed', () => {
    const nobody = createPeerReader([]);
    expect(nobody(requestOf({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }))).toEqual({ address: '127.0.0.1', secure: false });
  });

  it.each([['10.0.0.0/8', '10.0.0.0/8'], ['::1', '::1'], ['Loopback', 'loopback'], ['10.0.0.0/33', null], ['10.0.0', null], ['proxy', null], ['2001:db8::/129', null], ['', null]])('the entry %s is kept as %s', (entry, kept) => expect(proxyEntry(entry)).toBe(kept));
  it.each([['192.0.2.1', '192.0.2.1'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:0db8:1:2::9', '2001:db8:1:2::/64'], ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['', '']])('limits count %s as %s', (address, key) => expect(limitKey(address)).toBe(key));
});
