// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { ProtocolModel, TRADES } from '../../support/protocolModel';
import { seeded } from '../../support/seeded';

describe('1,000 cuts of the link at random moments', () => {
  it.each([1, 2])('what was received and what was announced as lost make up the journal; nothing came twice (seed %i)', (seed) => {
    const chance = seeded(seed);
    const model = new ProtocolModel({ hub: { windowBytes: 4_000 } });
    model.want(TRADES);
    model.rest();
    let n = 0;
    for (let cut = 0; cut < 500; cut++) {
      // Most outages are short; now and then one is longer than the log remembers.
      const trades = chance() < 0.02 ? 6_000 : Math.floor(chance() * 40);
      const busy = Math.floor(chance() * trades);
      for (let i = 0; i < trades; i++) {
        model.trade(++n);
        if (i === busy) model.drop();
        if (i % 7 === 0) {
          model.set('market', 'AAPL', n);
          model.flush();
          model.deliver(Math.floor(chance() * 4));
        }
      }
      model.connect();
      for (let i = 0; i < chance() * 20; i++) {
        model.flush();
        model.deliver(1 + Math.floor(chance() * 3));
        model.pass(100);
      }
      if (chance() < 0.02) model.reset();
    }
    model.rest();
    expect(model.differences()).toEqual([]);
    expect(model.connections).toBeGreaterThan(400);
    for (const [epoch, top] of model.journal) {
      const seqs = model.received.filter((item) => item.epoch === epoch).map((item) => item.seq);
      expect(seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] ?? 0)), `${epoch}: in order, none twice`).toBe(true);
      const got = new Set(seqs);
      const lost = new Set(model.announced.filter((note) => note.epoch === epoch).flatMap(({ first, last }) => Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)));
      const all = Array.from({ length: top }, (_, i) => i + 1);
      expect(all.filter((seq) => !got.has(seq) && !lost.has(seq)), `${epoch}: neither received nor announced`).toEqual([]);
      expect(all.filter((seq) => got.has(seq) && lost.has(seq)), `${epoch}: announced as lost, but received`).toEqual([]);
    }
    expect(model.journal.size).toBeGreaterThan(5);
    expect(model.announced.length).toBeGreaterThan(5);
  }, 60_000);

  it('what was under way at once never passed the window by more than a push', () => {
    const chance = seeded(3);
    const model = new ProtocolModel({ hub: { windowBytes: 4_000 } });
    model.connect();
    for (let i = 0; i < 2_000; i++) {
      model.set('market', ['AAPL', 'BTC/USDT', 'ETH/USDT'][i % 3] ?? '', i);
      model.flush();
      if (chance() < 0.05) model.deliver(1);
    }
    expect(model.mostOver).toBeGreaterThan(0);
    expect(model.mostOver).toBeLessThan(1_500);
    model.rest();
    expect(model.differences()).toEqual([]);
  });
});
