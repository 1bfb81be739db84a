import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { resolveRecording } from '../../../server/recording/folder';
import { stateHash } from '../../../server/recording/recordings';
import { openSource } from '../../../server/recording/source';
import { waitFor } from '../../support/waitFor';
import { INSTRUMENTS, inputsOf, market, opened, rig, T0 } from './rig';

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tickglass-recording-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string): string => join(folder, name.replace('recordings/', ''));
async function recorded(events: Iterable<InputEvent>): Promise<{ path: string; hash: string }> {
  const { pipe, recordings, engine } = rig(folder);
  expect(await recordings.start()).toMatchObject({ ok: true });
  for (const event of events) pipe.accept(event);
  const name = await recordings.stop();
  if (!name.ok) throw new Error(name.error);
  return { path: fileOf(name.value), hash: stateHash(engine) };
}

describe('a recording from the first input on', () => {
  it('gives the live state again, byte for byte, and at every moment the same', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 40 }), async (seed, seconds) => {
      const { pipe, recordings, engine } = rig(folder);
      await recordings.start();
      const hashes = new Map<number, string>();
      for (const event of market(seed, seconds)) {
        pipe.accept(event);
        if (recordings.inputs.seq % 97 === 0) hashes.set(recordings.inputs.seq, stateHash(engine));
      }
      const name = await recordings.stop();
      const source = await opened(fileOf(name.ok ? name.value : ''));
      expect(source.words).toBe('a simulated market');
      expect(source.header).toMatchObject({ exact: true, mode: 'simulated', hash: stateHash(engine), events: recordings.inputs.seq, app: '9.9.9' });
      const again = createEngine(source.engine);
      (await inputsOf(source)).forEach((event, i) => {
        again.step(event, () => undefined);
        const live = hashes.get(i + 1);
        if (live !== undefined) expect(stateHash(again)).toBe(live);
      });
      expect(stateHash(again)).toBe(stateHash(engine));
    }), { numRuns: 6 });
  }, 60_000);

  it('is read by the replay command, with the same hash', async () => {
    const { replayReport } = await import('../../../server/cli/replayReport');
    const { path, hash } = await recorded(market(7, 20));
    const report = await replayReport(path, 5);
    expect(report.ok && report.value.hash).toBe(hash);
    expect(report.ok && Object.keys(report.value.quotes)).toEqual(['BTC/USDT', 'ETH/USDT', 'AAPL', 'EUR/USD']);
  });

  it('survives the death of the process: only what was not yet handed to the disk is missing', async () => {
    const { pipe, recordings } = rig(folder);
    await recordings.start();
    for (const event of market(3, 10)) pipe.accept(event);
    recordings.inputs.flush();
    const events = recordings.inputs.seq;
    await waitFor(() => readdirSync(folder).some((name) => readFileSync(join(folder, name, '000001.jsonl'), 'utf8').includes(`{"seq":${events},`)));
    // The folder as the dead process leaves it, its last line cut off.
    const left = mkdtempSync(join(tmpdir(), 'tickglass-left-'));
    cpSync(folder, left, { recursive: true });
    await recordings.close();
    const [part = ''] = readdirSync(left);
    appendFileSync(join(left, part, '000001.jsonl'), `{"seq":${events + 1},"event":{"type":"quo`);
    const next = rig(left);
    await next.recordings.recover();
    const [file] = await next.recordings.list();
    const source = await opened(join(left, file?.name.replace('recordings/', '') ?? ''));
    expect(source.header).toMatchObject({ exact: true, ended: null, hash: null, events });
    expect(await inputsOf(source)).toHaveLength(events);
    expect(readdirSync(left).filter((name) => name.endsWith('.part'))).toEqual([]);
    rmSync(left, { recursive: true });
  });
});

