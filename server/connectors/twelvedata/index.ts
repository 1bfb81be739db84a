import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import type { VenueEntry } from '../base/frames';
import { isRecord, parseJson } from '../base/json';
import { TWELVE_DATA_DEFAULTS, TwelveDataFeed, type TwelveDataOptions } from './feed';
import { createTwelveDataFrames } from './frames';

export { TWELVE_DATA_DEFAULTS, type TwelveDataOptions } from './feed';

/** A Twelve Data connector; `options` for tests and special needs. */
export function createTwelveDataConnector(context: ConnectorContext, options: Partial<TwelveDataOptions> = {}): Connector {
  return new TwelveDataFeed(context, { ...TWELVE_DATA_DEFAULTS, ...options });
}

export const twelveDataDescriptor: ConnectorDescriptor = {
  id: 'twelvedata',
  name: 'Twelve Data',
  capabilities: ['quotes', 'tickers', 'candles', 'backfill'],
  assetClasses: ['equity', 'fx', 'metal'],
  keyVariable: 'TWELVE_DATA_API_KEY',
  priority: 60,
  urls: { ws: 'wss://ws.twelvedata.com', rest: 'https://api.twelvedata.com' },
  // Prices come about once a second. By REST 800 credits are a symbol every two minutes, so a list of ten has each every twenty.
  staleMs: { socket: 60_000, rest: 30 * 60_000 },
  create: (context) => createTwelveDataConnector(context),
};

export const twelveDataVenue: VenueEntry = {
  descriptor: twelveDataDescriptor,
  ownsHost: (host) => /(^|\.)twelvedata\.com$/.test(host),
  recognises: (raw) => {
    const frame = parseJson(raw);
    return isRecord(frame) && (frame.event === 'subscribe-status' || (frame.event === 'price' && typeof frame.symbol === 'string' && typeof frame.timestamp === 'number'));
  },
  frames: createTwelveDataFrames,
};
