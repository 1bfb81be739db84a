import { afterEach, describe, expect, it } from 'vitest';
import { SESSION_LIMITS } from '../../../server/auth/sessions';
import { codeOf, HttpRig } from './rig';
import { routesOf } from './routes';

const TOKENS = { token: 'admin-'.padEnd(32, 'a'), viewerToken: 'viewer-'.padEnd(32, 'v') };
const OWN = 'http://localhost:8000';
/** Signing in is for those who are not: tests/server/http/session.test.ts. Health tells nothing that is worth a token. */
const OPEN = /^GET \/(health.*|api\/v1\/session)$|^POST \/api\/v1\/login$/;
/** Changes that are the asker's own business. */
const OWN_BUSINESS: ReadonlySet<string> = new Set(['POST /api/v1/backtests', 'POST /api/v1/logout', 'POST /api/v1/ws-ticket', 'POST /api/v1/client-metrics']);
const ADMIN_READS: ReadonlySet<string> = new Set(['GET /api/v1/audit']);

/** The routes of the interface, from the router itself; a new one is in the matrix without anybody's doing. */
async function tableOfRoutes(): Promise<readonly string[]> {
  const rig = new HttpRig();
  const routes = routesOf(await rig.start()).filter((route) => /\/(api|health|metrics)/.test(route) && !OPEN.test(route));
  await rig.close();
  return routes;
}
const routes = await tableOfRoutes();
const filled = (path: string): string => path.replace(':id', 'okx').replace(/\*$/, 'AAPL');

