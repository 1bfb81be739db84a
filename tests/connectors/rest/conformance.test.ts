import { defaultInstrument } from '@/core/market/instruments';
import { createAlphaVantageConnector } from '../../../server/connectors/alphavantage';
import { createCoinGeckoConnector } from '../../../server/connectors/coingecko';
import { createExchangeRateConnector } from '../../../server/connectors/exchangerate';
import { createFrankfurterConnector } from '../../../server/connectors/frankfurter';
import { pick } from '../../support/connectorRig';
import { restConformance } from '../restConformance';

const seconds = (): number => Math.floor(Date.now() / 1_000);

restConformance({
  name: 'coingecko', key: 'demo-key-1234', instruments: [defaultInstrument('BTC/USD')], create: createCoinGeckoConnector,
  good: () => ({ bitcoin: { usd: 65_000.5, usd_24h_change: 1.5, last_updated_at: seconds() - 30 } }),
  complaint: { body: { status: { error_code: 429, error_message: 'You have exceeded the Rate Limit.' } }, words: /exceeded the Rate Limit/ },
});

restConformance({
  name: 'alphavantage', key: 'av-key-123456', instruments: pick('AAPL'), create: createAlphaVantageConnector,
  good: () => ({
    'Global Quote': {
      '01. symbol': 'AAPL', '02. open': '210.0000', '03. high': '212.0000', '04. low': '209.0000', '05. price': '211.5000', '06. volume': '1000',
      // A trading day for ever; whether the value is old is judged by the engine.
      '07. latest trading day': '2026-07-15', '08. previous close': '210.5000', '09. change': '1.0000', '10. change percent': '0.4751%',
    },
  }),
  complaint: { body: { 'Error Message': 'the parameter apikey is invalid or missing.' }, words: /does not accept the key/ },
});

restConformance({
  name: 'exchangerate', key: null, instruments: [defaultInstrument('EUR/USD')], create: createExchangeRateConnector,
  good: () => ({
    result: 'success', provider: 'https://www.exchangerate-api.com', time_last_update_unix: seconds() - 3_600, time_next_update_unix: seconds() + 80_000, time_eol_unix: 0, base_code: 'EUR', rates: { EUR: 1, USD: 1.1538 },
  }),
  complaint: { body: { result: 'error', 'error-type': 'quota-reached' }, words: /quota-reached/ },
});

restConformance({
  name: 'frankfurter', key: null, instruments: [defaultInstrument('EUR/USD')], create: createFrankfurterConnector,
  good: () => [{ date: '2026-03-18', base: 'EUR', quote: 'USD', rate: 1.1538 }],
  complaint: { body: { message: 'not found' }, words: /expected form|unreadable|Frankfurter/ },
});
