import { afterEach, describe, expect, it } from 'vitest';
import { HttpRig, codeOf } from './rig';

const rig = new HttpRig();
afterEach(() => rig.close());

describe('GET /health', () => {
  it.each([
    ['starting', 'live', 503, { status: 'starting', ready: false }],
    ['running', 'live', 200, { status: 'ok', ready: true, feed: 'live' }],
    ['running', 'none', 503, { status: 'no_feed', ready: false, feed: 'none' }],
    ['draining', 'live', 503, { status: 'draining', ready: false, feed: 'live' }],
  ] as const)('%s with feed %s is %i', async (phase, mode, code, body) => {
    await rig.start({}, { phase: () => phase, mode: () => mode });
    const answer = await rig.ask('GET', '/health');
    expect(answer.statusCode).toBe(code);
    expect(answer.json()).toMatchObject(body);
    const live = await rig.ask('GET', '/health/live');
    expect([live.statusCode, live.json()]).toEqual([200, { live: true }]);
  });
});

describe('POST /api/v1/client-metrics', () => {
  const send = (payload: unknown) => {
    if (!rig.app) throw new Error('not started');
    return rig.app.inject({ method: 'POST', url: '/api/v1/client-metrics', headers: { host: 'localhost:8000', 'content-type': 'application/json' }, payload: JSON.stringify(payload) });
  };
  const report = { version: 1, hops: { frame: { bounds_ms: [16], counts: [3, 1] } }, clock: null };

  it('takes a report, and says when there are too many', async () => {
    const taken: unknown[] = [];
    await rig.start({}, { browserReport: (one) => taken.push(one) < 2 });
    expect((await send(report)).statusCode).toBe(204);
    const second = await send(report);
    expect([second.statusCode, codeOf(second)]).toEqual([429, 'rate_limited']);
    expect(taken[0]).toEqual(report);
  });

  it('refuses what is none, and what is too large', async () => {
    await rig.start({}, { browserReport: () => true });
    const wrong = await send({ ...report, hops: { frame: { bounds_ms: [16], counts: [3] } } });
    expect([wrong.statusCode, codeOf(wrong)]).toEqual([400, 'bad_request']);
    expect((await send({ ...report, more: 'x'.repeat(9_000) })).statusCode).toBe(413);
  });
});
