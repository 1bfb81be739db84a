import { afterEach, describe, expect, it } from 'vitest';
import { err, ok, type Result } from '@/core/util/result';
import { Budget, type BudgetRule } from '../../../server/connectors/base/budget';
import { CircuitBreaker } from '../../../server/connectors/base/breaker';
import type { HttpFailure } from '../../../server/connectors/base/http';
import { memoryLedger } from '../../../server/connectors/base/ledger';
import { Poller, type PollTaken } from '../../../server/connectors/base/poller';
import { waitFor } from '../../support/waitFor';

const NOON = Date.UTC(2026, 10, 21, 12);
const FRESH: Result<PollTaken, HttpFailure> = ok({ freshForMs: () => 60_000 });
const failure = (kind: HttpFailure['kind'], words: string, retryAfterMs: number | null = null) => err({ kind, words, status: 200, retryAfterMs, venueCode: null });

const pollers: Poller[] = [];
afterEach(() => pollers.splice(0).forEach((poller) => poller.stop()));

/** A poller on a clock set by hand; it looks every 2 ms of real time. */
function rig(rules: readonly BudgetRule[] = [{ name: 'REST calls', per: 'minute', limit: 100 }], batch = 2) {
  let now = NOON;
  const clock = { now: () => now, monotonic: () => now };
  const asked: (readonly string[])[] = [];
  const needed = new Set(['A', 'B', 'C']);
  const state = { answer: FRESH, gate: Promise.resolve() };
  const budget = new Budget(clock, rules, { id: 'x', ledger: memoryLedger() });
  const poller = new Poller({
    clock, random: () => 0.5, symbols: ['A', 'B', 'C', 'D'], needed: (s) => needed.has(s), batch, weight: () => 1, spacingMs: 1_000, budget, lookMs: 2,
    breaker: new CircuitBreaker({ failures: 2, backoff: { firstMs: 10_000, baseMs: 10_000, capMs: 60_000 } }), changed: () => undefined,
    ask: async (symbols) => {
      budget.take(1);
      asked.push(symbols);
      await state.gate;
      return state.answer;
    },
  });
  pollers.push(poller);
  poller.start();
  const calls = (count: number) => waitFor(() => asked.length === count && poller.plan().words !== 'asking now', { message: `${count} calls` });
  return { poller, asked, needed, state, calls, advance: (ms: number) => void (now += ms) };
}

describe('poller', () => {
  it('asks for what is needed only, oldest first, with its distance between calls, and not again while fresh', async () => {
    const { poller, asked, needed, calls, advance } = rig();
    await calls(1);
    advance(1_000);
    await calls(2);
    expect(asked).toEqual([['A', 'B'], ['C']]);
    expect(poller.plan()).toMatchObject({ state: 'fresh', words: 'next call at 12:01:00 UTC' });
    needed.delete('A');
    advance(60_000);
    await calls(3);
    expect(asked[2]).toEqual(['B', 'C']);
    needed.clear();
    expect(poller.plan()).toMatchObject({ state: 'idle', nextInMs: null, words: expect.stringMatching(/standing by/) });
  });

  it('a budget used up is told with the time of the next call, and kept', async () => {
    const { poller, asked, calls, advance } = rig([{ name: 'calls', per: 'day', limit: 2 }], 1);
    await calls(1);
    advance(1_000);
    await calls(2);
    advance(1_000);
    expect(poller.plan()).toEqual({ state: 'held', nextInMs: 12 * 3_600_000 - 2_000, words: 'daily budget of 2 calls used; next call at 00:00 UTC' });
    advance(12 * 3_600_000 - 2_001);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(2);
    advance(1);
    await calls(3);
    expect(asked[2]).toEqual(['C']);
  });

  it('failures open the circuit, the words say why and until when; one trial call closes it', async () => {
    const { poller, asked, state, calls, advance } = rig();
    state.answer = failure('lost', 'Venue cannot be reached');
    await calls(1);
    advance(1_000);
    await calls(2);
    expect(poller.plan()).toMatchObject({ state: 'held', words: 'Venue cannot be reached; next call at 12:00:06 UTC' });
    state.answer = FRESH;
    advance(5_000);
    await calls(3);
    // What failed is due at once, behind what was never asked.
    expect(asked).toEqual([['A', 'B'], ['C', 'A'], ['B', 'A']]);
    expect(poller.plan().words).not.toMatch(/reached/);
  });

  it('a limit with a date is waited for; a refusal is final until the next start', async () => {
    const { poller, asked, state, calls, advance } = rig();
    state.answer = failure('limited', 'Venue says too many requests', 30_000);
    await calls(1);
    advance(29_999);
    expect(poller.plan()).toMatchObject({ state: 'held', nextInMs: 1 });
    state.answer = failure('refused', 'Venue asks for credentials (HTTP 401)');
    advance(1);
    await calls(2);
    expect(poller.plan()).toEqual({ state: 'refused', nextInMs: null, words: 'Venue asks for credentials (HTTP 401)' });
    state.answer = FRESH;
    poller.start();
    advance(1_000);
    await calls(3);
    expect(asked).toHaveLength(3);
  });

  it('an answer that comes after the stop changes nothing, and the next start asks anew', async () => {
    const { poller, asked, state, calls, advance } = rig();
    let open: () => void = () => undefined;
    state.gate = new Promise((resolve) => (open = resolve));
    await waitFor(() => asked.length === 1, { message: 'the first call' });
    poller.stop();
    state.answer = failure('refused', 'too late');
    open();
    advance(1_000);
    await state.gate;
    state.answer = FRESH;
    poller.start();
    await calls(2);
    expect(poller.plan().state).not.toBe('refused');
  });
});
