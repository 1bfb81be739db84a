import { afterEach, describe, expect, it } from 'vitest';
import type { Instrument } from '@/core/market/instrument';
import type { Connector, ConnectorContext } from '../../server/connectors/base/connector';
import type { RestVenueOptions } from '../../server/connectors/base/restVenue';
import { FAST_REST, FakeRest, restRig, type FakeAnswer } from '../support/fakeRest';
import { waitFor } from '../support/waitFor';

/** What the suite needs to know of a REST source. */
export interface RestConformant {
  readonly name: string;
  readonly instruments: readonly Instrument[];
  readonly create: (context: ConnectorContext, options: RestVenueOptions) => Connector;
  readonly key: string | null;
  /** A right answer for a path. */
  readonly good: (path: string) => unknown;
  /** An error under HTTP 200, and words of the status that follow from it. */
  readonly complaint: { readonly body: unknown; readonly words: RegExp };
}

/** The numbered cases every REST source passes. Trickling, endless and too large answers: `tests/connectors/base/base.test.ts`. */
export function restConformance(source: RestConformant): void {
  describe(`${source.name}: REST conformance`, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });

    async function rig(answer: (path: string) => FakeAnswer, more: Partial<ConnectorContext> = {}, down = false) {
      const fake = await FakeRest.start();
      fake.answer = answer;
      fake.down = down;
      const made = restRig(fake, source.instruments, { key: source.key, ...more });
      const connector = source.create(made.context, FAST_REST);
      closing.push(() => connector.stop(), () => fake.stop());
      connector.start();
      const state = (name: string) => waitFor(() => connector.status().state === name, { message: () => `state is ${connector.status().state}: ${connector.status().reason}` });
      return { fake, connector, state, ...made };
    }
    const good = (path: string): FakeAnswer => ({ body: source.good(path) });

    it('R01 gives a value that is called delayed, by REST, with the time of the source, which is not ahead of ours', async () => {
      const { tickers, state, connector } = await rig(good);
      await state('live');
      const [value] = tickers();
      expect(value).toMatchObject({ type: 'ticker', venue: source.name, kind: 'delayed', route: 'rest', symbol: source.instruments[0]?.symbol });
      expect(Number(value?.last)).toBeGreaterThan(0);
      expect(value?.venueTime ?? 0).toBeLessThanOrEqual(value?.receiveTime ?? 0);
      expect(connector.status().budgets[0]?.used).toBeGreaterThan(0);
    });

    it('R02 an error under HTTP 200 is told in words and never becomes a price', async () => {
      const { tickers, connector } = await rig(() => ({ body: source.complaint.body }));
      await waitFor(() => source.complaint.words.test(connector.status().reason + JSON.stringify(connector.status().unserved)), { message: () => connector.status().reason });
      expect(tickers()).toEqual([]);
      expect(connector.status().state).not.toBe('live');
    });

    it.each([429, 418])('R03 after %i nobody asks before the date given, which is told', async (status) => {
      const { fake, connector, state } = await rig(() => ({ status, body: {}, headers: { 'retry-after': '120' } }));
      await state('waiting');
      connector.refill?.();
      expect(connector.status().nextAttemptInMs).toBeGreaterThan(100_000);
      expect(connector.status().reason).toMatch(/\d\d:\d\d(:\d\d)? UTC/);
      expect(fake.calls.length).toBe(1);
    });

    it.each([401, 403, 451])('R04 %i is final and said in words', async (status) => {
      const { fake, connector, state, tickers } = await rig(() => ({ status, body: {} }));
      await state('refused');
      expect(connector.status()).toMatchObject({ nextAttemptInMs: null, circuit: 'open' });
      expect(connector.status().reason).toMatch(new RegExp(`${status}|key`, 'i'));
      expect(fake.calls.length).toBe(1);
      expect(tickers()).toEqual([]);
    });

    it('R05 a fault (503) opens the circuit, one trial call closes it again', async () => {
      let faulty = true;
      const { connector, state, tickers } = await rig((path) => (faulty ? { status: 503, body: '' } : good(path)));
      await waitFor(() => connector.status().circuit !== 'closed', { message: () => connector.status().reason });
      expect(connector.status().reason).toMatch(/HTTP 503|fault/);
      faulty = false;
      await state('live');
      expect(connector.status().circuit).toBe('closed');
      expect(tickers().length).toBeGreaterThan(0);
    });

    it.each([['a web page', '<html>maintenance</html>'], ['broken JSON', '{"a":'], ['another form', '{"rows":[1]}'], ['a list of nothing', '[null]'], ['nothing', '']])('R06 %s is no price', async (_name, body) => {
      const { fake, tickers, connector } = await rig(() => ({ body }));
      await waitFor(() => fake.calls.length > 0 && connector.status().state !== 'connecting', { message: () => `${connector.status().state}: ${connector.status().reason}` });
      expect(tickers()).toEqual([]);
      expect(connector.status().state).not.toBe('live');
      expect(connector.status().reason.length).toBeGreaterThan(10);
    });

    it('R07 what preferred sources have is not asked for', async () => {
      const idle = await rig(good, { needed: () => false });
      const busy = await rig(good);
      await busy.state('live');
      expect(idle.fake.calls).toEqual([]);
      expect(idle.connector.status().state).not.toBe('refused');
    });

    it('R08 a stop ends it, a start asks no more than the budget has left', async () => {
      const { fake, connector, state, events } = await rig(good);
      await state('live');
      await connector.stop();
      expect(connector.status()).toMatchObject({ state: 'off', nextAttemptInMs: null });
      const count = events.length;
      const calls = fake.calls.length;
      connector.refill?.();
      expect([events.length, fake.calls.length]).toEqual([count, calls]);
      connector.start();
      await state('live');
      for (const budget of connector.status().budgets) expect(budget.used).toBeLessThanOrEqual(budget.limit);
    });

    it('R09 a cut connection is told, and tried again', async () => {
      const { fake, connector, state } = await rig(good, {}, true);
      await waitFor(() => /cannot be reached/.test(connector.status().reason), { message: () => connector.status().reason });
      fake.down = false;
      await state('live');
    });
  });
}
