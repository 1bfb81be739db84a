import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { Connector } from '../../../server/connectors/base/connector';
import { checkReplayFile, createReplayConnector, replayFrames } from '../../../server/connectors/replay';
import { VENUES } from '../../../server/connectors/registry';
import { collectingContext } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';

const excerpt = fileURLToPath(new URL('../../fixtures/binance/spot-btcusdt-20240808-excerpt.jsonl', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tickglass-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const text = readFileSync(excerpt, 'utf8');
const lines = text.trim().split('\n');
const count = async (path: string) => {
  const types: string[] = [];
  const stats = await replayFrames(path, { venues: VENUES, instruments: BUILT_IN_INSTRUMENTS, emit: (e) => types.push(e.type) });
  return { stats, types };
};

describe('checkReplayFile', () => {
  it.each([
    ['a missing file', () => join(folder, 'none.jsonl'), /cannot read .*there is no such file/],
    ['a folder', () => folder, /is not a file/],
    ['an empty file', () => file('empty.jsonl', ''), /is not a recording/],
    ['another kind of file', () => file('notes.txt', 'hello\nworld\n'), /is not a recording: no line has the keys t, ts and raw/],
    ['damaged compression', () => file('bad.jsonl.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9])), /the file is damaged/],
    ['a venue without a mapper', () => file('other.jsonl', '{"t":"connect","ts":1,"conn":"a","url":"wss://feed.example.org/x"}\n'), /feed\.example\.org, for which there is no mapper \(known venues: binance, [a-z, ]+\)/],
  ])('says in one line what is wrong with %s', async (_name, make, message) => {
    const result = await checkReplayFile(make(), VENUES);
    expect(result).toMatchObject({ ok: false, error: expect.stringMatching(message) });
    expect(!result.ok && result.error.includes('\n')).toBe(false);
  });

  it('tells venue and first time', async () => {
    expect(await checkReplayFile(excerpt, VENUES)).toEqual({ ok: true, value: { path: excerpt, venue: 'binance', firstTime: 1723161253937.085 } });
  });
});

describe('reading a recording', () => {
  it('is the same compressed, told by content and not by name, and without a last line break', async () => {
    const plain = await count(excerpt);
    expect(plain.types.filter((t) => t === 'trade').length).toBe(46);
    expect(await count(file('packed.jsonl', gzipSync(text)))).toEqual(plain);
    expect(await count(file('cut.jsonl', text.trimEnd()))).toEqual(plain);
  });

  it('counts and skips corrupt lines', async () => {
    const damaged = [...lines.slice(0, 50), '{"t":"recv","ts":17231612', 'null', '{"t":"recv","ts":"x","raw":"{}"}', '', ...lines.slice(50)];
    const got = await count(file('corrupt.jsonl', damaged.join('\n')));
    expect(got.stats.corrupt).toBe(3);
    expect(got.types).toEqual((await count(excerpt)).types);
  });

  it('plays what is before the damage of a truncated archive, and says so', async () => {
    const packed = gzipSync(text);
    const got = await count(file('truncated.jsonl.gz', packed.subarray(0, Math.floor(packed.length / 2))));
    expect(got.stats.damage).toMatch(/unexpected end of file/);
  });

  it('refuses messages one by one: a bad one does not stop the others', async () => {
    const bad = '{"t":"recv","ts":1723161254000,"conn":"ws1","raw":"{\\"stream\\":\\"btcusdt@trade\\",\\"data\\":{\\"e\\":\\"trade\\",\\"s\\":\\"BTCUSDT\\"}}"}';
    const got = await count(file('one-bad.jsonl', [...lines.slice(0, 5), bad, ...lines.slice(5)].join('\n')));
    expect(got.types.filter((t) => t === 'badInput').length).toBe(1);
    expect(got.types.filter((t) => t === 'trade').length).toBe(46);
  });
});

describe('replay connector', () => {
  let connector: Connector | null = null;
  afterEach(() => connector?.stop());

  async function play(path: string, speed: number) {
    const info = await checkReplayFile(path, VENUES);
    if (!info.ok) throw new Error(info.error);
    const context = collectingContext({ ws: '', rest: '' }, BUILT_IN_INSTRUMENTS);
    const clocks: number[] = [];
    const made = createReplayConnector({
      context: { ...context, emit: (e) => { clocks.push(made.feedClock?.now() ?? 0); context.emit(e); } }, info: info.value, speed, venues: VENUES,
    });
    connector = made;
    return { made, events: context.events, clocks, info: info.value };
  }

  it.each([0, 200])('at speed %i plays everything in order on the recorded clock, then says that it is over', async (speed) => {
    const { made, events, clocks, info } = await play(excerpt, speed);
    expect(made.feedClock?.now()).toBe(info.firstTime);
    made.start();
    await waitFor(() => made.status().state === 'ended');
    expect(events.filter((e) => e.type === 'trade').length).toBe(46);
    expect(events.at(-1)).toMatchObject({ type: 'feedStatus', venue: 'binance', state: 'ended' });
    expect(events[0]).toMatchObject({ type: 'feedStatus', state: 'live', reason: expect.stringContaining('2024-08-08 23:54 UTC') });
    const times = events.map((e) => e.receiveTime);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // The feed clock stands at the line being played: never behind a value, never ahead of one to come.
    times.forEach((time, i) => expect(clocks[i]).toBeGreaterThanOrEqual(time));
    times.slice(1).forEach((time, i) => expect(time).toBeGreaterThanOrEqual(clocks[i] ?? 0));
    expect(made.feedClock?.speed).toBe(1);
    const end = made.feedClock?.now() ?? 0;
    await waitFor(() => (made.feedClock?.now() ?? 0) > end, { message: 'the clock stopped at the end' });
  });

  it('keeps the recorded distances: at 2x the recording of half a second is not over at once, and the clock runs in between', async () => {
    const { made, events, info } = await play(excerpt, 2);
    made.start();
    const seen = new Set<number>();
    await waitFor(() => {
      seen.add(Math.floor((made.feedClock?.now() ?? 0) / 50));
      return made.status().state === 'ended';
    });
    expect(seen.size).toBeGreaterThan(3);
    expect(events.at(-1)?.receiveTime).toBeGreaterThan(info.firstTime);
  });

  it('stops at once and starts from the beginning', async () => {
    const { made, events } = await play(excerpt, 1);
    made.start();
    await waitFor(() => events.some((e) => e.type === 'quote'));
    await made.stop();
    const stopped = events.length;
    expect(made.status()).toMatchObject({ state: 'off', reason: 'stopped' });
    made.start();
    await waitFor(() => events.length > stopped);
  });
});
