import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** Keys whose values never reach a log line, at any of the usual depths. */
const SECRET_KEYS = ['token', 'apiKey', 'apikey', 'key', 'authorization', 'cookie', 'ticket', 'password'];
/** Bytes that wait for a slow reader of the log; lines beyond are lost and counted. */
const MOST_WAITING = 4 * 2 ** 20;
const STANDARD_ERROR = 2;

/** The one logger of the process; parts take `child({ part, venue, ... })`. JSON lines on standard error. */
export function createLogger(level: string): Logger {
  const kind = fstatSync(STANDARD_ERROR);
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_KEYS.flatMap((k) => [k, `*.${k}`, `*.*.${k}`]), censor: '[redacted]' },
    },
    kind.isFIFO() || kind.isSocket() ? pipeDestination() : pino.destination(STANDARD_ERROR),
  );
}

/**
 * A pipe that is never waited for: written synchronously, a reader that stands still would stop the whole server with it. What a
 * pipe has room for is there at once, so that the last words of a process that ends arrive.
 */
function pipeDestination(): DestinationStream {
  const pipe = new Socket({ fd: STANDARD_ERROR, readable: false, writable: true });
  let lost = 0;
  pipe.unref();
  // The reader is gone: the server goes on without a log.
  pipe.on('error', () => pipe.destroy());
  pipe.on('drain', () => {
    if (lost > 0) pipe.write(`${JSON.stringify({ level: 40, time: new Date().toISOString(), lines: lost, msg: 'log lines were lost: their reader was too slow' })}\n`);
    lost = 0;
  });
  return {
    write(line) {
      if (pipe.writableLength > MOST_WAITING) lost += 1;
      else if (!pipe.destroyed) pipe.write(line);
    },
  };
}
