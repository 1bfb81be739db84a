import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import type { VenueEntry } from '../base/frames';
import { isRecord, parseJson } from '../base/json';
import { FINNHUB_DEFAULTS, FinnhubFeed, type FinnhubOptions } from './feed';
import { createFinnhubFrames } from './frames';
import { looksFinnhub } from './symbols';

export { FINNHUB_DEFAULTS, type FinnhubOptions } from './feed';

/** A Finnhub connector; `options` for tests and special needs. */
export function createFinnhubConnector(context: ConnectorContext, options: Partial<FinnhubOptions> = {}): Connector {
  return new FinnhubFeed(context, { ...FINNHUB_DEFAULTS, ...options });
}

export const finnhubDescriptor: ConnectorDescriptor = {
  id: 'finnhub',
  name: 'Finnhub',
  capabilities: ['trades', 'tickers'],
  assetClasses: ['equity', 'fx', 'metal'],
  keyVariable: 'FINNHUB_API_KEY',
  priority: 50,
  urls: { ws: 'wss://ws.finnhub.io', rest: 'https://finnhub.io/api/v1' },
  // A liquid share trades every second, a thin one may pause for a minute. By REST each symbol has its turn every few minutes.
  staleMs: { socket: 60_000, rest: 300_000 },
  create: (context) => createFinnhubConnector(context),
};

/** `{"data":[{"p":..,"s":"AAPL","t":..,"v":..}],"type":"trade"}` is its form alone; pings and errors could be anybody's. */
function recognises(raw: string): boolean {
  const frame = parseJson(raw);
  if (!isRecord(frame) || frame.type !== 'trade' || !Array.isArray(frame.data)) return false;
  const row: unknown = frame.data[0];
  return isRecord(row) && looksFinnhub(row.s) && typeof row.p === 'number' && typeof row.t === 'number' && 'v' in row;
}

export const finnhubVenue: VenueEntry = {
  descriptor: finnhubDescriptor,
  ownsHost: (host) => /(^|\.)finnhub\.io$/.test(host),
  recognises,
  frames: createFinnhubFrames,
};
