import { describe, expect, it } from 'vitest';
import { createFrame, type FrameHost } from '@/app/frame';

/** A screen of which the test draws each frame. */
function screen() {
  let frames: (() => void)[] = [];
  let timers: { at: number; fn: () => void }[] = [];
  const state = { now: 1_000, hidden: false };
  const host: FrameHost = {
    requestFrame: (fn) => void frames.push(fn),
    setTimer: (fn, ms) => void timers.push({ at: state.now + ms, fn }),
    now: () => state.now,
    hidden: () => state.hidden,
  };
  return {
    host,
    state,
    frame(ms = 16): void {
      state.now += ms;
      const due = frames;
      frames = [];
      for (const fn of due) fn();
    },
    wait(ms: number): void {
      state.now += ms;
      const due = timers.filter((t) => t.at <= state.now);
      timers = timers.filter((t) => t.at > state.now);
      for (const { fn } of due) fn();
    },
    get waiting(): number {
      return frames.length + timers.length;
    },
  };
}

describe('per-frame merge', () => {
  it('commits once per frame however much changed, and not at all when nothing did', () => {
    const page = screen();
    let commits = 0;
    const frame = createFrame(() => commits++, { host: page.host, intervalMs: 0 });
    for (let i = 0; i < 50; i++) frame.touch();
    expect(commits).toBe(0);
    page.frame();
    expect([commits, page.waiting]).toEqual([1, 0]);
    page.frame();
    expect(commits).toBe(1);
  });

  it('holds the cap and loses nothing to it', () => {
    const page = screen();
    let commits = 0;
    const frame = createFrame(() => commits++, { host: page.host, intervalMs: 40 });
    for (let i = 0; i < 100; i++) {
      frame.touch();
      page.frame();
    }
    // 1,600 ms at 25 a second, and the four that may come ahead of their turn.
    expect(commits).toBe(44);
    frame.touch();
    page.frame(100);
    expect(page.waiting).toBe(0);
  });

  it('pushes at a pace below the cap wait for one frame, wherever they fall between two of them', () => {
    for (const after of [1, 8, 15]) {
      const page = screen();
      let commits = 0;
      const frame = createFrame(() => commits++, { host: page.host, intervalMs: 40 });
      for (let push = 1; push <= 40; push++) {
        page.state.now += after;
        frame.touch();
        page.frame(16 - after);
        expect(commits).toBe(push);
        page.frame();
        page.frame();
      }
    }
  });

  it('what else is shown between two pushes does not hold up the next', () => {
    const page = screen();
    let commits = 0;
    const frame = createFrame(() => commits++, { host: page.host, intervalMs: 40 });
    for (let push = 0; push < 40; push++) {
      // Once a second three more messages, each in a frame of its own.
      const frames = push % 20 === 0 ? 3 : 1;
      for (let i = 0; i < 3; i++) {
        if (i < frames) frame.touch();
        page.frame();
        expect(page.waiting).toBe(0);
      }
    }
    expect(commits).toBe(44);
  });

  it('a hidden page commits once a second', () => {
    const page = screen();
    let commits = 0;
    const frame = createFrame(() => commits++, { host: page.host });
    page.state.hidden = true;
    for (let i = 0; i < 30; i++) {
      frame.touch();
      page.wait(100);
    }
    expect(commits).toBeGreaterThanOrEqual(2);
    expect(commits).toBeLessThanOrEqual(3);
  });

  it('what waits for a frame when the page is hidden comes by the timer, and the other way round', () => {
    const page = screen();
    let commits = 0;
    const frame = createFrame(() => commits++, { host: page.host });
    frame.touch();
    page.state.hidden = true;
    frame.visibilityChanged();
    page.wait(1_000);
    expect(commits).toBe(1);
    frame.touch();
    page.state.hidden = false;
    frame.visibilityChanged();
    page.frame(100);
    expect(commits).toBe(2);
    page.wait(5_000);
    expect(commits).toBe(2);
  });
});
