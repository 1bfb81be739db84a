import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../server/connectors/base/breaker';

const OPTIONS = { failures: 3, backoff: { firstMs: 1_000, baseMs: 1_000, capMs: 8_000 } };

describe('circuit breaker', () => {
  it('opens after failures in a row, tries once, closes on success', () => {
    const breaker = new CircuitBreaker(OPTIONS);
    for (let i = 0; i < 2; i += 1) breaker.fail(0, 1);
    breaker.succeed();
    for (let i = 0; i < 3; i += 1) {
      expect(breaker.allow(0)).toBe(true);
      breaker.fail(0, 0.5);
    }
    expect([breaker.state(0), breaker.allow(0), breaker.waitMs(100)]).toEqual(['open', false, 400]);
    expect([breaker.state(500), breaker.allow(500), breaker.allow(500), breaker.waitMs(500)]).toEqual(['half_open', true, false, Infinity]);
    breaker.succeed();
    expect([breaker.state(500), breaker.allow(500)]).toEqual(['closed', true]);
  });

  it('a refusal stays until it is taken back; a date is waited for', () => {
    const breaker = new CircuitBreaker(OPTIONS);
    breaker.limit(60_000);
    expect([breaker.allow(59_999), breaker.allow(60_000)]).toEqual([false, true]);
    breaker.refuse();
    expect([breaker.allow(1e12), breaker.waitMs(1e12)]).toEqual([false, Infinity]);
    breaker.reset();
    expect(breaker.allow(0)).toBe(true);
  });

  it('a trial given up is due again', () => {
    const breaker = new CircuitBreaker(OPTIONS);
    breaker.limit(10);
    expect(breaker.allow(10)).toBe(true);
    breaker.release();
    expect(breaker.allow(11)).toBe(true);
  });

  it('property: never two trials at once, no call while open, waits within their cap, and it always closes again', () => {
    const steps = fc.array(fc.record({ wait: fc.nat({ max: 5_000 }), outcome: fc.constantFrom('succeed', 'fail', 'limit', 'release'), random: fc.double({ min: 0, max: 0.999, noNaN: true }) }), { maxLength: 80 });
    fc.assert(fc.property(steps, (schedule) => {
      const breaker = new CircuitBreaker(OPTIONS);
      let now = 0;
      let notBefore = 0;
      for (const { wait, outcome, random } of schedule) {
        now += wait;
        if (!breaker.allow(now)) {
          const rest = breaker.waitMs(now);
          expect(rest).toBeGreaterThan(0);
          expect(rest).toBeLessThanOrEqual(30_000);
          continue;
        }
        expect(now).toBeGreaterThanOrEqual(notBefore);
        if (breaker.state(now) === 'half_open') expect(breaker.allow(now)).toBe(false);
        if (outcome === 'fail') breaker.fail(now, random);
        else if (outcome === 'limit') breaker.limit((notBefore = now + 30_000));
        else breaker[outcome]();
      }
      now += 30_000;
      expect(breaker.allow(now)).toBe(true);
      breaker.succeed();
      expect(breaker.state(now)).toBe('closed');
    }));
  });
});
