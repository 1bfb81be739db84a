import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterModel, type FilterMutation } from '../../support/filterModel';

const symbol = fc.constantFrom('BTC/USDT', 'ETH/USDT', 'AAPL', '__proto__');
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), symbol, fc.option(fc.integer({ min: 1, max: 99 }), { nil: null, freq: 4 })) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('want' as const), symbol, fc.boolean()) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('flush' as const)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('deliver' as const), fc.integer({ min: 1, max: 4 })) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('connect' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('lose' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('duplicate' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('drop' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('reset' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass' as const), fc.constantFrom(100, 1_000, 6_000)) },
);
const schedules = fc.array(step, { minLength: 5, maxLength: 120, size: 'max' });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function play(model: FilterModel, s: Step): void {
  switch (s[0]) {
    case 'set':
      return model.set(s[1], s[2]);
    case 'want':
      if (s[2]) model.wanted.add(s[1]);
      else model.wanted.delete(s[1]);
      return model.settle();
    case 'deliver':
      return model.deliver(s[1]);
    case 'pass':
      return model.pass(s[1]);
    default:
      return model[s[0]]();
  }
}

function after(schedule: readonly Step[], mutation?: FilterMutation): string[] {
  const model = new FilterModel(mutation);
  model.wanted.add('AAPL');
  model.connect();
  for (const s of schedule) play(model, s);
  model.rest();
  return model.differences();
}

describe('a client with symbols of its own', () => {
  it('property: at rest holds the server\'s state of them, after any schedule of changes of what it wants, lost and doubled frames and cuts', () => {
    fc.assert(
      fc.property(schedules, (schedule) => void expect(after(schedule)).toEqual([])),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 700) },
    );
  }, 60_000);

  it.each(['versions and lists of what is subscribed ignored', 'a snapshot marks open symbols as held', 'open requests never sent again'] as const)('the model notices a broken rule: %s', (mutation) => {
    const property = fc.property(schedules, (schedule) => after(schedule, mutation).length === 0);
    expect(fc.check(property, { seed: 7, numRuns: 5_000, endOnFailure: true }).failed).toBe(true);
  }, 60_000);
});
