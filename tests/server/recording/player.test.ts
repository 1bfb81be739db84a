import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { systemClock } from '../../../server/observability/clock';
import { engineOptions } from '../../../server/recording/format';
import { Player } from '../../../server/recording/player';
import { stateHash } from '../../../server/recording/recordings';
import { ReplayEngine } from '../../../server/recording/replayEngine';
import { openSource, type RecordingSource } from '../../../server/recording/source';
import { VENUES } from '../../../server/connectors/registry';
import { sharedPath } from '../../support/shared';
import { waitFor } from '../../support/waitFor';
import { FACTS, INSTRUMENTS, market, T0 } from './rig';

const SECONDS = 12;
const events = [...market(11, SECONDS)];

/** A recording in memory, read in batches of uneven size. */
function source(of: readonly InputEvent[] = events): RecordingSource {
  return {
    kind: 'own', name: 'test', engine: engineOptions(FACTS, INSTRUMENTS), from: of[0]?.receiveTime ?? 0, to: of.at(-1)?.receiveTime ?? 0, events: of.length, header: null, words: 'a test',
    async *read() {
      for (let i = 0; i < of.length; i += 300) yield await Promise.resolve(of.slice(i, i + 300).map((event, k) => ({ seq: i + k + 1, event })));
    },
  };
}

const players: Player[] = [];
afterEach(async () => { await Promise.all(players.splice(0).map((player) => player.close())); });
function play(from: RecordingSource, speed: number) {
  const engine = new ReplayEngine(from.engine, from.words);
  const outputs: string[] = [];
  let ended = 0;
  const player = new Player({ source: from, clock: systemClock, accept: (event) => engine.step(event, (output) => outputs.push(output.type)), restart: () => engine.restart(), onEnd: () => (ended += 1) }, speed);
  players.push(player);
  return { engine, player, outputs, ended: () => ended };
}
/** State after the first n inputs, straight through an engine. */
function direct(of: RecordingSource, inputs: readonly InputEvent[]): string {
  const engine = createEngine(of.engine);
  for (const event of inputs) engine.step(event, () => undefined);
  return stateHash(engine);
}
const idle = (player: Player) => waitFor(() => player.state.state === 'paused' || player.state.state === 'ended', { timeoutMs: 15_000, message: () => JSON.stringify(player.state) });

