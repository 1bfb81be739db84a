/** Program of kill.test.ts: writes without end and says on standard output which rows are committed. */
import { pino } from 'pino';
import { createHistory } from '../../../server/history/history';
import { systemClock } from '../../../server/observability/clock';
import { createMetrics } from '../../../server/observability/metrics';

const [folder = '', first = '0'] = process.argv.slice(2);
const history = createHistory({ dataDir: folder, clock: systemClock, log: pino({ level: 'silent' }), metrics: createMetrics() });
const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;

for (let row = Number(first); ; ) {
  for (let i = 0; i < 500; i++, row++) {
    // Each row once as a candle and once as a trade, in one transaction with its neighbours.
    history.writeCandle({ symbol: `S${row % 24}`, interval: '1m', kind: 'live', venue: 'binance', candle: { openTime: hour - row, open: row, high: row, low: row, close: row, volume: row } });
    history.writeTrade({ symbol: `S${row % 24}`, kind: 'live', venue: 'binance', id: String(row), time: hour - row, price: String(row), size: '1', side: 'buy' });
  }
  await history.flush();
  if (history.health().state !== 'ok') throw new Error(history.health().reason);
  process.stdout.write(`${row}\n`);
}
