import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { StatusMessage, VenueInfo, VenueList } from '@/core/contract';
import { err, ok } from '@/core/util/result';
import { createMetrics } from '../../../server/observability/metrics';
import { createVenueMetrics } from '../../../server/observability/venueMetrics';
import { venueInfos } from '../../../server/http/venues';
import { codeOf, HttpRig, NOW, sourceFacts, venueState } from './rig';

let rig = new HttpRig();
afterEach(async () => {
  await rig.close();
  rig = new HttpRig();
});
const audits = () => rig.log.filter((line) => line['audit'] === true).map(({ who, address, action, target, outcome }) => ({ who, address, action, target, outcome }));

describe('GET /api/v1/venues', () => {
  it('tells everything that is known of each source, the preferred first, in the form of the contract', async () => {
    rig.venues = [
      venueState('simulator', { name: 'Simulator' }), venueState('kraken', { clockOffsetMs: -12, circuit: 'open', fallback: true }),
      venueState('okx', {
        reason: 'x'.repeat(900), unserved: [{ symbol: 'AAPL', reason: 'not listed there' }], budgets: [{ name: 'connections', per: 'hour', limit: 480, used: 3, resetsInMs: 1_000 }],
      }),
    ];
    await rig.start();
    const [okx, kraken, simulator, ...rest] = v.parse(VenueList, (await rig.ask('GET', '/api/v1/venues')).json());
    expect(rest).toEqual([]);
    expect(okx).toMatchObject({ id: 'okx', priority: 20, assetClasses: ['crypto'], keyVariable: null, keySet: null, unserved: [{ symbol: 'AAPL' }], budgets: [{ limit: 480, used: 3 }], canStart: false, canStop: true });
    expect(okx?.reason).toHaveLength(512);
    expect(kraken).toMatchObject({ id: 'kraken', clockOffsetMs: -12, circuit: 'open', fallback: true, attribution: { text: 'Data by Kraken' } });
    expect(simulator).toMatchObject({ id: 'simulator', priority: null, assetClasses: [] });
  });

  it('joins what the engine knows: books by state, gaps, lead, thin and silent streams', async () => {
    const facts = new Map([['okx', { books: { syncing: 0, ok: 3, gap: 1, crossed: 0, stale: 0 }, gapsRepaired: 7, leads: 5, clockOffsetMs: 40, thin: ['ADA/USDT'], silent: ['DOT/USDT'] }]]);
    await rig.start({}, { market: { ...rig.ports().market, venueFacts: () => facts } });
    const list = v.parse(VenueList, (await rig.ask('GET', '/api/v1/venues')).json());
    expect(list[0]).toMatchObject({ books: { ok: 3, gap: 1 }, gapsRepaired: 7, leads: 5, clockOffsetMs: 40, thin: ['ADA/USDT'], silent: ['DOT/USDT'] });
    expect(list[1]).toMatchObject({ id: 'kraken', books: {}, gapsRepaired: 0, leads: 0 });
  });

  it.each([
    ['live', true, false, true], ['connecting', true, false, true], ['waiting', true, false, true], ['standby', true, false, true], ['refused', true, true, true], ['off', true, true, false], ['ended', true, true, false],
    ['off', false, false, false], ['off', null, true, false],
  ] as const)('offers what would change something: %s, key set %s -> start %s, stop %s', async (state, keySet, canStart, canStop) => {
    rig.venues = [venueState('finnhub', { state })];
    rig.sources = [sourceFacts('finnhub', 50, { keyVariable: keySet === null ? null : 'FINNHUB_API_KEY', keySet })];
    expect(venueInfos(rig.ports())[0]).toMatchObject({ canStart, canStop });
  });
});

