import { createPinia, setActivePinia } from 'pinia';
import { mount } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick, ref } from 'vue';
import { CLIENT, NO_ACCESS, NO_API, type ClientPort } from '@/composables/useClient';
import { strokeOf, useHotkeys } from '@/composables/useHotkeys';
import { useNow } from '@/composables/useNow';
import { useReducedMotion } from '@/composables/useReducedMotion';
import { STALE_MS } from '@/core/market/staleness';
import { staleness } from '@/composables/useStaleness';
import { useSubscription } from '@/composables/useSubscription';
import { useSettingsStore } from '@/stores/settings';
import type { StreamState } from '@/stores/types';

beforeEach(() => {
  localStorage.clear();
  setActivePinia(createPinia());
});

describe('staleness: a pure function of age, time, verdict and stream', () => {
  const quote = { ageAtSend: 500, receivedAt: 1_000, state: 'ok', price: 5, route: 'socket', quality: 'live' } as const;
  const at = (now: number, stream: StreamState = 'live', change: Partial<Parameters<typeof staleness>[0] & object> = {}, fallback = false) => staleness({ ...quote, ...change }, stream, now, fallback);

  it.each([[1_000, 'fresh', '0 s'], [4_500, 'fresh', '4 s'], [8_000, 'fresh', '7 s'], [8_001, 'late', '7 s'], [15_500, 'late', '15 s'], [15_501, 'stale', 'stale, 15 s'], [500, 'fresh', '0 s']])('at %i ms: %s', (now, state, text) => expect(at(now)).toMatchObject({ state, text }));

  it('follows the stream: what stands still is stale at once, unless REST stands in', () => {
    for (const stream of ['connecting', 'hello', 'backoff', 'offline', 'stopped', 'idle', 'stale'] as const) {
      expect(at(1_000, stream).state).toBe('stale');
      expect(at(1_000, stream, {}, true).state).toBe('fresh');
    }
    expect(at(1_000, 'syncing').state).toBe('fresh');
  });

  it('follows the server: closed is no fault, suspect and stale are said, none is blank', () => {
    expect([at(9e6, 'live', { state: 'closed' }).text, at(1_000, 'live', { state: 'suspect' }).text, at(1_000, 'live', { state: 'stale' }).state, at(1_000, 'live', { state: 'none' }).state]).toEqual(['closed', 'suspect, 0 s', 'stale', 'none']);
    expect([at(1_000, 'live', { price: null }).state, staleness(null, 'live', 0).state, at(1_000, 'live', { ageAtSend: null }).text]).toEqual(['none', 'none', 'age unknown']);
  });

  it('lets a share be quiet for longer than a coin', () => {
    const share = (now: number) => staleness(quote, 'live', now, false, STALE_MS.equity).state;
    expect([share(20_000), share(40_000), share(60_501)]).toEqual(['fresh', 'late', 'stale']);
  });

  it('leaves the limit of what comes by requests or late by nature to the server', () => {
    for (const change of [{ route: 'rest' }, { quality: 'delayed' }] as const) {
      expect(at(9e6, 'live', change)).toMatchObject({ state: 'fresh', text: '2 h' });
      expect(at(9e6, 'live', { ...change, state: 'stale' }).text).toBe('stale, 2 h');
      expect(at(9e6, 'backoff', change).state).toBe('stale');
    }
  });
});

describe('useNow', () => {
  afterEach(() => vi.useRealTimers());
  it('is one timer for all, stopped with the last user', () => {
    vi.useFakeTimers();
    const scopes = [effectScope(), effectScope(), effectScope()];
    const clocks = scopes.map((scope) => scope.run(() => useNow()));
    expect(vi.getTimerCount()).toBe(1);
    const before = clocks[0]?.value.wall ?? 0;
    vi.advanceTimersByTime(3_000);
    expect(clocks.map((c) => (c?.value.wall ?? 0) - before)).toEqual([3_000, 3_000, 3_000]);
    for (const scope of scopes) scope.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('useSubscription', () => {
  it('holds while mounted, follows the name, takes the new one before it lets the old one go', async () => {
    const log: string[] = [];
    const client: ClientPort = { subscribeChannel: (name) => { log.push(`+${name}`); return () => void log.push(`-${name}`); }, retry: () => undefined, server: '', api: NO_API, access: () => Promise.resolve(NO_ACCESS) };
    const name = ref<string | null>('candles:A');
    const wrapper = mount({ setup: () => { useSubscription(name); return () => null; } }, { global: { provide: { [CLIENT as symbol]: client } } });
    name.value = 'candles:B';
    await nextTick();
    name.value = null;
    name.value = 'candles:C';
    wrapper.unmount();
    expect(log).toEqual(['+candles:A', '+candles:B', '-candles:A', '-candles:B', '+candles:C', '-candles:C']);
  });
});

describe('useHotkeys', () => {
  const press = (key: string, change: KeyboardEventInit = {}, target: EventTarget = document): KeyboardEvent => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...change });
    target.dispatchEvent(event);
    return event;
  };

  it('knows strokes, sequences and fields, and ends with its scope', () => {
    const hits: string[] = [];
    const scope = effectScope();
    scope.run(() => useHotkeys({ '?': () => hits.push('?'), 'mod+k': () => hits.push('k'), 'g m': () => hits.push('gm') }, { inFields: ['mod+k'] }));
    expect(press('?', { shiftKey: true }).defaultPrevented).toBe(true);
    press('k', { metaKey: true });
    press('g');
    press('m');
    expect(press('x').defaultPrevented).toBe(false);
    const input = document.body.appendChild(document.createElement('input'));
    press('?', {}, input);
    press('k', { ctrlKey: true }, input);
    scope.stop();
    press('?');
    expect(hits).toEqual(['?', 'k', 'gm', 'k']);
  });

  it('names shift only where it prints nothing', () => {
    const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: true };
    expect([strokeOf({ ...plain, key: '?' }), strokeOf({ ...plain, key: 'Enter' }), strokeOf({ ...plain, key: ' ', shiftKey: false })]).toEqual(['?', 'shift+enter', 'space']);
  });
});

describe('useReducedMotion', () => {
  it('obeys the setting, else the system', () => {
    const query = Object.assign(new EventTarget(), { matches: false });
    const scope = effectScope();
    const reduced = scope.run(() => useReducedMotion({ matchMedia: () => query as unknown as MediaQueryList }));
    const settings = useSettingsStore();
    expect(reduced?.value).toBe(false);
    query.matches = true;
    query.dispatchEvent(new Event('change'));
    expect(reduced?.value).toBe(true);
    settings.update({ motion: 'full' });
    expect(reduced?.value).toBe(false);
    settings.update({ motion: 'reduced' });
    expect(reduced?.value).toBe(true);
    scope.stop();
  });
});
