import { COINBASE_DEFAULTS, createCoinbaseConnector } from '../../../server/connectors/coinbase';
import { FAST_LIMITS, pick } from '../../support/connectorRig';
import { connectorConformance } from '../conformance';
import { FakeCoinbase } from './fakeCoinbase';

const trade = (fields: string) => `{"channel":"market_trades","timestamp":"2026-08-09T21:05:48.228568804Z","events":[{"type":"update","trades":[{${fields}}]}]}`;

connectorConformance({
  name: 'coinbase',
  instruments: pick('BTC/USDT', 'ETH/USDT', 'AAPL'),
  create: (context, { books }) => createCoinbaseConnector(context, { ...COINBASE_DEFAULTS, limits: FAST_LIMITS, books }),
  fake: () => FakeCoinbase.start(),
  bad: [
    ['bad_json', '{"channel":"market_trades","events":[{"ty'],
    ['unknown_type', '{"channel":"new_thing","events":[{"type":"update"}]}'],
    ['unknown_type', '{"hello":1}'],
    ['unknown_symbol', trade('"product_id":"XYZ-USD","trade_id":"1","price":"1","size":"1","time":"2026-08-09T21:05:48Z","side":"BUY"')],
    ['bad_number', trade('"product_id":"BTC-USDT","trade_id":"1","price":"NaN","size":"1","time":"2026-08-09T21:05:48Z","side":"BUY"')],
    ['bad_number', trade('"product_id":"BTC-USDT","trade_id":"1","price":"-5","size":"1","time":"2026-08-09T21:05:48Z","side":"BUY"')],
    ['bad_number', trade('"product_id":"BTC-USDT","trade_id":"1","price":"0.00","size":"1","time":"2026-08-09T21:05:48Z","side":"BUY"')],
    ['bad_payload', trade('"product_id":"BTC-USDT","price":"5","size":"1"')],
    ['bad_payload', '{"channel":"ticker"}'],
    ['bad_payload', '42'],
  ],
  minutes: 300,
  candlePath: 'candles',
  without: {
    C15: 'an unlisted product is never subscribed, see coinbase.test.ts',
    C15b: 'nothing is subscribed by the address',
    C17: 'the venue announces no shutdown',
    C18: 'the venue announces no shutdown',
    B01: 'the book has its own numbering, see coinbase.test.ts',
    B02: 'see coinbase.test.ts',
    B03: 'see coinbase.test.ts',
    B04: 'the book begins on the socket',
    B05: 'a late frame is a hole in the numbers of the connection, see coinbase.test.ts',
  },
});
