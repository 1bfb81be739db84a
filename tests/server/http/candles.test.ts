import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { FeedMode } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import { err, ok } from '@/core/util/result';
import { createOlder } from '../../../server/connectors/older';
import { HttpRig } from './rig';

const MINUTE = 60_000;
const T0 = 1_779_999_960_000;
const bar = (i: number): Candle => ({ openTime: T0 + i * MINUTE, open: 100, high: 101, low: 99, close: 100, volume: 1 });
interface Page { candles: number[][]; older: string; note: string; source: string }

/** Candles -600..-1 at the venue, 0..n in the store. */
class Past {
  readonly rig = new HttpRig();
  readonly asked: number[] = [];
  mode: FeedMode = 'live';
  words: string | null = null;
  stored: Candle[] = Array.from({ length: 40 }, (_, i) => bar(i));

  async start(): Promise<void> {
    const base = this.rig.ports();
    await this.rig.start({}, {
      mode: () => this.mode,
      market: { ...base.market, candles: () => [] },
      history: {
        ...base.history,
        candles: ({ start, end, limit }) => Promise.resolve(this.stored.filter((c) => c.openTime >= (start ?? -Infinity) && c.openTime <= (end ?? Infinity)).slice(-limit)),
      },
      backfillOlder: ({ before, rows }) => {
        this.asked.push(before);
        if (this.words !== null) return Promise.resolve(err(this.words));
        const all = Array.from({ length: 600 }, (_, i) => bar(i - 600));
        const candles = all.filter((c) => c.openTime < before).slice(-rows);
        this.stored = [...candles, ...this.stored];
        return Promise.resolve(ok({ candles, venue: 'okx' }));
      },
    });
  }

  async page(query: string): Promise<Page> {
    return (await this.rig.ask('GET', `/api/v1/candles?symbol=BTC/USDT&interval=1m&${query}`)).json();
  }
}

describe('paging back through candles', () => {
  let past = new Past();
  afterEach(() => past.rig.close());

  it('gives every candle once, stored or from the venue, whatever the sizes of the pages, and says where history ends', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
      await past.rig.close();
      past = new Past();
      await past.start();
      const seen: number[] = [];
      let end: number | null = null;
      for (let n = 0, state = 'more'; state === 'more'; n++) {
        expect(n).toBeLessThan(1_500);
        const page: Page = await past.page(`limit=${sizes[n % sizes.length]}${end === null ? '' : `&end=${end}`}`);
        state = page.older;
        seen.unshift(...page.candles.map((c) => c[0] ?? 0));
        end = (page.candles[0]?.[0] ?? end ?? 0) - 1;
        if (state === 'end') expect(page.note).toBe('okx has nothing older');
      }
      expect(seen).toEqual(Array.from({ length: 640 }, (_, i) => T0 + (i - 600) * MINUTE));
    }), { numRuns: 12 });
  });

  it('does not take a venue that cannot answer for the end of history', async () => {
    past = new Past();
    past.words = 'its budget is used up';
    await past.start();
    expect(await past.page(`end=${T0 - 1}`)).toMatchObject({ older: 'unknown', note: 'Older candles cannot be had now: its budget is used up', candles: [] });
  });

  it('asks no venue for a range with a beginning, for the newest page, for seconds, or for what was simulated or recorded', async () => {
    past = new Past();
    await past.start();
    expect(await past.page(`start=${T0}&end=${T0 + 10 * MINUTE}`)).toMatchObject({ older: 'unknown', note: '' });
    expect(await past.page('limit=500')).toMatchObject({ older: 'more' });
    expect((await past.rig.ask('GET', `/api/v1/candles?symbol=BTC/USDT&interval=1s&end=${T0}`)).json()).toMatchObject({ older: 'end' });
    past.mode = 'simulated';
    expect(await past.page(`end=${T0 - 1}`)).toMatchObject({ older: 'end', note: 'The simulated past begins here', source: 'simulated' });
    past.mode = 'replay';
    expect(await past.page(`end=${T0 - 1}`)).toMatchObject({ older: 'end', note: 'The recording begins here' });
    expect(past.asked).toEqual([]);
  });
});

describe('asking venues for older candles', () => {
  const query = { symbol: 'BTC/USDT', interval: '1m', before: T0, rows: 100 } as const;
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };

  it('asks the next venue when one fails, keeps what came, and asks once for several readers', async () => {
    const kept: string[] = [];
    const asked: string[] = [];
    const older = createOlder({
      clock, venues: () => ['okx', 'kraken'], keep: (_query, venue, candles) => kept.push(`${venue} ${candles.length}`),
      ask: (venue) => {
        asked.push(venue);
        return Promise.resolve(venue === 'okx' ? err('busy') : ok([bar(-1)]));
      },
    });
    expect(await Promise.all([older(query), older(query)])).toEqual([ok({ candles: [bar(-1)], venue: 'kraken' }), ok({ candles: [bar(-1)], venue: 'kraken' })]);
    expect([asked, kept]).toEqual([['okx', 'kraken'], ['kraken 1']]);
  });

  it('leaves a venue that refused alone for half a minute', async () => {
    let asked = 0;
    const older = createOlder({ clock, venues: () => ['okx'], keep: () => undefined, ask: () => Promise.resolve(++asked < 2 ? err('refused') : ok([])) });
    now = 0;
    expect(await older(query)).toEqual(err('refused'));
    now = 29_999;
    expect(await older(query)).toEqual(err('refused'));
    now = 30_001;
    expect(await older(query)).toEqual(ok({ candles: [], venue: 'okx' }));
    expect(asked).toBe(2);
  });

  it('has bounds: no more than four questions at a time', async () => {
    const older = createOlder({ clock, venues: () => ['okx'], keep: () => undefined, ask: () => new Promise(() => undefined) });
    for (let i = 0; i < 4; i++) void older({ ...query, before: T0 - i });
    expect(await older({ ...query, before: 1 })).toEqual(err('other charts are being filled; try again in a moment'));
  });
});
