import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import { err, ok } from '@/core/util/result';
import type { Connector, ConnectorDescriptor, OlderQuery, VenueStatus } from '../../../server/connectors/base/connector';
import { PLAIN_STATUS } from '../../../server/connectors/base/status';
import { binanceDescriptor } from '../../../server/connectors/binance';
import { createSupervisor, type Supervisor } from '../../../server/connectors/supervisor';
import { systemClock } from '../../../server/observability/clock';
import { collectingContext, pick, silentLog } from '../../support/connectorRig';

const QUERY: OlderQuery = { symbol: 'BTC/USDT', interval: '1h', before: 3_600_000, rows: 1 };
const CANDLE = { openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 };

/** A source of these symbols that gives its first price at once; with or without a past. */
function source(id: string, symbols: readonly string[], past: boolean, emit: (event: InputEvent) => void): Connector {
  return {
    id,
    start: () => emit({ type: 'quote', venue: id, kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: null, receiveTime: 5, bid: '1', bidSize: '1', ask: '2', askSize: '1', updateId: null }),
    stop: () => Promise.resolve(),
    status: (): VenueStatus => ({ ...PLAIN_STATUS, id, name: id, state: 'live', reason: '', lastMessageAgeMs: 0, messagesPerSecond: 0, reconnects: 0, clockOffsetMs: null, nextAttemptInMs: null, symbols }),
    ...(past ? { older: (query: OlderQuery) => Promise.resolve(query.symbol === 'BTC/USDT' ? ok([CANDLE]) : err('not served')) } : {}),
  };
}

describe('who can be asked for older candles', () => {
  let supervisor: Supervisor | null = null;
  afterEach(() => supervisor?.stop());

  function build(feed: 'live' | 'simulator'): Supervisor {
    const venue = (id: string, priority: number, symbols: readonly string[], past: boolean): ConnectorDescriptor =>
      ({ ...binanceDescriptor, id, priority, create: (context) => source(id, symbols, past, context.emit) });
    return (supervisor = createSupervisor({
      feed, venues: [venue('later', 20, ['BTC/USDT'], true), venue('first', 10, ['BTC/USDT'], true), venue('other', 5, ['ETH/USDT'], true), venue('nopast', 1, ['BTC/USDT'], false)],
      emit: () => undefined, clock: systemClock, log: silentLog, makeContext: (_descriptor, emit) => ({ ...collectingContext({ ws: '', rest: '' }, pick('BTC/USDT')), emit }),
      simulator: (emit) => source('simulator', ['BTC/USDT'], false, emit), replay: (emit) => source('replay', [], false, emit),
    }));
  }

  it('are the live venues that serve the symbol and keep candles, the preferred first, none that was stopped', async () => {
    const running = build('live');
    await running.start();
    expect([running.keepersOf('BTC/USDT'), running.keepersOf('AAPL')]).toEqual([['first', 'later'], []]);
    expect([await running.older('first', QUERY), await running.older('nopast', QUERY), await running.older('nobody', QUERY)]).toEqual([ok([CANDLE]), err('nopast keeps no candles'), err('nobody keeps no candles')]);
    await running.stopVenue('first');
    expect(running.keepersOf('BTC/USDT')).toEqual(['later']);
  });

  it('are none while prices are simulated', async () => {
    const running = build('simulator');
    await running.start();
    expect(running.keepersOf('BTC/USDT')).toEqual([]);
  });
});