describe('a replay', () => {
  it('reaches the same state at 100 times the speed and as fast as possible', async () => {
    const [fast, timed] = [play(source(), 0), play(source(), 100)];
    fast.player.play();
    timed.player.play();
    await waitFor(() => fast.ended() === 1 && timed.ended() === 1, { timeoutMs: 15_000 });
    const end = direct(source(), events);
    expect([stateHash(fast.engine), stateHash(timed.engine)]).toEqual([end, end]);
    expect(fast.player.state).toMatchObject({ state: 'ended', events: events.length, seq: events.length, time: events.at(-1)?.receiveTime, problem: '' });
  });

  it('keeps the time of the recording: at 50 times the speed, a second takes 20 ms or longer, never less', async () => {
    const { player } = play(source(), 50);
    const began = performance.now();
    player.play();
    await waitFor(() => player.state.time >= T0 + 5_000, { timeoutMs: 15_000 });
    expect(performance.now() - began).toBeGreaterThan(95);
  });

  it('has the state of its time after any steps and seeks, back and forth', async () => {
    const command = fc.oneof(fc.constant('event' as const), fc.constant('second' as const), fc.integer({ min: -1_000, max: SECONDS * 1_000 + 2_000 }));
    await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 6 }), async (commands) => {
      const { engine, player } = play(source(), 1);
      for (const one of commands) {
        if (typeof one === 'number') player.seek(T0 + one, 'rest');
        else player.step(one);
        await idle(player);
      }
      const { events: n } = player.state;
      expect(stateHash(engine)).toBe(direct(source(), events.slice(0, n)));
      const last = commands.at(-1);
      if (typeof last === 'number') expect(n).toBe(events.filter((event) => event.receiveTime <= T0 + Math.max(0, last)).length);
      await player.close();
    }), { numRuns: 15 });
  }, 60_000);

  it('stands still while it rests, with its clock', async () => {
    const { player } = play(source(), 20);
    player.play();
    await waitFor(() => player.state.time > T0 + 1_000);
    player.pause();
    const at = player.feedClock.now();
    await new Promise((resolve) => setImmediate(resolve));
    expect(player.feedClock.now()).toBe(at);
    expect(player.state.state).toBe('paused');
  });

  it('starts again when it is played after its end', async () => {
    const { player, engine, ended } = play(source(), 0);
    player.play();
    await waitFor(() => ended() === 1);
    player.play();
    await waitFor(() => ended() === 2);
    expect(stateHash(engine)).toBe(direct(source(), events));
  });

  it('jumps holes instead of sitting them out', async () => {
    const later = events.slice(-5).map((event) => ({ ...event, receiveTime: event.receiveTime + 3_600_000 }));
    const { player, ended } = play(source([...events.slice(0, 5), ...later]), 1);
    player.play();
    await waitFor(() => ended() === 1);
  });

  it('never lets out anything as live or simulated', async () => {
    const engine = new ReplayEngine(engineOptions(FACTS, INSTRUMENTS), 'a test');
    const kinds = new Set<unknown>();
    const seen = new Set<string>();
    // Enough past for a rating.
    const minute = Math.floor(T0 / 60_000) * 60_000;
    const origin = { venue: 'simulator', symbol: 'BTC/USDT', kind: 'simulated', route: 'history', venueTime: null, receiveTime: T0 } as const;
    const past = Array.from({ length: 300 }, (_, i): InputEvent => ({ ...origin, type: 'candle', interval: '1m', openTime: minute - (300 - i) * 60_000, open: 100, high: 102, low: 99, close: 101 + (i % 2), volume: 1, closed: true }));
    const begun = events.findIndex(({ type }) => type === 'quote');
    const after = Array.from({ length: 30 }, (_, i): InputEvent => ({ type: 'clock', receiveTime: (events.at(-1)?.receiveTime ?? 0) + i * 1_000 }));
    for (const event of [...events.slice(0, begun), ...past, ...events.slice(begun), ...after]) {
      engine.step(event, (output) => {
        seen.add(output.type);
        // Whatever names a kind, wherever in it.
        if (output.type !== 'outcome') for (const [, kind] of JSON.stringify(output).matchAll(/"(?:kind|source|quality|mode)":"(\w+)"/g)) kinds.add(kind);
      });
    }
    expect([...seen]).toEqual(expect.arrayContaining(['quote', 'trade', 'book', 'candle', 'rating', 'mode']));
    for (const { symbol } of engine.instruments()) {
      for (const value of [engine.quote(symbol), ...engine.venueQuotes(symbol), ...engine.trades(symbol, 10)]) kinds.add(value?.kind);
    }
    for (const { venue, symbol } of engine.books()) kinds.add(engine.book(venue, symbol, 1)?.kind);
    expect([...kinds]).toEqual(['replay']);
    expect(engine.mode).toBe('replay');
  });
});

const binance = sharedPath('recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz');
describe.skipIf(!binance)('the Binance recording of 2024-08-08 (left out without the shared recordings)', () => {
  it('has the same state by the command, by the player, and after going back and forth', async () => {
    const { replayReport } = await import('../../../server/cli/replayReport');
    const report = await replayReport(binance ?? '', 1);
    const opened = await openSource(binance ?? '', VENUES);
    if (!opened.ok || !report.ok) throw new Error('it must open');
    const { player, engine, ended } = play(opened.value, 0);
    player.seek(opened.value.from + 120_000, 'rest');
    await idle(player);
    const middle = stateHash(engine);
    player.play();
    await waitFor(() => ended() === 1, { timeoutMs: 20_000 });
    expect(stateHash(engine)).toBe(report.value.hash);
    player.seek(opened.value.from + 120_000, 'rest');
    await idle(player);
    expect(stateHash(engine)).toBe(middle);
  }, 60_000);
});
