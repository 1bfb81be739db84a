import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { Instrument } from '@/core/market/instrument';
import { DecimalSum } from '@/core/util/decimal';
import { replayReport } from '../../../server/cli/replayReport';
import { FinnhubMapper } from '../../../server/connectors/finnhub/mapper';
import { finnhubVenue } from '../../../server/connectors/finnhub';
import { canonicalOf, toFinnhub } from '../../../server/connectors/finnhub/symbols';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { sharedPath } from '../../support/shared';

const excerpt = fileURLToPath(new URL('../../fixtures/finnhub/frames.jsonl', import.meta.url));
const ticks = sharedPath('recordings/candles/ticks-equity-us-IBM-trades-20131007.csv.gz');

const IBM: Instrument = { symbol: 'IBM', name: 'IBM', assetClass: 'equity', base: 'IBM', quote: 'USD', tickSize: 0.01, lotSize: 1, venues: ['finnhub'] };
const newMapper = () => new FinnhubMapper({ kind: 'live', route: 'socket', symbolOf: (name) => (name === 'IBM' ? 'IBM' : null) });

interface Tick {
  readonly t: number;
  readonly p: number;
  readonly v: number;
}

/** Frames of up to `size` rows, as Finnhub bundles them. */
function framesOf(rows: readonly Tick[], size: number): readonly string[] {
  const frames: string[] = [];
  for (let i = 0; i < rows.length; i += size) {
    frames.push(JSON.stringify({ data: rows.slice(i, i + size).map(({ t, p, v }) => ({ c: ['1'], p, s: 'IBM', t, v })), type: 'trade' }));
  }
  return frames;
}

/** Count and volume that the engine has after these connections, each a list of frames. */
function totalsOf(connections: readonly (readonly string[])[], at: number) {
  const engine = createEngine({ instruments: [IBM], venuePriority: ['finnhub'] });
  const mapper = newMapper();
  engine.step({ type: 'mode', mode: 'live', reason: 'test', receiveTime: at }, () => undefined);
  for (const frames of connections) {
    mapper.connected();
    for (const frame of frames) {
      const mapped = mapper.map(frame, at);
      if (mapped.type === 'rows') for (const row of mapped.rows) if (row.type === 'row') engine.step(row.event, () => undefined);
    }
  }
  return engine.tradeTotals().find((x) => x.symbol === 'IBM') ?? { count: 0, volume: '0' };
}

