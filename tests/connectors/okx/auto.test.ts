import { expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import { createOkxConnector, OKX_DEFAULTS } from '../../../server/connectors/okx';
import { VENUES } from '../../../server/connectors/registry';
import { createSupervisor } from '../../../server/connectors/supervisor';
import { systemClock } from '../../../server/observability/clock';
import { collectingContext, FAST_LIMITS, pick, silentLog } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { FakeOkx } from './fakeOkx';

it('auto is live when only OKX answers; what OKX does not list is ignored and shares are not asked for', async () => {
  const venue = await FakeOkx.start();
  delete venue.listed.ETHUSDT;
  const events: InputEvent[] = [];
  const never = (): never => {
    throw new Error('no other source is needed');
  };
  const supervisor = createSupervisor({
    feed: 'auto', answerMs: 10_000, clock: systemClock, log: silentLog, emit: (event) => events.push(event), simulator: never, replay: never,
    venues: VENUES.map(({ descriptor }) => (descriptor.id === 'okx' ? { ...descriptor, create: (context) => createOkxConnector(context, { ...OKX_DEFAULTS, limits: FAST_LIMITS }) } : descriptor)),
    makeContext: ({ id }, emit) => {
      const urls = id === 'okx' ? { ws: venue.wsUrl, rest: venue.restUrl } : { ws: 'ws://127.0.0.1:1', rest: 'http://127.0.0.1:1' };
      return { ...collectingContext(urls, pick('BTC/USDT', 'ETH/USDT', 'AAPL')), emit };
    },
  });
  try {
    const started = supervisor.start();
    await waitFor(() => venue.open.some((c) => c.streams.has('btcusdt@trade')));
    venue.trade('BTCUSDT', '100.00');
    await started;
    expect(supervisor.mode).toBe('live');
    expect(supervisor.reason).toContain('okx delivers');
    await waitFor(() => supervisor.status().find((v) => v.id === 'okx')?.symbols.join() === 'BTC/USDT', { message: 'an unlisted pair was kept' });
    expect(events.filter((e) => e.type === 'badInput')).toEqual([]);
    expect(venue.asked.flatMap((r) => r.args).some((a) => a.instId.includes('AAPL'))).toBe(false);
  } finally {
    await supervisor.stop();
    await venue.stop();
  }
});