interface Case {
  readonly name: string;
  /** Headers of the request; the rig has a session of each role. */
  readonly headers: (them: Them) => Record<string, string>;
  /** Code of the refusal, or `in`, by what the route is. */
  readonly read: string;
  readonly change: string;
}
interface Them { readonly admin: Signed; readonly viewer: Signed; readonly ended: Signed }
interface Signed { readonly cookie: string; readonly csrf: string; readonly bearer: string }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const CASES: readonly Case[] = [
  { name: 'no token', headers: () => ({}), read: 'unauthorized', change: 'unauthorized' },
  { name: 'a wrong token', headers: () => bearer('wrong'.padEnd(32, 'w')), read: 'unauthorized', change: 'unauthorized' },
  { name: 'a wrong token beside a good cookie', headers: ({ admin }) => ({ ...bearer('wrong'), cookie: admin.cookie }), read: 'unauthorized', change: 'unauthorized' },
  { name: 'the viewer token', headers: () => bearer(TOKENS.viewerToken), read: 'in', change: 'forbidden' },
  { name: 'the admin token', headers: () => bearer(TOKENS.token), read: 'in', change: 'in' },
  { name: 'a cookie nobody gave', headers: () => ({ cookie: `tickglass=${'x'.repeat(43)}` }), read: 'unauthorized', change: 'unauthorized' },
  { name: 'the cookie of a session that ended', headers: ({ ended }) => ({ cookie: ended.cookie, 'x-csrftoken': ended.csrf }), read: 'unauthorized', change: 'unauthorized' },
  { name: 'two cookies of the name', headers: ({ admin, viewer }) => ({ cookie: `${admin.cookie}; ${viewer.cookie}` }), read: 'unauthorized', change: 'unauthorized' },
  { name: 'a viewer session', headers: ({ viewer }) => ({ cookie: viewer.cookie, 'x-csrftoken': viewer.csrf, origin: OWN, 'sec-fetch-site': 'same-origin' }), read: 'in', change: 'forbidden' },
  { name: 'an admin session', headers: ({ admin }) => ({ cookie: admin.cookie, 'x-csrftoken': admin.csrf, origin: OWN, 'sec-fetch-site': 'same-origin' }), read: 'in', change: 'in' },
  { name: 'an admin session by header', headers: ({ admin }) => bearer(admin.bearer), read: 'in', change: 'in' },
  { name: 'an admin session without the cross-site token', headers: ({ admin }) => ({ cookie: admin.cookie, origin: OWN }), read: 'in', change: 'forbidden' },
  { name: 'an admin session with the cross-site token of another', headers: ({ admin, viewer }) => ({ cookie: admin.cookie, 'x-csrftoken': viewer.csrf }), read: 'in', change: 'forbidden' },
  { name: 'an admin session in a request another site started', headers: ({ admin }) => ({ cookie: admin.cookie, 'x-csrftoken': admin.csrf, 'sec-fetch-site': 'cross-site' }), read: 'in', change: 'bad_origin' },
  { name: 'an admin session in a request another port started', headers: ({ admin }) => ({ cookie: admin.cookie, 'x-csrftoken': admin.csrf, 'sec-fetch-site': 'same-site' }), read: 'in', change: 'bad_origin' },
  { name: 'an admin session from another origin', headers: ({ admin }) => ({ cookie: admin.cookie, 'x-csrftoken': admin.csrf, origin: 'http://localhost:8001' }), read: 'unauthorized', change: 'bad_origin' },
  { name: 'an admin session from the origin null', headers: ({ admin }) => ({ cookie: admin.cookie, 'x-csrftoken': admin.csrf, origin: 'null' }), read: 'unauthorized', change: 'bad_origin' },
  { name: 'a cookie from an origin on the list', headers: ({ admin }) => ({ cookie: admin.cookie, 'x-csrftoken': admin.csrf, origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' }), read: 'unauthorized', change: 'unauthorized' },
  { name: 'the admin token from an origin on the list', headers: () => ({ ...bearer(TOKENS.token), origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' }), read: 'in', change: 'in' },
  { name: 'another host', headers: () => ({ ...bearer(TOKENS.token), host: 'evil.example' }), read: 'bad_host', change: 'bad_host' },
];

let rig = new HttpRig();
afterEach(async () => {
  await rig.close();
  rig = new HttpRig();
});

async function signIn(token: string): Promise<Signed> {
  const kept = await rig.ask('POST', '/api/v1/login', { origin: OWN }, { token });
  const told = await rig.ask('POST', '/api/v1/login', { origin: OWN }, { token, cookie: false });
  return { cookie: String(kept.headers['set-cookie']).split(';')[0] ?? '', csrf: kept.json<{ csrf: string }>().csrf, bearer: told.json<{ session: string }>().session };
}

describe('who may do what, by route and by what a request brings', () => {
  it('knows the routes', () => expect(routes.length).toBeGreaterThan(20));

  it.each(CASES)('$name', async ({ headers, read, change }) => {
    await rig.start(TOKENS);
    const ended = await signIn(TOKENS.token);
    rig.mono += SESSION_LIMITS.idleMs + 1;
    const them: Them = { ended, admin: await signIn(TOKENS.token), viewer: await signIn(TOKENS.viewerToken) };
    const brought = headers(them);
    // A sign-out ends what the other routes are asked with.
    for (const route of [...routes].sort((a, b) => Number(a.endsWith('logout')) - Number(b.endsWith('logout')))) {
      const [method = '', path = ''] = route.split(' ');
      const isChange = method !== 'GET';
      const own = isChange && OWN_BUSINESS.has(route);
      const viewer = brought['authorization']?.includes('viewer') === true || brought['cookie'] === them.viewer.cookie;
      const expected = own && viewer ? read : isChange ? change : ADMIN_READS.has(route) && viewer && read === 'in' ? 'forbidden' : read;
      const answer = await rig.ask(method as 'GET' | 'POST', filled(path), brought);
      const refused = [401, 403, 421].includes(answer.statusCode);
      expect([route, refused ? codeOf(answer) : 'in'], `${answer.statusCode} ${answer.body.slice(0, 120)}`).toEqual([route, expected]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['content-security-policy']).toBeDefined();
    }
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json'])('takes no body of the type %s, which a form of another page can send', async (type) => {
    await rig.start(TOKENS);
    const { cookie, csrf } = await signIn(TOKENS.token);
    for (const route of routes.filter((name) => !name.startsWith('GET'))) {
      const [method = '', path = ''] = route.split(' ');
      const answer = await rig.app?.inject({ method: method as 'POST', url: filled(path), headers: { host: 'localhost:8000', cookie, 'x-csrftoken': csrf, 'content-type': type }, payload: '{"token":"x"}' });
      expect([route, answer?.statusCode, answer?.json<{ error: { message: string } }>().error.message]).toEqual([route, 400, 'The request does not have the expected form: a body is application/json']);
    }
    expect(rig.told).toEqual([]);
  });

  it('changes nothing by GET: no source is started or stopped, nobody is told, nothing stands in the audit log', async () => {
    await rig.start(TOKENS);
    for (const route of routes.filter((name) => name.startsWith('POST'))) await rig.ask('GET', filled(route.slice(5)), bearer(TOKENS.token));
    expect([rig.told, rig.venues.map(({ state }) => state), rig.log.filter((line) => line['audit'] === true)]).toEqual([[], ['live', 'live'], []]);
  });

  it('lets nobody change more than 120 things a minute', async () => {
    await rig.start(TOKENS);
    const stop = () => rig.ask('POST', '/api/v1/venues/okx/stop', bearer(TOKENS.token));
    for (let i = 0; i < 120; i++) expect((await stop()).statusCode).toBe(200);
    const late = await stop();
    expect([late.statusCode, codeOf(late), Number(late.headers['retry-after'])]).toEqual([429, 'rate_limited', 60]);
    rig.mono += 60_001;
    expect((await stop()).statusCode).toBe(200);
  });
});
