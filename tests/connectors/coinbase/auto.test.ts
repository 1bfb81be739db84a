import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import { binanceDescriptor } from '../../../server/connectors/binance';
import { coinbaseDescriptor } from '../../../server/connectors/coinbase';
import { createSupervisor, type Supervisor } from '../../../server/connectors/supervisor';
import { systemClock } from '../../../server/observability/clock';
import { collectingContext, pick, silentLog } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { FakeCoinbase } from './fakeCoinbase';

describe('auto feed with several venues', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  it('is live with Coinbase while the preferred venue cannot be reached, and what Coinbase does not list is left to others', async () => {
    const venue = await FakeCoinbase.start();
    const events: InputEvent[] = [];
    const never = (): never => {
      throw new Error('neither simulator nor replay is wanted here');
    };
    const instruments = pick('BTC/USDT', 'BNB/USDT', 'AAPL', 'EUR/USD');
    const supervisor: Supervisor = createSupervisor({
      feed: 'auto', venues: [binanceDescriptor, coinbaseDescriptor], simulator: never, replay: never, emit: (e) => events.push(e), clock: systemClock, log: silentLog, answerMs: 20_000,
      makeContext: ({ id }, emit) => {
        const urls = id === 'coinbase' ? { ws: venue.wsUrl, rest: venue.restUrl } : { ws: 'ws://127.0.0.1:1', rest: 'http://127.0.0.1:1' };
        return { ...collectingContext(urls, instruments), emit };
      },
    });
    close.push(() => supervisor.stop(), () => venue.stop());
    const started = supervisor.start();
    const connection = await waitFor(() => venue.open.find((c) => c.streams.has('btcusdt@trade')));
    venue.trade('BTCUSDT', '100.00', undefined, [connection]);
    await started;
    expect(supervisor.mode).toBe('live');
    expect(supervisor.reason).toContain('coinbase delivers');
    expect(events.filter((e) => e.type === 'trade')).toMatchObject([{ venue: 'coinbase', symbol: 'BTC/USDT', kind: 'live' }]);
    expect(supervisor.status().map((s) => [s.id, s.state === 'live'])).toEqual([['binance', false], ['coinbase', true]]);
    expect(supervisor.status()[1]?.symbols).toEqual(['BTC/USDT']);
    expect(events.some((e) => e.type === 'badInput')).toBe(false);
  });
});
