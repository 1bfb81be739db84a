import { BUILT_IN_INSTRUMENTS, canonicalSymbol, defaultInstrument } from '@/core/market/instruments';
import type { InputEvent } from '@/core/market/events';
import { VENUES } from '../connectors/registry';
import { Hosts } from '../connectors/base/hosts';
import { memoryLedger } from '../connectors/base/ledger';
import type { Connector } from '../connectors/base/connector';
import { systemClock } from '../observability/clock';
import { createLogger } from '../observability/logger';
import { createMetrics } from '../observability/metrics';

const USAGE = 'usage: npm run watch-feed -- VENUE SYMBOL, for example: npm run watch-feed -- binance BTC/USDT';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints what a venue sends beside what the connector makes of it, until interrupted. */
function watch(venueId: string, symbolText: string): Connector | string {
  const venue = VENUES.find((v) => v.descriptor.id === venueId)?.descriptor;
  if (!venue) return `there is no venue ${venueId} (known: ${VENUES.map((v) => v.descriptor.id).join(', ')}); ${USAGE}`;
  const symbol = canonicalSymbol(symbolText);
  if (symbol === null) return `${symbolText} is not a symbol; ${USAGE}`;
  const variable = `TICKGLASS_${venueId.toUpperCase()}`;
  const { [`${variable}_WS_URL`]: ws = venue.urls.ws, [`${variable}_REST_URL`]: rest = venue.urls.rest } = process.env;
  let raw: string | null = null;
  return venue.create({
    log: createLogger('warn'),
    metrics: createMetrics(),
    clock: systemClock,
    random: Math.random,
    instruments: [BUILT_IN_INSTRUMENTS.find((i) => i.symbol === symbol) ?? defaultInstrument(symbol)],
    urls: { ws, rest },
    key: null,
    needed: () => true,
    ledger: memoryLedger(),
    hosts: new Hosts(systemClock, memoryLedger()),
    watchRaw: (text) => {
      if (raw !== null) print(`RAW    ${raw}`);
      raw = text;
    },
    emit: (event: InputEvent) => {
      if (raw !== null) print(`RAW    ${raw}`);
      raw = null;
      print(`NORMAL ${JSON.stringify(event)}`);
    },
  });
}

const [venueId = '', symbolText = ''] = process.argv.slice(2);
const connector = watch(venueId, symbolText);
if (typeof connector === 'string') {
  process.stderr.write(`${connector}\n`);
  process.exitCode = 2;
} else {
  connector.start();
  process.once('SIGINT', () => void connector.stop());
}
