import { pino } from 'pino';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { EngineOutput } from '@/core/market/outputs';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import { watchIncidents } from '../../../server/observability/incidents';
import { createMetrics } from '../../../server/observability/metrics';

describe('incidents', () => {
  it('are one line and one count each: changes of state, not of words; floods of one kind are summed up', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: 'info' }, new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
        done();
      },
    }));
    const bus = createMemoryBus(log);
    const metrics = createMetrics();
    const stop = watchIncidents(bus, metrics, log);
    const tell = (output: EngineOutput): void => bus.publish({ type: 'output', output });
    const source = (state: 'live' | 'waiting', reason: string): void => tell({ type: 'feedStatus', venue: 'binance', state, reason, since: 0 });
    const book = (state: 'ok' | 'gap' | 'stale'): void => tell({ type: 'book', symbol: 'BTC/USDT', venue: 'binance', kind: 'live', state, reason: '', updateId: null, bids: [], asks: [] } as unknown as EngineOutput);
    source('live', 'it delivers');
    source('waiting', 'trying again in 2 s');
    source('waiting', 'trying again in 1 s');
    source('live', 'it delivers');
    for (const state of ['ok', 'gap', 'ok', 'gap', 'stale', 'gap'] as const) book(state);
    tell({ type: 'mode', mode: 'simulated', reason: 'nothing delivers', since: 0 });
    for (let i = 0; i < 5; i++) tell({ type: 'refused', venue: 'binance', symbol: 'BTC/USDT', code: 'bad_price', detail: 'secret payload', time: 0 } as unknown as EngineOutput);
    stop();
    source('waiting', 'after the end');
    expect(lines.map(({ msg, state, mode, code, times }) => [msg, state ?? mode ?? code, times ?? 1])).toEqual([
      ['a source changed its state', 'live', 1], ['a source changed its state', 'waiting', 1], ['a source changed its state', 'live', 1],
      ['an order book cannot be trusted', 'gap', 1], ['the kind of the market shown', 'simulated', 1], ['a value of a source was refused', 'bad_price', 1],
      ['an order book cannot be trusted', 'gap', 2], ['a value of a source was refused', 'bad_price', 4],
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret payload');
    const sum = async (name: 'venueStates' | 'booksBroken' | 'modeChanges'): Promise<number> => (await metrics[name].get()).values.reduce((all, { value }) => all + value, 0);
    expect([await sum('venueStates'), await sum('booksBroken'), await sum('modeChanges')]).toEqual([3, 3, 1]);
  });
});
