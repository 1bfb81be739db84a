// A process that logs far more than a pipe holds, goes on living, and ends at SIGTERM. Started by tests/server/observability/logger.test.ts.
import { createLogger } from '../../server/observability/logger';

const log = createLogger('info');
for (let i = 0; i < 50_000; i += 1) log.info({ i, filling: 'x'.repeat(200) }, 'a line');
setInterval(() => process.stdout.write('alive\n'), 20);
process.on('SIGTERM', () => {
  log.info('stopping');
  process.exit(0);
});