describe('a recording from the middle', () => {
  it('begins with what is known, says that it is not exact, and is the same at each replay', async () => {
    const { pipe, recordings, engine } = rig(folder);
    const events = [...market(5, 60)];
    const middle = Math.floor(events.length / 2);
    for (const event of events.slice(0, middle)) pipe.accept(event);
    await recordings.start();
    for (const event of events.slice(middle)) pipe.accept(event);
    const name = await recordings.stop();
    const source = await opened(fileOf(name.ok ? name.value : ''));
    expect(source.header).toMatchObject({ exact: false, hash: null, mode: 'simulated' });
    const states = await Promise.all([0, 1].map(async () => {
      const again = createEngine(source.engine);
      for (const event of await inputsOf(source)) again.step(event, () => undefined);
      return again;
    }));
    expect(states.map(stateHash)).toEqual([stateHash(states[0] ?? engine), stateHash(states[0] ?? engine)]);
    const shown = (of: typeof engine) => of.quotes().map(({ symbol, last, bid, ask, kind }) => ({ symbol, last, bid, ask, kind }));
    expect(shown(states[0] ?? engine)).toEqual(shown(engine));
    expect(states[0]?.candles('BTC/USDT', '1m', 40).slice(0, -2)).toEqual(engine.candles('BTC/USDT', '1m', 40).slice(0, -2));
  });

  it('has the candles up to its beginning, however old the value of a closed market is', async () => {
    const { pipe, recordings, engine } = rig(folder);
    const minute = Math.floor(T0 / 60_000) * 60_000;
    const origin = (symbol: string, receiveTime: number) => ({ venue: 'binance', kind: 'live', route: 'socket', symbol, venueTime: receiveTime, receiveTime }) as const;
    const ticker = (symbol: string, at: number): InputEvent => ({ ...origin(symbol, at), type: 'ticker', last: '100', open24h: null, high24h: null, low24h: null, volume24h: null });
    const weekend = minute - 2 * 86_400_000;
    const [first = '', second = ''] = INSTRUMENTS.map(({ symbol }) => symbol);
    pipe.accept({ type: 'mode', mode: 'live', reason: 'test', receiveTime: weekend });
    pipe.accept(ticker(second, weekend));
    for (let i = 30; i > 0; i--) pipe.accept({ ...origin(first, minute), route: 'history', type: 'candle', interval: '1m', openTime: minute - i * 60_000, open: 100, high: 101, low: 99, close: 100, volume: 1, closed: true });
    pipe.accept(ticker(first, minute));
    await recordings.start();
    pipe.accept({ type: 'clock', receiveTime: minute + 500 });
    const name = await recordings.stop();
    const source = await opened(fileOf(name.ok ? name.value : ''));
    const again = createEngine(source.engine);
    for (const event of await inputsOf(source)) again.step(event, () => undefined);
    expect(engine.candles(first, '1m', 100).length).toBe(30);
    expect(again.candles(first, '1m', 100)).toEqual(engine.candles(first, '1m', 100));
  });

  it('has whole books soon after its start, without making a quiet one look fresh', async () => {
    const { pipe, recordings } = rig(folder);
    const origin = (receiveTime: number) => ({ venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: receiveTime, receiveTime }) as const;
    const delta = (at: number, price: string): InputEvent => ({ type: 'book', action: 'delta', bids: [[price, '2']], asks: [], updateId: null, ...origin(at) });
    pipe.accept({ type: 'mode', mode: 'live', reason: 'test', receiveTime: T0 });
    pipe.accept({ type: 'book', action: 'snapshot', bids: [['100', '1']], asks: [['101', '1']], updateId: null, ...origin(T0) });
    pipe.accept({ type: 'clock', receiveTime: T0 + 50 });
    await recordings.start();
    for (const [i, price] of ['99', '98', '97'].entries()) pipe.accept(delta(T0 + 100 + i, price));
    pipe.accept({ type: 'clock', receiveTime: T0 + 500 });
    const name = await recordings.stop();
    const source = await opened(fileOf(name.ok ? name.value : ''));
    const again = createEngine(source.engine);
    const inputs = await inputsOf(source);
    for (const event of inputs) again.step(event, () => undefined);
    expect(again.book('binance', 'BTC/USDT', 10)).toMatchObject({ state: 'ok', bids: [['100', '1'], ['99', '2'], ['98', '2'], ['97', '2']], asks: [['101', '1']] });
    expect(inputs.filter((e) => e.type === 'book' && e.action === 'snapshot').map((e) => e.receiveTime)).toEqual([T0 + 100]);
  });
});

describe('the last ten minutes', () => {
  it('are bounded by bytes and time and become a bug report with facts of the server', async () => {
    let now = 0;
    const { pipe, recordings } = rig(folder, { recentBytes: 400_000, clock: { now: () => T0 + now, monotonic: () => now } });
    for (const event of market(9, 300)) {
      now = event.receiveTime - T0;
      pipe.accept(event);
      if (event.type === 'quote') recordings.inputs.flush();
    }
    expect(recordings.status.recent?.bytes).toBeLessThanOrEqual(400_000);
    const name = await recordings.bugReport({ venues: ['simulator'], version: '9.9.9' });
    const source = await opened(fileOf(name.ok ? name.value : ''));
    expect(source.header).toMatchObject({ exact: false, diagnostics: { venues: ['simulator'] } });
    const again = createEngine(source.engine);
    for (const event of await inputsOf(source)) again.step(event, () => undefined);
    expect(again.quotes().every(({ last, kind }) => last !== null && kind === 'simulated')).toBe(true);
    now += 700_000;
    pipe.accept({ type: 'clock', receiveTime: T0 + now });
    recordings.inputs.flush();
    expect(recordings.status.recent?.events).toBeLessThan(1_000);
  });

  it('are not kept when told so, and nothing is stored without a folder', async () => {
    expect(await rig(folder, { recentBytes: 0 }).recordings.bugReport({})).toMatchObject({ ok: false });
    const { recordings } = rig(null);
    expect([await recordings.start(), await recordings.bugReport({}), await recordings.stop()].map((answer) => answer.ok)).toEqual([false, false, false]);
  });
});

