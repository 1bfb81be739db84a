// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOSE } from '@/core/contract';
import { nextStep, retryAfter, type VerdictContext } from '@/service/verdict';

const context = (change: Partial<VerdictContext> = {}): VerdictContext => ({ pace: { backoff: () => 4_000, soon: () => 300 }, goawayMs: null, lastOnceAt: null, now: 100_000, ...change });
const step = (code: number, reason = '', change: Partial<VerdictContext> = {}) => {
  const { kind, delayMs, fresh } = nextStep({ code, reason }, context(change));
  return kind === 'stop' ? 'stop' : `${delayMs}${fresh ? ' fresh' : ''}`;
};

describe('what follows a close code (protocol.md section 5)', () => {
  it.each([
    [CLOSE.normal, '4000'], [CLOSE.goingAway, '4000'], [CLOSE.noStatus, '4000'], [CLOSE.abnormal, '4000'], [CLOSE.internalStop, '4000'], [CLOSE.restart, '4000'], [CLOSE.tryLater, '4000'],
    [CLOSE.protocol, '4000'], [CLOSE.badText, '4000'], [CLOSE.policy, '4000'], [CLOSE.tooBig, '4000'],
    [CLOSE.watchdog, '300'], [CLOSE.drain, '300'], [CLOSE.noPong, '4000'], [CLOSE.slowConsumer, '4000'], [CLOSE.stateInvalidated, '4000 fresh'], [CLOSE.ageLimit, '300'], [CLOSE.noHello, '4000'],
    [CLOSE.rateLimited, '10300'], [CLOSE.internal, '4000'], [CLOSE.overloaded, '4000'], [CLOSE.badRequest, 'stop'], [CLOSE.unauthenticated, 'stop'], [CLOSE.forbidden, 'stop'],
    [CLOSE.unknownSubprotocol, 'stop'], [CLOSE.tooManyConnections, '60300'], [CLOSE.credentialExpired, '0'], [CLOSE.clientTooOld, 'stop'],
  ])('$code $name', (code, expected) => expect(step(code.code)).toBe(expected));

  it('unknown codes come back, unless they lie in 4400 to 4499', () => {
    expect([3_999, 4_006, 4_399, 4_500].map((code) => step(code))).toEqual(['4000', '4000', '4000', '4000']);
    expect([4_402, 4_499].map((code) => step(code))).toEqual(['stop', 'stop']);
  });

  it('a second fault of the program within a minute stops', () => {
    expect(step(CLOSE.policy.code, '', { lastOnceAt: 50_000 })).toBe('stop');
    expect(step(CLOSE.policy.code, '', { lastOnceAt: 30_000 })).toBe('4000');
  });

  it('the server\'s own wish comes first, the reason before the goaway', () => {
    expect(step(CLOSE.drain.code, '{"code":"drain","retry_after_ms":3170}', { goawayMs: 99 })).toBe('3170');
    expect(step(CLOSE.drain.code, '', { goawayMs: 99 })).toBe('99');
    expect(step(CLOSE.rateLimited.code, '{"retry_after_ms":20000}')).toBe('20300');
    expect(step(CLOSE.rateLimited.code, '{"retry_after_ms":5}')).toBe('10300');
  });

  it('a reason may be any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (reason) => {
      const ms = retryAfter(reason);
      expect(ms === null || (ms >= 0 && ms <= 600_000)).toBe(true);
    }));
  });
});