describe('start and stop', () => {
  it('stops and starts a source, answers with its new state, tells every client and writes who did it', async () => {
    await rig.start();
    const stopped = await rig.ask('POST', '/api/v1/venues/okx/stop');
    expect([stopped.statusCode, v.parse(VenueInfo, stopped.json())]).toMatchObject([200, { id: 'okx', state: 'off', canStart: true, canStop: false }]);
    const started = await rig.ask('POST', '/api/v1/venues/okx/start');
    expect(v.parse(VenueInfo, started.json())).toMatchObject({ state: 'connecting', canStop: true });
    expect(rig.told.map((message) => v.parse(StatusMessage, message))).toMatchObject([
      { code: 'feed_stopped', source: 'okx', level: 'warn', state: 'off', message: `OKX was stopped by an administrator at ${new Date(NOW).toISOString().slice(11, 19)} UTC; it stays off until it is started again` },
      { code: 'feed_started', source: 'okx', level: 'info', state: 'connecting' },
    ]);
    expect(audits()).toEqual([
      { who: 'admin', address: '127.0.0.1', action: 'venue.stop', target: 'okx', outcome: 'done' },
      { who: 'admin', address: '127.0.0.1', action: 'venue.start', target: 'okx', outcome: 'done' },
    ]);
  });

  it('changes nothing when asked again', async () => {
    await rig.start();
    const first = await rig.ask('POST', '/api/v1/venues/okx/stop');
    const again = await rig.ask('POST', '/api/v1/venues/okx/stop');
    expect([again.statusCode, again.json()]).toEqual([200, first.json()]);
    expect((await rig.ask('POST', '/api/v1/venues/kraken/start')).statusCode).toBe(200);
    expect(rig.told).toHaveLength(1);
    expect(audits().map((line) => line.outcome)).toEqual(['done', 'no change', 'no change']);
  });

  it.each(['nope', '__proto__', '%2e%2e', 'okx%2Fstop', 'OKX', 'x'.repeat(200)])('does not know %s', async (id) => {
    await rig.start();
    const answer = await rig.ask('POST', `/api/v1/venues/${id}/stop`);
    expect([answer.statusCode, codeOf(answer)]).toEqual([404, 'not_found']);
    expect(rig.told).toEqual([]);
  });

  it('says why a source cannot be started, and writes it down', async () => {
    rig.venues = [venueState('finnhub', { state: 'off', name: 'Finnhub' }), venueState('stuck', { state: 'off' })];
    rig.sources = [sourceFacts('finnhub', 50, { keyVariable: 'FINNHUB_API_KEY', keySet: false })];
    await rig.start();
    const keyless = await rig.ask('POST', '/api/v1/venues/finnhub/start');
    expect([keyless.statusCode, keyless.json()]).toEqual([409, { error: { code: 'not_possible', message: 'This cannot be done as things are: Finnhub needs a key: set FINNHUB_API_KEY and restart the server' } }]);
    const stuck = await rig.ask('POST', '/api/v1/venues/stuck/start');
    expect([stuck.statusCode, codeOf(stuck)]).toEqual([409, 'not_possible']);
    expect(audits().map((line) => line.outcome)).toEqual(['no key', 'refused: it is locked']);
    expect(rig.told).toEqual([]);
  });

  it('does not claim a start that changed nothing', async () => {
    rig.venues = [venueState('okx', { state: 'off', reason: 'it has none of the wanted symbols' })];
    await rig.start({}, { control: { start: () => Promise.resolve(ok(null)), stop: () => Promise.resolve(ok(null)) } });
    const answer = await rig.ask('POST', '/api/v1/venues/okx/start');
    expect([answer.statusCode, answer.json()]).toEqual([409, { error: { code: 'not_possible', message: 'This cannot be done as things are: OKX stays off: it has none of the wanted symbols' } }]);
    expect([audits().map((line) => line.outcome), rig.told]).toEqual([['still off'], []]);
  });

  it('answers a fault of ours as one, and still writes down who tried', async () => {
    await rig.start({}, { control: { start: () => Promise.resolve(err('x')), stop: () => Promise.reject(new Error('secret detail')) } });
    const answer = await rig.ask('POST', '/api/v1/venues/okx/stop');
    expect([answer.statusCode, codeOf(answer), answer.body.includes('secret')]).toEqual([500, 'internal', false]);
    expect(audits()).toMatchObject([{ action: 'venue.stop', outcome: 'failed' }]);
  });

  it('is not offered in a replay, whose sources are only told of', async () => {
    await rig.start({}, { control: null });
    expect((await rig.ask('GET', '/api/v1/venues')).json()).toEqual(rig.venues.map(() => expect.objectContaining({ canStart: false, canStop: false }) as unknown));
    expect(codeOf(await rig.ask('POST', '/api/v1/venues/okx/stop'))).toBe('not_possible');
    expect(rig.told).toEqual([]);
  });

  it('is no business of other pages', async () => {
    await rig.start();
    for (const headers of [{ origin: 'http://evil.example' } as Record<string, string>, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      expect(codeOf(await rig.ask('POST', '/api/v1/venues/okx/stop', headers))).toBe('bad_origin');
    }
    expect(codeOf(await rig.ask('POST', '/api/v1/venues/okx/stop', { host: 'evil.example' }))).toBe('bad_host');
    expect(rig.venues.find((venue) => venue.id === 'okx')?.state).toBe('live');
    expect((await rig.ask('POST', '/api/v1/venues/okx/stop', { origin: 'http://localhost:8000', 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200);
    const preflight = await rig.ask('OPTIONS', '/api/v1/venues/okx/start', { origin: 'https://app.example.org' });
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, POST, DELETE');
    expect((await rig.ask('GET', '/api/v1/venues/okx/stop')).statusCode).toBe(404);
  });
});

describe('metrics of the sources', () => {
  it('are written from the same status, and what is over does not stay behind', async () => {
    const metrics = createMetrics();
    const write = createVenueMetrics(metrics.registry);
    const facts = new Map([['okx', { books: { syncing: 0, ok: 3, gap: 1, crossed: 0, stale: 0 }, gapsRepaired: 7, leads: 5, clockOffsetMs: null, thin: [], silent: [] }]]);
    rig.venues = [venueState('okx', { circuit: 'open', fallback: true, lagMs: 41, budgets: [{ name: 'connections', per: 'hour', limit: 480, used: 3, resetsInMs: null }] })];
    const told = { ...rig.ports(), market: { ...rig.ports().market, venueFacts: () => facts } };
    write(venueInfos(told));
    const text = await metrics.registry.metrics();
    for (const line of [
      'tickglass_venue_budget_used{venue="okx",budget="connections",per="hour"} 3', 'tickglass_venue_budget_limit{venue="okx",budget="connections",per="hour"} 480',
      'tickglass_venue_books{venue="okx",state="ok"} 3', 'tickglass_venue_books{venue="okx",state="gap"} 1', 'tickglass_venue_book_gaps_repaired{venue="okx"} 7',
      'tickglass_venue_circuit{venue="okx",state="open"} 1', 'tickglass_venue_state{venue="okx",state="live"} 1', 'tickglass_venue_fallback{venue="okx"} 1', 'tickglass_venue_lag_milliseconds{venue="okx"} 41',
    ]) expect(text).toContain(line);
    rig.venues = [venueState('okx', { circuit: 'closed' })];
    write(venueInfos(rig.ports()));
    const later = await metrics.registry.metrics();
    expect(later).toContain('tickglass_venue_circuit{venue="okx",state="closed"} 1');
    expect(later).not.toMatch(/state="open"|budget="connections"|tickglass_venue_lag_milliseconds\{/);
  });
});