describe('limits and refusals', () => {
  it('one recording at a time; none into a full folder; each start and end is told', async () => {
    const { recordings, told, pipe } = rig(folder);
    await recordings.start();
    expect(await recordings.start()).toMatchObject({ ok: false, error: 'a recording runs already' });
    for (const event of market(1, 2)) pipe.accept(event);
    await recordings.stop();
    expect(told.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['info recording', 'info stopped']);
    expect(await rig(folder, { maxBytes: 10 }).recordings.start()).toMatchObject({ ok: false });
  });

  it('a damaged, cut or foreign file is one clear line, never an exception', async () => {
    const { path } = await recorded(market(2, 30));
    const whole = readFileSync(path);
    for (const [name, bytes] of Object.entries({
      cut: whole.subarray(0, whole.length / 2), empty: Buffer.alloc(0), text: Buffer.from('hello'), flipped: Buffer.from(whole.map((byte, i) => (i > whole.length - 40 ? byte ^ 0xff : byte))),
    })) {
      const file = join(folder, `${name}.parquet`);
      writeFileSync(file, bytes);
      const answer = await openSource(file, []);
      expect(answer.ok, name).toBe(false);
      expect(answer.ok ? '' : answer.error).not.toMatch(/\n/);
    }
    // Damage inside: what comes before it is read, then it is said.
    const hurt = join(folder, 'hurt.parquet');
    writeFileSync(hurt, Buffer.from(whole.map((byte, i) => (i > 2_000 && i < 4_000 ? 0 : byte))));
    const source = await opened(hurt);
    const stats = { frames: 0, corrupt: 0, damage: null as string | null };
    for await (const batch of source.read(stats)) expect(batch.length).toBeGreaterThan(0);
    expect(stats.damage).toMatch(/^the file is damaged: [^\n]+$/);
  });

  it('no name leads out of the folders', async () => {
    const frames = join(folder, 'frames');
    const own = join(folder, 'own');
    for (const made of [frames, own, join(frames, 'deep'), join(folder, 'secret')]) mkdirSync(made);
    for (const file of ['own/a.parquet', 'frames/deep/b.jsonl.gz', 'secret/x.parquet', 'secret/x.jsonl']) writeFileSync(join(folder, file), 'x');
    symlinkSync(join(folder, 'secret', 'x.parquet'), join(own, 'link.parquet'));
    symlinkSync(join(folder, 'secret'), join(frames, 'away'));
    const find = (name: unknown) => resolveRecording({ own, frames }, name);
    expect((await find('recordings/a.parquet')).ok).toBe(true);
    expect((await find('frames/deep/b.jsonl.gz')).ok).toBe(true);
    const corpus: unknown[] = [
      '../own/a.parquet', 'recordings/../secret/x.parquet', 'recordings/..%2fsecret/x.parquet', 'recordings//a.parquet', 'recordings/./a.parquet', 'recordings/link.parquet',
      'frames/away/x.jsonl', 'frames/../secret/x.jsonl', 'frames/deep/../../secret/x.jsonl', 'frames//secret/x.jsonl', '/etc/passwd', 'recordings/a.parquet\0', 'recordings/a.parquet\0.parquet',
      'recordings\\..\\secret\\x.parquet', 'frames/deep', 'recordings/', 'recordings', '', 'frames/.hidden.jsonl', `recordings/${'a'.repeat(300)}.parquet`, 'RECORDINGS/a.parquet', 'recordings/A.PARQUET',
      null, undefined, 5, {}, [], ['recordings/a.parquet'], 'recordings/a.parquet/', 'recordings/a.parquet/..', "recordings/a'.parquet", 'recordings/*.parquet',
    ];
    for (const name of corpus) expect(await find(name), String(name)).toEqual({ ok: false, error: 'there is no such recording' });
    expect(existsSync(join(own, 'a.parquet'))).toBe(true);
  });
});
