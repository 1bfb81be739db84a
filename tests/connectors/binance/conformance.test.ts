import { BINANCE_DEFAULTS, createBinanceConnector } from '../../../server/connectors/binance';
import { FAST_LIMITS, pick } from '../../support/connectorRig';
import { connectorConformance } from '../conformance';

connectorConformance({
  name: 'binance',
  instruments: pick('BTC/USDT', 'ETH/USDT', 'AAPL'),
  create: (context, { books }) => createBinanceConnector(context, { ...BINANCE_DEFAULTS, limits: FAST_LIMITS, books }),
});
