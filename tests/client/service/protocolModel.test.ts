// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolModel, TRADES, type ModelOptions, type Mutation } from '../../support/protocolModel';

type Step = readonly [name: string, ...args: unknown[]];
const key = fc.constantFrom('BTC/USDT', 'ETH/USDT', 'AAPL', '__proto__', 'constructor');
const channel = fc.constantFrom('market' as const, 'sparkline' as const);
const steps = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('set'), channel, key, fc.integer({ min: 1, max: 99 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('remove'), channel, key) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('trade'), fc.integer({ min: 1, max: 1e6 })) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('flush')) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('deliver'), fc.integer({ min: 1, max: 4 })) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('connect')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('drop')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('lose')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('duplicate')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restart')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('reset')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('want'), fc.constantFrom('sparkline', TRADES)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('unwant'), fc.constantFrom('sparkline', TRADES)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass'), fc.constantFrom(100, 1_000, 6_000)) },
);

function play(model: ProtocolModel, [name, ...args]: Step): void {
  const [a, b, c] = args;
  if (name === 'set' && (a === 'market' || a === 'sparkline')) model.set(a, String(b), Number(c));
  else if (name === 'remove' && (a === 'market' || a === 'sparkline')) model.set(a, String(b), null);
  else if (name === 'trade') model.trade(Number(a));
  else if (name === 'deliver') model.deliver(Number(a));
  else if (name === 'want') model.want(String(a));
  else if (name === 'unwant') model.unwant(String(a));
  else if (name === 'pass') model.pass(Number(a));
  else if (name === 'flush') model.flush();
  else if (name === 'connect') model.connect();
  else if (name === 'drop') model.drop();
  else if (name === 'lose') model.lose();
  else if (name === 'duplicate') model.duplicate();
  else if (name === 'restart') model.restart();
  else if (name === 'reset') model.reset();
}

const schedules = fc.array(steps, { minLength: 5, maxLength: 150, size: 'max' });
/** What is wrong after a schedule, once everything has calmed down. */
function after(schedule: readonly Step[], options: ModelOptions): string[] {
  const model = new ProtocolModel(options);
  model.connect();
  for (const step of schedule) play(model, step);
  model.rest();
  return model.differences();
}

const RUNS = Number(process.env['MODEL_RUNS'] ?? 700);
const CAUGHT: readonly Mutation[] = ['no tombstones', 'no tombstone floor', 'no gap check', 'no heartbeat position', 'changed columns of an older position'];

describe('client state = server state (protocol.md sections 8 and 9), the real hub against the real reducer', () => {
  it.each(['rows', 'objects'] as const)('after any schedule of changes, drops, lost and doubled frames, restarts and channel changes (%s)', (dialect) => {
    fc.assert(fc.property(schedules, (schedule) => void expect(after(schedule, { dialect })).toEqual([])), { numRuns: RUNS });
  }, 60_000);

  it('also when the reader is slow, so that its credit runs out, and when removals are soon forgotten', () => {
    fc.assert(
      fc.property(schedules, (schedule) => void expect(after(schedule, { tombstones: 2, hub: { windowBytes: 1_500 } })).toEqual([])),
      { numRuns: RUNS },
    );
  }, 60_000);

  it.each(CAUGHT)('notices a broken rule: %s', (mutation) => {
    const property = fc.property(schedules, (schedule) => after(schedule, { mutation, tombstones: mutation === 'no tombstone floor' ? 0 : 2 }).length === 0);
    // A fixed seed: it is always the same schedule that finds it.
    expect(fc.check(property, { seed: 5, numRuns: 4_000, endOnFailure: true }).failed).toBe(true);
  }, 60_000);

  it('the same frames at the same times give the same changes, to the byte', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const model = new ProtocolModel();
        model.connect();
        for (const step of schedule) play(model, step);
        expect(model.replayed()).toEqual(model.changes);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('unsubscribe and subscribe in flight: the answer to the first subscribe does not count for the second', () => {
    const swapped = (options: ModelOptions): ProtocolModel => {
      const model = new ProtocolModel(options);
      model.connect();
      model.deliver(Infinity);
      model.set('sparkline', 'AAPL', 1);
      model.want('sparkline');
      model.unwant('sparkline');
      model.set('sparkline', 'AAPL', null);
      model.want('sparkline');
      model.flush();
      return model;
    };
    const model = swapped({});
    model.rest();
    expect(model.differences()).toEqual([]);
    expect(model.connections).toBe(1);
    // The model notices when the answers carry no id: the first one, for the channel given back, is taken for the second.
    const broken = swapped({ mutation: 'request id not echoed' });
    broken.deliver(2);
    expect([model, broken].map((m) => m.values.get('sparkline')?.size ?? 0)).toEqual([0, 1]);
  });

  it('a lost frame is noticed by the next one and repaired on the same connection', () => {
    const model = new ProtocolModel({ dialect: 'objects' });
    model.set('market', 'AAPL', 1);
    model.rest();
    model.set('market', 'AAPL', 2);
    model.flush();
    model.lose();
    model.set('market', 'BTC/USDT', 5);
    model.flush();
    model.deliver(Infinity);
    model.flush();
    model.deliver(Infinity);
    expect([...(model.values.get('market') ?? [])].map(([key, value]) => [key, (value as { price: number }).price])).toEqual([['AAPL', 2], ['BTC/USDT', 5]]);
    expect(model.connections).toBe(1);
  });

  it('a lost last frame is noticed by the heartbeat', () => {
    const model = new ProtocolModel({ dialect: 'objects' });
    model.set('market', 'AAPL', 1);
    model.rest();
    model.set('market', 'AAPL', 2);
    model.flush();
    model.lose();
    model.rest();
    expect(model.differences()).toEqual([]);
    expect(model.connections).toBe(1);
  });

  it('resumes without a snapshot while the server lives: only what changed is sent', () => {
    const model = new ProtocolModel({ dialect: 'objects' });
    for (const k of ['AAPL', 'BTC/USDT', 'ETH/USDT']) model.set('market', k, 1);
    model.rest();
    model.drop();
    model.set('market', 'AAPL', 2);
    const replaced: string[] = [];
    const { values } = model;
    const market = values.get('market');
    model.rest();
    if (values.get('market') !== market) replaced.push('market');
    expect(replaced).toEqual([]);
    expect(model.differences()).toEqual([]);
  });
});
