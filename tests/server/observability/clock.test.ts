import { describe, expect, it } from 'vitest';
import { createSteadyClock } from '../../../server/observability/clock';

describe('steady clock', () => {
  const rig = () => {
    const system = { wall: 1_000_000, mono: 50 };
    const clock = createSteadyClock({ now: () => system.wall, monotonic: () => system.mono });
    const pass = (ms: number): void => { system.wall += ms; system.mono += ms; };
    return { system, clock, pass };
  };

  it('runs with the system clock', () => {
    const { clock, pass } = rig();
    pass(1_500);
    expect(clock.now()).toBe(1_001_500);
  });

  it('runs on when the system clock is set back, in one step or many', () => {
    const { system, clock, pass } = rig();
    system.wall -= 3_600_000;
    pass(1_000);
    expect(clock.now()).toBe(1_001_000);
    for (let i = 0; i < 10; i++) {
      const before = clock.now();
      system.wall -= 1_000;
      pass(100);
      expect(clock.now()).toBe(before + 100);
    }
  });

  it('follows a leap forward, as after sleep, but not the small steps of time keeping', () => {
    const { system, clock, pass } = rig();
    system.wall += 300;
    expect(clock.now()).toBe(1_000_000);
    system.wall += 600_000;
    pass(10);
    expect(clock.now()).toBe(system.wall);
  });
});
