import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HorizonModel } from '@/core/analysis/mix/horizonModel';
import type { SentimentOutcome } from '@/core/market/outputs';

const SECONDS = 10;

describe('forecasts that wait for their time', () => {
  it('end once each, in the order in which they were made, whatever comes between', () => {
    fc.assert(fc.property(fc.array(fc.record({ wait: fc.integer({ min: 1, max: 7_000 }), matures: fc.boolean(), price: fc.integer({ min: 99, max: 101 }) }), { maxLength: 120 }), (steps) => {
      const model = new HorizonModel(SECONDS, 'book', 2, { method: 'mix@1', source: 'simulated', symbol: 'A' });
      const ended: SentimentOutcome[] = [];
      const made: { readonly at: number; readonly price: number }[] = [];
      let now = 1_000_000;
      for (const { wait, matures, price } of steps) {
        now += wait;
        if (matures) model.mature(now, true, { price, priceTime: now, gapEnd: -Infinity }, ended);
        expect(model.due).toBe(made.length === ended.length ? Infinity : (made[ended.length]?.at ?? NaN) + SECONDS * 1000);
        model.issue(model.predict(new Float32Array([0.5, -1, 1]), 1), now, price, 0, true);
        made.push({ at: now, price });
        expect(model.pending).toBe(made.length - ended.length);
      }
      model.void('mode', now, ended);
      expect(ended.map((o) => o.forecast)).toEqual(made.map((m) => m.at));
      expect(model.pending).toBe(0);
      // Each is judged by the price it was made at.
      ended.forEach((o, i) => expect(o.result).toBe(o.price === null ? 'void' : o.price > (made[i]?.price ?? NaN) ? 'up' : o.price < (made[i]?.price ?? NaN) ? 'down' : 'flat'));
    }));
  });
});
