import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SessionAnswer } from '@/core/contract';
import * as v from 'valibot';
import { Audit } from '../../../server/auth/audit';
import { codeOf, HttpRig } from './rig';

const TOKENS = { token: 'admin-'.padEnd(40, 'a'), viewerToken: 'viewer-'.padEnd(40, 'v') };
const OWN = { origin: 'http://localhost:8000' };
let rig = new HttpRig();
let folder = '';
afterEach(async () => {
  await rig.close();
  rig = new HttpRig();
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
  folder = '';
});
const signIn = (token: unknown, headers: Record<string, string> = {}, more = {}) => rig.ask('POST', '/api/v1/login', { ...OWN, ...headers }, { token, ...more });
const cookieOf = (answer: { headers: Record<string, unknown> }): string => String(answer.headers['set-cookie']).split(';')[0] ?? '';
const session = async (headers: Record<string, string>) => v.parse(SessionAnswer, (await rig.ask('GET', '/api/v1/session', headers)).json());

describe('signing in', () => {
  it('changes a token into a session, told by cookie', async () => {
    await rig.start(TOKENS);
    expect(await session({})).toEqual({ mode: 'token', role: null, via: null, csrf: null, expires_in_ms: null });
    const answer = await signIn(TOKENS.viewerToken);
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([200, expect.stringMatching(/^tickglass=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/)]);
    expect(answer.body).not.toContain(cookieOf(answer).slice(10));
    expect(await session({ cookie: cookieOf(answer) })).toMatchObject({ role: 'viewer', via: 'cookie', csrf: expect.any(String), expires_in_ms: 43_200_000 });
    expect((await rig.ask('GET', '/api/v1/prices', { cookie: cookieOf(answer) })).statusCode).toBe(200);
  });

  it('gives a new session each time, and ends the one the browser had', async () => {
    await rig.start(TOKENS);
    const first = cookieOf(await signIn(TOKENS.token));
    const second = cookieOf(await signIn(TOKENS.viewerToken, { cookie: first }));
    expect(second).not.toBe(first);
    expect([(await session({ cookie: first })).role, (await session({ cookie: second })).role]).toEqual([null, 'viewer']);
    // A value planted in the browser beforehand does not become a session.
    const planted = `tickglass=${'p'.repeat(43)}`;
    await signIn(TOKENS.token, { cookie: planted });
    expect((await session({ cookie: planted })).role).toBeNull();
  });

  it('behind a listed proxy with TLS: a cookie for this host alone, and HSTS; not on the word of anybody else', async () => {
    await rig.start({ ...TOKENS, trustedProxies: ['loopback'] });
    const answer = await signIn(TOKENS.token, { 'x-forwarded-proto': 'https', origin: 'https://localhost:8000' });
    expect(answer.headers['set-cookie']).toMatch(/^__Host-tickglass=.*; Secure$/);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    const cookie = cookieOf(answer);
    expect((await session({ cookie, 'x-forwarded-proto': 'https' })).role).toBe('admin');
    expect((await session({ cookie: cookie.replace('__Host-', ''), 'x-forwarded-proto': 'https' })).role, 'a cookie another host of the domain could have planted').toBeNull();
    await rig.close();
    await rig.start(TOKENS);
    const plain = await signIn(TOKENS.token, { 'x-forwarded-proto': 'https' });
    expect([plain.headers['set-cookie'], plain.headers['strict-transport-security']]).toEqual([expect.not.stringContaining('__Host-'), undefined]);
  });

  it('answers every wrong token alike, and limits the attempts of an address, not those of others', async () => {
    await rig.start({ ...TOKENS, trustedProxies: ['loopback'] });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const bodies = new Set<string>();
    for (const wrong of ['x', TOKENS.token.slice(1), `${TOKENS.viewerToken} `, TOKENS.token.toUpperCase(), 'admin']) {
      const answer = await signIn(wrong, from('192.0.2.1'));
      expect(answer.statusCode).toBe(401);
      bodies.add(answer.body);
    }
    expect(bodies.size).toBe(1);
    const late = await signIn(TOKENS.token, from('192.0.2.1'));
    expect([late.statusCode, codeOf(late), late.headers['retry-after'], late.headers['set-cookie']]).toEqual([429, 'rate_limited', '60', undefined]);
    expect((await signIn(TOKENS.token, from('192.0.2.2'))).statusCode).toBe(200);
    expect((await signIn(TOKENS.token, from('203.0.113.1, 192.0.2.1'))).statusCode, 'an address written in front changes nothing').toBe(429);
    rig.mono += 60_001;
    expect((await signIn(TOKENS.token, from('192.0.2.1'))).statusCode).toBe(200);
  });

  it.each([[undefined], [''], [1], [['a']], [{ a: 1 }], ['x'.repeat(513)], [null]])('takes no token like %j', async (token) => {
    await rig.start(TOKENS);
    expect((await signIn(token)).statusCode).toBe(400);
  });

  it('is not for other pages, and not needed where no token is set', async () => {
    await rig.start(TOKENS);
    for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }, { ...OWN, 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) expect(codeOf(await signIn(TOKENS.token, headers))).toBe('bad_origin');
    await rig.close();
    await rig.start();
    expect([codeOf(await signIn('x')), (await session({})).mode]).toEqual(['not_possible', 'none']);
  });

  it('tells a page on another host its session in the answer, which is good as a bearer until it is ended', async () => {
    await rig.start(TOKENS);
    const answer = await signIn(TOKENS.token, { origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' }, { cookie: false });
    expect([answer.headers['set-cookie'], answer.headers['access-control-allow-origin']]).toEqual([undefined, 'https://app.example.org']);
    const bearer = { authorization: `Bearer ${answer.json<{ session: string }>().session}`, origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' };
    expect(await session(bearer)).toMatchObject({ role: 'admin', via: 'bearer', csrf: null });
    expect((await rig.ask('POST', '/api/v1/venues/okx/stop', bearer)).statusCode).toBe(200);
    expect((await rig.ask('POST', '/api/v1/logout', bearer)).statusCode).toBe(204);
    expect((await session(bearer)).role).toBeNull();
  });
});

describe('signing out', () => {
  it('ends the session and takes the cookie back; everywhere ends all, for administrators', async () => {
    await rig.start(TOKENS);
    const [mine, other, viewers] = [await signIn(TOKENS.token), await signIn(TOKENS.token), await signIn(TOKENS.viewerToken)];
    const out = (answer: typeof mine, body?: object) => rig.ask('POST', '/api/v1/logout', { ...OWN, cookie: cookieOf(answer), 'x-csrftoken': answer.json<{ csrf: string }>().csrf }, body);
    const gone = await out(mine);
    expect([gone.statusCode, gone.headers['set-cookie']]).toEqual([204, 'tickglass=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0']);
    expect((await session({ cookie: cookieOf(mine) })).role).toBeNull();
    expect((await session({ cookie: cookieOf(other) })).role).toBe('admin');
    expect(codeOf(await out(viewers, { everywhere: true }))).toBe('forbidden');
    expect((await out(other, { everywhere: true })).statusCode).toBe(204);
    expect((await session({ cookie: cookieOf(viewers) })).role).toBeNull();
  });
});

describe('who opens the page without being signed in', () => {
  const navigate = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };
  it.each([['/', '/login?to=%2F'], ['/market/BTC%2FUSDT?x=1', '/login?to=%2Fmarket%2FBTC%252FUSDT%3Fx%3D1'], ['/replay', '/login?to=%2Freplay']])('is led from %s to %s', async (url, to) => {
    await rig.start(TOKENS);
    const answer = await rig.ask('GET', url, navigate);
    expect([answer.statusCode, answer.headers.location, answer.headers['cache-control']]).toEqual([302, to, 'no-store']);
  });
  it('is not led anywhere from the login page, when signed in, or where no token is set; programs get the page', async () => {
    await rig.start(TOKENS);
    const cookie = cookieOf(await signIn(TOKENS.viewerToken));
    for (const [url, headers] of [['/login', navigate], ['/market', { ...navigate, cookie }], ['/market', {}], ['/assets/x.js', navigate]] as const) expect((await rig.ask('GET', url, headers)).statusCode, url).toBe(404); // there is no page in this rig
    await rig.close();
    await rig.start();
    expect((await rig.ask('GET', '/market', navigate)).statusCode).toBe(404);
  });
});

describe('the audit log', () => {
  it('has who did what, from where, with which outcome: in the log, in a file, and for administrators to read', async () => {
    folder = mkdtempSync(join(tmpdir(), 'tickglass-audit-'));
    rig.dataDir = folder;
    await rig.start({ ...TOKENS, trustedProxies: ['loopback'] });
    const from = { 'x-forwarded-for': '192.0.2.7' };
    await signIn('wrong', from);
    const answer = await signIn(TOKENS.token, from);
    const them = { ...OWN, ...from, cookie: cookieOf(answer), 'x-csrftoken': answer.json<{ csrf: string }>().csrf };
    await rig.ask('POST', '/api/v1/venues/okx/stop', them);
    await rig.ask('POST', '/api/v1/venues/okx/stop', { ...them, 'x-csrftoken': 'x' });
    await rig.ask('POST', '/api/v1/venues/okx/start', { ...from, authorization: `Bearer ${TOKENS.viewerToken}` });
    await rig.ask('POST', '/api/v1/logout', them);
    const { entries } = (await rig.ask('GET', '/api/v1/audit', { authorization: `Bearer ${TOKENS.token}` })).json<{ entries: Record<string, string>[] }>();
    const told = entries.map(({ who, address, action, target, outcome }) => [who, address, action, target, outcome].join(' ')).reverse();
    expect(told).toEqual([
      'nobody 192.0.2.7 login  wrong token', 'admin 192.0.2.7 login  done', 'admin 192.0.2.7 venue.stop okx done', 'admin 192.0.2.7 POST /api/v1/venues/okx/stop  forbidden',
      'viewer 192.0.2.7 POST /api/v1/venues/okx/start  forbidden', 'admin 192.0.2.7 logout  done',
    ]);
    const lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([...entries].reverse());
    expect(rig.log.filter((line) => line['audit'] === true).map(({ action }) => action)).toHaveLength(6);
    expect(JSON.stringify([entries, rig.log])).not.toMatch(new RegExp([TOKENS.token, TOKENS.viewerToken, cookieOf(answer).slice(10), them['x-csrftoken']].join('|')));
  });

  it('goes on after a restart, over a half line, and is put aside when it is large; what cannot be written is in the log', async () => {
    folder = mkdtempSync(join(tmpdir(), 'tickglass-audit-'));
    await rig.start();
    const log = rig.app?.log as unknown as ConstructorParameters<typeof Audit>[0]['log'];
    const open = (dataDir = folder) => new Audit({ dataDir, log, clock: rig.clock });
    const entry = (action: string) => ({ who: 'admin', user: 'u', address: 'a', action, target: '', outcome: 'done' });
    const first = open();
    first.note(entry('one'));
    await first.settled();
    writeFileSync(join(folder, 'audit.jsonl'), '{"time":"2026-01-01T00:00:00.000Z","who":"ad', { flag: 'a' });
    writeFileSync(join(folder, 'audit.jsonl'), '\n', { flag: 'a' });
    const second = open();
    second.note(entry('two'));
    expect((await second.recent(10)).map(({ action }) => action)).toEqual(['two', 'one']);
    writeFileSync(join(folder, 'audit.jsonl'), `${'x'.repeat(5_000_001)}\n`, { flag: 'a' });
    second.note(entry('three'));
    second.note(entry('four'));
    await second.settled();
    expect(readFileSync(join(folder, 'audit.jsonl'), 'utf8').split('\n')).toHaveLength(3);
    expect(readFileSync(join(folder, 'audit.jsonl.1'), 'utf8')).toContain('"one"');
    const nowhere = open(join(folder, 'audit.jsonl'));
    nowhere.note(entry('five'));
    await nowhere.settled();
    expect((await nowhere.recent(1))[0]?.action).toBe('five');
    expect(rig.log.filter((line) => line['level'] === 50)).toHaveLength(1);
  });

  it('tells a flood of refusals of one address by its first and by how many followed, whatever the address asked for says', async () => {
    await rig.start(TOKENS);
    for (let i = 0; i < 50; i++) await rig.ask('POST', `/api/v1/venues/okx${i}/stop`, { authorization: `Bearer ${TOKENS.viewerToken}` });
    rig.auth?.stop();
    const lines = rig.log.filter((line) => line['audit'] === true);
    expect(lines.map(({ outcome, times }) => [outcome, times])).toEqual([['forbidden', 1], ['forbidden (49 times)', 49]]);
  });
});

describe('log lines (S13)', () => {
  const HOSTILE = ['\n{"level":60,"msg":"forged"}', '\r\nforged', '\u001b[2J\u001b[31mred', '\u0000', '\u009b31m', '\u2028forged', '\u202egnp.exe', '"},{"x":"', '%0d%0aforged', '${jndi:ldap://x}'];
  it('are one JSON object each, without control characters, whatever is asked for', async () => {
    const bytes: string[] = [];
    await rig.start(TOKENS);
    const admin = { authorization: `Bearer ${TOKENS.token}` };
    for (const text of HOSTILE) {
      const part = encodeURIComponent(text);
      await rig.ask('POST', `/api/v1/venues/${part}/stop`, admin);
      await rig.ask('GET', `/api/v1/prices/${part}`, admin);
      await rig.ask('POST', `/api/v1/${part}`, { authorization: `Bearer ${TOKENS.viewerToken}` });
      await signIn(text);
      const audit = rig.auth?.audit;
      audit?.note({ who: 'admin', user: text, address: text, action: text, target: text, outcome: text });
    }
    // The rig parses each chunk that pino writes: one that is not one line of JSON would have thrown.
    bytes.push(...rig.log.map((line) => JSON.stringify(line)));
    expect(bytes.length).toBeGreaterThan(HOSTILE.length);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(rig.log.flatMap((line) => Object.values(line)).filter((value) => typeof value === 'string' && /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.test(value))).toEqual([]);
    expect(rig.log.filter((line) => line['msg'] === 'forged')).toEqual([]);
  });
});
