import { connect, createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../scripts/process';
import { ChaosProxy } from '../support/chaosProxy';
import { seeded } from '../support/seeded';
import { isBuilt } from '../support/serverProcess';
import { fuzzContract, fuzzVenues } from './fuzz/fuzz';
import { waitFor } from '../support/waitFor';
import { CLUSTER_ROWS, MATRIX } from './matrix';
import { runRow } from './trial';

/** Another one at each run; a failure names it, and `npm run faults -- --seed N` repeats it. */
const SEED = 1 + Math.floor(Math.random() * 1_000_000);

beforeAll(async () => {
  if (!isBuilt()) await run('vite', ['build', '--config', 'vite.server.config.ts']);
}, 60_000);

describe('the fault matrix', () => {
  it('has every row from F01 to F40 once, those of a cluster by name', () => {
    const ids = [...MATRIX.map(({ id }) => id), ...Object.keys(CLUSTER_ROWS)];
    expect(new Set(ids).size).toBe(ids.length);
    expect(Array.from({ length: 40 }, (_none, i) => `F${String(i + 1).padStart(2, '0')}`).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it.each(MATRIX.filter(({ quick, needs }) => quick && (needs?.() ?? null) === null).map((row) => [row.id, row.fault, row] as const))('%s %s (order and state; durations are judged by npm run faults)', async (_id, _fault, row) => {
    const { failures, measured } = await runRow(row, SEED, 'quick');
    expect({ seed: SEED, failures, measured }).toEqual({ seed: SEED, failures: [], measured });
  }, 180_000);
});

describe('fuzz', () => {
  it('20,000 mutated frames of the protocol and of each venue: nothing throws, nothing that is not finite comes out', async () => {
    const found = [...(await fuzzContract(9_000, seeded(SEED))), ...(await fuzzVenues(11_000, seeded(SEED)))];
    expect({ seed: SEED, faults: found.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)) }).toEqual({ seed: SEED, faults: [] });
    // The mutations reach what lies behind the parsers.
    expect(found.filter(({ cases, accepted }) => accepted < cases / 20).map(({ name }) => name)).toEqual([]);
  }, 60_000);
});

describe('the chaos proxy', () => {
  it('keeps every byte in order, whatever the weather, and is the same for the same seed', async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => echo.once('listening', resolve));
    const address = echo.address();
    const proxy = await ChaosProxy.open({ target: typeof address === 'object' ? (address?.port ?? 0) : 0, seed: SEED, queueBytes: 1_024 });
    proxy.set({ delayMs: 2, jitterMs: 10, splitBytes: 50, mergeMs: 3, bytesPerSecond: 400_000 });
    const sent = Buffer.from(Array.from({ length: 30_000 }, (_none, i) => i % 251));
    const socket = connect(proxy.port, '127.0.0.1');
    const got: Buffer[] = [];
    socket.on('data', (chunk) => got.push(chunk));
    socket.write(sent.subarray(0, 20_000));
    proxy.set({ hold: true });
    socket.end(sent.subarray(20_000));
    setImmediate(() => proxy.set({ hold: false }));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    await proxy.close();
    await new Promise((resolve) => echo.close(resolve));
  }, 20_000);

  it('lets nothing through after the byte at which it cuts', async () => {
    const sent = Buffer.from(Array.from({ length: 50_000 }, (_none, i) => i % 251));
    const source = createServer((socket) => socket.on('error', () => socket.destroy()).end(sent)).listen(0, '127.0.0.1');
    await new Promise((resolve) => source.once('listening', resolve));
    const address = source.address();
    const proxy = await ChaosProxy.open({ target: typeof address === 'object' ? (address?.port ?? 0) : 0, seed: SEED });
    proxy.set({ splitBytes: 100, delayMs: 5 });
    const socket = connect(proxy.port, '127.0.0.1');
    const got: Buffer[] = [];
    socket.on('data', (chunk) => got.push(chunk));
    socket.on('error', () => socket.destroy());
    await waitFor(() => proxy.open > 0, { message: 'the link' });
    proxy.reset({ bytes: 12_345, direction: 'down' });
    await new Promise((resolve) => socket.once('close', resolve));
    const all = Buffer.concat(got);
    expect(all.length).toBeLessThanOrEqual(12_345);
    expect(all.equals(sent.subarray(0, all.length))).toBe(true);
    await proxy.close();
    await new Promise((resolve) => source.close(resolve));
  }, 20_000);
});