describe('Finnhub mapper', () => {
  it('the frames of the fixture replay to their two trades, the share announced, the error counted', async () => {
    const result = await replayReport(excerpt, 20);
    if (!result.ok) throw new Error(result.error);
    expect(result.value.trades).toEqual({ finnhub: { TSLA: { count: 1, volume: '1' }, AAPL: { count: 1, volume: '1' } } });
    expect(result.value.quotes.AAPL).toMatchObject({ last: 129.58, venue: 'finnhub', kind: 'replay' });
    expect(result.value.refused).toEqual({ bad_payload: 1 });
  });

  it('is recognised by its trades, not by what anybody might send', () => {
    const [, , , trade = '', ping = ''] = readFileSync(excerpt, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { raw?: string }).raw ?? '');
    expect([trade, ping, '{"type":"trade"}', '[]', 'x'].map((raw) => finnhubVenue.recognises(raw))).toEqual([true, false, false, false, false]);
    expect(['ws.finnhub.io', 'finnhub.io', 'finnhub.io.example.org', 'notfinnhub.io'].map((host) => finnhubVenue.ownsHost(host))).toEqual([true, true, false, false]);
  });

  it('names go there and back', () => {
    for (const instrument of BUILT_IN_INSTRUMENTS) {
      const name = toFinnhub(instrument, true);
      expect(name === null ? null : canonicalOf(name)).toBe(instrument.symbol);
    }
    expect(BUILT_IN_INSTRUMENTS.filter((i) => i.assetClass === 'crypto').map((i) => toFinnhub(i, false)).every((name) => name === null)).toBe(true);
    expect(canonicalOf('NYSE:IBM')).toBeNull();
  });

  it.each([
    ['{"c":261.74,"d":-1.2,"dp":-0.46,"h":263.31,"l":260.68,"o":261.07,"pc":259.45,"t":1582641000}', { type: 'ticker', last: '261.74', venueTime: 1_582_641_000_000, route: 'rest', open24h: null, high24h: null }],
    ['{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}', 'unknown'],
    ['{"c":"261.74","t":1}', { type: 'bad', code: 'bad_payload' }],
    ['{"c":0,"t":5}', { type: 'bad', code: 'bad_number' }],
    ['[]', { type: 'bad', code: 'bad_payload' }],
  ])('reads the quote of REST: %s', (body, expected) => {
    const got = newMapper().quote(JSON.parse(body), 'IBM', 7);
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatchObject(expected);
  });

  it('small sizes are written out, huge and absurd numbers refused', () => {
    const row = (p: string, v: string) => newMapper().map(`{"data":[{"c":null,"p":${p},"s":"IBM","t":5,"v":${v}}],"type":"trade"}`, 7);
    expect(row('1e-7', '2.5e-8')).toMatchObject({ rows: [{ event: { price: '0.0000001', size: '0.000000025' } }] });
    for (const price of ['1e400', '1e22', '-1', 'null', '"1"', '[]']) expect(row(price, '1')).toMatchObject({ rows: [{ type: 'bad', code: 'bad_number' }] });
  });

  it('no text throws, and every refusal is a code', () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.json().map((x) => `{"type":"trade","data":[${x}]}`), fc.json().map((x) => `{"type":"trade","data":[{"s":"IBM","p":${x},"v":1,"t":1}]}`));
    fc.assert(fc.property(anything, (text) => {
      expect(['rows', 'ping', 'error', 'bad']).toContain(newMapper().map(text, 7).type);
    }), { numRuns: 500 });
  });

  const tick = fc.record({ t: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_010 }), p: fc.integer({ min: 1, max: 3 }), v: fc.integer({ min: 1, max: 3 }) });
  it('rows that a new connection begins with again are counted once, whatever they are', () => {
    fc.assert(fc.property(fc.array(tick, { maxLength: 40 }), fc.nat(40), fc.integer({ min: 1, max: 7 }), (rows, cut, size) => {
      const once = totalsOf([framesOf(rows, size)], 1_700_000_000_020);
      expect(once.count).toBe(rows.length);
      // The first connection saw a part; the second begins with the same rows and goes on.
      expect(totalsOf([framesOf(rows.slice(0, cut), size), framesOf(rows, size)], 1_700_000_000_020)).toEqual(once);
    }), { numRuns: 100 });
  });
});

describe.skipIf(!ticks)('Finnhub mapper with a day of real trades of IBM (left out without the reference material)', () => {
  it('count and volume are those of the file, also when the day is cut and its last hour comes again', () => {
    const lines = gunzipSync(readFileSync(ticks ?? '')).toString('utf8').trim().split('\n').slice(1, 12_001);
    const rows = lines.map((line) => {
      const [t, p, v] = line.split(',').map(Number);
      return { t: t ?? 0, p: p ?? 0, v: v ?? 0 };
    }).filter((row) => row.v > 0);
    const sum = new DecimalSum();
    for (const { v } of rows) sum.addNumber(v);
    const at = rows.at(-1)?.t ?? 0;
    const totals = totalsOf([framesOf(rows, 50)], at);
    expect(totals).toMatchObject({ count: rows.length, volume: sum.text() });
    // The engine remembers the ids of the newest trades; a seam is far shorter than that.
    const seam = rows.findIndex((row) => row.t >= at - 60_000);
    // Cut on a whole millisecond, as a venue that sends the last minute again would.
    expect(totalsOf([framesOf(rows, 50), framesOf(rows.filter((row, i) => i >= seam && row.t >= (rows[seam]?.t ?? 0)), 50)], at)).toEqual(totals);
  });
});
