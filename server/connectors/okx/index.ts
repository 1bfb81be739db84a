import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import type { VenueEntry } from '../base/frames';
import { OkxFeed, type OkxHosts } from './feed';
import { createOkxFrames } from './frames';
import { OkxMapper } from './mapper';
import { OKX_DEFAULTS, type OkxOptions } from './options';

export { OKX_DEFAULTS, type OkxOptions } from './options';

const WS = 'wss://ws.okx.com:8443';
const REST = 'https://www.okx.com';

/** An address set by configuration is the only one used; behind the venue's own stand its houses for Europe and the USA. */
function hostsFor(urls: ConnectorContext['urls']): OkxHosts {
  return {
    ws: urls.ws === WS ? [WS, 'wss://wseea.okx.com:8443', 'wss://wsus.okx.com:8443'] : [urls.ws.replace(/(\/ws\/v5(\/\w+)?)?\/*$/, '')],
    rest: urls.rest === REST ? [REST, 'https://eea.okx.com', 'https://us.okx.com'] : [urls.rest.replace(/(\/api\/v5)?\/*$/, '')],
  };
}

/** An OKX spot connector; `options` for tests and special needs. */
export function createOkxConnector(context: ConnectorContext, options: Partial<OkxOptions> = {}): Connector {
  return new OkxFeed(context, hostsFor(context.urls), { ...OKX_DEFAULTS, ...options });
}

export const okxDescriptor: ConnectorDescriptor = {
  id: 'okx',
  name: 'OKX',
  capabilities: ['quotes', 'trades', 'tickers', 'candles', 'books', 'backfill'],
  assetClasses: ['crypto'],
  keyVariable: null,
  priority: 20,
  urls: { ws: WS, rest: REST },
  create: (context) => createOkxConnector(context),
};

const recogniser = new OkxMapper({ kind: 'replay', route: 'replay', symbolOf: (instId) => instId });

export const okxVenue: VenueEntry = {
  descriptor: okxDescriptor,
  ownsHost: (host) => /(^|\.)okx\.com$/.test(host),
  recognises: (raw) => {
    const { type } = recogniser.map(raw, 0);
    return type === 'events' || type === 'book' || type === 'ack';
  },
  frames: createOkxFrames,
};
